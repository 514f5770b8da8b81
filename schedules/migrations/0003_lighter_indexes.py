import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("schedules", "0002_texts_of_schedules")]

    operations = [
        migrations.RemoveIndex(
            model_name="schedule",
            name="schedule_due",
        ),
        migrations.AlterField(
            model_name="occurrence",
            name="schedule",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="occurrences",
                to="schedules.schedule",
            ),
        ),
        migrations.AlterField(
            model_name="schedule",
            name="created_by",
            field=models.ForeignKey(
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="schedule",
            name="execution_environment",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="schedules",
                to="instances.executionenvironment",
            ),
        ),
        migrations.AlterField(
            model_name="schedule",
            name="inventory",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="schedules",
                to="inventories.inventory",
            ),
        ),
        migrations.AlterField(
            model_name="schedule",
            name="modified_by",
            field=models.ForeignKey(
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="schedule",
            name="unified_job_template",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="schedules",
                to="jobs.unifiedjobtemplate",
            ),
        ),
        migrations.AddIndex(
            model_name="schedule",
            index=models.Index(
                condition=models.Q(("created_by__isnull", False)), fields=["created_by"], name="schedule_by_creator"
            ),
        ),
        migrations.AddIndex(
            model_name="schedule",
            index=models.Index(
                condition=models.Q(("modified_by__isnull", False)), fields=["modified_by"], name="schedule_by_modifier"
            ),
        ),
        migrations.AddIndex(
            model_name="schedule",
            index=models.Index(
                condition=models.Q(("inventory__isnull", False)), fields=["inventory"], name="schedule_by_inventory"
            ),
        ),
        migrations.AddIndex(
            model_name="schedule",
            index=models.Index(
                condition=models.Q(("execution_environment__isnull", False)),
                fields=["execution_environment"],
                name="schedule_by_environment",
            ),
        ),
    ]
