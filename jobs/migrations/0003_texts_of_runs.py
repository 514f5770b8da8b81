"""The names and descriptions of runs, each once, for searches; and the groups of letters by which they are found.

A tick inserts thousands of runs by a few statements, mostly with the names of their templates. The trigger is called once for each
statement and writes what is new. That two transactions do not see what the other writes costs a row too many; a unique
constraint would let one wait for the other, and could end in a deadlock.
"""

from django.contrib.postgres.indexes import GinIndex
from django.db import migrations, models

from jobs.migrations._text_grams import TEXTS

# Each group of two and of three letters that follow one another, as a number: 21 bits hold any letter of Unicode.
MAKE_GRAMS = """
CREATE FUNCTION text_grams(words text, sizes integer[]) RETURNS bigint[] LANGUAGE plpgsql IMMUTABLE STRICT AS $$
DECLARE
    grams bigint[] := '{}';
    letter text;
    first bigint;
    second bigint;
    third bigint;
BEGIN
    FOREACH letter IN ARRAY string_to_array(words, NULL) LOOP
        third := ascii(letter);
        IF 2 = ANY (sizes) AND second IS NOT NULL THEN
            grams := grams || ((second << 42) | (third << 21));
        END IF;
        IF 3 = ANY (sizes) AND first IS NOT NULL THEN
            grams := grams || ((first << 42) | (second << 21) | third);
        END IF;
        first := second;
        second := third;
    END LOOP;
    RETURN grams;
END
$$
"""
DROP_GRAMS = "DROP FUNCTION text_grams(text, integer[])"

MAKE = """
CREATE FUNCTION jobs_note_texts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO jobs_runtext (name, description)
    SELECT name, description FROM (SELECT DISTINCT name, description FROM made) AS used
    WHERE NOT EXISTS (
        SELECT FROM jobs_runtext AS known WHERE known.name = used.name AND known.description = used.description
    );
    RETURN NULL;
END
$$;

CREATE FUNCTION jobs_note_changed_text() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO jobs_runtext (name, description) VALUES (NEW.name, NEW.description);
    RETURN NULL;
END
$$;

CREATE TRIGGER jobs_note_texts AFTER INSERT ON jobs_unifiedjob
REFERENCING NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION jobs_note_texts();

CREATE TRIGGER jobs_note_changed_text AFTER UPDATE OF name, description ON jobs_unifiedjob FOR EACH ROW
WHEN ((OLD.name, OLD.description) IS DISTINCT FROM (NEW.name, NEW.description))
EXECUTE FUNCTION jobs_note_changed_text();
"""
DROP = """
DROP TRIGGER jobs_note_texts ON jobs_unifiedjob;
DROP TRIGGER jobs_note_changed_text ON jobs_unifiedjob;
DROP FUNCTION jobs_note_texts();
DROP FUNCTION jobs_note_changed_text();
"""


class Migration(migrations.Migration):
    replaces = [("jobs", "0031_texts_of_runs")]
    dependencies = [("jobs", "0002_counted_by_the_database")]
    operations = [
        migrations.RunSQL(MAKE_GRAMS, DROP_GRAMS),
        migrations.CreateModel(
            name="RunText",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=512)),
                ("description", models.TextField()),
            ],
        ),
        migrations.RunSQL(MAKE, DROP),
        migrations.AddIndex("runtext", models.Index(fields=["name"], name="run_text_by_name")),
        migrations.AddIndex("runtext", GinIndex(TEXTS, fastupdate=False, name="run_text_grams")),
    ]
