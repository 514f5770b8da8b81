"""What all schedules together are expected to run in a window of time: one view for who wants to deploy."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import heappop, heappush
from time import monotonic

from django.db.models import QuerySet

from jobs.models import JobTemplate
from jobs.statistics import usual_seconds
from schedules.decisions import Outcome, Quiet
from schedules.exceptions import InvalidRule
from schedules.exclusions import exclusions
from schedules.forecast import FORECAST, Expected, expect, pause_remark
from schedules.models import Schedule
from schedules.policies import policy_of

MOST_SCHEDULES = 10_000
MOST_RUNS = 10_000
# There are rules that take some milliseconds for each of their times; ten thousand such times are not waited for.
MOST_SECONDS = 5.0
MEASURED = timedelta(days=30)
# How long a run counts as going of which nothing is known, and how long any does at least.
UNKNOWN, SHORTEST = timedelta(minutes=1), timedelta(seconds=1)

# What a schedule's rule, slot and policy are made of, and its summary.
_READ = (
    *("id", "name", "description", "unified_job_template_id", "rrule", "dtstart", "next_run", "identity"),
    *("jitter_seconds", "dst_gap", "dst_overlap", "overlap_policy", "paused_until", "pause_note"),
    *("missed_policy", "missed_limit", "starting_deadline_seconds"),
)


class TooMuch(Exception):
    """More is due before the window, or at its first instant, than is looked at."""


@dataclass(frozen=True, slots=True)
class Window:
    """From `start` until before `end`."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class ExpectedRun:
    """An occurrence to come, launched at `launch_at` or not at all (`expected` says why).

    `project` is the id of the job template's service. `seconds` is what nearly all of the template's runs took at most;
    None where there were none.
    """

    schedule: Schedule
    expected: Expected
    launch_at: datetime
    project: int | None
    seconds: float | None

    @property
    def is_launched(self) -> bool:
        return self.expected.outcome == FORECAST

    @property
    def end(self) -> datetime | None:
        """When it will have ended; None where it is not launched, or that is not known."""
        if self.seconds is None or not self.is_launched:
            return None
        return self.launch_at + timedelta(seconds=self.seconds)

    @property
    def going_until(self) -> datetime:
        """When it counts as ended, known or not."""
        return self.launch_at + _length(self.seconds)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is due in the window, and what was launched before and is still going at its start; by time of launch.

    Where there is too much of it the window ends earlier than it was asked for, and is complete until there.
    """

    window: Window
    is_shortened: bool
    runs: list[ExpectedRun]

    @property
    def launched(self) -> list[ExpectedRun]:
        return [run for run in self.runs if run.is_launched]


def _length(seconds: float | None) -> timedelta:
    return UNKNOWN if seconds is None else max(timedelta(seconds=seconds), SHORTEST)


def expected_runs(schedules: QuerySet[Schedule], window: Window, *, now: datetime) -> Outlook:
    """What `schedules` are expected to run in `window`, whose start is not in the past.

    A constant number of statements. Raises TooMuch.
    """
    armed = schedules.filter(enabled=True, next_run__lt=window.end).order_by("next_run", "id")
    rows = list(armed.only(*_READ)[: MOST_SCHEDULES + 1])
    end = window.end
    if len(rows) > MOST_SCHEDULES:
        # All that is due before the first that is left out has been read.
        end = rows.pop().next_run or end
        if end <= window.start:
            raise TooMuch
    runs: list[ExpectedRun] = []
    stop_at = monotonic() + MOST_SECONDS
    for run in _in_order(_courses(rows, window, now), stop_at):
        if run.launch_at >= end:
            break
        if len(runs) == MOST_RUNS or monotonic() > stop_at:
            end = run.launch_at
            break
        if _concerns(run, window):
            runs.append(run)
    if end <= window.start:
        raise TooMuch
    return Outlook(Window(window.start, end), end < window.end, [run for run in runs if run.launch_at < end])


def _concerns(run: ExpectedRun, window: Window) -> bool:
    """Whether it is due in the window or still going there; of a schedule that ends before, why it will."""
    if run.launch_at >= window.start or run.expected.outcome == Outcome.QUARANTINED:
        return True
    return run.is_launched and run.going_until > window.start


@dataclass(frozen=True, slots=True)
class _Course:
    """The occurrences to come of one schedule, of which those after `since` are asked for."""

    schedule: Schedule
    due: datetime
    since: datetime
    quiet: tuple[Quiet, ...]
    project: int | None
    seconds: float | None

    def first(self) -> datetime | None:
        """From a rule that cannot be asked so far ahead one gets there step by step, as the tick will."""
        if self.due > self.since:
            return self.due
        try:
            return self.after(self.since)
        except InvalidRule:
            return self.due

    def after(self, instant: datetime) -> datetime | None:
        """The next occurrence, found as the tick finds it. Raises InvalidRule."""
        return self.schedule.recurrence_from(instant).after(instant)

    def run(self, launch_at: datetime, expected: Expected) -> ExpectedRun:
        return ExpectedRun(self.schedule, expected, launch_at, self.project, self.seconds)


def _courses(rows: list[Schedule], window: Window, now: datetime) -> list[_Course]:
    if not rows:
        return []
    templates = {row.unified_job_template_id for row in rows}
    seconds = usual_seconds(templates, since=now - MEASURED)
    jobs = JobTemplate.objects.filter(pk__in=templates).order_by()
    projects = dict(jobs.values_list("pk", "project_id"))
    since = [window.start - row.slot - _length(seconds.get(row.unified_job_template_id)) for row in rows]
    excluded = exclusions(rows, min(since), window.end)
    return [
        _Course(
            row,
            row.next_occurrence or begin,
            begin,
            policy_of(row, excluded[row.pk]).quiet,
            projects.get(row.unified_job_template_id),
            seconds.get(row.unified_job_template_id),
        )
        for row, begin in zip(rows, since, strict=True)
    ]


def _in_order(courses: Iterable[_Course], stop_at: float) -> Iterator[ExpectedRun]:
    """What becomes of their occurrences, by time of launch; each is one question to a rule.

    Raises TooMuch when it is `stop_at` (by time.monotonic) before the first of each has been found.
    """
    remark = pause_remark()
    heads: list[tuple[datetime, int, datetime, _Course]] = []
    for course in courses:
        if monotonic() > stop_at:
            raise TooMuch
        _push(heads, course, course.first())
    while heads:
        launch_at, _, instant, course = heappop(heads)
        try:
            following = course.after(instant)
        except InvalidRule as error:
            reason = f"{type(error).__name__}: {error}"
            yield course.run(launch_at, Expected(instant, Outcome.QUARANTINED, reason))
            continue
        yield course.run(launch_at, expect(instant, course.quiet, remark))
        _push(heads, course, following)


def _push(
    heads: list[tuple[datetime, int, datetime, _Course]], course: _Course, instant: datetime | None
) -> None:
    launch_at = course.schedule.launch_of(instant)
    if instant is not None and launch_at is not None:
        heappush(heads, (launch_at, course.schedule.pk, instant, course))
