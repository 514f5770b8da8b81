from datetime import UTC, datetime, timedelta

import pytest

from schedules.recurrence import Contract, InvalidRule, RecurrenceSet, load, parse
from schedules.rule_text import LONGEST_TEXT

NOW = datetime(2026, 11, 21, 4, 15, 39, tzinfo=UTC)
DAILY = "DTSTART:20300101T000000Z RRULE:FREQ=DAILY;INTERVAL=1"


def rule(text: str, contract: Contract = Contract.SERVER) -> RecurrenceSet:
    return parse(text, contract=contract)


def messages(text: str, contract: Contract = Contract.SERVER) -> list[str]:
    with pytest.raises(InvalidRule) as caught:
        parse(text, contract=contract)
    return caught.value.messages


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def shown(moments: list[datetime]) -> list[str]:
    return [moment.strftime("%d %H:%M") + f"{moment:%z}"[:5] for moment in moments]


# -- clock changes -------------------------------------------------------------------------------

CLOCK_CHANGES = [
    # zone, DTSTART, rule, what the local clocks read
    ("America/New_York", "20300309T023000", "FREQ=DAILY;INTERVAL=1;COUNT=3", ["09 02:30-0500", "11 02:30-0400"]),
    ("America/New_York", "20300310T003000", "FREQ=HOURLY;INTERVAL=1;COUNT=4",
     ["10 00:30-0500", "10 01:30-0500", "10 03:30-0400"]),
    ("America/New_York", "20301102T013000", "FREQ=DAILY;INTERVAL=1;COUNT=3",
     ["02 01:30-0400", "03 01:30-0400", "04 01:30-0500"]),
    ("America/New_York", "20301103T003000", "FREQ=MINUTELY;INTERVAL=30;COUNT=5",
     ["03 00:30-0400", "03 01:00-0400", "03 01:30-0400", "03 02:00-0500", "03 02:30-0500"]),
    ("Europe/London", "20300330T013000", "FREQ=DAILY;INTERVAL=1;COUNT=3", ["30 01:30+0000", "01 01:30+0100"]),
    ("Europe/London", "20301026T013000", "FREQ=DAILY;INTERVAL=1;COUNT=3",
     ["26 01:30+0100", "27 01:30+0100", "28 01:30+0000"]),
    # a change of half an hour
    ("Australia/Lord_Howe", "20301006T014500", "FREQ=MINUTELY;INTERVAL=15;COUNT=5",
     ["06 01:45+1030", "06 02:30+1100", "06 02:45+1100"]),
    ("Australia/Lord_Howe", "20300407T013000", "FREQ=MINUTELY;INTERVAL=15;COUNT=4",
     ["07 01:30+1100", "07 01:45+1100", "07 02:00+1030", "07 02:15+1030"]),
    # the clock of Ramadan: an hour back in winter, forward after a month
    ("Africa/Casablanca", "20260214T023000", "FREQ=DAILY;INTERVAL=1;COUNT=3",
     ["14 02:30+0100", "15 02:30+0100", "16 02:30+0000"]),
    ("Africa/Casablanca", "20260321T023000", "FREQ=DAILY;INTERVAL=1;COUNT=3", ["21 02:30+0000", "23 02:30+0100"]),
    # December 30, 2011 never was
    ("Pacific/Apia", "20111229T120000", "FREQ=DAILY;INTERVAL=1;COUNT=3", ["29 12:00-1000", "31 12:00+1400"]),
    # after 2037 as before
    ("America/New_York", "20400310T023000", "FREQ=DAILY;INTERVAL=1;COUNT=3", ["10 02:30-0500", "12 02:30-0400"]),
]  # fmt: skip


@pytest.mark.parametrize(("zone", "start", "text", "expected"), CLOCK_CHANGES)
def test_times_that_a_clock_skips_are_skipped_and_repeated_ones_count_once(
    zone: str, start: str, text: str, expected: list[str]
) -> None:
    recurrence = rule(f"DTSTART;TZID={zone}:{start} RRULE:{text}")

    assert shown(recurrence.upcoming(utc("2000-01-01"), 10)) == expected


