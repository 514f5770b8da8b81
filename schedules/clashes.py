"""Where expected runs meet: of one template, of one service, and the times at which nothing is expected to run."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from heapq import heappop, heappush

from schedules.expected_runs import ExpectedRun, Outlook, Window

_SECOND = timedelta(seconds=1)


class Kind(StrEnum):
    OVERLAP = "overlap"
    CONCURRENCY = "concurrency"
    RATE = "rate"


@dataclass(slots=True)
class Clash:
    """From `start` until `end` more than `limit` of `runs` are going at once, `most` at the worst.

    An overlap is of one template, the other kinds are of one service (None: of job templates without one, and of all
    that is no job template). For a rate a run is going for a second after its launch.
    """

    kind: Kind
    limit: int
    start: datetime
    end: datetime
    most: int = 0
    runs: list[ExpectedRun] = field(default_factory=list)

    @property
    def project(self) -> int | None:
        return self.runs[0].project

    @property
    def template(self) -> int | None:
        return self.runs[0].schedule.unified_job_template_id if self.kind == Kind.OVERLAP else None


@dataclass(frozen=True, slots=True)
class Limits:
    """Of a project's calls; 0 for none."""

    concurrent: int = 0
    per_second: int = 0


def clashes(outlook: Outlook, limits: Mapping[int, Limits], *, at_once: int) -> list[Clash]:
    """All of them, by time. `limits` are the projects' own; `at_once` holds where there is none of concurrent calls."""
    found: list[Clash] = []
    for runs in _grouped(outlook.launched, lambda run: run.schedule.unified_job_template_id):
        found += _beyond(Kind.OVERLAP, 1, runs, lambda run: run.going_until)
    for runs in _grouped(outlook.launched, lambda run: run.project):
        project = runs[0].project
        own = Limits() if project is None else limits.get(project, Limits())
        found += _beyond(Kind.CONCURRENCY, own.concurrent or at_once, runs, lambda run: run.going_until)
        if own.per_second:
            found += _beyond(Kind.RATE, own.per_second, runs, lambda run: run.launch_at + _SECOND)
    return sorted(found, key=lambda clash: clash.start)


def quiet_spans(outlook: Outlook) -> list[Window]:
    """The times of the window without any run, the longest first."""
    found: list[Window] = []
    since = outlook.window.start
    for run in outlook.launched:
        if run.launch_at > since:
            found.append(Window(since, run.launch_at))
        since = max(since, run.going_until)
    if since < outlook.window.end:
        found.append(Window(since, outlook.window.end))
    return sorted(found, key=lambda span: span.start - span.end)


def _grouped(runs: Sequence[ExpectedRun], by: Callable[[ExpectedRun], int | None]) -> list[list[ExpectedRun]]:
    found: dict[int | None, list[ExpectedRun]] = {}
    for run in runs:
        found.setdefault(by(run), []).append(run)
    return list(found.values())


def _beyond(
    kind: Kind, limit: int, runs: Sequence[ExpectedRun], until: Callable[[ExpectedRun], datetime]
) -> Iterator[Clash]:
    """The times at which more than `limit` of `runs`, which are in order, are going."""
    going: list[tuple[datetime, int]] = []
    clash: Clash | None = None
    for place, run in enumerate(runs):
        while going and going[0][0] <= run.launch_at:
            end, _ = heappop(going)
            if clash and len(going) == limit:
                clash.end = end
                yield clash
                clash = None
        heappush(going, (until(run), place))
        if clash:
            clash.runs.append(run)
        elif len(going) > limit:
            clash = Clash(kind, limit, run.launch_at, run.launch_at, runs=_by_launch(going, runs))
        if clash:
            clash.most = max(clash.most, len(going))
    if clash:
        clash.end = sorted(going)[-limit - 1][0]
        yield clash


def _by_launch(going: list[tuple[datetime, int]], runs: Sequence[ExpectedRun]) -> list[ExpectedRun]:
    return [runs[place] for place in sorted(place for _, place in going)]
