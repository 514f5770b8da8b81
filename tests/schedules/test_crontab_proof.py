"""Cron's own times against cron's own loop, and random lines of crontabs against the schedules that stand for them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings, strategies as st

from schedules import zones
from schedules.crontab import CronJob, Fields, read_crontab
from schedules.crontab_proof import (
    COINCIDES,
    PERIOD,
    Claim,
    Proof,
    clock_changes,
    cron_runs,
    prove,
    prove_all,
)
from schedules.crontab_rules import drafts
from schedules.recurrence import Contract, load, parse

MINUTE = timedelta(minutes=1)
NOW = datetime(2030, 1, 15, 12, tzinfo=UTC)
NEW_YORK = "America/New_York"
CHANGES = (
    (NEW_YORK, datetime(2030, 3, 10, tzinfo=UTC)),
    (NEW_YORK, datetime(2030, 11, 3, tzinfo=UTC)),
    ("Europe/Berlin", datetime(2030, 3, 30, 12, tzinfo=UTC)),
    ("Africa/Cairo", datetime(2030, 4, 25, 12, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2030, 10, 5, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2030, 4, 6, tzinfo=UTC)),
    ("Antarctica/Troll", datetime(2030, 3, 30, 12, tzinfo=UTC)),
    ("Antarctica/Troll", datetime(2030, 10, 26, 12, tzinfo=UTC)),
)
LINES = (
    "* * * * *",
    "*/20 * * * *",
    "30 * * * *",
    "0 */2 * * *",
    "15,45 0-3 * * *",
    "30 2 * * *",
    "0 2,3 * * *",
    "0-59 1,2 * * *",
    "0 0 1,15 * mon",
    "5 1 * * sun",
)


def job_of(line: str, zone: str = "UTC") -> CronJob:
    (job,) = read_crontab(f"{line} command", zone).jobs
    assert not job.error
    return job


def fields_of(line: str) -> Fields:
    fields = job_of(line).fields
    assert fields is not None
    return fields


def by_the_loop(fields: Fields, zone: str, start: datetime, end: datetime) -> Iterator[datetime]:
    """What cron's loop does: it wakes up each minute and compares the clock with the time up to which it has run."""

    def runs(shown: datetime) -> bool:
        fits = (shown.day in fields.days, shown.isoweekday() % 7 in fields.weekdays)
        return (
            shown.minute in fields.minutes
            and shown.hour in fields.hours
            and shown.month in fields.months
            and (any(fits) if fields.either_day else all(fits))
        )

    at = start
    virtual: datetime | None = None
    while at < end:
        clock = at.astimezone(zones.find(zone)).replace(tzinfo=None)
        ahead = timedelta() if virtual is None else clock - virtual
        assert abs(ahead) <= timedelta(hours=3)
        if virtual is None or ahead == MINUTE:
            virtual = clock
            if runs(clock):
                yield at
        elif ahead > MINUTE:
            if fields.by_the_clock and runs(clock):
                yield at
            while virtual < clock:
                virtual += MINUTE
                if not fields.by_the_clock and runs(virtual):
                    yield at
        elif fields.by_the_clock and runs(clock):
            yield at
        at += MINUTE


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize(("zone", "start"), CHANGES)
def test_times_are_those_of_cron_s_loop_when_the_clock_changes(line: str, zone: str, start: datetime) -> None:
    fields = fields_of(line)
    end = start + timedelta(days=2)
    found = zones.find(zone)
    assert found is not None
    assert len(clock_changes(found, start, end)) == 1

    assert [run.at for run in cron_runs(fields, found, start, end)] == list(
        by_the_loop(fields, zone, start, end)
    )


def proof_of(line: str, zone: str, contract: Contract, *, most: int = 100_000) -> Proof:
    return prove(claim_of(line, zone, contract), NOW, most=most)


def claim_of(line: str, zone: str, contract: Contract, now: datetime = NOW) -> Claim:
    job = job_of(line, zone)
    assert job.fields is not None
    made = drafts(job, contract=contract, now=now)
    for draft in made:
        parse(draft.rrule, contract=contract)
    recurrences = [load(draft.rrule, draft.clock) for draft in made]
    return Claim(job.fields, recurrences[0].zone, recurrences)


@pytest.mark.parametrize("contract", Contract)
def test_changes_of_the_clock_are_told(contract: Contract) -> None:
    """A time that is skipped is launched later; one that falls on another is launched once."""
    moved = proof_of("30 2 * * *", NEW_YORK, contract)
    coinciding = proof_of("30 2,3 * * *", NEW_YORK, contract)

    springs = [datetime(2030, 3, 10, 7, tzinfo=UTC), datetime(2031, 3, 9, 7, tzinfo=UTC)]
    half_an_hour = timedelta(minutes=30)
    assert moved.moved == [(spring, spring + half_an_hour) for spring in springs]
    assert (moved.times, moved.missing, moved.doubled, moved.extra) == (731, [], [], [])
    assert coinciding.missing == [(spring + half_an_hour, COINCIDES) for spring in springs]
    assert (coinciding.times, coinciding.moved, coinciding.doubled, coinciding.extra) == (1462, [], [], [])


def test_lines_that_go_by_the_clock_have_no_difference() -> None:
    proof = proof_of("*/30 * * * *", NEW_YORK, Contract.DOCUMENTED)

    assert proof.times == 731 * 48
    assert (proof.moved, proof.missing, proof.doubled, proof.extra) == ([], [], [], [])


