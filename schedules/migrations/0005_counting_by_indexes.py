"""Lists of those who may read some templates are counted by an index alone when they are filtered, too."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("schedules", "0004_templates_beside_texts")]
    operations = [
        migrations.RemoveConstraint("schedule", "schedule_name_unique"),
        migrations.AddConstraint(
            "schedule",
            models.UniqueConstraint(
                fields=["unified_job_template", "name"],
                include=["created", "next_run", "enabled"],
                name="schedule_name_unique",
            ),
        ),
    ]
