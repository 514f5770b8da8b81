from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import UUID

import pytest

from jobs.models import JobTemplate
from jobs.statuses import Status
from schedules import expected_runs as module
from schedules.expected_runs import Outlook, TooMuch, Window, expected_runs
from schedules.models import Schedule
from tests.factories.jobs import make_job, make_project
from tests.factories.schedules import exclude, make_schedule, make_template

pytestmark = pytest.mark.django_db

MIDNIGHT = datetime(2030, 1, 1, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
DAILY = "DTSTART:20300101T0{hour}0000Z RRULE:FREQ=DAILY;INTERVAL=1"
MINUTELY = "DTSTART:20300101T000000Z RRULE:FREQ=MINUTELY;INTERVAL=1"


def look(start: datetime = MIDNIGHT, until: datetime | None = None, *, now: datetime = MIDNIGHT) -> Outlook:
    return expected_runs(Schedule.objects.all(), Window(start, until or start + DAY), now=now)


def hours(found: Outlook) -> list[float]:
    return [(run.launch_at - MIDNIGHT) / HOUR for run in found.runs]


def measured(seconds: float, template: JobTemplate | None = None) -> JobTemplate:
    """A template of which one run took so long."""
    template = template or make_template()
    make_job(template, started=MIDNIGHT - DAY, finished=MIDNIGHT - DAY, elapsed=seconds)
    return template


def daily(hour: int, **values: object) -> Schedule:
    return make_schedule(DAILY.format(hour=hour), now=MIDNIGHT - DAY, **values)  # type: ignore[arg-type]


def test_runs_of_all_schedules_are_in_order_of_their_launch() -> None:
    late, hourly = daily(3), make_schedule(now=MIDNIGHT - MINUTE)

    found = look(until=MIDNIGHT + 4 * HOUR)

    assert hours(found) == [0, 1, 2, 3, 3]
    assert [run.schedule for run in found.runs] == [hourly, hourly, hourly, late, hourly]
    assert (found.window, found.is_shortened) == (Window(MIDNIGHT, MIDNIGHT + 4 * HOUR), False)


def test_window_may_begin_later_than_what_is_next() -> None:
    make_schedule(now=MIDNIGHT - MINUTE)
    daily(3)

    found = look(MIDNIGHT + 10 * DAY + 2 * HOUR, MIDNIGHT + 10 * DAY + 4 * HOUR)

    assert hours(found) == [242, 243, 243]


def test_launches_have_their_slot() -> None:
    half = UUID("00000000-0000-0000-0000-000000000000")
    schedule = daily(3, jitter_seconds=3600, identity=half)

    [run] = look().runs

    assert run.expected.scheduled_for == MIDNIGHT + 3 * HOUR
    assert run.launch_at == MIDNIGHT + 3 * HOUR + schedule.slot
    assert schedule.slot > timedelta()


def test_slot_may_move_a_launch_into_the_window_and_out_of_it() -> None:
    schedule = daily(3, jitter_seconds=3600)
    launch_at = MIDNIGHT + 3 * HOUR + schedule.slot

    assert len(look(launch_at, launch_at + MINUTE).runs) == 1
    assert look(MIDNIGHT, launch_at).runs == []


def test_pauses_and_calendars_say_what_is_not_launched() -> None:
    paused = daily(1, paused_until=MIDNIGHT + 2 * HOUR, pause_note="moving")
    closed = daily(2)
    exclude(closed, MIDNIGHT + 2 * HOUR, MIDNIGHT + 3 * HOUR, name="stocktaking")
    launched = daily(3)

    found = look()

    assert [(run.schedule, run.expected.outcome) for run in found.runs] == [
        (paused, "paused"),
        (closed, "excluded"),
        (launched, "forecast"),
    ]
    assert found.runs[0].expected.reason.endswith("moving")
    assert "stocktaking" in found.runs[1].expected.reason
    assert [run.schedule for run in found.launched] == [launched]


def test_schedules_that_are_off_are_left_out() -> None:
    make_schedule(enabled=False)

    assert look().runs == []


def test_day_on_which_the_clocks_change_has_its_own_hours() -> None:
    rule = "DTSTART;TZID=America/New_York:20300301T{time} RRULE:FREQ=DAILY;INTERVAL=1"
    now = datetime(2030, 3, 2, tzinfo=UTC)
    make_schedule(rule.format(time="023000"), now=now)
    make_schedule(rule.format(time="033000"), now=now)
    change = datetime(2030, 3, 10, 5, tzinfo=UTC)

    found = look(change, change + DAY, now=now)

    # 02:30 does not come that day; 03:30 is an hour earlier in UTC than the day before.
    assert [run.launch_at for run in found.runs] == [datetime(2030, 3, 10, 7, 30, tzinfo=UTC)]


def test_run_takes_what_nearly_all_of_its_template_took() -> None:
    template = make_template(project=make_project())
    for seconds in range(1, 101):
        measured(seconds, template)
    make_job(template, finished=MIDNIGHT - DAY, elapsed=9999, status=Status.CANCELED)
    make_job(template, finished=MIDNIGHT - 31 * DAY, elapsed=9999)
    daily(3, template=template)

    [run] = look().runs

    assert run.seconds == 95.05
    assert run.end == MIDNIGHT + 3 * HOUR + timedelta(seconds=95.05)
    assert run.project == template.project_id


def test_only_the_last_runs_of_a_template_are_measured() -> None:
    template = make_template()
    for number in range(101):
        make_job(template, finished=MIDNIGHT - DAY + number * MINUTE, elapsed=5 if number else 9999)
    daily(3, template=template)

    assert look().runs[0].seconds == 5


def test_run_of_which_nothing_is_known_has_no_end_and_counts_as_a_minute() -> None:
    daily(3)

    [run] = look().runs

    assert (run.seconds, run.end, run.project) == (None, None, None)
    assert run.going_until == MIDNIGHT + 3 * HOUR + MINUTE


def test_what_is_still_going_when_the_window_begins_belongs_to_it() -> None:
    long = daily(1, template=measured(3 * 3600))
    daily(2, template=measured(60))
    daily(1, template=measured(3 * 3600), paused_until=MIDNIGHT + 2 * HOUR)

    found = look(MIDNIGHT + 3 * HOUR)

    assert found.runs[0].schedule == long
    assert hours(found) == [1, 25, 25, 26]


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> int:
    """No more than five runs are looked at."""
    monkeypatch.setattr(module, "MOST_RUNS", 5)
    return 5


def test_window_ends_where_there_are_too_many_runs_and_is_complete_until_there(few: int) -> None:
    make_schedule(now=MIDNIGHT - MINUTE)
    make_schedule(now=MIDNIGHT - MINUTE)

    found = look()

    assert hours(found) == [0, 0, 1, 1]
    assert (found.window.end, found.is_shortened) == (MIDNIGHT + 2 * HOUR, True)


def test_runs_that_fill_the_window_to_its_end_do_not_shorten_it(few: int) -> None:
    make_schedule(now=MIDNIGHT - MINUTE)

    found = look(until=MIDNIGHT + few * HOUR)

    assert (len(found.runs), found.is_shortened) == (few, False)


def test_more_at_the_first_instant_than_is_looked_at_is_too_much(few: int) -> None:
    for _ in range(few + 1):
        make_schedule(now=MIDNIGHT - MINUTE)

    with pytest.raises(TooMuch):
        look()


def test_window_ends_where_a_schedule_begins_that_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_SCHEDULES", 2)
    for hour in (1, 2, 3):
        daily(hour)

    found = look()

    assert hours(found) == [1, 2]
    assert (found.window.end, found.is_shortened) == (MIDNIGHT + 3 * HOUR, True)
    with pytest.raises(TooMuch):
        look(MIDNIGHT + 4 * HOUR)


def test_rules_that_take_too_long_are_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_SECONDS", -1)
    make_schedule(now=MIDNIGHT - MINUTE)

    with pytest.raises(TooMuch):
        look()


def test_window_ends_where_the_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each look at the clock takes a second here: one before all, one for each schedule, one for each run."""
    monkeypatch.setattr(module, "monotonic", count().__next__)
    monkeypatch.setattr(module, "MOST_SECONDS", 4)
    make_schedule(now=MIDNIGHT - MINUTE)

    found = look()

    assert hours(found) == [0, 1, 2]
    assert (found.window.end, found.is_shortened) == (MIDNIGHT + 3 * HOUR, True)


def test_schedule_whose_rule_cannot_be_read_says_so_and_hides_no_other() -> None:
    broken, sound = daily(1), daily(2)
    Schedule.objects.filter(pk=broken.pk).update(rrule="nonsense")

    for start in (MIDNIGHT, MIDNIGHT + 90 * MINUTE):
        first, second = look(start, MIDNIGHT + DAY).runs

        assert (first.schedule, first.launch_at, first.end) == (broken, MIDNIGHT + HOUR, None)
        assert first.expected.outcome == "quarantined"
        assert first.expected.reason.startswith("InvalidRule: ")
        assert second.schedule == sound


def test_schedule_that_ends_has_no_more() -> None:
    make_schedule(f"{MINUTELY};COUNT=3", now=MIDNIGHT - MINUTE)

    assert hours(look()) == [0, 1 / 60, 2 / 60]
    assert look(MIDNIGHT + HOUR).runs == []
