import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise, product

import pytest

from schedules.recurrence import ClockPolicy, Gap, Overlap, RecurrenceSet, load

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
GAPS = list(Gap)
OVERLAPS = list(Overlap)
POLICIES = [ClockPolicy(gap, overlap) for gap, overlap in product(GAPS, OVERLAPS)]


def rule(zone: str, start: str, parts: str, policy: ClockPolicy) -> RecurrenceSet:
    return load(f"DTSTART;TZID={zone}:{start} RRULE:{parts}", policy)


def shown(moments: list[datetime]) -> list[str]:
    return [moment.strftime("%d %H:%M") + f"{moment:%z}"[:5] for moment in moments]


# zone, DTSTART, rule, what the local clocks read where the gap is skipped, and where it is shifted
PUT_FORWARD = [
    (
        "America/New_York",
        "20300309T023000",
        "FREQ=DAILY;INTERVAL=1;COUNT=3",
        ["09 02:30-0500", "11 02:30-0400"],
        ["09 02:30-0500", "10 03:30-0400", "11 02:30-0400"],
    ),
    (
        "America/New_York",
        "20300310T020000",
        "FREQ=YEARLY;INTERVAL=1;COUNT=1",
        [],
        ["10 03:00-0400"],
    ),
    # 02:30 is 03:30 then, which is once
    (
        "America/New_York",
        "20300310T013000",
        "FREQ=DAILY;INTERVAL=1;COUNT=3;BYHOUR=1,2,3",
        ["10 01:30-0500", "10 03:30-0400"],
        ["10 01:30-0500", "10 03:30-0400"],
    ),
    # 02:45 comes after 03:15
    (
        "America/New_York",
        "20300310T024500",
        "FREQ=DAILY;INTERVAL=1;COUNT=1 RRULE:FREQ=DAILY;INTERVAL=1;COUNT=1;BYHOUR=3;BYMINUTE=15",
        ["10 03:15-0400"],
        ["10 03:15-0400", "10 03:45-0400"],
    ),
    (
        "America/New_York",
        "20300310T003000",
        "FREQ=HOURLY;INTERVAL=1;COUNT=4",
        ["10 00:30-0500", "10 01:30-0500", "10 03:30-0400"],
        ["10 00:30-0500", "10 01:30-0500", "10 03:30-0400"],
    ),
    (
        "America/New_York",
        "20300310T000000",
        "FREQ=HOURLY;INTERVAL=2;COUNT=3",
        ["10 00:00-0500", "10 04:00-0400"],
        ["10 00:00-0500", "10 03:00-0400", "10 04:00-0400"],
    ),
    (
        "Europe/London",
        "20300330T013000",
        "FREQ=DAILY;INTERVAL=1;COUNT=3",
        ["30 01:30+0000", "01 01:30+0100"],
        ["30 01:30+0000", "31 02:30+0100", "01 01:30+0100"],
    ),
    (
        "Australia/Sydney",
        "20301005T021500",
        "FREQ=DAILY;INTERVAL=1;COUNT=3",
        ["05 02:15+1000", "07 02:15+1100"],
        ["05 02:15+1000", "06 03:15+1100", "07 02:15+1100"],
    ),
    # half an hour
    (
        "Australia/Lord_Howe",
        "20301005T021500",
        "FREQ=DAILY;INTERVAL=1;COUNT=3",
        ["05 02:15+1030", "07 02:15+1100"],
        ["05 02:15+1030", "06 02:45+1100", "07 02:15+1100"],
    ),
    # a whole day: December 30, 2011 never was, so what was for that day is due on the next
    (
        "Pacific/Apia",
        "20111229T120000",
        "FREQ=DAILY;INTERVAL=1;COUNT=3",
        ["29 12:00-1000", "31 12:00+1400"],
        ["29 12:00-1000", "31 12:00+1400"],
    ),
    (
        "Pacific/Apia",
        "20111202T120000",
        "FREQ=WEEKLY;INTERVAL=2;COUNT=4",
        ["02 12:00-1000", "16 12:00-1000", "13 12:00+1400"],
        ["02 12:00-1000", "16 12:00-1000", "31 12:00+1400", "13 12:00+1400"],
    ),
    # after Ramadan
    (
        "Africa/Casablanca",
        "20260321T023000",
        "FREQ=DAILY;INTERVAL=1;COUNT=3",
        ["21 02:30+0000", "23 02:30+0100"],
        ["21 02:30+0000", "22 03:30+0100", "23 02:30+0100"],
    ),
]


