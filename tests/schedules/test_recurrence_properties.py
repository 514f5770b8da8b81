"""Garbage never hurts, and random rules have exactly python-dateutil's occurrences."""

import random
import time
from datetime import UTC, datetime, timedelta

import dateutil.rrule
import pytest
from hypothesis import example, given, settings, strategies as st

from schedules.recurrence import Contract, InvalidRule, RecurrenceSet, load, parse
from tests.schedules import random_rules
from tests.schedules.random_rules import TooLong, plain_answer, random_case

NOW = datetime(2026, 11, 21, 4, 15, 39, tzinfo=UTC)
# Seconds of processor time, twenty times what the slowest takes; and what everything that is asked of it may take.
HANG, ALL_HANG = 1.0, 2.0
PARTS = 10
COMPARED_IN_A_PART = 1_000
PARTS_WITH_NUMBERS = (
    "BYMONTH",
    "BYMONTHDAY",
    "BYYEARDAY",
    "BYWEEKNO",
    "BYHOUR",
    "BYMINUTE",
    "BYSECOND",
    "BYSETPOS",
    "BYEASTER",
)

PIECES = """
    DTSTART DTSTART: DTSTART;TZID= ;VALUE=DATE : ; = , RRULE: EXRULE: RULE: EXDATE; RDATE;VALUE=DATE-TIME:
    FREQ= YEARLY MONTHLY WEEKLY DAILY HOURLY MINUTELY SECONDLY INTERVAL= COUNT= UNTIL= WKST= BYDAY= BYMONTH=
    BYMONTHDAY= BYYEARDAY= BYWEEKNO= BYHOUR= BYMINUTE= BYSECOND= BYSETPOS= BYEASTER= until= byday= MO -1FR
    +5SU 0 1 -1 2 7 24 29 31 59 60 366 999 1000 20300101T000000Z 20300101T000000 00010101T000000Z
    99991231T235959Z America/New_York Asia/Tokyo UTC Z T 1e3 (
"""
words = st.sampled_from([*PIECES.split(), "\u0661", "\0", "\ud800", "\u2028", "\u263a"])
texts = st.one_of(
    st.text(), st.lists(st.one_of(words, st.sampled_from([" ", "\n", ";"]), st.text(max_size=3))).map("".join)
)
starts = st.sampled_from(
    [
        "DTSTART:20300101T000000Z",
        "DTSTART;TZID=America/New_York:20300310T023000",
        "DTSTART;TZID=Asia/Tokyo:00010101T000000",
        "DTSTART;TZID=Pacific/Apia:99991231T235959",
    ]
)
values = st.lists(st.integers(-400, 400), min_size=1, max_size=4).map(
    lambda numbers: ",".join(map(str, numbers))
)
names = st.sampled_from((*PARTS_WITH_NUMBERS, "COUNT", "INTERVAL"))
parts = st.one_of(
    st.tuples(names, values).map("=".join),
    st.lists(st.sampled_from(random_rules.DAYS), min_size=1).map(lambda days: f"BYDAY={','.join(days)}"),
)
rules = st.tuples(
    st.sampled_from(["RRULE", "RRULE", "EXRULE"]),
    st.sampled_from(tuple(random_rules.OLDEST)),
    st.one_of(st.integers(1, 60), st.integers(1, 2**31 - 1)),
    st.lists(parts, max_size=4),
).map(lambda rule: f"{rule[0]}:FREQ={rule[1]};INTERVAL={rule[2]}" + "".join(f";{part}" for part in rule[3]))
built = st.tuples(starts, st.lists(rules, min_size=1, max_size=3)).map(
    lambda pieces: " ".join([pieces[0], *pieces[1]])
)
contracts = st.sampled_from(Contract)


def ask_everything(recurrence: RecurrenceSet, moment: datetime) -> None:
    recurrence.first()
    recurrence.last()
    recurrence.after(moment)
    recurrence.before(moment)
    recurrence.preview(moment)
    list(recurrence.between(moment, moment + timedelta(days=9), limit=9))
    assert recurrence.describe()


def reasons(text: str, contract: Contract, moment: datetime) -> list[str]:
    """Why a rule was refused; it does not matter when it was not. Any other error is a failure, and so is a hang."""
    begun = time.thread_time()
    found: list[str] = []
    try:
        ask_everything(parse(text, contract=contract), moment)
    except InvalidRule as error:
        found = error.messages or [""]
    assert time.thread_time() - begun < ALL_HANG
    return found


@settings(max_examples=600)
@given(text=texts, contract=contracts)
@example(text="DTSTART:99999999T999999Z RRULE:FREQ=DAILY;INTERVAL=1", contract=Contract.SERVER)
@example(text="DTSTART:20300101T000000-9900 RRULE:FREQ=DAILY;INTERVAL=1", contract=Contract.SERVER)
def test_garbage_is_refused_with_a_reason(text: str, contract: Contract) -> None:
    assert all(reasons(text, contract, NOW))


@settings(max_examples=600)
@given(
    text=built, contract=contracts, moment=st.sampled_from([NOW, NOW.replace(year=1), NOW.replace(year=9999)])
)
def test_any_combination_of_parts_is_answered_or_refused(
    text: str, contract: Contract, moment: datetime
) -> None:
    assert all(reasons(text, contract, moment))


@settings(max_examples=200)
@given(seed=st.integers(0, 10**9))
def test_after_and_before_are_each_others_inverse(seed: int) -> None:
    text, now = random_case(random.Random(seed))
    try:
        recurrence = parse(text, contract=Contract.SERVER)
        following = recurrence.after(now)
        latest = recurrence.before(now)
    except InvalidRule:
        return

    if following and latest:
        assert latest <= now < following
        assert recurrence.after(latest) == following
        assert recurrence.before(following, inclusive=False) == latest
    if latest:
        assert recurrence.before(latest) == latest
        assert recurrence.after(latest, inclusive=True) == latest


@pytest.mark.parametrize("part", range(PARTS))
def test_random_rules_have_the_occurrences_of_plain_dateutil(
    part: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dateutil.rrule, "_iterinfo", random_rules.Counted)
    rng = random.Random(20_261_121 + part)
    compared = with_occurrences = 0

    for _ in range(2 * COMPARED_IN_A_PART):
        text, now = random_case(rng)
        try:
            recurrence = parse(text, contract=Contract.SERVER)
            expected = plain_answer(text, now, 10)
        except (InvalidRule, TooLong):
            continue
        found = [moment.astimezone(UTC) for moment in recurrence.upcoming(now, 10)]
        assert found == expected, f"{text} after {now}"
        compared += 1
        with_occurrences += bool(found)
        if compared == COMPARED_IN_A_PART:
            break

    assert compared == COMPARED_IN_A_PART
    assert with_occurrences > 0.8 * compared


@pytest.mark.parametrize("part", range(4))
def test_no_accepted_rule_hangs(part: int) -> None:
    rng = random.Random(4_711 + part)
    accepted = 0

    for _ in range(500):
        text, now = random_case(rng)
        try:
            parse(text, contract=Contract.SERVER)
        except InvalidRule:
            continue
        assert cost_of_next_ten(text, now) < HANG, text
        accepted += 1

    assert accepted > 400


def cost_of_next_ten(text: str, now: datetime) -> float:
    """Seconds of processor time to read a stored rule and find its next ten occurrences."""
    load.cache_clear()
    begun = time.thread_time()
    load(text).upcoming(now, 10)
    return time.thread_time() - begun
