"""When Belfry tidies up unless told otherwise, and what of the ledger goes with old runs."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from jobs.housekeeping import JobType
from jobs.many import each_of
from jobs.system_jobs import make_missing_templates
from schedules.models import Backfill, Occurrence, Schedule
from schedules.planning import compute_times

# An entry keeps its time from being launched again by a clock that was put back: so long, whatever a clean-up is asked.
GUARDS_FOR = timedelta(days=1)
# AWX's: name, rule and parameters.
SCHEDULES: dict[str, tuple[str, str, dict[str, Any]]] = {
    JobType.CLEANUP_JOBS: ("Cleanup Job Schedule", "FREQ=WEEKLY;INTERVAL=1;BYDAY=SU", {"days": "120"}),
    JobType.CLEANUP_ACTIVITY: (
        "Cleanup Activity Schedule",
        "FREQ=WEEKLY;INTERVAL=1;BYDAY=TU",
        {"days": "355"},
    ),
    JobType.CLEANUP_SESSIONS: ("Cleanup Expired Sessions", "FREQ=WEEKLY;INTERVAL=1", {}),
    JobType.CLEANUP_TOKENS: ("Cleanup Expired OAuth 2 Tokens", "FREQ=WEEKLY;INTERVAL=1", {}),
}


def ensure_housekeeping(*, now: datetime) -> None:
    """Make the system job templates that are missing, each with its schedule; one that was deleted stays so."""
    for template in make_missing_templates():
        name, rule, extra_data = SCHEDULES[template.job_type]
        schedule = Schedule(
            name=name,
            description="Automatically Generated Schedule",
            unified_job_template=template.template,
            rrule=f"DTSTART:{now:%Y%m%dT%H%M%SZ} RRULE:{rule}",
            extra_data=extra_data,
        )
        compute_times(schedule, now=now)
        schedule.save()


def sweep_occurrences(before: datetime, limit: int) -> Counter[str]:
    """Entries of the ledger from before an instant that never had a run, or have it no more."""
    old = Occurrence.objects.filter(job=None, recorded__lt=min(before, _guarding_since()))
    keys = list(old.order_by("pk").values_list("pk", flat=True)[:limit])
    Occurrence.objects.filter(pk__in=keys).delete()
    return Counter(occurrences=len(keys))


def delete_occurrences_of(runs: Sequence[int]) -> Counter[str]:
    """Delete their entries of the ledger, in the transaction that deletes the runs: backfills read there what ran."""
    old = Occurrence.objects.filter(job__in=each_of(runs), recorded__lt=_guarding_since())
    deleted, _ = old.delete()
    return Counter(occurrences=deleted)


def _guarding_since() -> datetime:
    return timezone.now() - GUARDS_FOR


def sweep_backfills(before: datetime, limit: int) -> Counter[str]:
    """Backfills that have ended before an instant; their runs go by themselves."""
    old = Backfill.objects.filter(finished__lt=before).order_by("pk")
    keys = list(old.values_list("pk", flat=True)[:limit])
    Backfill.objects.filter(pk__in=keys).delete()
    return Counter(backfills=len(keys))
