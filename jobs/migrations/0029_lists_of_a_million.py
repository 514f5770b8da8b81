from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "0028_calls_to_hosts_count")]
    operations = [
        migrations.AddIndex(
            model_name="unifiedjob",
            index=models.Index(fields=["created", "id"], name="job_created"),
        ),
        migrations.AddIndex(
            model_name="unifiedjob",
            index=models.Index(fields=["name", "id"], name="job_by_name"),
        ),
        migrations.AddIndex(
            model_name="unifiedjob",
            index=models.Index(
                condition=models.Q(("status__in", ["failed", "error", "canceled"])),
                fields=["status", "id"],
                include=("kind",),
                name="job_unsuccessful",
            ),
        ),
    ]
