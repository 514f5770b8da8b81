from datetime import UTC, datetime, timedelta

from schedules.decisions import MAX_ROWS, Decision, Ending, Outcome, decide
from schedules.recurrence import load

MIDNIGHT = datetime(2030, 1, 1, tzinfo=UTC)
HOURLY = load("DTSTART:20300101T000000Z RRULE:FREQ=HOURLY;INTERVAL=1")
MINUTELY = load("DTSTART:20300101T000000Z RRULE:FREQ=MINUTELY;INTERVAL=1")
HOUR = timedelta(hours=1)
STANDS_FOR_ALL = "Missed: one launch, for the latest time missed, stands for all."


def coalesced(*instants: datetime) -> list[Ending]:
    return [Ending(instant, Outcome.COALESCED, STANDS_FOR_ALL) for instant in instants]


def test_decide_punctual_launches_what_is_due() -> None:
    decision = decide(HOURLY, MIDNIGHT, MIDNIGHT)

    assert decision == Decision(launches=[MIDNIGHT], next_run=MIDNIGHT + HOUR)


def test_decide_late_by_less_than_an_interval_misses_nothing() -> None:
    decision = decide(HOURLY, MIDNIGHT, MIDNIGHT + timedelta(minutes=59))

    assert decision == Decision(launches=[MIDNIGHT], next_run=MIDNIGHT + HOUR)


def test_decide_after_an_outage_launches_the_latest_and_names_the_missed() -> None:
    decision = decide(HOURLY, MIDNIGHT, MIDNIGHT + 3 * HOUR)

    assert decision == Decision(
        launches=[MIDNIGHT + 3 * HOUR],
        next_run=MIDNIGHT + 4 * HOUR,
        endings=coalesced(MIDNIGHT, MIDNIGHT + HOUR, MIDNIGHT + 2 * HOUR),
    )


def test_decide_after_a_year_has_one_row_for_all_beyond_the_bound() -> None:
    a_year_later = datetime(2031, 1, 1, 0, 0, 30, tzinfo=UTC)

    decision = decide(MINUTELY, MIDNIGHT, a_year_later)

    assert decision.launches == [datetime(2031, 1, 1, tzinfo=UTC)]
    assert decision.next_run == datetime(2031, 1, 1, 0, 1, tzinfo=UTC)
    assert len(decision.endings) == MAX_ROWS + 1
    assert decision.endings[-1] == Ending(
        MIDNIGHT + timedelta(minutes=MAX_ROWS),
        Outcome.COALESCED,
        STANDS_FOR_ALL,
        through=datetime(2030, 12, 31, 23, 59, tzinfo=UTC),
    )


def test_decide_exactly_at_the_bound_needs_no_summary_row() -> None:
    now = MIDNIGHT + timedelta(minutes=MAX_ROWS)

    decision = decide(MINUTELY, MIDNIGHT, now)

    assert [ending.through for ending in decision.endings] == [None] * MAX_ROWS


def test_decide_last_occurrence_has_no_next_run() -> None:
    rule = load("DTSTART:20300101T000000Z RRULE:FREQ=HOURLY;INTERVAL=1;COUNT=2")

    decision = decide(rule, MIDNIGHT, MIDNIGHT + 5 * HOUR)

    assert decision == Decision([MIDNIGHT + HOUR], next_run=None, endings=coalesced(MIDNIGHT))
