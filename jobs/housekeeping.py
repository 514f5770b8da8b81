"""What system jobs do: rows that are of no more use are deleted, a batch at a time, each in its own transaction.

A job that is cut off has deleted what it has deleted; the next one goes on from there.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from oauth2_provider.settings import oauth2_settings

from access.activity import ActivityStream
from access.models import AccessToken, Grant, RefreshToken
from jobs.locks import try_gate
from jobs.models import RunText, SystemJobTemplate, UnifiedJob
from jobs.removal import delete_runs

JobType = SystemJobTemplate.JobType

BATCH = 500
DAYS = 90
# Nothing is older.
MOST_DAYS = 365 * 1000
BY_AGE = (JobType.CLEANUP_JOBS, JobType.CLEANUP_ACTIVITY)
# AWX's; of these `days` has an effect.
VARIABLES = ("days", "older_than", "granularity")
NOT_DAYS = "days must be a positive integer."
# Shared by transactions that insert runs, and so may rely on a text that is there: the trigger takes it.
_TEXTS = 0x42656C66727934

# Deletes at most so many rows from before an instant; returns how many of each sort.
Sweep = Callable[[datetime, int], Counter[str]]
# Deletes what belongs to runs that are about to be deleted; returns how many of each sort.
Companion = Callable[[Sequence[int]], Counter[str]]


class InvalidDays(ValueError):
    """days must be a positive integer."""


@dataclass(frozen=True, slots=True)
class Chore:
    """What one system job has to do: its sweeps, one after the other, each until it finds nothing more."""

    sweeps: tuple[Sweep, ...]
    before: datetime
    days: int | None = None


def whole_days(value: object) -> int:
    """Raises InvalidDays."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise InvalidDays(NOT_DAYS)
    try:
        days = int(value)
        if days < 0 or float(value) != days:
            raise InvalidDays(NOT_DAYS)
    except (ValueError, OverflowError):
        raise InvalidDays(NOT_DAYS) from None
    return min(days, MOST_DAYS)


def allowed_variables(job_type: str, given: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """What of `given` a schedule of this kind may carry, and why not the rest, in AWX's words."""
    accepted = {name: value for name, value in given.items() if name in VARIABLES}
    refusals = []
    unknown = [name for name in given if name not in VARIABLES]
    if unknown:
        refusals.append(f"Variables {', '.join(unknown)} are not allowed for system jobs.")
    if job_type in BY_AGE and "days" in accepted:
        try:
            whole_days(accepted["days"])
        except InvalidDays:
            refusals.append(NOT_DAYS)
            del accepted["days"]
    return accepted, refusals


def chore_of(job_type: str, variables: Mapping[str, Any], *, now: datetime) -> Chore:
    """Raises InvalidDays."""
    sweeps = _sweeps[JobType(job_type)]
    if job_type not in BY_AGE:
        return Chore(tuple(sweeps), now)
    days = whole_days(variables.get("days", DAYS))
    try:
        before = now - timedelta(days=days)
    except OverflowError:
        before = datetime.min.replace(tzinfo=now.tzinfo)
    return Chore(tuple(sweeps), before, days)


def sweep_batch(sweep: Sweep, before: datetime) -> Counter[str]:
    with transaction.atomic():
        return sweep(before, BATCH)


def add_sweep(job_type: JobType, sweep: Sweep) -> None:
    """Let an app to the right tidy up with a system job of this kind; called from its `ready`."""
    _sweeps[job_type].insert(0, sweep)


def add_companion(companion: Companion) -> None:
    """Let what an app to the right has of old runs go with them, in the same transaction; called from its `ready`."""
    _companions.append(companion)


def _sweep_jobs(before: datetime, limit: int) -> Counter[str]:
    """Runs that ended before, the oldest first; with their attempts, and what else goes with them."""
    # Only what has ended has such a time.
    old = UnifiedJob.objects.filter(finished__lt=before).order_by("finished", "id")
    kinds = dict(old.values_list("pk", "kind")[:limit])
    swept = Counter(f"{kind}s" for kind in kinds.values())
    # They go first: so they need not be set to null.
    for companion in _companions:
        swept.update(companion(list(kinds)))
    delete_runs(list(kinds))
    return swept


def _sweep_texts(_: datetime, limit: int) -> Counter[str]:
    """Of names that no run has any more. Earlier descriptions of runs that go by the same name stay with these.

    A run that is being inserted may have found its text there (jobs/migrations). While there is one that could,
    nothing is deleted, and none is inserted while something is.
    """
    texts = RunText.objects.filter(~Exists(UnifiedJob.objects.filter(name=OuterRef("name"))))
    unused = list(texts.order_by("pk").values_list("pk", flat=True)[:limit])
    if not unused:
        return Counter()
    if not try_gate(_TEXTS):
        return Counter()
    # Asked again: runs of before the lock are there now.
    deleted, _by_model = texts.filter(pk__in=unused).delete()
    return Counter(run_texts=deleted)


def _sweep_activity(before: datetime, limit: int) -> Counter[str]:
    old = ActivityStream.objects.filter(timestamp__lt=before).order_by("timestamp")
    return _delete("activity_stream", ActivityStream.objects.all(), old, limit)


def _sweep_sessions(before: datetime, limit: int) -> Counter[str]:
    expired = Session.objects.filter(expire_date__lt=before).order_by("expire_date")
    return _delete("sessions", Session.objects.all(), expired, limit)


def _sweep_refresh_tokens(before: datetime, limit: int) -> Counter[str]:
    old = RefreshToken.objects.filter(created__lt=before - _refreshable()).order_by("pk")
    return _delete("refresh_tokens", RefreshToken.objects.all(), old, limit)


def _sweep_tokens(before: datetime, limit: int) -> Counter[str]:
    """Those that no refresh token renews any more."""
    renewing = RefreshToken.objects.filter(
        access_token=OuterRef("pk"), revoked__isnull=True, created__gte=before - _refreshable()
    )
    expired = AccessToken.objects.filter(~Exists(renewing), expires__lt=before).order_by("pk")
    return _delete("tokens", AccessToken.objects.all(), expired, limit)


def _sweep_codes(before: datetime, limit: int) -> Counter[str]:
    old = Grant.objects.filter(expires__lt=before).order_by("pk")
    return _delete("authorization_codes", Grant.objects.all(), old, limit)


def _refreshable() -> timedelta:
    return timedelta(seconds=oauth2_settings.REFRESH_TOKEN_EXPIRE_SECONDS)


def _delete(name: str, rows: QuerySet[Any], old: QuerySet[Any], limit: int) -> Counter[str]:
    keys = list(old.values_list("pk", flat=True)[:limit])
    rows.filter(pk__in=keys).delete()
    return Counter({name: len(keys)})


_sweeps: dict[JobType, list[Sweep]] = {
    JobType.CLEANUP_JOBS: [_sweep_jobs, _sweep_texts],
    JobType.CLEANUP_ACTIVITY: [_sweep_activity],
    JobType.CLEANUP_SESSIONS: [_sweep_sessions],
    JobType.CLEANUP_TOKENS: [_sweep_refresh_tokens, _sweep_tokens, _sweep_codes],
}
_companions: list[Companion] = []
