"""Write every stored secret anew with the present SECRET_KEY, so that older ones can be given up."""

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.db.models import Model

from credentials.encryption import UndecryptableSecret, is_encrypted, rotate
from credentials.models import Credential
from jobs.models import JobTemplate, UnifiedJob

BATCH = 200
# (what it is called, model, column, where in the column the secrets are)
PLACES: tuple[tuple[str, type[Model], str, Callable[[Any], Any]], ...] = (
    ("credential", Credential, "inputs", lambda value: value),
    ("job_template", JobTemplate, "http_headers", lambda value: value),
    ("job", UnifiedJob, "request", lambda value: value.get("headers")),
)


def rotate_all() -> tuple[int, list[str]]:
    """The number of rows that were written anew, and those that no key opens: they stay as they are."""
    written = 0
    unreadable: list[str] = []
    for name, model, column, secrets_of in PLACES:
        last = 0
        while True:
            ids, changed, failed = _rotate_batch(model, column, secrets_of, after=last)
            if not ids:
                break
            last, written = ids[-1], written + changed
            unreadable += [f"{name} {pk}" for pk in failed]
    return written, unreadable


@transaction.atomic
def _rotate_batch(
    model: type[Model], column: str, secrets_of: Callable[[Any], Any], *, after: int
) -> tuple[list[int], int, list[int]]:
    """The ids that were looked at, how many rows were written, and the ids of those that no key opens."""
    manager = model._default_manager
    rows = list(
        manager.filter(pk__gt=after).order_by("pk").select_for_update(of=("self",)).only(column)[:BATCH]
    )
    changed, failed = 0, []
    for row in rows:
        value = getattr(row, column)
        held = secrets_of(value) if isinstance(value, dict) else None
        if not isinstance(held, dict) or not any(map(is_encrypted, held.values())):
            continue
        try:
            held |= {key: rotate(text) for key, text in held.items() if is_encrypted(text)}
        except UndecryptableSecret:
            failed.append(row.pk)
            continue
        # `update`: neither `modified` nor a signal says that somebody changed the object.
        manager.filter(pk=row.pk).update(**{column: value})
        changed += 1
    return [row.pk for row in rows], changed, failed
