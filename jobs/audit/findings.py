"""What an audit says of a property: the verdict, the facts that it rests on, and what would mend it. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal


class Property(StrEnum):
    """What makes a job one that can be left alone at night."""

    # A call that is made twice does no harm, or none is made twice.
    IDEMPOTENCY = "idempotency"
    # One run at a time.
    SINGLETON = "singleton"
    # A run ends by itself, and before the next is due.
    BOUNDED_RUNTIME = "bounded_runtime"
    # Somebody is told of a failure, and the message gets there.
    FAILURE_ALERTING = "failure_alerting"
    # What was run, and what came of it, can be read afterwards.
    OBSERVABILITY = "observability"


class Verdict(StrEnum):
    """From good to bad."""

    FULFILLED = "fulfilled"
    IN_PART = "in_part"
    NOT_FULFILLED = "not_fulfilled"


_ORDER = tuple(Verdict)


@dataclass(frozen=True, slots=True)
class Change:
    """One field at one URL. The audit makes no change; `value` is None where people have to choose it.

    A POST without a body has no `field`.
    """

    url: str
    field: str | None
    value: Any
    why: str
    method: Literal["PATCH", "POST"] = "PATCH"


@dataclass(frozen=True, slots=True)
class Gap:
    """One thing that keeps a property from being fulfilled."""

    verdict: Verdict
    reason: str
    change: Change | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    verdict: Verdict
    reason: str
    facts: tuple[str, ...]
    changes: tuple[Change, ...]


def found(facts: Iterable[str], gaps: Sequence[Gap], *, fulfilled: str) -> Finding:
    """The worst gap decides, and what would close any of them is said; `fulfilled` is said where there is none."""
    if not gaps:
        return Finding(Verdict.FULFILLED, fulfilled, tuple(facts), ())
    deciding = max(gaps, key=lambda gap: _ORDER.index(gap.verdict))
    changes = tuple(gap.change for gap in gaps if gap.change is not None)
    return Finding(deciding.verdict, deciding.reason, tuple(facts), changes)


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    return max(verdicts, key=_ORDER.index, default=Verdict.FULFILLED)