@pytest.mark.parametrize("overlap", OVERLAPS)
@pytest.mark.parametrize(("zone", "start", "parts", "readings"), [(*row[:3], row[3:]) for row in PUT_FORWARD])
def test_a_time_that_the_clock_skips(
    zone: str, start: str, parts: str, readings: tuple[list[str], list[str]], overlap: Overlap
) -> None:
    for gap, expected in zip(GAPS, readings, strict=True):
        recurrence = rule(zone, start, parts, ClockPolicy(gap, overlap))

        assert shown(recurrence.upcoming(LONG_AGO, 10)) == expected


# zone, DTSTART, rule, what the local clocks read with the first reading, the last, both
PUT_BACK = [
    (
        "America/New_York",
        "20301102T013000",
        "FREQ=DAILY;INTERVAL=1;COUNT=3",
        ["02 01:30-0400", "03 01:30-0400", "04 01:30-0500"],
        ["02 01:30-0400", "03 01:30-0500", "04 01:30-0500"],
        ["02 01:30-0400", "03 01:30-0400", "03 01:30-0500", "04 01:30-0500"],
    ),
    (
        "America/New_York",
        "20301103T003000",
        "FREQ=HOURLY;INTERVAL=1;COUNT=3",
        ["03 00:30-0400", "03 01:30-0400", "03 02:30-0500"],
        ["03 00:30-0400", "03 01:30-0500", "03 02:30-0500"],
        ["03 00:30-0400", "03 01:30-0400", "03 01:30-0500", "03 02:30-0500"],
    ),
    (
        "America/New_York",
        "20301103T003000",
        "FREQ=MINUTELY;INTERVAL=30;COUNT=4",
        ["03 00:30-0400", "03 01:00-0400", "03 01:30-0400", "03 02:00-0500"],
        ["03 00:30-0400", "03 01:00-0500", "03 01:30-0500", "03 02:00-0500"],
        [
            "03 00:30-0400",
            "03 01:00-0400",
            "03 01:30-0400",
            "03 01:00-0500",
            "03 01:30-0500",
            "03 02:00-0500",
        ],
    ),
    (
        "Europe/London",
        "20301026T013000",
        "FREQ=DAILY;INTERVAL=1;COUNT=3",
        ["26 01:30+0100", "27 01:30+0100", "28 01:30+0000"],
        ["26 01:30+0100", "27 01:30+0000", "28 01:30+0000"],
        ["26 01:30+0100", "27 01:30+0100", "27 01:30+0000", "28 01:30+0000"],
    ),
    (
        "Australia/Sydney",
        "20300407T020000",
        "FREQ=WEEKLY;INTERVAL=1;COUNT=2",
        ["07 02:00+1100", "14 02:00+1000"],
        ["07 02:00+1000", "14 02:00+1000"],
        ["07 02:00+1100", "07 02:00+1000", "14 02:00+1000"],
    ),
    # 01:30 to 02:00 comes twice, 02:00 once
    (
        "Australia/Lord_Howe",
        "20300407T013000",
        "FREQ=MINUTELY;INTERVAL=15;COUNT=3",
        ["07 01:30+1100", "07 01:45+1100", "07 02:00+1030"],
        ["07 01:30+1030", "07 01:45+1030", "07 02:00+1030"],
        ["07 01:30+1100", "07 01:45+1100", "07 01:30+1030", "07 01:45+1030", "07 02:00+1030"],
    ),
    # into Ramadan
    (
        "Africa/Casablanca",
        "20260214T023000",
        "FREQ=DAILY;INTERVAL=1;COUNT=3",
        ["14 02:30+0100", "15 02:30+0100", "16 02:30+0000"],
        ["14 02:30+0100", "15 02:30+0000", "16 02:30+0000"],
        ["14 02:30+0100", "15 02:30+0100", "15 02:30+0000", "16 02:30+0000"],
    ),
]


