"""New runs into their table by COPY: a tick makes thousands, and a statement with all their values is slow to write."""

from collections.abc import Iterator, Sequence
from operator import itemgetter
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import connection, models

from jobs.copy_format import NULL, json_of, text_of, time_of
from jobs.models import UnifiedJob

_TABLE = UnifiedJob._meta.db_table
# What each run has for itself. In everything else most runs of a template are alike.
_OWN = ("id", "run_id", "scheduled_for", "due_at", "extra_vars")
_OTHERS = [
    field for field in UnifiedJob._meta.concrete_fields if not field.generated and field.attname not in _OWN
]
# Of `vars`: each attribute for the key of another object would be a call.
_VALUES = itemgetter(*(field.attname for field in _OTHERS))
_COPY = f"COPY {_TABLE} ({', '.join((*_OWN, *(str(field.column) for field in _OTHERS)))}) FROM STDIN"


def give_ids(runs: Sequence[UnifiedJob]) -> None:
    """Give runs that are not saved yet the ids that they will have: one statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [_TABLE, len(runs)],
        )
        for run, (pk,) in zip(runs, cursor.fetchall(), strict=True):
            run.id = pk


class RunWriter:
    """Writes new runs; what those of a template have in common is put into words once."""

    def __init__(self) -> None:
        self._known: dict[int | None, tuple[Any, str]] = {}

    def insert(self, runs: Sequence[UnifiedJob]) -> None:
        """Save new runs, of which none or all were given ids.

        Raises what Django raises where the database refuses one.
        """
        if runs and not runs[0].id:
            give_ids(runs)
        with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(_COPY) as copy:
            copy.write("".join(self._lines(runs)))
        for run in runs:
            run._state.adding = False  # noqa: SLF001 (Django's documented interface, underscore or not)

    def _lines(self, runs: Sequence[UnifiedJob]) -> Iterator[str]:
        for run in runs:
            run.modified = run.created
            values = _VALUES(vars(run))
            before, text = self._known.get(run.unified_job_template_id, (None, ""))
            if values != before:
                text = "\t".join(map(_text, _OTHERS, values))
                self._known[run.unified_job_template_id] = (values, text)
            yield (
                f"{run.id}\t{run.run_id.hex}\t{time_of(run.scheduled_for)}\t{time_of(run.due_at)}"
                f"\t{json_of(run.extra_vars)}\t{text}\n"
            )


def _text(field: "models.Field[Any, Any]", value: Any) -> str:
    if value is None:
        return NULL
    if isinstance(field, models.JSONField):
        return json_of(value)
    if isinstance(field, ArrayField):
        return f"{{{','.join(map(str, value))}}}"  # numbers
    return text_of(value)