@pytest.mark.parametrize(("zone", "start", "text", "expected"), CLOCK_CHANGES)
def test_every_question_is_answered_from_the_same_occurrences(
    zone: str, start: str, text: str, expected: list[str]
) -> None:
    recurrence = rule(f"DTSTART;TZID={zone}:{start} RRULE:{text}")
    occurrences = [moment.astimezone(UTC) for moment in recurrence.upcoming(utc("2000-01-01"), 10)]

    assert recurrence.first() == occurrences[0]
    assert recurrence.last() == occurrences[-1]
    assert list(recurrence.between(occurrences[0], occurrences[-1], limit=99)) == occurrences[:-1]
    for earlier, later in zip(occurrences, occurrences[1:], strict=False):
        assert recurrence.after(earlier) == later
        assert recurrence.after(later - timedelta(seconds=1)) == later
        assert recurrence.after(later, inclusive=True) == later
        assert recurrence.before(later, inclusive=False) == earlier
        assert recurrence.before(later - timedelta(seconds=1)) == earlier
        assert recurrence.before(later) == later
    assert recurrence.after(occurrences[-1]) is None
    assert recurrence.before(occurrences[0], inclusive=False) is None


@pytest.mark.parametrize(
    ("until", "last"),
    [
        ("20301103T050000Z", "2030-11-03T05:00"),
        ("20301103T054500Z", "2030-11-03T05:45"),
        # the second 01:15 on the clock, half an hour after the first 01:45
        ("20301103T061500Z", "2030-11-03T05:45"),
        ("20301103T070000Z", "2030-11-03T07:00"),
        ("20301103T011500", "2030-11-03T05:15"),
    ],
)
def test_until_in_a_repeated_hour(until: str, last: str) -> None:
    recurrence = rule(
        f"DTSTART;TZID=America/New_York:20301103T000000 RRULE:FREQ=MINUTELY;INTERVAL=15;UNTIL={until}"
    )

    assert recurrence.last() == utc(last)


@pytest.mark.parametrize(
    ("until", "last"),
    [("20300310T071500Z", "2030-03-10T07:15"), ("20300310T070000Z", "2030-03-10T07:00"),
     ("20300310T065959Z", "2030-03-10T06:45"), ("20300310T023000", "2030-03-10T06:45")],
)  # fmt: skip
def test_until_beside_a_skipped_hour(until: str, last: str) -> None:
    recurrence = rule(
        f"DTSTART;TZID=America/New_York:20300310T000000 RRULE:FREQ=MINUTELY;INTERVAL=15;UNTIL={until}"
    )

    assert recurrence.last() == utc(last)


def test_preview_looks_at_twenty_times_only_as_awx_does() -> None:
    text = "DTSTART;TZID=Australia/Lord_Howe:20301006T000000 RRULE:FREQ=MINUTELY;INTERVAL=1;BYHOUR=2"

    assert rule(text).preview(NOW) == []
    assert rule(text).after(NOW) == utc("2030-10-05T15:30")


# -- any moment ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "following"),
    [
        ("DTSTART:20200101T000000Z RRULE:FREQ=HOURLY;INTERVAL=5", "2026-11-21T06:00"),
        ("DTSTART:20050101T000030Z RRULE:FREQ=MINUTELY;INTERVAL=7", "2026-11-21T04:19:30"),
        ("DTSTART:00010101T000000Z RRULE:FREQ=MINUTELY;INTERVAL=1", "2026-11-21T04:16"),
        ("DTSTART:00010101T000000Z RRULE:FREQ=YEARLY;INTERVAL=1;BYWEEKNO=1;BYDAY=MO", "2027-01-04T00:00"),
        ("DTSTART;TZID=America/New_York:20200101T000000 RRULE:FREQ=HOURLY;INTERVAL=23", "2026-11-21T19:00"),
    ],
)
def test_after_stays_on_the_grid_of_an_old_start(text: str, following: str) -> None:
    recurrence = rule(text)

    found = recurrence.after(NOW)

    assert found == utc(following)
    assert recurrence.before(found) == found
    assert recurrence.after(found - timedelta(microseconds=1)) == found