@pytest.mark.parametrize("zone", [NEW_YORK, "Pacific/Kiritimati"])
def test_schedules_made_at_the_turn_of_the_year_miss_nothing(zone: str) -> None:
    for now in (datetime(2030, 12, 31, 10, 30, tzinfo=UTC), datetime(2031, 1, 1, 0, 30, tzinfo=UTC)):
        proof = prove(claim_of("0 * * * *", zone, Contract.DOCUMENTED, now), now, most=48)

        assert (proof.missing, proof.extra) == ([], [])


def test_wrong_schedules_are_found_out() -> None:
    """Of every day at noon: not on Sundays, twice on Mondays, and also at one."""
    rules = ("BYDAY=MO,TU,WE,TH,FR,SA;BYHOUR=12", "BYDAY=MO;BYHOUR=12", "BYDAY=SU;BYHOUR=13")
    recurrences = [load(f"DTSTART:20300101T000000Z RRULE:FREQ=WEEKLY;INTERVAL=1;{rule}") for rule in rules]

    proof = prove(Claim(fields_of("0 12 * * *"), UTC, recurrences), NOW, most=7)

    assert [each.at.strftime("%a %H") for each in proof.missing] == ["Sun 12"]
    assert [each.at.strftime("%a %H") for each in proof.doubled] == ["Mon 12"]
    assert [each.at.strftime("%a %H") for each in proof.extra] == ["Sun 13"]
    assert {each.why for each in (*proof.missing, *proof.doubled, *proof.extra)} == {""}


def test_proof_of_many_times_ends_early_but_sees_the_changes_of_the_clock() -> None:
    whole = proof_of("30 2 * * *", NEW_YORK, Contract.DOCUMENTED)
    cut = proof_of("30 2 * * *", NEW_YORK, Contract.DOCUMENTED, most=10)

    assert (whole.end, whole.is_cut) == (NOW + PERIOD, False)
    assert (cut.end, cut.is_cut) == (datetime(2030, 1, 26, 7, 30, tzinfo=UTC), True)
    # in autumn it is the time after the repeated hour
    assert cut.times == 10 + 2 * 2
    assert cut.moved == whole.moved


def test_no_time_is_compared_twice_where_a_proof_ends_near_a_change_of_the_clock() -> None:
    proof = proof_of("30 * * * *", NEW_YORK, Contract.DOCUMENTED, most=1289)

    assert proof.end == datetime(2030, 3, 10, 5, 30, tzinfo=UTC)
    # until three hours after this change, and around three more
    assert proof.times == 1289 + 5 + 3 * 6


def test_what_sparse_lines_leave_is_for_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("schedules.crontab_proof.MOST_COMPARED", 1_000)
    claims = [claim_of(line, "UTC", Contract.DOCUMENTED) for line in ("0 0 1 * *", "0 * * * *", "0 0 * * *")]

    assert [proof.times for proof in prove_all(claims, NOW)] == [24, 488, 488]


def test_line_that_never_runs_is_compared_in_no_time() -> None:
    proof = proof_of("0 0 30 2 *", NEW_YORK, Contract.DOCUMENTED)

    assert (proof.times, proof.missing, proof.extra) == (0, [], [])


# -- random lines --------------------------------------------------------------------------------


def column(first: int, last: int) -> st.SearchStrategy[str]:
    number = st.integers(first, last)
    step = st.integers(1, last + 3)
    span = st.tuples(number, number).map(lambda pair: f"{min(pair)}-{max(pair)}")
    part = st.one_of(
        st.just("*"),
        number.map(str),
        span,
        st.tuples(st.one_of(st.just("*"), span), step).map(lambda pair: f"{pair[0]}/{pair[1]}"),
    )
    return st.one_of(st.just("*"), st.lists(part, min_size=1, max_size=3).map(",".join))


random_lines = st.tuples(column(0, 59), column(0, 23), column(1, 31), column(1, 12), column(0, 7)).map(
    " ".join
)
random_places = st.one_of(
    st.sampled_from([("UTC", NOW), ("Asia/Kathmandu", NOW), ("Europe/Dublin", NOW)]),
    # from two days about a change of the clock on
    st.tuples(st.sampled_from(CHANGES), st.integers(0, 2 * 24 * 60)).map(
        lambda given: (given[0][0], given[0][1] + given[1] * MINUTE)
    ),
)


@pytest.mark.parametrize("contract", Contract)
@settings(max_examples=100)
@given(line=random_lines, place=random_places)
def test_random_lines_become_schedules_that_launch_when_cron_runs_them(
    contract: Contract, line: str, place: tuple[str, datetime]
) -> None:
    zone, now = place
    claim = claim_of(line, zone, contract, now)
    proof = prove(claim, now, most=400)

    assert (proof.doubled, proof.extra) == ([], [])
    assert {each.why for each in proof.missing} <= {COINCIDES}
    changes = clock_changes(claim.zone, now - timedelta(days=1), now + PERIOD)
    assert {run.at for run in proof.moved} <= set(changes)
    assert all(
        any(timedelta() <= each.at - at < timedelta(hours=2) for at in changes) for each in proof.missing
    )
    assert contract is Contract.DOCUMENTED or len(claim.recurrences) == 1
