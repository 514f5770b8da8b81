"""The template of runs beside their texts: who may read some templates searches among the names of their runs.

Also what searches ask the indexes of letters: together with what a text belongs to (`owned_grams`, for schedules), and
in fewer groups (`covering_grams`).
"""

import django.db.models.deletion
from django.db import migrations, models

BEFORE = {"name": "name", "description": "description"}
# Of a run without a template 0: nothing else that compares rows by an index takes two NULLs for equal.
NOW = {"unified_job_template_id": "COALESCE(unified_job_template_id, 0)"} | BEFORE


def note_texts(columns: dict[str, str]) -> str:
    """The trigger of 0006_unused_texts, which writes these columns, each by what a run has for it."""
    names = ", ".join(columns)
    of_runs = ", ".join(f"{value} AS {name}" for name, value in columns.items())
    is_known = " AND ".join(f"known.{name} = used.{name}" for name in columns)
    return f"""
    CREATE OR REPLACE FUNCTION jobs_note_texts() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM pg_advisory_xact_lock_shared(x'42656C66727934'::bigint);
        INSERT INTO jobs_runtext ({names})
        SELECT {names} FROM (SELECT DISTINCT {of_runs} FROM made) AS used
        WHERE NOT EXISTS (SELECT FROM jobs_runtext AS known WHERE {is_known});
        RETURN NULL;
    END
    $$;
    """  # noqa: S608 (only our own words are put in)


# A run keeps its texts when its template is deleted; there may be a million of them.
NOTE_CHANGED = """
CREATE OR REPLACE FUNCTION jobs_note_changed_text() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO jobs_runtext (unified_job_template_id, name, description)
    VALUES (COALESCE(NEW.unified_job_template_id, 0), NEW.name, NEW.description);
    RETURN NULL;
END
$$;

DROP TRIGGER jobs_note_changed_text ON jobs_unifiedjob;
CREATE TRIGGER jobs_note_changed_text AFTER UPDATE OF name, description, unified_job_template_id
ON jobs_unifiedjob FOR EACH ROW WHEN (
    (OLD.name, OLD.description) IS DISTINCT FROM (NEW.name, NEW.description)
    OR NEW.unified_job_template_id <> COALESCE(OLD.unified_job_template_id, 0)
)
EXECUTE FUNCTION jobs_note_changed_text();
"""
NOTE_CHANGED_BEFORE = """
CREATE OR REPLACE FUNCTION jobs_note_changed_text() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO jobs_runtext (name, description) VALUES (NEW.name, NEW.description);
    RETURN NULL;
END
$$;

DROP TRIGGER jobs_note_changed_text ON jobs_unifiedjob;
CREATE TRIGGER jobs_note_changed_text AFTER UPDATE OF name, description ON jobs_unifiedjob FOR EACH ROW
WHEN ((OLD.name, OLD.description) IS DISTINCT FROM (NEW.name, NEW.description))
EXECUTE FUNCTION jobs_note_changed_text();
"""

FILL = """
INSERT INTO jobs_runtext (unified_job_template_id, name, description)
SELECT DISTINCT COALESCE(unified_job_template_id, 0), name, description FROM jobs_unifiedjob
"""

# An index that has a key for each letter group and owner would grow with the owners: one in 256 are taken together,
# so who asks has to look at the owner, too. Nothing of ours is called in it: PostgreSQL finds only its own when it
# analyzes or restores what an index is made of.
#
# Of the groups of a word that follow one another every third one, and the last, have all of its letters.
MAKE_GRAMS = """
CREATE FUNCTION owned_grams(owner bigint, grams bigint[]) RETURNS bytea[]
LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT array_agg(int2send((owner & 255)::smallint) || int8send(gram)) FROM unnest(grams) AS gram
$$;

CREATE FUNCTION covering_grams(grams bigint[]) RETURNS bigint[] LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT array_agg(grams[number]) FROM generate_subscripts(grams, 1) AS number
    WHERE number % 3 = 1 OR number = cardinality(grams)
$$
"""
DROP_GRAMS = """
DROP FUNCTION covering_grams(bigint[]);
DROP FUNCTION owned_grams(bigint, bigint[]);
"""


class Migration(migrations.Migration):
    dependencies = [("jobs", "0006_unused_texts")]
    operations = [
        migrations.RunSQL(MAKE_GRAMS, DROP_GRAMS),
        migrations.RunSQL("TRUNCATE jobs_runtext", migrations.RunSQL.noop),
        migrations.AddField(
            "runtext",
            "unified_job_template",
            models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="jobs.unifiedjobtemplate",
            ),
            preserve_default=False,
        ),
        migrations.RunSQL(note_texts(NOW), note_texts(BEFORE)),
        migrations.RunSQL(NOTE_CHANGED, NOTE_CHANGED_BEFORE),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.RemoveIndex("runtext", "run_text_by_name"),
        migrations.AddIndex(
            "runtext", models.Index(fields=["name", "unified_job_template"], name="run_text_by_name")
        ),
    ]