def test_before_jumps_over_any_outage() -> None:
    recurrence = rule("DTSTART:20050101T000000Z RRULE:FREQ=MINUTELY;INTERVAL=1")

    assert recurrence.before(NOW) == utc("2026-11-21T04:15")
    assert recurrence.before(utc("2005-01-01T00:00"), inclusive=False) is None


def test_between_is_half_open_and_limited() -> None:
    recurrence = rule(DAILY)

    found = list(recurrence.between(utc("2030-01-02"), utc("2030-01-05"), limit=2))

    assert found == [utc("2030-01-02"), utc("2030-01-03")]
    assert list(recurrence.between(utc("2030-01-04"), utc("2030-01-05"), limit=9)) == [utc("2030-01-04")]


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        (f"{DAILY};COUNT=999", "2030-01-01", "2032-09-25"),
        ("DTSTART:20200101T000000Z RRULE:FREQ=MINUTELY;INTERVAL=1;UNTIL=20400101T010000Z;BYHOUR=4",
         "2020-01-01T04:00", "2039-12-31T04:59"),
        ("DTSTART:20200101T000000Z RRULE:FREQ=MINUTELY;INTERVAL=1;UNTIL=99991231T235959Z",
         "2020-01-01", "9999-12-31T23:59"),
        (f"{DAILY};COUNT=3 RRULE:FREQ=WEEKLY;INTERVAL=1;COUNT=3", "2030-01-01", "2030-01-15"),
        (f"{DAILY};COUNT=3 EXRULE:FREQ=DAILY;INTERVAL=2", "2030-01-02", "2030-01-02"),
        (f"{DAILY};COUNT=3 EXRULE:FREQ=DAILY;INTERVAL=1;COUNT=3", None, None),
        ("DTSTART:20200101T000000Z RRULE:FREQ=MINUTELY;INTERVAL=1;UNTIL=20200101T010000Z;BYHOUR=4", None, None),
        ("DTSTART:99991231T000000Z RRULE:FREQ=DAILY;INTERVAL=1;COUNT=5", "9999-12-31", "9999-12-31"),
    ],
)  # fmt: skip
def test_first_and_last(text: str, first: str | None, last: str | None) -> None:
    recurrence = rule(text)

    assert recurrence.first() == (utc(first) if first else None)
    assert recurrence.last() == (utc(last) if last else None)


def test_last_is_unknown_for_a_rule_without_end() -> None:
    assert rule(DAILY).last() is None
    assert rule(f"{DAILY};COUNT=3 RRULE:FREQ=WEEKLY;INTERVAL=1").last() is None


@pytest.mark.parametrize(
    ("text", "timezone", "until"),
    [
        (DAILY, "UTC", ""),
        ("DTSTART;TZID=US/Eastern:20300101T000000 RRULE:FREQ=DAILY;INTERVAL=1;UNTIL=20300201T000000Z",
         "US/Eastern", "2030-01-31T19:00:00"),
        ("DTSTART;TZID=Zulu:20300101T000000 RRULE:FREQ=DAILY;INTERVAL=1;UNTIL=20300201T000000",
         "Zulu", "2030-02-01T00:00:00"),
        (f"{DAILY};UNTIL=20300105T000000Z RRULE:FREQ=WEEKLY;INTERVAL=1;UNTIL=20300205T000000Z",
         "UTC", "2030-01-05T00:00:00"),
    ],
)  # fmt: skip
def test_timezone_and_until_are_awxs_computed_fields(text: str, timezone: str, until: str) -> None:
    recurrence = rule(text)

    assert (recurrence.text, recurrence.timezone, recurrence.until) == (text, timezone, until)