@pytest.mark.parametrize("gap", GAPS)
@pytest.mark.parametrize(("zone", "start", "parts", "readings"), [(*row[:3], row[3:]) for row in PUT_BACK])
def test_a_time_that_comes_twice(
    zone: str, start: str, parts: str, readings: tuple[list[str], ...], gap: Gap
) -> None:
    for overlap, expected in zip(OVERLAPS, readings, strict=True):
        recurrence = rule(zone, start, parts, ClockPolicy(gap, overlap))

        assert shown(recurrence.upcoming(LONG_AGO, 10)) == expected


UNTIL_IN_A_REPEATED_HOUR = [
    # UNTIL, the last occurrence with the first reading, the last, both
    ("20301103T053000Z", "05:30", "04:30", "05:30"),
    ("20301103T061500Z", "05:30", "06:00", "06:00"),
    ("20301103T063000Z", "05:30", "06:30", "06:30"),
]


@pytest.mark.parametrize(("until", "first", "last", "both"), UNTIL_IN_A_REPEATED_HOUR)
def test_until_in_a_repeated_hour_is_an_instant(until: str, first: str, last: str, both: str) -> None:
    for overlap, expected in zip(OVERLAPS, (first, last, both), strict=True):
        policy = ClockPolicy(overlap=overlap)
        recurrence = rule(
            "America/New_York", "20301103T003000", f"FREQ=MINUTELY;INTERVAL=30;UNTIL={until}", policy
        )

        assert f"{recurrence.last():%H:%M}" == expected


def test_a_time_is_not_shifted_beyond_until() -> None:
    parts = "FREQ=DAILY;INTERVAL=1;UNTIL=20300310T071500Z"

    last = rule("America/New_York", "20300308T023000", parts, ClockPolicy(Gap.SHIFT)).last()

    assert last == datetime(2030, 3, 9, 7, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("excluded", "expected"),
    [
        ("EXRULE:FREQ=DAILY;INTERVAL=1;BYHOUR=3;BYMINUTE=30", ["11 02:30-0400"]),
        ("EXDATE;TZID=America/New_York:20300310T023000", ["11 02:30-0400"]),
        ("EXDATE;TZID=UTC:20300310T073000", ["11 02:30-0400"]),
        ("EXDATE;TZID=UTC:20300310T063000", ["10 03:30-0400", "11 02:30-0400"]),
    ],
)
def test_what_is_excluded_where_it_is_shifted_to_does_not_occur(excluded: str, expected: list[str]) -> None:
    text = "DTSTART;TZID=America/New_York:20300310T023000 RRULE:FREQ=DAILY;INTERVAL=1;COUNT=2"

    recurrence = load(f"{text} {excluded}", ClockPolicy(Gap.SHIFT))

    assert shown(recurrence.upcoming(LONG_AGO, 9)) == expected


@pytest.mark.parametrize(
    ("excluded", "expected"),
    [
        ("EXDATE;TZID=America/New_York:20301103T013000", ["04 01:30-0500"]),
        ("EXDATE;TZID=UTC:20301103T063000", ["03 01:30-0400", "04 01:30-0500"]),
        ("EXRULE:FREQ=DAILY;INTERVAL=3", ["04 01:30-0500"]),
    ],
)
def test_an_excluded_time_is_excluded_each_time_it_comes(excluded: str, expected: list[str]) -> None:
    text = "DTSTART;TZID=America/New_York:20301103T013000 RRULE:FREQ=DAILY;INTERVAL=1;COUNT=2"

    recurrence = load(f"{text} {excluded}", ClockPolicy(overlap=Overlap.BOTH))

    assert shown(recurrence.upcoming(LONG_AGO, 9)) == expected


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("moment", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)])
@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo"])
@pytest.mark.parametrize("start", ["00010101T000000", "99991231T230000"])
def test_the_ends_of_the_calendar_are_no_errors(
    start: str, zone: str, moment: datetime, policy: ClockPolicy
) -> None:
    recurrence = rule(zone, start, "FREQ=WEEKLY;INTERVAL=1", policy)

    found = [recurrence.after(moment), recurrence.before(moment), recurrence.first(), recurrence.last()]

    assert all(each is None or 1 <= each.year <= 9999 for each in found)


