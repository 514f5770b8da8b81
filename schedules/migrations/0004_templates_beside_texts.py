"""The template of a schedule beside its texts: a search among the schedules of some templates asks one small table.

Its rows are written anew with the column in them, before their index: to change each takes several times as long.
"""

import django.db.models.deletion
from django.contrib.postgres.indexes import GinIndex
from django.db import migrations, models
from django.db.models import Func, Value
from django.db.models.functions import Upper

BEFORE = ("name", "description")
NOW = (*BEFORE, "unified_job_template_id")


def triggers(columns: tuple[str, ...]) -> str:
    """Those of 0002_texts_of_schedules that write texts, for these columns."""
    names = ", ".join(columns)
    old, new = (", ".join(f"{row}.{column}" for column in columns) for row in ("OLD", "NEW"))
    return f"""
    CREATE OR REPLACE FUNCTION schedules_note_texts() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO schedules_scheduletext (schedule_id, {names}) SELECT id, {names} FROM made;
        RETURN NULL;
    END
    $$;

    CREATE OR REPLACE FUNCTION schedules_note_changed_text() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE schedules_scheduletext SET ({names}) = ROW ({new}) WHERE schedule_id = NEW.id;
        RETURN NULL;
    END
    $$;

    DROP TRIGGER schedules_note_changed_text ON schedules_schedule;
    CREATE TRIGGER schedules_note_changed_text AFTER UPDATE OF {names} ON schedules_schedule FOR EACH ROW
    WHEN (({old}) IS DISTINCT FROM ({new})) EXECUTE FUNCTION schedules_note_changed_text();
    """  # noqa: S608 (only our own words are put in)


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
        migrations.AddIndex(
            "scheduletext",
            GinIndex(
                Func(
                    Upper("name"),
                    Value("\n"),
                    Upper("description"),
                    arg_joiner=" || ",
                    template="text_grams(%(expressions)s, '{2,3}')",
                ),
                fastupdate=False,
                name="schedule_text_grams",
            ),
        ),
        migrations.RunSQL("ANALYZE schedules_scheduletext", migrations.RunSQL.noop),
    ]
