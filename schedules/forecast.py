"""What will become of a schedule's next occurrences, as far as that is known today."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from access.runtime_settings import is_paused
from schedules.decisions import Quiet, quiet_at
from schedules.exclusions import exclusions
from schedules.models import Schedule
from schedules.policies import policy_of

MOST = 50
FORECAST = "forecast"
SYSTEM_IS_PAUSED = (
    "The system is paused. When it goes on, missed_policy decides about what is due until then."
)


@dataclass(frozen=True, slots=True)
class Expected:
    """An occurrence to come: it will be launched (`forecast`), or end as `outcome` for the reason."""

    scheduled_for: datetime
    outcome: str
    reason: str


def forecast(schedule: Schedule, count: int) -> list[Expected]:
    """The next `count` occurrences from `next_run` on; none of a schedule that has no next run.

    Raises recurrence.InvalidRule.
    """
    due = schedule.next_occurrence
    if due is None:
        return []
    found = schedule.recurrence.upcoming(due - timedelta.resolution, count)
    instants = [local.astimezone(UTC) for local in found]
    if not instants:
        return []
    quiet = policy_of(schedule, exclusions([schedule], instants[0], instants[-1])[schedule.pk]).quiet
    remark = pause_remark()
    return [expect(instant, quiet, remark) for instant in instants]


def expect(instant: datetime, quiet: tuple[Quiet, ...], remark: str) -> Expected:
    """What will become of one occurrence; `remark` is said of it where it will be launched."""
    why = quiet_at(quiet, instant)
    return Expected(instant, why.outcome, why.reason) if why else Expected(instant, FORECAST, remark)


def pause_remark() -> str:
    """What is to be said of launches to come while the system is paused; empty while it is not."""
    return SYSTEM_IS_PAUSED if is_paused() else ""
