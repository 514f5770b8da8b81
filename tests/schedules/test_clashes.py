from datetime import UTC, datetime, timedelta

import pytest

from schedules.clashes import Clash, Kind, Limits, clashes, quiet_spans
from schedules.expected_runs import ExpectedRun, Outlook, Window
from schedules.forecast import FORECAST, Expected
from schedules.models import Schedule

MIDNIGHT = datetime(2030, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DAY = Window(MIDNIGHT, MIDNIGHT + timedelta(days=1))


def run(
    minute: float,
    minutes: float | None = 0,
    *,
    template: int = 1,
    project: int | None = 1,
    schedule: int = 1,
    outcome: str = FORECAST,
) -> ExpectedRun:
    """One launched so many minutes after midnight, that takes so many."""
    launch_at = MIDNIGHT + minute * MINUTE
    of = Schedule(pk=schedule, unified_job_template_id=template)
    seconds = None if minutes is None else 60 * minutes
    return ExpectedRun(of, Expected(launch_at, outcome, ""), launch_at, project, seconds)


def outlook(*runs: ExpectedRun) -> Outlook:
    return Outlook(DAY, is_shortened=False, runs=sorted(runs, key=lambda run: run.launch_at))


def told(found: list[Clash]) -> list[tuple[str, float, float, int, int]]:
    """Kind, minutes from and until, how many at the worst, and of how many runs."""
    return [
        (
            clash.kind,
            (clash.start - MIDNIGHT) / MINUTE,
            (clash.end - MIDNIGHT) / MINUTE,
            clash.most,
            len(clash.runs),
        )
        for clash in found
    ]


@pytest.mark.parametrize(
    ("runs", "expected"),
    [
        ([run(0, 5), run(5, 5), run(10, 5)], []),
        ([run(0, 6), run(5, 1)], [("overlap", 5, 6, 2, 2)]),
        ([run(0, 6), run(5, 6), run(10, 2)], [("overlap", 5, 6, 2, 2), ("overlap", 10, 11, 2, 2)]),
        ([run(0, 9), run(5, 9), run(8, 3)], [("overlap", 5, 11, 3, 3)]),
        ([run(0, 9), run(5, 1, template=2)], []),
        ([run(0, 9, outcome="paused"), run(5, 1)], []),
        ([run(0, None), run(0.5, 0)], [("overlap", 0.5, 0.5 + 1 / 60, 2, 2)]),
        ([run(0, None), run(1, None)], []),
        ([run(0, 0), run(0, 0)], [("overlap", 0, 1 / 60, 2, 2)]),
    ],
)
def test_runs_of_a_template_overlap(
    runs: list[ExpectedRun], expected: list[tuple[str, float, float, int, int]]
) -> None:
    found = clashes(outlook(*runs), {}, at_once=10)

    assert told(found) == expected


def test_overlap_names_its_template_and_its_runs() -> None:
    runs = [run(0, 6, template=3, schedule=1), run(5, template=3, schedule=2), run(5, template=4, schedule=3)]

    [clash] = clashes(outlook(*runs), {}, at_once=10)

    assert (clash.template, clash.project, clash.limit) == (3, 1, 1)
    assert [each.schedule.pk for each in clash.runs] == [1, 2]


def test_concurrency_is_more_runs_of_a_project_than_are_fine_at_once() -> None:
    runs = [run(minute, 10, template=minute) for minute in range(4)]
    elsewhere = run(1, 10, template=9, project=2)

    found = clashes(outlook(*runs, elsewhere), {}, at_once=2)

    assert told(found) == [("concurrency", 2, 11, 4, 4)]
    assert (found[0].project, found[0].template, found[0].limit) == (1, None, 2)


def test_concurrency_ends_when_no_more_run_than_are_fine_and_may_come_again() -> None:
    runs = [run(minute, 5, template=minute) for minute in (0, 1, 20, 21)]

    assert told(clashes(outlook(*runs), {}, at_once=1)) == [
        ("concurrency", 1, 5, 2, 2),
        ("concurrency", 21, 25, 2, 2),
    ]


def test_limit_of_a_project_counts_in_place_of_at_once() -> None:
    runs = [run(0, 5, template=number) for number in range(3)]

    assert clashes(outlook(*runs), {1: Limits(concurrent=3)}, at_once=1) == []
    [clash] = clashes(outlook(*runs), {1: Limits(concurrent=2)}, at_once=10)
    assert (clash.kind, clash.limit, clash.most) == (Kind.CONCURRENCY, 2, 3)


def test_rate_is_more_launches_within_a_second_than_the_project_allows() -> None:
    runs = [run(0, 0, template=number) for number in range(3)] + [run(1 / 60, 0, template=9)]

    found = clashes(outlook(*runs), {1: Limits(per_second=2)}, at_once=10)

    assert told(found) == [("rate", 0, 1 / 60, 3, 3)]


def test_runs_without_a_project_are_counted_together() -> None:
    runs = [run(0, 5, template=number, project=None) for number in range(3)]

    [clash] = clashes(outlook(*runs), {1: Limits(concurrent=9)}, at_once=2)

    assert (clash.project, clash.limit) == (None, 2)


def test_clashes_are_in_order_of_time() -> None:
    runs = [run(30, 5), run(31, 5), run(0, 5, template=2, project=2), run(1, 5, template=2, project=2)]

    assert [clash.start for clash in clashes(outlook(*runs), {}, at_once=10)] == [
        MIDNIGHT + MINUTE,
        MIDNIGHT + 31 * MINUTE,
    ]


def minutes_of(spans: list[Window]) -> list[tuple[float, float]]:
    return [((span.start - MIDNIGHT) / MINUTE, (span.end - MIDNIGHT) / MINUTE) for span in spans]


def test_quiet_is_the_time_without_runs_the_longest_first() -> None:
    runs = [run(-5, 15), run(60, 100), run(70, 5), run(400, None), run(500, outcome="excluded")]

    assert minutes_of(quiet_spans(outlook(*runs))) == [(401, 1440), (160, 400), (10, 60)]


def test_window_without_runs_is_quiet_and_one_that_is_full_never() -> None:
    assert quiet_spans(outlook()) == [DAY]
    assert quiet_spans(outlook(run(0, 1440))) == []