# -- nothing, and bounds -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "parts",
    [
        "FREQ=YEARLY;INTERVAL=1;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=WEEKLY;INTERVAL=1;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;INTERVAL=1;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=MINUTELY;INTERVAL=1;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=MONTHLY;INTERVAL=12;BYMONTH=6",
        "FREQ=MONTHLY;INTERVAL=1;BYDAY=MO;BYSETPOS=6",
        "FREQ=WEEKLY;INTERVAL=1;BYDAY=MO;BYSETPOS=2",
        "FREQ=WEEKLY;INTERVAL=1;BYMONTHDAY=25;BYDAY=TU,FR,SA;BYSETPOS=3",
        "FREQ=MINUTELY;INTERVAL=1;BYSETPOS=2",
        "FREQ=DAILY;INTERVAL=7;BYDAY=MO",
        "FREQ=MINUTELY;INTERVAL=10080;BYDAY=MO",
        "FREQ=YEARLY;INTERVAL=4;BYMONTHDAY=29;BYMONTH=2",
        "FREQ=DAILY;INTERVAL=1 EXRULE:FREQ=DAILY;INTERVAL=1",
        "FREQ=MINUTELY;INTERVAL=5 EXRULE:FREQ=MINUTELY;INTERVAL=5",
        "FREQ=HOURLY;INTERVAL=26 EXRULE:FREQ=MINUTELY;INTERVAL=5",
    ],
)
def test_a_rule_that_never_occurs_has_an_empty_preview(parts: str) -> None:
    recurrence = rule(f"DTSTART:20300101T000000Z RRULE:{parts}")

    assert recurrence.preview(NOW) == []
    assert recurrence.first() is None
    assert recurrence.after(NOW) is None
    assert recurrence.before(utc("2500-01-01")) is None


def test_a_search_that_would_not_end_is_refused() -> None:
    text = "DTSTART:20300101T000000Z RRULE:FREQ=WEEKLY;INTERVAL=1 EXRULE:FREQ=HOURLY;INTERVAL=2"

    assert messages(text) == ["No occurrence of this rule was found within the bounds of the search; it is refused."]


def test_a_blackout_of_a_month_does_not_stop_a_rule_of_every_minute() -> None:
    recurrence = rule(
        "DTSTART:20300101T000000Z RRULE:FREQ=MINUTELY;INTERVAL=1 EXRULE:FREQ=MINUTELY;INTERVAL=1;BYMONTH=12"
    )

    assert recurrence.after(utc("2030-11-30T23:59")) == utc("2031-01-01")
    assert recurrence.before(utc("2030-12-31")) == utc("2030-11-30T23:59")


def test_an_exrule_that_ends_excludes_nothing_later() -> None:
    recurrence = rule(
        "DTSTART:20300101T120000Z RRULE:FREQ=DAILY;INTERVAL=1 EXRULE:FREQ=HOURLY;INTERVAL=1;UNTIL=20300105T110000Z"
    )

    assert recurrence.first() == utc("2030-01-05T12:00")


@pytest.mark.parametrize(
    "text",
    [
        f"{DAILY}0".replace("=10", "=0"),
        DAILY.replace("INTERVAL=1", "INTERVAL=-1"),
        DAILY.replace("INTERVAL=1", f"INTERVAL={'1' * 400}"),
        f"{DAILY};COUNT=0",
        f"{DAILY};COUNT=-1",
        f"{DAILY};COUNT=1_0",
        f"{DAILY};INTERVAL=2",
        f"{DAILY};BYMONTH=13",
        f"{DAILY};BYMONTHDAY=0",
        f"{DAILY};BYYEARDAY=367",
        f"{DAILY};BYWEEKNO=54",
        f"{DAILY};BYSETPOS=0",
        f"{DAILY};BYEASTER=400",
        f"{DAILY};BYHOUR=24",
        "DTSTART:20300101T000000Z RRULE:FREQ=HOURLY;INTERVAL=1;BYHOUR=24",
        "DTSTART:20300101T000000Z rrule:FREQ=DAILY",
        "DTSTART:20300101T000000Z rrule:FREQ=SECONDLY;INTERVAL=1",
        "DTSTART:20300101T000000Z rrule:FREQ=DAILY;INTERVAL=1;COUNT=1000",
        "DTSTART:20300101T0000Z RRULE:FREQ=DAILY;INTERVAL=1",
        "DTSTART:20300101T000000-0500 RRULE:FREQ=DAILY;INTERVAL=1",
        "DTSTART:20300101T000000GMT RRULE:FREQ=DAILY;INTERVAL=1",
        "DTSTART:20300101T000000Z RRULE:FREQ=MONTHLY;INTERVAL=1;BYDAY=MO,-1FR",
        "DTSTART:20300101T000000Z RRULE:FREQ=WEEKLY;INTERVAL=1;BYDAY=-1FR",
        "DTSTART:20300101T000000Z RRULE:FREQ=MONTHLY;INTERVAL=1;BYDAY=FR(-1)",
        "DTSTART:20300101T000000Z RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=+99MO",
        "DTSTART:20300101T000000Z\u00a0RRULE:FREQ=DAILY;INTERVAL=1",
        "DTSTART:20300101T000000Z RRULE:FREQ=MINUTELY;INTERVAL=1440;BYHOUR=7",
        "DTSTART:20300101T000000Z RRULE:FREQ=MINUTELY;INTERVAL=5;BYMINUTE=7",
        "DTSTART:20300101T000000Z RRULE:FREQ=DAILY;INTERVAL=1;UNTIL=20300601",
        "DTSTART;TZID=America/New_York:20300101T000000 RRULE:FREQ=DAILY;INTERVAL=1 EXDATE;VALUE=DATE-TIME:20300102T000000",
        f"{DAILY} " * 400,
        "DTSTART:20300101T000000Z " + "RRULE:FREQ=DAILY;INTERVAL=1 " * 500,
        f"{DAILY};BYHOUR={','.join(map(str, range(24)))};BYMINUTE={','.join(map(str, range(60)))};BYSECOND=0,1,2,3",
        DAILY + "x" * LONGEST_TEXT,
        f"{DAILY}\0",
        f"{DAILY}\ud800",
    ],
)
def test_what_can_only_loop_or_mislead_is_refused(text: str) -> None:
    assert len(messages(text)) >= 1


