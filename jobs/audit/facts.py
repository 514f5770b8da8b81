"""What the rules of an audit go by: settings of a template and its schedules, and what is on record. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypedDict

from jobs.audit.findings import Change
from jobs.endpoints import Means
from jobs.policies import RunPolicy, span
from jobs.statuses import OverlapPolicy, TemplateKind


@dataclass(frozen=True, slots=True)
class Call:
    """What a job template calls, and how long a call may take (`timeout`, 0 for Belfry's default)."""

    url: str
    means: Means
    method: str
    policy: RunPolicy
    timeout: int
    has_inventory: bool
    success_json: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ScheduleFacts:
    """`interval` is the shortest time in seconds between its next occurrences; None without two.

    `is_asked` is whether there was time to ask the rule for them.
    """

    id: int
    has_next_run: bool = True
    is_quarantined: bool = False
    is_asked: bool = True
    interval: float | None = None
    # Empty and None where the template's hold.
    overlap_policy: str = ""
    overlap_limit: int | None = None
    run_policy: Mapping[str, Any] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"/api/v2/schedules/{self.id}/"


@dataclass(frozen=True, slots=True)
class Channel:
    """A notification template that tells of failures; `id` is None where the asker may not read it.

    Of its last messages that were sent, or could not be: how many there are, how many failed, and whether the last did.
    """

    id: int | None
    of: str
    ended: int = 0
    failed: int = 0
    last_failed: bool = False


@dataclass(frozen=True, slots=True)
class Alerting:
    """`candidate` is a notification template that could be attached: of the same organization, open to the asker."""

    channels: tuple[Channel, ...] = ()
    candidate: int | None = None


@dataclass(frozen=True, slots=True)
class Steps:
    """What a workflow launches: calls of job templates, those that the asker may not read only counted.

    `endless` are the ids of its approvals that wait without end.
    """

    calls: tuple[Call, ...] = ()
    unreadable: int = 0
    approvals: int = 0
    endless: tuple[int, ...] = ()
    others: int = 0

    def in_words(self) -> str:
        return (
            f"Its steps launch {len(self.calls)} job templates that are looked at and {self.unreadable} that you may "
            f"not read, {self.approvals} approvals, and {self.others} of other kinds, which are not looked at."
        )


@dataclass(frozen=True, slots=True)
class Answers:
    """Of the last successful runs: how many there are, how many answers had each of the contract's names.

    `statuses` are the different values of `status`.
    """

    runs: int = 0
    with_status: int = 0
    with_processed: int = 0
    with_duration: int = 0
    statuses: tuple[str, ...] = ()

    @property
    def say_something(self) -> bool:
        return bool(self.with_status or self.with_processed or self.with_duration)


class Known(TypedDict, total=False):
    """What other apps know of a template."""

    schedules: tuple[ScheduleFacts, ...]
    alerting: Alerting
    steps: Steps


@dataclass(frozen=True, slots=True)
class Facts:
    """`call` is a job template's, `steps` a workflow's. `usual_seconds` is what 95 of 100 of its runs took at most."""

    id: int
    kind: TemplateKind
    overlap_policy: OverlapPolicy
    overlap_limit: int = 0
    call: Call | None = None
    steps: Steps = Steps()
    successful_history_limit: int | None = None
    failed_history_limit: int | None = None
    usual_seconds: float | None = None
    answers: Answers = Answers()
    schedules: tuple[ScheduleFacts, ...] = ()
    alerting: Alerting = Alerting()

    @property
    def url(self) -> str:
        return f"/api/v2/{self.kind}s/{self.id}/"

    @property
    def interval(self) -> float | None:
        """The shortest of its schedules'."""
        return _shortest(self.schedules)

    def outgrows(self, interval: float | None) -> bool:
        """Whether its runs take longer than the time between two launches."""
        return self.usual_seconds is not None and interval is not None and self.usual_seconds > interval

    def pace(self, schedule: ScheduleFacts) -> str:
        """In words, of one whose interval its runs outgrow."""
        return f"Runs take up to {span(self.usual_seconds or 0)} and are launched every {span(schedule.interval or 0)}"


@dataclass(frozen=True, slots=True)
class Setting:
    """Where a run policy is set, with the shortest interval of the launches that it holds for.

    `own` is what a schedule says otherwise than its template; None of the template itself.
    """

    url: str
    policy: RunPolicy
    interval: float | None = None
    own: Mapping[str, Any] | None = None

    def change(self, name: str, value: Any, why: str) -> Change:
        """A schedule's `run_policy` is one field, which is sent whole."""
        if self.own is None:
            return Change(self.url, name, value, why)
        return Change(self.url, "run_policy", None if value is None else {**self.own, name: value}, why)


def settings_of(call: Call, schedules: Sequence[ScheduleFacts] = ()) -> list[Setting]:
    """The template's own, and those of the schedules that say anything otherwise."""
    own = [
        Setting(one.url, replace(call.policy, **one.run_policy), one.interval, one.run_policy)
        for one in schedules
        if one.run_policy
    ]
    interval = _shortest([one for one in schedules if not one.run_policy])
    return [Setting(call.url, call.policy, interval), *own]


def _shortest(schedules: Sequence[ScheduleFacts]) -> float | None:
    return min((one.interval for one in schedules if one.interval is not None), default=None)
