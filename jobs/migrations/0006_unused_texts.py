"""Texts that no run has any more can be deleted: not while a run is inserted that may rely on one (jobs/housekeeping.py)."""

from django.db import migrations

# What is asked after the lock sees what its last owner has deleted.
MAKE = """
CREATE OR REPLACE FUNCTION jobs_note_texts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(x'42656C66727934'::bigint);
    INSERT INTO jobs_runtext (name, description)
    SELECT name, description FROM (SELECT DISTINCT name, description FROM made) AS used
    WHERE NOT EXISTS (
        SELECT FROM jobs_runtext AS known WHERE known.name = used.name AND known.description = used.description
    );
    RETURN NULL;
END
$$
"""
MAKE_WITHOUT_LOCK = MAKE.replace("    PERFORM pg_advisory_xact_lock_shared(x'42656C66727934'::bigint);\n", "")


class Migration(migrations.Migration):
    dependencies = [("jobs", "0005_counting_by_indexes")]
    operations = [migrations.RunSQL(MAKE, MAKE_WITHOUT_LOCK)]