@pytest.mark.parametrize("huge", ["DTSTART;", "DTSTART:", "RULE:", "UNTIL=", "BYHOUR=1,", "1", "\u2028", "TZID=", "COUNT="])
def test_a_huge_text_is_refused_at_once(huge: str) -> None:
    with pytest.raises(InvalidRule):
        rule(huge * (1_000_000 // len(huge)))
    with pytest.raises(InvalidRule):
        rule(huge * (LONGEST_TEXT // len(huge)))


def test_bounds_do_not_touch_what_awx_takes() -> None:
    many_hours = f"{DAILY};BYHOUR={'1,' * 3000}1;COUNT=2"
    every_day = f"DTSTART:20300101T000000Z RRULE:FREQ=YEARLY;INTERVAL=1;BYYEARDAY={','.join(map(str, range(1, 367)))}"

    assert shown(rule(many_hours).preview(NOW)) == ["01 01:00+0000", "02 01:00+0000"]
    assert rule(every_day).after(utc("2031-05-05")) == utc("2031-05-06")
    assert rule(DAILY.replace("INTERVAL=1", "INTERVAL=1000000000")).last() is None
    assert rule(f"{DAILY};BYMONTH=2;BYMONTHDAY=29").after(utc("2097-01-01")) == utc("2104-02-29")
    assert rule(f"{DAILY};COUNT=0999").last() == utc("2032-09-25")


# -- the words of both contracts -----------------------------------------------------------------

VALID = "Valid DTSTART required in rrule. Value should start with: DTSTART:YYYYMMDDTHHMMSSZ"
NAIVE = "DTSTART cannot be a naive datetime.  Specify ;TZINFO= or YYYYMMDDTHHMMSSZZ."
ZONE = "rrule parsing failed validation: A valid TZID must be provided (e.g., America/New_York)"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [VALID, "One or more rule required in rrule.",
              "rrule parsing failed validation: A DTSTART field needs to be in the rrule"]),
        ("RRULE:FREQ=DAILY;INTERVAL=1", [VALID, ZONE]),
        ("DTSTART:20300101T000000 RRULE:FREQ=DAILY;INTERVAL=1", [NAIVE, ZONE]),
        ("DTSTART:20300101T000000\nRRULE:FREQ=DAILY;INTERVAL=1", [ZONE]),
        ("DTSTART;TZID=america/new_york:20300101T000000 RRULE:FREQ=DAILY;INTERVAL=1", [ZONE]),
        (f"{DAILY} DTSTART:20310101T000000Z", ["Multiple DTSTART is not supported."]),
        ("DTSTART:20300101T000000Z RRULE:FREQ=SECONDLY;INTERVAL=1;COUNT=1001;UNTIL=20310101T000000Z",
         ["SECONDLY is not supported: RULE:FREQ=SECONDLY;INTERVAL=1;COUNT=1001;UNTIL=20310101T000000Z",
          "RRULE may not contain both COUNT and UNTIL: RULE:FREQ=SECONDLY;INTERVAL=1;COUNT=1001;UNTIL=20310101T000000Z",
          "COUNT > 999 is unsupported: RULE:FREQ=SECONDLY;INTERVAL=1;COUNT=1001;UNTIL=20310101T000000Z"]),
        ("DTSTART:20300101T000000Z RRULE:FREQ=OFTEN EXRULE:FREQ=DAILY;INTERVAL=1;BYDAY=2MO",
         ["INTERVAL required in rrule: RULE:FREQ=OFTEN",
          "BYDAY with numeric prefix not supported: RULE:FREQ=DAILY;INTERVAL=1;BYDAY=2MO",
          "rrule parsing failed validation: invalid 'FREQ': OFTEN"]),
        (f"nonsense EXDATE:20300101T000000Z {DAILY}", ["EXDATE not allowed in rrule."]),
        (f"nonsense rdate:20300101T000000Z {DAILY}", ["RDATE not allowed in rrule."]),
        ("DTSTART;TZID=Europe/Paris:20300101T000000Z RRULE:FREQ=DAILY;INTERVAL=1",
         ["rrule parsing failed validation: DTSTART/EXDATE specifies multiple timezone"]),
        ("DTSTART:20300101T000000Z RRULE:FREQ=MINUTELY;INTERVAL=1440;BYHOUR=7",
         ["rrule parsing failed validation: Invalid combination of interval and byhour resulting in empty rule."]),
    ],
)  # fmt: skip
def test_refusals_in_the_words_of_the_server(text: str, expected: list[str]) -> None:
    assert messages(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"{DAILY} RRULE:FREQ=WEEKLY;INTERVAL=1", "Multiple RRULE is not supported."),
        (f"{DAILY};BYMONTHDAY=3,-4", "Multiple BYMONTHDAYs not supported."),
        (f"{DAILY};BYMONTH=1,2", "Multiple BYMONTHs not supported."),
        (f"{DAILY};BYYEARDAY=100", "BYYEARDAY not supported."),
        (f"{DAILY};BYWEEKNO=20", "BYWEEKNO not supported."),
        (f"{DAILY};BYDAY=5MO", "BYDAY with numeric prefix not supported."),
        (f"{DAILY};COUNT=1000", "COUNT > 999 is unsupported."),
        (f"{DAILY};COUNT=5;UNTIL=20310925T104941Z", "RRULE may not contain both COUNT and UNTIL."),
        ("DTSTART:20300101T000000Z RRULE:FREQ=DAILY", "INTERVAL required in rrule."),
        ("DTSTART:20300101T000000Z RRULE:FREQ=SECONDLY;INTERVAL=1", "SECONDLY is not supported."),
        (f"{DAILY} EXRULE:FREQ=WEEKLY;INTERVAL=1", "EXRULE is not supported."),
        (f"{DAILY};UNTIL=20310925T104941",
         "rrule parsing failed validation: RRULE UNTIL values must be specified in UTC when DTSTART is timezone-aware"),
    ],
)  # fmt: skip
def test_refusals_in_the_words_of_the_published_page(text: str, expected: str) -> None:
    assert messages(text, Contract.DOCUMENTED) == [expected]


