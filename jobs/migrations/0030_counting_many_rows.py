"""Counting is as quick in a session that began with one row.

A function's plan is made for the rows of its first call and serves all later ones: by nested loops, which are good for
one row, a thousand took four tenths of a second.
"""

from django.db import migrations

FUNCTIONS = ("jobs_count_moved", "jobs_count_attempts")


class Migration(migrations.Migration):
    dependencies = [("jobs", "0029_lists_of_a_million")]
    operations = [
        migrations.RunSQL(
            f"ALTER FUNCTION {function}() SET enable_nestloop = off",
            f"ALTER FUNCTION {function}() RESET enable_nestloop",
        )
        for function in FUNCTIONS
    ]
