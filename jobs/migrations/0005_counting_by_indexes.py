"""Lists of those who may read some templates, and searches, are counted by an index alone.

For each row of which an index does not tell all that was asked for, PostgreSQL looks into the table.
"""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("jobs", "0004_lighter_indexes")]
    operations = [
        migrations.RemoveIndex("unifiedjob", "job_latest"),
        migrations.RemoveIndex("unifiedjob", "job_by_name"),
        migrations.AddIndex(
            "unifiedjob",
            models.Index(fields=["unified_job_template", "-id"], include=["kind"], name="job_latest"),
        ),
        migrations.AddIndex(
            "unifiedjob", models.Index(fields=["name", "id"], include=["kind"], name="job_by_name")
        ),
        migrations.AddIndex(
            "unifiedjob",
            models.Index(
                fields=["unified_job_template", "status"],
                include=["kind"],
                condition=Q(status__in=["failed", "error", "canceled"]),
                name="job_unsuccessful_of_template",
            ),
        ),
        migrations.AddIndex(
            "unifiedjob",
            models.Index(fields=["created_by"], condition=Q(is_bulk_job=True), name="job_in_bulk"),
        ),
    ]