@pytest.mark.parametrize("contract", Contract)
@pytest.mark.parametrize(
    "text",
    [
        "DTSTART:20300101T000000Z RRULE:FREQ=MONTHLY;INTERVAL=1;BYDAY=-1FR",
        "DTSTART;TZID=America/New_York:20300101T000000\nRRULE:freq=daily;interval=01;until=20300105T000000Z".replace(
            "until", "UNTIL"
        ),
        "  RRULE:FREQ=DAILY;INTERVAL=1\r\nDTSTART;VALUE=DATE-TIME:20300101T000000z ",
        f"{DAILY} EXDATE;TZID=UTC:20300101T000000",
    ],
)
def test_both_contracts_take_what_is_good(text: str, contract: Contract) -> None:
    assert rule(text, contract).first() is not None


def test_exdates_and_rdates_count_in_any_zone() -> None:
    recurrence = rule(
        "DTSTART;TZID=Europe/Paris:20300101T000000 RRULE:FREQ=DAILY;INTERVAL=1;COUNT=3 "
        "EXDATE;TZID=UTC:20300101T230000 RDATE;VALUE=DATE-TIME:20300102T120000Z,20300101T230000Z"
    )

    assert shown(recurrence.upcoming(NOW, 9)) == ["01 00:00+0100", "02 12:00+0000", "03 00:00+0100"]
    assert recurrence.before(utc("2030-01-02T20:00")) == utc("2030-01-02T12:00")


