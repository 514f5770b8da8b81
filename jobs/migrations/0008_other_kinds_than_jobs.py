from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "0007_templates_beside_texts")]
    operations = [
        migrations.AddIndex(
            "unifiedjob",
            models.Index(
                fields=["kind", "id"],
                condition=models.Q(("kind", "job"), _negated=True),
                name="job_of_other_kind",
            ),
        ),
    ]
