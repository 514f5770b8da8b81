import pytest
from django.core.management import call_command
from django.db import connection


@pytest.mark.django_db
def test_models_and_migrations_agree() -> None:
    call_command("makemigrations", "--check", "--dry-run")


@pytest.mark.django_db
def test_triggers_that_compare_rows_are_planned_for_many() -> None:
    """What a plan for one row costs a thousand: jobs/migrations/0002_counted_by_the_database.py."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT proname FROM pg_proc WHERE prosrc ~ 'JOIN (before|after) ON' "
            "AND NOT 'enable_nestloop=off' = ANY(coalesce(proconfig, '{}'))"
        )
        assert cursor.fetchall() == []
