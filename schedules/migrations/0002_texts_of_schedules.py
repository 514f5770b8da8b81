"""The names and descriptions of schedules in a table of their own, for searches.

Each tick writes rows of schedules, and with a row all indexes of its table. The table of texts is written when a
schedule is made, renamed or deleted.
"""

import django.db.models.deletion
from django.contrib.postgres.indexes import GinIndex
from django.db import migrations, models

from jobs.migrations._text_grams import TEXTS

MAKE = """
CREATE FUNCTION schedules_note_texts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO schedules_scheduletext (schedule_id, name, description) SELECT id, name, description FROM made;
    RETURN NULL;
END
$$;

CREATE FUNCTION schedules_note_changed_text() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE schedules_scheduletext SET name = NEW.name, description = NEW.description WHERE schedule_id = NEW.id;
    RETURN NULL;
END
$$;

CREATE FUNCTION schedules_forget_texts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM schedules_scheduletext USING deleted WHERE schedule_id = deleted.id;
    RETURN NULL;
END
$$;

CREATE TRIGGER schedules_note_texts AFTER INSERT ON schedules_schedule
REFERENCING NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION schedules_note_texts();

CREATE TRIGGER schedules_note_changed_text AFTER UPDATE OF name, description ON schedules_schedule FOR EACH ROW
WHEN ((OLD.name, OLD.description) IS DISTINCT FROM (NEW.name, NEW.description))
EXECUTE FUNCTION schedules_note_changed_text();

CREATE TRIGGER schedules_forget_texts AFTER DELETE ON schedules_schedule
REFERENCING OLD TABLE AS deleted FOR EACH STATEMENT EXECUTE FUNCTION schedules_forget_texts();
"""
DROP = """
DROP TRIGGER schedules_note_texts ON schedules_schedule;
DROP TRIGGER schedules_note_changed_text ON schedules_schedule;
DROP TRIGGER schedules_forget_texts ON schedules_schedule;
DROP FUNCTION schedules_note_texts();
DROP FUNCTION schedules_note_changed_text();
DROP FUNCTION schedules_forget_texts();
"""


class Migration(migrations.Migration):
    replaces = [
        ("schedules", "0002_answers_to_prompts"),
        ("schedules", "0003_run_policy"),
        ("schedules", "0004_overlap"),
        ("schedules", "0005_missed_times_and_pauses"),
        ("schedules", "0006_calendars"),
        ("schedules", "0007_clock_changes_and_jitter"),
        ("schedules", "0008_backfills"),
        ("schedules", "0009_lists_of_a_million"),
        ("schedules", "0010_texts_of_schedules"),
        ("schedules", "0011_calendar_entries"),
    ]
    dependencies = [("schedules", "0001_initial"), ("jobs", "0003_texts_of_runs")]
    operations = [
        migrations.CreateModel(
            name="ScheduleText",
            fields=[
                (
                    "schedule",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="schedules.schedule",
                    ),
                ),
                ("name", models.CharField(max_length=512)),
                ("description", models.TextField()),
            ],
        ),
        migrations.RunSQL(MAKE, DROP),
        migrations.AddIndex("scheduletext", GinIndex(TEXTS, fastupdate=False, name="schedule_text_grams")),
    ]
