import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "0003_texts_of_runs")]

    operations = [
        migrations.AlterField(
            model_name="unifiedjob",
            name="created_by",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="unifiedjob",
            name="execution_environment",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="instances.executionenvironment",
            ),
        ),
        migrations.AlterField(
            model_name="unifiedjob",
            name="instance_group",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="unified_jobs",
                to="instances.instancegroup",
            ),
        ),
        migrations.AlterField(
            model_name="unifiedjob",
            name="inventory",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="unified_jobs",
                to="inventories.inventory",
            ),
        ),
        migrations.AlterField(
            model_name="unifiedjob",
            name="unified_job_template",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="unified_jobs",
                to="jobs.unifiedjobtemplate",
            ),
        ),
        migrations.AlterField(
            model_name="unifiedjob",
            name="webhook_credential",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="unified_jobs_of_webhook",
                to="credentials.credential",
            ),
        ),
        migrations.AddIndex(
            model_name="unifiedjob",
            index=models.Index(
                condition=models.Q(("created_by__isnull", False)), fields=["created_by"], name="job_by_creator"
            ),
        ),
        migrations.AddIndex(
            model_name="unifiedjob",
            index=models.Index(
                condition=models.Q(("inventory__isnull", False)), fields=["inventory"], name="job_by_inventory"
            ),
        ),
        migrations.AddIndex(
            model_name="unifiedjob",
            index=models.Index(
                condition=models.Q(("execution_environment__isnull", False)),
                fields=["execution_environment"],
                name="job_by_environment",
            ),
        ),
        migrations.AddIndex(
            model_name="unifiedjob",
            index=models.Index(
                condition=models.Q(("instance_group__isnull", False)),
                fields=["instance_group"],
                name="job_by_instance_group",
            ),
        ),
        migrations.AddIndex(
            model_name="unifiedjob",
            index=models.Index(
                condition=models.Q(("webhook_credential__isnull", False)),
                fields=["webhook_credential"],
                name="job_by_webhook_credential",
            ),
        ),
    ]
