"""The test databases: migrated once for all processes of a run, and put back to that after each test that commits."""

import fcntl
import gc
import os
from pathlib import Path

from django.core.management import call_command
from django.db import connection

# Tables of the schema `seeds` hold the rows that a migrated database has: the other tables are empty in it.
REMEMBER = """
CREATE SCHEMA seeds;
DO $$
DECLARE
    name text;
    has_rows boolean;
BEGIN
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM public.%I)', name) INTO has_rows;
        IF has_rows THEN
            EXECUTE format('CREATE TABLE seeds.%1$I AS TABLE public.%1$I', name);
        END IF;
    END LOOP;
END $$;
"""

# The locks wait for what other connections of the test still do. Foreign keys are looked at when all is done.
# Triggers write rows while others are deleted, so the second round deletes those.
RESTORE = """
DO $$
DECLARE
    name text;
    seed text;
    has_changed boolean;
BEGIN
    SET CONSTRAINTS ALL DEFERRED;
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
        EXECUTE format('LOCK TABLE public.%I', name);
    END LOOP;
    FOR round IN 1..2 LOOP
        FOR name, seed IN
            SELECT tables.tablename, seeds.tablename FROM pg_tables AS tables
            LEFT JOIN pg_tables AS seeds ON seeds.schemaname = 'seeds' AND seeds.tablename = tables.tablename
            WHERE tables.schemaname = 'public'
        LOOP
            IF seed IS NULL THEN
                EXECUTE format('DELETE FROM public.%I', name);
                CONTINUE;
            END IF;
            EXECUTE format(
                'SELECT EXISTS (TABLE public.%1$I EXCEPT ALL TABLE seeds.%1$I)'
                ' OR EXISTS (TABLE seeds.%1$I EXCEPT ALL TABLE public.%1$I)',
                name
            ) INTO has_changed;
            IF has_changed THEN
                EXECUTE format('DELETE FROM public.%I', name);
                EXECUTE format('INSERT INTO public.%1$I TABLE seeds.%1$I', name);
            END IF;
        END LOOP;
    END LOOP;
END $$;
"""


def migrate_template() -> str:
    """The name of a database that has been migrated: the engines' own, by the first process that asks."""
    data = Path(os.environ["BELFRY_DATA_DIR"])
    is_migrated = data / "database-is-migrated"
    with (data / "migrating").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_migrated.exists():
            # Each step makes all models anew: looking for garbage among them takes nearly as long as migrating.
            gc.disable()
            call_command("migrate", verbosity=0)
            gc.enable()
            # Nobody may be connected to a database that is copied.
            connection.close()
            is_migrated.touch()
    return str(connection.settings_dict["NAME"])


def remember_seeds() -> None:
    with connection.cursor() as cursor:
        cursor.execute(REMEMBER)


def restore() -> None:
    """Bring all tables to what `remember_seeds` saw; sequences go on, so no test can lean on numbers."""
    with connection.cursor() as cursor:
        cursor.execute(RESTORE)
