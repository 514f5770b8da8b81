import random
from datetime import UTC, datetime, timedelta

import pytest

from schedules.early_start import with_early_start
from schedules.exceptions import InvalidRule
from schedules.recurrence import Contract, load, parse
from tests.schedules.random_rules import random_case


def rule(start: str, parts: str) -> str:
    return f"DTSTART;TZID=Europe/London:{start} RRULE:{parts}"


@pytest.mark.parametrize(
    ("start", "parts", "early"),
    [
        ("20260421T093000", "FREQ=DAILY;INTERVAL=1", "20000103T093000"),
        ("20260421T093000", "FREQ=HOURLY;INTERVAL=1", "20000103T003000"),
        ("20260421T093000", "FREQ=MINUTELY;INTERVAL=20", "20000103T001000"),
        ("20260421T093000", "FREQ=WEEKLY;INTERVAL=1", "20000104T093000"),
        ("20260421T093000", "FREQ=MONTHLY;INTERVAL=1", "20010121T093000"),
        ("20260421T093000", "FREQ=MONTHLY;INTERVAL=1;BYDAY=SA;BYSETPOS=3", "20010101T093000"),
        ("20260421T093000", "FREQ=YEARLY;INTERVAL=2", "20020421T093000"),
    ],
)
def test_a_rule_begins_as_early_as_its_interval_allows(start: str, parts: str, early: str) -> None:
    assert with_early_start(rule(start, parts)) == rule(early, parts)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        rule("20260421T093000", "FREQ=DAILY;INTERVAL=1;COUNT=5"),
        rule("20260421T093000", "FREQ=WEEKLY;INTERVAL=1;BYDAY=MO,FR;BYSETPOS=1"),
        rule("20260431T093000", "FREQ=DAILY;INTERVAL=1"),
        rule("20260131T093000", "FREQ=MONTHLY;INTERVAL=1"),
        rule("19700421T093000", "FREQ=DAILY;INTERVAL=1"),
        rule("20260421T093000", "FREQ=DAILY;INTERVAL=0"),
        rule("20260421T093000", "FREQ=DAILY;INTERVAL=1 EXRULE:FREQ=DAILY;INTERVAL=2"),
    ],
)
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert with_early_start(text) == text


def test_it_has_the_occurrences_of_the_rule_from_its_start_on() -> None:
    rng = random.Random(20_261_121)
    changed = 0

    for _ in range(3000):
        text, now = random_case(rng)
        try:
            recurrence = parse(text, contract=Contract.SERVER)
            first = recurrence.first()
        except InvalidRule:
            continue
        if with_early_start(text) == text or first is None:
            continue
        early = load(with_early_start(text))
        for moment in (first, max(first, now), max(first, now) + timedelta(days=400)):
            assert early.after(moment) == recurrence.after(moment), f"{text} after {moment}"
        assert early.before(max(first, now)) == recurrence.before(max(first, now)), text
        changed += 1

    assert changed > 500


def test_unlike_begins_of_equal_rules_are_told_as_one() -> None:
    days = [datetime(2026, 1, 5, 9, tzinfo=UTC) + timedelta(weeks=week) for week in range(20)]

    texts = {with_early_start(rule(f"{day:%Y%m%dT%H%M%S}", "FREQ=WEEKLY;INTERVAL=1")) for day in days}

    assert len(texts) == 1
