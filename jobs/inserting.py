"""New runs into their table by COPY: a tick makes thousands, and a statement with all their values is slow to write."""

import json
from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Any

from django.db import connection, models

from jobs.models import UnifiedJob

_FIELDS = [field for field in UnifiedJob._meta.concrete_fields if not field.generated]
_VALUES = attrgetter(*(field.attname for field in _FIELDS))
_JSON = [place for place, field in enumerate(_FIELDS) if isinstance(field, models.JSONField)]
_TABLE = UnifiedJob._meta.db_table
_COPY = f"COPY {_TABLE} ({', '.join(str(field.column) for field in _FIELDS)}) FROM STDIN"


def give_ids(runs: Sequence[UnifiedJob]) -> None:
    """Give runs that are not saved yet the ids that they will have: one statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [_TABLE, len(runs)],
        )
        for run, (pk,) in zip(runs, cursor.fetchall(), strict=True):
            run.pk = pk


def insert(runs: Sequence[UnifiedJob]) -> None:
    """Save new runs, of which none or all were given ids. Raises what Django raises where the database refuses one."""
    if runs and not runs[0].pk:
        give_ids(runs)
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(_COPY) as copy:
        for row in _rows(runs):
            copy.write_row(row)
    for run in runs:
        run._state.adding = False  # noqa: SLF001 (Django's documented interface, underscore or not)


def _rows(runs: Iterable[UnifiedJob]) -> Iterable[list[Any]]:
    # By the ids of the values, which live as long as `runs`: many runs of a template share them.
    texts: dict[int, str] = {}
    for run in runs:
        run.modified = run.created
        row = list(_VALUES(run))
        for place in _JSON:
            value = row[place]
            row[place] = texts.get(id(value)) or texts.setdefault(id(value), json.dumps(value))
        yield row
