"""The template of a schedule beside its texts: a search among the schedules of some templates asks one small table.

Its rows are written anew with the column in them, before their index: to change each takes several times as long.
"""

import django.db.models.deletion
from django.contrib.postgres.indexes import GinIndex
from django.db import migrations, models

from jobs.migrations._text_grams import TEXTS
from schedules.migrations._text_triggers import triggers

BEFORE = ("name", "description")
NOW = (*BEFORE, "unified_job_template_id")

FILL = f"""
INSERT INTO schedules_scheduletext (schedule_id, {", ".join(NOW)}) SELECT id, {", ".join(NOW)} FROM schedules_schedule
"""  # noqa: S608


class Migration(migrations.Migration):
    dependencies = [("schedules", "0003_lighter_indexes")]
    operations = [
        migrations.RunSQL("TRUNCATE schedules_scheduletext", migrations.RunSQL.noop),
        migrations.RemoveIndex("scheduletext", "schedule_text_grams"),
        migrations.AddField(
            "scheduletext",
            "unified_job_template",
            models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="jobs.unifiedjobtemplate",
            ),
            preserve_default=False,
        ),
        migrations.RunSQL(triggers(NOW), triggers(BEFORE)),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AddIndex("scheduletext", GinIndex(TEXTS, fastupdate=False, name="schedule_text_grams")),
        migrations.RunSQL("ANALYZE schedules_scheduletext", migrations.RunSQL.noop),
    ]
