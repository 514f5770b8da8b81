"""Write every stored secret anew with the present SECRET_KEY, so that older ones can be given up."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Model

from credentials.encryption import UndecryptableSecret, is_encrypted, rotate
from credentials.models import Credential
from jobs.models import JobTemplate, UnifiedJob

BATCH = 200
# A dictionary with secrets among its values, and the names of those that may be secrets; None for all.
Holder = tuple[dict[str, Any], Collection[str] | None]


@dataclass(frozen=True)
class Place:
    """Where secrets are stored: what it is called, in which column, and where in a row's value of it."""

    name: str
    model: type[Model]
    column: str
    holders: Callable[[Any], Iterable[Holder]]


def defaults_of_survey(template: Any) -> Iterable[Holder]:
    return [(question, ["default"]) for question in template.survey_spec.get("spec", [])]


def key_of_webhook(template: Any) -> Iterable[Holder]:
    return [(vars(template), ["webhook_key"])]


# Apps to the right put theirs in when they are loaded.
places: list[Place] = [
    Place("credential", Credential, "inputs", lambda row: [(row.inputs, None)]),
    Place("job_template", JobTemplate, "http_headers", lambda row: [(row.http_headers, None)]),
    Place("job_template", JobTemplate, "survey_spec", defaults_of_survey),
    Place("job_template", JobTemplate, "webhook_key", key_of_webhook),
    Place("job", UnifiedJob, "request", lambda row: [(row.request.get("headers") or {}, None)]),
    Place("job", UnifiedJob, "extra_vars", lambda row: [(row.extra_vars, row.secret_variables)]),
]


def rotate_all() -> tuple[int, list[str]]:
    """The number of values that were written anew, and the rows that no key opens: they stay as they are."""
    written = 0
    unreadable: list[str] = []
    for place in places:
        last = 0
        while True:
            ids, changed, failed = _rotate_batch(place, after=last)
            if not ids:
                break
            last, written = ids[-1], written + changed
            unreadable += [f"{place.name} {pk}" for pk in failed]
    return written, unreadable


@transaction.atomic
def _rotate_batch(place: Place, *, after: int) -> tuple[list[int], int, list[int]]:
    """The ids that were looked at, how many rows were written, and the ids of those that no key opens."""
    manager = place.model._default_manager
    rows = list(manager.filter(pk__gt=after).order_by("pk").select_for_update(of=("self",))[:BATCH])
    changed, failed = 0, []
    for row in rows:
        try:
            found = [_rotate(*holder) for holder in place.holders(row)]
        except UndecryptableSecret:
            failed.append(row.pk)
            continue
        if any(found):
            # `update`: neither `modified` nor a signal says that somebody changed the object.
            manager.filter(pk=row.pk).update(**{place.column: getattr(row, place.column)})
            changed += 1
    return [row.pk for row in rows], changed, failed


def _rotate(held: dict[str, Any], names: Collection[str] | None) -> bool:
    secrets = {
        name: text for name, text in held.items() if is_encrypted(text) and (names is None or name in names)
    }
    held |= {name: rotate(text) for name, text in secrets.items()}
    return bool(secrets)