def test_load_reads_what_parse_accepted_under_another_contract() -> None:
    text = f"{DAILY};UNTIL=20300103T000000 RRULE:FREQ=WEEKLY;INTERVAL=1;BYWEEKNO=20"

    assert load(text).upcoming(NOW, 2) == rule(text).upcoming(NOW, 2)
    with pytest.raises(InvalidRule):
        load("nonsense")


@pytest.mark.parametrize("moment", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)])
@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo"])
@pytest.mark.parametrize("start", ["00010101T000000", "99991231T230000"])
def test_the_ends_of_the_calendar_are_no_errors(moment: datetime, zone: str, start: str) -> None:
    recurrence = rule(f"DTSTART;TZID={zone}:{start} RRULE:FREQ=WEEKLY;INTERVAL=1")

    found = [recurrence.after(moment), recurrence.before(moment), recurrence.first(), recurrence.last()]

    assert all(each is None or 1 <= each.year <= 9999 for each in found)


# -- in words ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("DTSTART;TZID=America/New_York:20300101T090000 RRULE:FREQ=MINUTELY;INTERVAL=15;BYDAY=MO,TU,WE,TH,FR;UNTIL=20310101T000000",
         "Every 15 minutes on Mon–Fri, America/New_York, from 2030-01-01 09:00 until 2031-01-01 00:00"),
        ("DTSTART:20300101T090000Z RRULE:FREQ=MONTHLY;INTERVAL=1;BYDAY=-1FR;COUNT=5",
         "Every month on the last Fri at 09:00, 5 times, UTC, from 2030-01-01 09:00"),
        ("DTSTART:20300101T090000Z RRULE:FREQ=DAILY;INTERVAL=2 EXRULE:FREQ=WEEKLY;INTERVAL=1;BYDAY=SA,SU",
         "Every 2 days at 09:00, except every week on Sat and Sun at 09:00, UTC, from 2030-01-01 09:00"),
        ("DTSTART:20300115T093000Z RRULE:FREQ=HOURLY;INTERVAL=2;BYHOUR=9,11,13 RRULE:FREQ=MONTHLY;INTERVAL=1;BYMONTHDAY=1,15,-1",
         "Every 2 hours in hours 9, 11 and 13 at minute 30 and every month on days 1 and 15 and the last day at 09:30, "
         "UTC, from 2030-01-15 09:30"),
        ("DTSTART:20300101T000000Z RRULE:FREQ=MONTHLY;INTERVAL=1;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1 EXDATE;TZID=UTC:20300131T000000",
         "Every month, the last of its times on Mon–Fri at 00:00, except on 2030-01-31 00:00, UTC, from 2030-01-01 00:00"),
        ("DTSTART:20300101T000005Z RRULE:FREQ=YEARLY;INTERVAL=1;BYEASTER=-2,0;BYHOUR=1,2,3,4,5,6,7",
         "Every year on 2 days before Easter Sunday and Easter Sunday 7 times a day, from 01:00:05 to 07:00:05, "
         "UTC, from 2030-01-01 00:00:05"),
    ],
)  # fmt: skip
def test_describe_says_the_rule_in_words(text: str, words: str) -> None:
    recurrence = parse(text, contract=Contract.SERVER)

    assert recurrence.describe() == words
