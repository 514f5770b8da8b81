"""Taking changes of a schedule back: from what the activity stream says of them to the body of a PATCH."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from access.activity import Operation
from api.changes import holds_secret

MASKED = "It had a secret, which the activity stream masks."
UNWRITTEN = "This is nothing that users write."


@dataclass(frozen=True, slots=True)
class Rollback:
    """What takes changes back, by field: `changes` are pairs of now and then, `refused` says why there is none.

    `left` says by list what was attached and detached: that stays as it is.
    """

    changes: dict[str, list[Any]]
    refused: dict[str, list[str]]
    left: dict[str, list[str]]

    @property
    def body(self) -> dict[str, Any]:
        """The values of then, as a PATCH takes them."""
        return {name: then for name, (_, then) in self.changes.items()}


def rollback(entries: Iterable[tuple[str, Mapping[str, Any]]], shown: Mapping[str, Any]) -> Rollback:
    """How the schedule gets the values that it had before the first of `entries`.

    These are the operations and changes of all that the activity stream has of it since then, in their order; `shown`
    is what of it can be written, as the API shows it now.
    """
    then: dict[str, Any] = {}
    first: dict[tuple[str, str, int], str] = {}
    last: dict[tuple[str, str, int], str] = {}
    for operation, changes in entries:
        if operation == Operation.UPDATE:
            for name, (before, _) in changes.items():
                then.setdefault(name, before)
        elif operation in (Operation.ASSOCIATE, Operation.DISASSOCIATE):
            attached = (changes["relationship"], changes["object2"], changes["object2_pk"])
            first.setdefault(attached, operation)
            last[attached] = operation
    refused = {name: why for name, value in then.items() if (why := _why_not(name, value, shown))}
    differing = [name for name in then.keys() - refused.keys() if then[name] != shown[name]]
    return Rollback(
        {name: [shown[name], then[name]] for name in sorted(differing)},
        refused,
        _told({one: operation for one, operation in first.items() if last[one] == operation}),
    )


def _why_not(name: str, value: Any, shown: Mapping[str, Any]) -> list[str]:
    if name not in shown:
        return [UNWRITTEN]
    return [MASKED] if holds_secret(value) else []


def _told(attached: Mapping[tuple[str, str, int], str]) -> dict[str, list[str]]:
    """By list, what has become of its objects."""
    told: dict[str, list[str]] = {}
    for (relation, kind, pk), operation in attached.items():
        verb = "attached" if operation == Operation.ASSOCIATE else "detached"
        told.setdefault(relation, []).append(f"{kind} {pk} was {verb}")
    return told
