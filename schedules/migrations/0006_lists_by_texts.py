"""What lists of schedules are ordered and chosen by stands beside their texts, with the indexes for it.

A launch writes its schedule's row anew, and with it an entry of each index of that table. Among ten million schedules
nearly each entry is on a page that the log has not had since the last checkpoint, and gets as a whole.

The rows of texts are written anew with the columns in them, before their indexes: to change each takes several times
as long.
"""

import django.db.models.deletion
from django.contrib.postgres.indexes import GinIndex
from django.db import migrations, models

from jobs.migrations._text_grams import TEXTS
from schedules.migrations._text_triggers import triggers

BEFORE = ("name", "description", "unified_job_template_id")
NOW = (*BEFORE, "created", "modified")

FILL = f"""
INSERT INTO schedules_scheduletext (schedule_id, {", ".join(NOW)}) SELECT id, {", ".join(NOW)} FROM schedules_schedule
"""  # noqa: S608


class Migration(migrations.Migration):
    dependencies = [("schedules", "0005_counting_by_indexes")]
    operations = [
        migrations.RunSQL("TRUNCATE schedules_scheduletext", migrations.RunSQL.noop),
        migrations.RemoveIndex("scheduletext", "schedule_text_grams"),
        migrations.AlterField(
            "scheduletext",
            "schedule",
            models.OneToOneField(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                primary_key=True,
                related_name="text",
                serialize=False,
                to="schedules.schedule",
            ),
        ),
        migrations.AlterField(
            "scheduletext",
            "unified_job_template",
            models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="jobs.unifiedjobtemplate",
            ),
        ),
        migrations.AddField("scheduletext", "created", models.DateTimeField(), preserve_default=False),
        migrations.AddField("scheduletext", "modified", models.DateTimeField(), preserve_default=False),
        migrations.RunSQL(triggers(NOW), triggers(BEFORE)),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AddIndex("scheduletext", GinIndex(TEXTS, fastupdate=False, name="schedule_text_grams")),
        migrations.AddConstraint(
            "scheduletext",
            models.UniqueConstraint(
                fields=["unified_job_template", "name"], include=["created"], name="schedule_text_name_unique"
            ),
        ),
        migrations.AddIndex(
            "scheduletext", models.Index(fields=["name", "schedule"], name="schedule_text_by_name")
        ),
        migrations.AddIndex(
            "scheduletext", models.Index(fields=["created", "schedule"], name="schedule_text_by_created")
        ),
        migrations.AddIndex(
            "scheduletext", models.Index(fields=["modified", "schedule"], name="schedule_text_by_modified")
        ),
        migrations.RemoveConstraint("schedule", "schedule_name_unique"),
        migrations.RemoveIndex("schedule", "schedule_by_name"),
        migrations.RemoveIndex("schedule", "schedule_by_created"),
        migrations.RemoveIndex("schedule", "schedule_by_modified"),
        migrations.AddIndex(
            "schedule",
            models.Index(
                fields=["unified_job_template", "next_run"], include=["enabled"], name="schedule_of_template"
            ),
        ),
        migrations.RunSQL("ANALYZE schedules_scheduletext", migrations.RunSQL.noop),
    ]
