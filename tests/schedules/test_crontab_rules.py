from datetime import UTC, datetime

import pytest

from schedules.crontab import read_crontab, read_fields
from schedules.crontab_rules import MONTH_STEPS, Draft, drafts, rules_of
from schedules.recurrence import Contract, Gap, Overlap

YEAR = 2030
NOW = datetime(YEAR, 6, 1, tzinfo=UTC)
WEEK = "MO,TU,WE,TH,FR,SA,SU"


def drafts_of(line: str, contract: Contract, timezone: str = "UTC") -> list[Draft]:
    (job,) = read_crontab(f"{line} command", timezone).jobs
    return drafts(job, contract=contract, now=NOW)


@pytest.mark.parametrize(
    ("line", "rules"),
    [
        ("0 0 1,15 * *", [f"01 MONTHLY;INTERVAL=1;BYDAY={WEEK};BYSETPOS=1,15"]),
        ("0 8,20 1,15 * *", [f"01 MONTHLY;INTERVAL=1;BYDAY={WEEK};BYHOUR=8,20;BYSETPOS=1,2,29,30"]),
        # more times in a month than BYSETPOS reaches
        ("*/30 * 1,2 * *", ["01 MINUTELY;INTERVAL=30;BYMONTHDAY=1", "01 MINUTELY;INTERVAL=30;BYMONTHDAY=2"]),
        ("0 0 1 */3 *", ["01 MONTHLY;INTERVAL=3;BYMONTHDAY=1"]),
        ("0 0 1 2,5,8,11 *", ["02 MONTHLY;INTERVAL=3;BYMONTHDAY=1"]),
        ("0 6 * jan,jul *", [f"01 MONTHLY;INTERVAL=6;BYDAY={WEEK};BYHOUR=6"]),
        (
            "0 6 * 1,7,8 5",
            ["01 MONTHLY;INTERVAL=6;BYDAY=FR;BYHOUR=6", "01 WEEKLY;INTERVAL=1;BYMONTH=8;BYDAY=FR;BYHOUR=6"],
        ),
        (
            "0 0 1,15 * mon",
            [
                "01 MONTHLY;INTERVAL=1;BYMONTHDAY=1;BYDAY=TU,WE,TH,FR,SA,SU",
                "01 MONTHLY;INTERVAL=1;BYMONTHDAY=15;BYDAY=TU,WE,TH,FR,SA,SU",
                "01 WEEKLY;INTERVAL=1;BYDAY=MO",
            ],
        ),
        ("0 0 13 * 0-7", ["01 DAILY;INTERVAL=1"]),
        ("*/5 * * * mon-fri", ["01 MINUTELY;INTERVAL=5;BYDAY=MO,TU,WE,TH,FR"]),
        ("@yearly", ["01 YEARLY;INTERVAL=1;BYMONTH=1;BYMONTHDAY=1"]),
    ],
)
def test_rules_of_the_documented_contract(line: str, rules: list[str]) -> None:
    start = f"DTSTART:{YEAR}"

    assert [draft.rrule for draft in drafts_of(line, Contract.DOCUMENTED)] == [
        f"{start}{rule[:2]}01T000000Z RRULE:FREQ={rule[3:]}" for rule in rules
    ]


@pytest.mark.parametrize(
    ("line", "rules"),
    [
        ("0 0 1,15 * mon", "FREQ=MONTHLY;INTERVAL=1;BYMONTHDAY=1,15 RRULE:FREQ=WEEKLY;INTERVAL=1;BYDAY=MO"),
        ("0 6 * jan,jul *", "FREQ=DAILY;INTERVAL=1;BYMONTH=1,7;BYHOUR=6"),
        ("*/30 * 1,2 */2 *", "FREQ=MINUTELY;INTERVAL=30;BYMONTH=1,3,5,7,9,11;BYMONTHDAY=1,2"),
    ],
)
def test_one_schedule_does_in_the_server_contract(line: str, rules: str) -> None:
    (draft,) = drafts_of(line, Contract.SERVER, "Europe/Berlin")

    assert draft.rrule == f"DTSTART;TZID=Europe/Berlin:{YEAR}0101T000000 RRULE:{rules}"


def test_names_say_the_line_and_the_part() -> None:
    text = "\n\n30 2 * * * secret\n0 0 1,15 * mon secret\n"
    jobs = read_crontab(text, "UTC").jobs

    names = [draft.name for job in jobs for draft in drafts(job, contract=Contract.DOCUMENTED, now=NOW)]

    assert names == [
        "crontab line 3: 30 2 * * *",
        *(f"crontab line 4 ({part} of 3): 0 0 1,15 * mon" for part in (1, 2, 3)),
    ]


def test_long_names_are_cut() -> None:
    (draft,) = drafts_of(f"{'1,' * 500}1 2 * * *", Contract.DOCUMENTED)

    assert len(draft.name) == 512


@pytest.mark.parametrize(
    ("line", "gap", "overlap"),
    [
        ("30 2 * * *", Gap.SHIFT, Overlap.FIRST),
        ("*/5 * * * *", Gap.SKIP, Overlap.BOTH),
        ("0 */2 * * *", Gap.SKIP, Overlap.BOTH),
    ],
)
def test_policies_for_changes_of_the_clock(line: str, gap: Gap, overlap: Overlap) -> None:
    (draft,) = drafts_of(line, Contract.DOCUMENTED)

    assert (draft.dst_gap, draft.dst_overlap) == (gap, overlap)


def test_steps_of_months_leave_few_schedules() -> None:
    """Every set of months, with the fewest classes of months that it can be made of."""
    classes = [
        frozenset(range(first, 13, step)) for step in (1, *MONTH_STEPS, 12) for first in range(1, step + 1)
    ]
    fewest = {frozenset[int](): 0}
    for number in range(1, 2**12):
        months = frozenset(month for month in range(1, 13) if number >> (month - 1) & 1)
        fewest[months] = min(
            1 + fewest[months - one] for one in classes if max(months) in one and one <= months
        )
    more = {
        sum(
            1
            for _ in rules_of(
                read_fields(f"0 0 1 {','.join(map(str, sorted(months)))} *"), Contract.DOCUMENTED
            )
        )
        - few
        for months, few in fewest.items()
        if months
    }

    assert more <= {0, 1}
