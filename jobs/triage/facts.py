"""What the rules go by: what is on record of a run and around it. Pure: no database, no clock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import modf

from jobs.statuses import Status

# Of how many of its last successful runs the seconds are compared with the bound.
LAST_SUCCESSES = 10
# So many other runs have to fail before they speak against the service.
ENOUGH_OTHERS = 2


@dataclass(frozen=True, slots=True)
class Call:
    """The call that the run's end goes back to. `answer` is the beginning of what was answered."""

    number: int
    host: str = ""
    method: str = ""
    url: str = ""
    status: int | None = None
    seconds: float | None = None
    retry_after: str = ""
    answer: str = ""
    outcome: str = ""
    error: str = ""
    # Whether the endpoint took it, to report later how it ends.
    is_accepted: bool = False


@dataclass(frozen=True, slots=True)
class EndedRun:
    """A run of the template; `elapsed` in seconds."""

    id: int
    status: str
    created: datetime
    begun: datetime
    finished: datetime
    elapsed: float


@dataclass(frozen=True, slots=True)
class Others:
    """Runs of the project's other templates that ended at about the same time, canceled ones left out."""

    unsuccessful: int
    of: int
    hours: int

    @property
    def fail(self) -> bool:
        return self.unsuccessful >= ENOUGH_OTHERS and self.unsuccessful * 2 >= self.of

    @property
    def succeed(self) -> bool:
        return self.unsuccessful * 2 < self.of


# The kind of a change that has no object: of a setting of this installation.
SETTING = "setting"


@dataclass(frozen=True, slots=True)
class Change:
    """An entry of the activity stream: `fields` of an object of this kind were changed, or it was made."""

    entry: int
    at: datetime
    kind: str
    id: int
    fields: tuple[str, ...]
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class History:
    """The last runs of the template up to the run, itself among them. Times are None where there is no such run."""

    last_successful: EndedRun | None
    first_unsuccessful: EndedRun | None
    unsuccessful_in_a_row: int
    # What 95 of a hundred of the successful ones took at most, and the longest of the last of them.
    usual_seconds: float | None
    lately_seconds: float | None
    looked_at: int


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is on record and open to the asker; ids of what he may not read are None."""

    job: int
    status: str
    reason: str
    explanation: str
    attempts_made: int
    attempts_allowed: int
    has_begun: bool
    # Seconds that one call may take.
    bound: float
    history: History
    template: int | None = None
    project: int | None = None
    call: Call | None = None
    hosts_failed: int = 0
    hosts: int = 0
    others: Others | None = None
    changes: tuple[Change, ...] = ()


def history_of(runs: Sequence[EndedRun]) -> History:
    """Of runs of one template, the last first. Canceled ones say nothing of success or failure."""
    judged = [run for run in runs if run.status != Status.CANCELED]
    successes = [run for run in judged if run.status == Status.SUCCESSFUL]
    in_a_row = next(
        (place for place, run in enumerate(judged) if run.status == Status.SUCCESSFUL), len(judged)
    )
    lately = [run.elapsed for run in successes[:LAST_SUCCESSES]]
    return History(
        last_successful=successes[0] if successes else None,
        first_unsuccessful=judged[in_a_row - 1] if in_a_row else None,
        unsuccessful_in_a_row=in_a_row,
        usual_seconds=_p95([run.elapsed for run in successes]),
        lately_seconds=max(lately, default=None),
        looked_at=len(runs),
    )


def _p95(seconds: Sequence[float]) -> float | None:
    """As PostgreSQL's percentile_cont has it: between two values, in proportion."""
    if not seconds:
        return None
    ordered = sorted(seconds)
    part, below = modf(0.95 * (len(ordered) - 1))
    low, high = ordered[int(below)], ordered[min(int(below) + 1, len(ordered) - 1)]
    return round(low + part * (high - low), 3)
