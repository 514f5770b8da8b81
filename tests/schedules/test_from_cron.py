"""The rules of docs/from-cron.md, against what cron does with the lines beside them."""

import re
from calendar import day_abbr, month_abbr
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from schedules.crontab import NICKNAMES, read_fields
from schedules.crontab_rules import rules_of
from schedules.recurrence import Contract, parse

DOCUMENT = (Path(__file__).resolve().parents[2] / "docs" / "from-cron.md").read_text()
TABLE = DOCUMENT.split("| crontab | RRULE |")[1].split("\n\n")[0]
ROWS = [re.findall(r"`([^`]+)`", row) for row in TABLE.splitlines()[2:]]
ON_SERVER = {
    "0 0 1,15 * *": "RRULE:FREQ=MONTHLY;INTERVAL=1;BYMONTHDAY=1,15",
    "0 0 1,15 * mon": ("RRULE:FREQ=MONTHLY;INTERVAL=1;BYMONTHDAY=1,15 RRULE:FREQ=WEEKLY;INTERVAL=1;BYDAY=MO"),
}
BEGIN, END = datetime(2030, 1, 1, tzinfo=UTC), datetime(2032, 1, 1, tzinfo=UTC)
ALIASES = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
}
NAMES = {name.lower(): number for number, name in enumerate(month_abbr) if name} | {
    name.lower(): number for number, name in enumerate(day_abbr, start=1)
}


def chosen(field: str, first: int, last: int) -> set[int]:
    """The numbers of a field of a crontab: lists of `*` or ranges, with steps."""
    numbers: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        begin, _, end = span.partition("-")
        low, high = (str(first), str(last)) if span == "*" else (begin, end or begin)
        low, high = (str(NAMES.get(name, name)) for name in (low, high))
        numbers |= set(range(int(low), int(high) + 1, int(step or 1)))
    return numbers


def by_cron(line: str) -> list[datetime]:
    """When cron runs a line, from BEGIN until END. Where day and weekday are both restricted either will do."""
    minute, hour, day, month, weekday = ALIASES.get(line, line).split()
    times = [
        time(h, m, tzinfo=UTC) for h in sorted(chosen(hour, 0, 23)) for m in sorted(chosen(minute, 0, 59))
    ]
    days, months = chosen(day, 1, 31), chosen(month, 1, 12)
    weekdays = {number % 7 for number in chosen(weekday, 0, 7)}

    def runs_on(one: date) -> bool:
        hits = (one.day in days, one.isoweekday() % 7 in weekdays)
        either = not day.startswith("*") and not weekday.startswith("*")
        return one.month in months and (any(hits) if either else all(hits))

    every_day = (BEGIN.date() + timedelta(days=n) for n in range((END - BEGIN).days))
    return [datetime.combine(one, at) for one in every_day if runs_on(one) for at in times]


def by_rule(rule: str, contract: Contract) -> list[datetime]:
    recurrence = parse(f"DTSTART:20300101T000000Z {rule}", contract=contract)
    return [at for at in recurrence.between(BEGIN, END, limit=1_000_000) if at < END]


def imported(line: str, contract: Contract) -> list[str]:
    return [rule for _, rule in rules_of(read_fields(NICKNAMES.get(line, line)), contract)]


@pytest.mark.parametrize(("line", "rules"), [(line, rules) for line, *rules in ROWS])
def test_rules_come_when_cron_does(line: str, rules: list[str]) -> None:
    times = {at for rule in rules for at in by_rule(f"RRULE:{rule}", Contract.DOCUMENTED)}

    assert sorted(times) == by_cron(line)


@pytest.mark.parametrize(("line", "rules"), [(line, rules) for line, *rules in ROWS])
def test_rules_are_the_importer_s(line: str, rules: list[str]) -> None:
    assert imported(line, Contract.DOCUMENTED) == [f"RRULE:{rule}" for rule in rules]


@pytest.mark.parametrize(("line", "rule"), ON_SERVER.items())
def test_one_schedule_does_on_the_server_contract(line: str, rule: str) -> None:
    assert " ".join(imported(line, Contract.SERVER)) == rule
    assert by_rule(rule, Contract.SERVER) == by_cron(line)


def test_rule_of_several_parts_is_in_the_document() -> None:
    assert f"`{ON_SERVER['0 0 1,15 * mon']}`" in DOCUMENT


def test_table_has_lines() -> None:
    assert {"*/7 * * * *", "0 0 30 2 *", "@weekly"} < {line for line, *_ in ROWS}