# -- any rule near any change --------------------------------------------------------------------

# zone, and what its clock read when it was changed
CHANGES = [
    ("America/New_York", datetime(2030, 3, 10, 2, tzinfo=UTC)),
    ("America/New_York", datetime(2030, 11, 3, 1, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2030, 10, 6, 2, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2030, 4, 7, 1, 30, tzinfo=UTC)),
    ("Pacific/Apia", datetime(2011, 12, 30, tzinfo=UTC)),
    ("Africa/Casablanca", datetime(2026, 2, 15, 2, tzinfo=UTC)),
    ("Africa/Casablanca", datetime(2026, 3, 22, 2, tzinfo=UTC)),
]
PARTS = [
    "FREQ=DAILY;INTERVAL=1;BYHOUR=0,1,2,3;BYMINUTE=5,40",
    "FREQ=DAILY;INTERVAL=1;BYHOUR=2,14",
    "FREQ=HOURLY;INTERVAL=1",
    "FREQ=HOURLY;INTERVAL=3",
    "FREQ=MINUTELY;INTERVAL=7",
    "FREQ=MINUTELY;INTERVAL=35;BYHOUR=1,2",
    "FREQ=DAILY;INTERVAL=1 RRULE:FREQ=HOURLY;INTERVAL=1;BYMINUTE=30",
]


def by_hand(wall: list[datetime], recurrence: RecurrenceSet, policy: ClockPolicy) -> list[datetime]:
    """The occurrences of wall times, by the letter of the policy."""
    found: set[datetime] = set()
    for moment in wall:
        first, second = (moment.replace(tzinfo=recurrence.zone, fold=fold).astimezone(UTC) for fold in (0, 1))
        if first > second and policy.gap is Gap.SHIFT:
            found.add(first)
        if first <= second:
            found |= {
                Overlap.FIRST: {first},
                Overlap.LAST: {second},
                Overlap.BOTH: {first, second},
            }[policy.overlap]
    return sorted(found)


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize(("zone", "change"), CHANGES)
def test_every_question_is_answered_by_the_letter_of_the_policy(
    zone: str, change: datetime, policy: ClockPolicy
) -> None:
    rng = random.Random(f"{change}{policy}")
    for parts in PARTS:
        start = change - timedelta(minutes=rng.randrange(1_500))
        as_utc = load(f"DTSTART:{start:%Y%m%dT%H%M%S}Z RRULE:{parts}")
        wall = list(as_utc.between(LONG_AGO, change + timedelta(days=3), limit=2_000))
        recurrence = rule(zone, f"{start:%Y%m%dT%H%M%S}", parts, policy)
        expected = by_hand([moment.replace(tzinfo=None) for moment in wall], recurrence, policy)
        near = [moment for moment in expected if moment < change + timedelta(days=2)]

        assert list(recurrence.between(LONG_AGO, near[-1], limit=2_000)) == near[:-1]
        assert [moment.astimezone(UTC) for moment in recurrence.upcoming(LONG_AGO, len(near))] == near
        assert recurrence.first() == near[0]
        for earlier, later in rng.sample(list(pairwise(near)), min(12, len(near) - 1)):
            between = earlier + (later - earlier) / 3
            assert recurrence.after(earlier) == recurrence.after(between) == later
            assert recurrence.before(later, inclusive=False) == recurrence.before(between) == earlier
            assert recurrence.after(later, inclusive=True) == recurrence.before(later) == later
