"""Whether a schedule is enabled stands beside its texts: clients search among those that are."""

from django.db import migrations, models

from schedules.migrations._text_triggers import triggers

BEFORE = ("name", "description", "unified_job_template_id", "created", "modified")
NOW = (*BEFORE, "enabled")

NOTE_DISABLED = """
UPDATE schedules_scheduletext AS text SET enabled = false FROM schedules_schedule AS schedule
WHERE schedule.id = text.schedule_id AND NOT schedule.enabled
"""


class Migration(migrations.Migration):
    dependencies = [("schedules", "0006_lists_by_texts")]
    operations = [
        migrations.RemoveConstraint("scheduletext", "schedule_text_name_unique"),
        migrations.AddField(
            "scheduletext", "enabled", models.BooleanField(default=True), preserve_default=False
        ),
        migrations.RunSQL(triggers(NOW), triggers(BEFORE)),
        migrations.RunSQL(NOTE_DISABLED, migrations.RunSQL.noop),
        migrations.AddConstraint(
            "scheduletext",
            models.UniqueConstraint(
                fields=["unified_job_template", "name"],
                include=["created", "enabled"],
                name="schedule_text_name_unique",
            ),
        ),
        migrations.RunSQL("ANALYZE schedules_scheduletext", migrations.RunSQL.noop),
    ]
