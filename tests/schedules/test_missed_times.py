"""Policy by situation → ledger endings and launches, as the decision and as the database has it."""

from datetime import timedelta
from typing import Any

import pytest

from access.runtime_settings import reset, values_now, write
from jobs.inserting import RunWriter
from jobs.launching import insert_runs
from jobs.models import UnifiedJob
from schedules import poller
from schedules.decisions import ALWAYS, MAX_ROWS, MissedPolicy, Outcome, Policy, Quiet, apart, decide
from schedules.models import Occurrence, Schedule
from schedules.poller import Tick, launch_due
from schedules.recurrence import load
from tests.factories.schedules import exclude, make_schedule
from tests.schedules.missed_times import ENDINGS, MIDNIGHT, POLICIES, SITUATIONS, Situation, at, table


def policy_in(situation: Situation, name: str) -> Policy:
    given = POLICIES[name]
    seconds = given.get("starting_deadline_seconds")
    quiet = []
    if situation.paused is not None:
        quiet.append(Quiet(ALWAYS, at(situation.paused), Outcome.PAUSED, ""))
    if situation.excluded is not None:
        start, end = situation.excluded
        quiet.append(Quiet(at(start), at(end), Outcome.EXCLUDED, ""))
    return Policy(
        missed=MissedPolicy(given.get("missed_policy", "latest")),
        limit=given.get("missed_limit", 10),
        deadline=None if seconds is None else timedelta(seconds=seconds),
        grace=timedelta(seconds=60),
        quiet=apart(quiet),
    )


def test_table_has_its_rows() -> None:
    assert len(table()) == len(SITUATIONS) * len(POLICIES) >= 80


@pytest.mark.parametrize(
    ("situation", "policy", "expected"), table(), ids=lambda part: part if isinstance(part, str) else ""
)
def test_decide_gives_each_due_instant_its_ending(situation: str, policy: str, expected: list[str]) -> None:
    given = SITUATIONS[situation]

    decision = decide(load(given.rrule), MIDNIGHT, given.now, policy_in(given, policy))

    ledger = [(instant, "launched") for instant in decision.launches]
    ledger += [(ending.scheduled_for, ending.outcome.value) for ending in decision.endings]
    assert sorted(ledger) == [(at(3600 * hour), ending) for hour, ending in enumerate(expected)]
    assert decision.next_run == load(given.rrule).after(given.now)


@pytest.mark.django_db
@pytest.mark.parametrize("name", SITUATIONS)
def test_launch_due_writes_each_ending_into_the_ledger(name: str) -> None:
    situation = SITUATIONS[name]
    paused_until = None if situation.paused is None else at(situation.paused)
    before = MIDNIGHT - timedelta(hours=1)
    for policy, values in POLICIES.items():
        schedule = make_schedule(
            situation.rrule, now=before, name=policy, paused_until=paused_until, **values
        )
        if situation.excluded is not None:
            start, end = situation.excluded
            exclude(schedule, at(start), at(end))

    tick = launch_due(situation.now)

    assert endings_by_schedule() == dict(zip(POLICIES, situation.endings.split(), strict=True))
    assert tick.launched == UnifiedJob.objects.count() == situation.endings.count("L")
    assert not Occurrence.objects.exclude(outcome="launched").filter(reason="").exists()


def endings_by_schedule() -> dict[str, str]:
    """By the schedule's name a letter for each due instant, in the order of time."""
    letters = {ending: letter for letter, ending in ENDINGS.items()}
    found: dict[str, str] = {}
    ledger = Occurrence.objects.order_by("schedule_id", "scheduled_for")
    for name, outcome in ledger.values_list("schedule__name", "outcome"):
        found[name] = found.get(name, "") + letters[outcome]
    return found


@pytest.mark.django_db
def test_launch_due_after_a_rolled_back_tick_decides_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    make_schedule(now=MIDNIGHT - timedelta(hours=1), missed_policy="all", missed_limit=2)
    with monkeypatch.context() as broken:
        broken.setattr(poller, "_advance", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            launch_due(at(7200))
    assert Occurrence.objects.count() == UnifiedJob.objects.count() == 0

    launch_due(at(7200))

    assert list(Occurrence.objects.values_list("outcome", flat=True)) == ["skipped", "launched", "launched"]


@pytest.mark.django_db
def test_launch_due_from_a_restored_backup_repeats_nothing_that_the_ledger_has() -> None:
    schedule = make_schedule(now=MIDNIGHT - timedelta(hours=1), missed_policy="all")
    launch_due(at(0))
    Schedule.objects.filter(pk=schedule.pk).update(next_run=MIDNIGHT)

    tick = launch_due(at(7200))

    assert tick.launched == 2
    assert list(Occurrence.objects.values_list("outcome", flat=True)) == ["launched"] * 3
    assert UnifiedJob.objects.count() == 3


@pytest.mark.django_db
def test_a_year_of_pause_is_recorded_within_bounds() -> None:
    minutely = "DTSTART:20300101T000000Z RRULE:FREQ=MINUTELY;INTERVAL=1"
    a_year = MIDNIGHT + timedelta(days=365)
    make_schedule(minutely, now=MIDNIGHT - timedelta(hours=1), paused_until=a_year, pause_note="moving house")

    tick = launch_due(a_year)

    last = Occurrence.objects.filter(outcome="paused").latest("scheduled_for")
    assert (tick.launched, Occurrence.objects.count()) == (1, MAX_ROWS + 2)
    assert last.through == a_year - timedelta(minutes=1)
    assert last.reason == "The schedule is paused until 2031-01-01 00:00:00 UTC: moving house"


@pytest.mark.django_db
def test_a_paused_system_launches_nothing_and_then_each_policy_decides() -> None:
    for policy, values in POLICIES.items():
        make_schedule(now=MIDNIGHT - timedelta(hours=1), name=policy, **values)
    write("SYSTEM_PAUSED", value=True)
    assert launch_due(at(7200)) == Tick()

    reset(["SYSTEM_PAUSED"])
    launch_due(at(9000))

    assert endings_by_schedule() == dict(
        zip(POLICIES, SITUATIONS["down for two hours and a half"].endings.split(), strict=True)
    )


@pytest.mark.django_db
def test_the_environment_keeps_a_restored_copy_paused(settings: Any) -> None:
    settings.SYSTEM_PAUSED = True
    make_schedule(now=MIDNIGHT - timedelta(hours=1))
    write("SYSTEM_PAUSED", value=False)

    assert launch_due(at(0)) == Tick()
    assert values_now()["SYSTEM_PAUSED"] is True


@pytest.mark.django_db
def test_launch_due_catches_up_in_transactions_of_bounded_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(poller, "MOST_RUNS", 5)
    for _ in range(5):
        make_schedule(now=MIDNIGHT - timedelta(hours=1), missed_policy="all")
    sizes: list[int] = []

    def noted(made: list[Any], writer: RunWriter) -> None:
        sizes.append(len(made))
        insert_runs(made, writer)

    monkeypatch.setattr(poller, "insert_runs", noted)

    tick = launch_due(at(7200))

    assert (tick.launched, sizes) == (15, [6, 6, 3])
