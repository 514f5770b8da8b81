"""The text of a recurrence rule: what AWX's wire says about a faulty one, and its reading.

A rule is `DTSTART` with one or more `RRULE`, and `EXRULE`, `EXDATE`, `RDATE`, parted by white space (RFC 5545
with spaces for line ends, as AWX writes it). The sentences are AWX's, letter for letter: they are behaviour.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from typing import Any

from dateutil.rrule import SECONDLY, rrulestr
from dateutil.tz import tzoffset

from schedules import zones
from schedules.exceptions import InvalidRule

LONGEST_TEXT = 16_384
MOST_RULES = 200
MOST_ZONES = 500
MOST_TIMES_A_DAY = 3_600
LARGEST_INTERVAL = 2**31 - 1
LARGEST_COUNT = 999

NO_DTSTART = "Valid DTSTART required in rrule. Value should start with: DTSTART:YYYYMMDDTHHMMSSZ"
NAIVE_DTSTART = "DTSTART cannot be a naive datetime.  Specify ;TZINFO= or YYYYMMDDTHHMMSSZZ."
MULTIPLE_DTSTART = "Multiple DTSTART is not supported."
NO_RULE = "One or more rule required in rrule."
NO_EXDATE = "EXDATE not allowed in rrule."
NO_RDATE = "RDATE not allowed in rrule."
NO_INTERVAL = "INTERVAL required in rrule"
NO_SECONDLY = "SECONDLY is not supported"
NO_NUMBERED_DAY = "BYDAY with numeric prefix not supported"
COUNT_AND_UNTIL = "RRULE may not contain both COUNT and UNTIL"
COUNT_TOO_LARGE = "COUNT > 999 is unsupported"
NO_ZONE = "A valid TZID must be provided (e.g., America/New_York)"
UNTIL_NOT_UTC = "RRULE UNTIL values must be specified in UTC when DTSTART is timezone-aware"


class Contract(StrEnum):
    """Which AWX is spoken: its published page, or what its server does."""

    DOCUMENTED = "documented"
    SERVER = "server"


@dataclass(frozen=True)
class RuleText:
    """A rule that was read: the pieces of a recurrence set, not yet computed with."""

    text: str
    zone: tzinfo
    zone_name: str
    start: datetime
    """DTSTART in `zone`, without tzinfo"""
    rules: tuple[tuple[Any, datetime | None], ...]
    """python-dateutil's rules, each with its UNTIL: naive when it was written so, else aware"""
    exrules: tuple[tuple[Any, datetime | None], ...]
    rdates: tuple[datetime, ...]
    exdates: tuple[datetime, ...]

    @property
    def has_seconds(self) -> bool:
        """Whether a rule steps by seconds, which no contract allows."""
        return any(rule._freq == SECONDLY for rule, _ in (*self.rules, *self.exrules))


# -- what AWX says -------------------------------------------------------------------------------


def complaints(text: str, contract: Contract) -> list[str]:
    """What is wrong with a rule before it is parsed, in the words and the order of the contract."""
    if contract is Contract.DOCUMENTED and (first := next(_documented_complaints(text), None)):
        return [first]
    found = [*_start_complaints(text)]
    if "rrule:" not in text.lower():
        found.append(NO_RULE)
    for name, message in (("exdate:", NO_EXDATE), ("rdate:", NO_RDATE)):
        if name in text.lower():
            return [message]
    for rule in _rules_in(text):
        found += [f"{message}: {rule}" for message in _rule_complaints(rule)]
    return found


def _start_complaints(text: str) -> Iterator[str]:
    starts = _valid_starts(text)
    if not starts:
        yield NO_DTSTART
    if re.search(r"DTSTART:[0-9]+T[0-9]+ ", text):
        yield NAIVE_DTSTART
    if starts > 1:
        yield MULTIPLE_DTSTART


def _valid_starts(text: str) -> int:
    """How often a DTSTART with a date and a time is in the text; linear, whatever stands in it."""
    found, at = 0, text.find("DTSTART")
    while at >= 0:
        value = at + len("DTSTART")
        if text[value : value + 1] == ";" and text[value + 1 : value + 2] != ":":
            value = text.find(":", value)
        if value >= 0 and (match := re.compile(r":[0-9]+T[0-9]+Z?").match(text, value)):
            found += 1
            at = match.end() - 1
        at = text.find("DTSTART", at + 1)
    return found


def _rules_in(text: str) -> list[str]:
    return re.findall(r"RULE:\S*", text)


def _rule_complaints(rule: str) -> Iterator[str]:
    if "interval" not in rule.lower():
        yield NO_INTERVAL
    elif "secondly" in rule.lower():
        yield NO_SECONDLY
    if re.search(r"BYDAY[:=][0-9]+[A-Za-z]{2}", rule):
        yield NO_NUMBERED_DAY
    if "COUNT" in rule and "UNTIL" in rule:
        yield COUNT_AND_UNTIL
    if (count := re.search(r"COUNT=0*([0-9]*)", rule)) and _larger(count[1], LARGEST_COUNT):
        yield COUNT_TOO_LARGE


def _larger(digits: str, limit: int) -> bool:
    return len(digits) > len(str(limit)) or int(digits or 0) > limit


def _documented_complaints(text: str) -> Iterator[str]:
    """The published page's limits; AWX of that time named the first and stopped."""
    yield from _start_complaints(text)
    rules = re.findall(r"(?<!\S)RRULE:\S*", text, re.IGNORECASE)
    if not rules:
        yield "RRULE required in rrule."
    if len(rules) > 1:
        yield "Multiple RRULE is not supported."
    if "exrule" in text.lower():
        yield "EXRULE is not supported."
    for rule in rules:
        yield from _documented_rule_complaints(rule.upper())


def _documented_rule_complaints(rule: str) -> Iterator[str]:
    found = set(_rule_complaints(rule))
    several = [
        f"Multiple {part}s not supported." for part in ("BYMONTHDAY", "BYMONTH") if _is_list(rule, part)
    ]
    unsupported = [f"{part} not supported." for part in ("BYYEARDAY", "BYWEEKNO") if part in rule]
    yield from (f"{message}." for message in (NO_INTERVAL, NO_SECONDLY) if message in found)
    yield from several
    yield from (f"{message}." for message in (NO_NUMBERED_DAY,) if message in found)
    yield from unsupported
    yield from (f"{message}." for message in (COUNT_AND_UNTIL, COUNT_TOO_LARGE) if message in found)
    if re.search(r"UNTIL=[0-9]+T[0-9]+(?![0-9]*Z)", rule):
        yield f"rrule parsing failed validation: {UNTIL_NOT_UTC}"


def _is_list(rule: str, part: str) -> bool:
    return bool(re.search(rf"{part}[:=][^;]*,", rule))


# -- reading -------------------------------------------------------------------------------------


def guard(text: str) -> None:
    """Refuses, before anything else looks at it, a text that could cost much."""
    if len(text) > LONGEST_TEXT:
        raise InvalidRule(f"An rrule may have at most {LONGEST_TEXT} characters.")
    if text.count("TZID=") > MOST_ZONES:
        raise InvalidRule(f"An rrule may have at most {MOST_ZONES} TZID.")
    if "\0" in text:
        raise InvalidRule("Null characters are not allowed.")
    if text.lower().count("rule:") + text.lower().count("freq=") > 2 * MOST_RULES:
        raise InvalidRule(f"An rrule may have at most {MOST_RULES} rules.")
    for token in text.upper().split():
        times = 1
        for part in ("BYHOUR=", "BYMINUTE=", "BYSECOND="):
            for _, _, values in (piece.partition(part) for piece in token.split(";") if part in piece):
                times *= len(set(values.split(",")))
        if times > MOST_TIMES_A_DAY:
            raise InvalidRule(
                f"BYHOUR, BYMINUTE and BYSECOND may name at most {MOST_TIMES_A_DAY} times together."
            )


def read(text: str) -> RuleText:
    """Parses a text that `guard` let pass. Raises InvalidRule with the reason that AWX gives."""
    if not text:
        raise InvalidRule("A DTSTART field needs to be in the rrule")
    tokens = text.split()
    try:
        naive_untils = {index: _naive_until(text, token) for index, token in enumerate(tokens)}
        pretended = [
            token if naive_untils[index] is None else _as_utc(token) for index, token in enumerate(tokens)
        ]
        parsed: Any = _parse(" ".join(pretended))
        any_rule = (parsed._rrule or parsed._exrule or [None])[0]
        if any_rule:
            any_rule._dtstart.utcoffset()
    except (ValueError, TypeError, OverflowError, IndexError, AttributeError, ArithmeticError) as error:
        raise InvalidRule(str(error)) from error
    if any(rule._dtstart.tzinfo is None for rule in parsed._rrule):
        raise InvalidRule(NO_ZONE)
    untils: dict[str, list[datetime | None]] = {"RRULE": [], "EXRULE": []}
    for index, token in enumerate(tokens):
        name = token.upper().partition(":")[0] if ":" in token else "RRULE"
        if name in untils:
            untils[name].append(naive_untils[index])
    zone = any_rule._dtstart.tzinfo if any_rule else UTC
    if any(moment.tzinfo is None for moment in (*parsed._rdate, *parsed._exdate)):
        raise InvalidRule("can't compare offset-naive and offset-aware datetimes")
    return RuleText(
        text=text,
        zone=zone or UTC,
        zone_name=getattr(zone, "key", "UTC"),
        start=any_rule._dtstart.replace(tzinfo=None) if any_rule else datetime(1, 1, 1),
        rules=tuple(
            (rule, naive or rule._until) for rule, naive in zip(parsed._rrule, untils["RRULE"], strict=True)
        ),
        exrules=tuple(
            (rule, naive or rule._until) for rule, naive in zip(parsed._exrule, untils["EXRULE"], strict=True)
        ),
        rdates=tuple(parsed._rdate),
        exdates=tuple(parsed._exdate),
    )


def _parse(text: str) -> Any:
    # python-dateutil warns of COUNT with UNTIL; that is told in AWX's own words already
    if "until=" in text.lower():
        text = " ".join(
            re.sub(r"(?i)(?<=[:;])COUNT=[0-9]+;|;COUNT=[0-9]+(?=;|$)", "", token)
            if "until=" in token.lower()
            else token
            for token in text.split()
        )
    return rrulestr(text, forceset=True, tzids=zones.find, tzinfos=_offset)  # type: ignore[arg-type]


def _offset(name: str | None, offset: int | None) -> tzinfo | None:
    """The tzinfo of a suffix such as Z. As a function it keeps the host's own zone out of it."""
    if name in ("UTC", "GMT", "Z", "z"):
        return UTC
    return tzoffset(name, offset) if offset is not None else None


def _naive_until(text: str, token: str) -> datetime | None:
    """UNTIL without Z, which AWX reads in the zone of the DTSTART that it finds before it."""
    if "until=" not in token.lower():
        return None
    written = re.search(r"UNTIL=([0-9]+T[0-9]+)(Z?)", token)
    if not written:
        raise ValueError("UNTIL must be written as UNTIL=YYYYMMDDTHHMMSSZ")
    if written[2]:
        return None
    governing = re.search(r"^.*(DTSTART\S+)\s.*$", text)
    _parse(f"{governing[1]} {_as_utc(token)}" if governing else text)
    return datetime.strptime(written[1], "%Y%m%dT%H%M%S")


def with_utc_untils(text: str) -> str:
    """The same rule with each UNTIL that has no Z written in UTC (AWX's way of keeping it)."""
    rule = read(text)
    for token in text.split():
        naive = _naive_until(text, token)
        if naive is not None:
            at = naive.replace(tzinfo=rule.zone).astimezone(UTC)
            written = re.sub(r"(?<=UNTIL=)[0-9]+T[0-9]+", f"{at:%Y%m%dT%H%M%SZ}", token, count=1)
            text = text.replace(token, written, 1)
    return text


def _as_utc(token: str) -> str:
    return re.sub(r"(UNTIL=[0-9]+T[0-9]+)", r"\1Z", token, count=1)


# -- what Belfry asks beyond it ------------------------------------------------------------------

_NUMBER = r"[+-]?[0-9]{1,20}"
_DAY = re.compile(r"([+-]?[0-9]{1,2})?(MO|TU|WE|TH|FR|SA|SU)")
_RANGES: dict[str, tuple[int, int]] = {
    "INTERVAL": (1, LARGEST_INTERVAL),
    "COUNT": (1, LARGEST_COUNT),
    "BYSECOND": (0, 59),
    "BYMINUTE": (0, 59),
    "BYHOUR": (0, 23),
    "BYMONTHDAY": (-31, 31),
    "BYYEARDAY": (-366, 366),
    "BYWEEKNO": (-53, 53),
    "BYMONTH": (1, 12),
    "BYSETPOS": (-366, 366),
    # python-dateutil's own: days from Easter Sunday, as far as they stay in the year
    "BYEASTER": (-366, 257),
}
_NOT_ZERO = ("BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYSETPOS")


def strictness(rule: RuleText) -> None:
    """Refuses what AWX takes by accident or cannot cope with: a typing error, not a schedule."""
    if not rule.text.isascii():
        raise InvalidRule("An rrule may have ASCII characters only.")
    tokens = [token.upper() for token in rule.text.split()]
    rules = 0
    for token in tokens:
        name, _, value = token.partition(":") if ":" in token else ("RRULE", "", token)
        if name.split(";")[0] == "DTSTART" and not re.fullmatch(r"[0-9]{8}T[0-9]{6}Z?", value):
            raise InvalidRule(f"DTSTART must be written as YYYYMMDDTHHMMSS, with Z or TZID: {token}")
        if name in ("RRULE", "EXRULE"):
            rules += 1
            _strict_rule(value)
    if rules > MOST_RULES:
        raise InvalidRule(f"An rrule may have at most {MOST_RULES} rules.")


def _strict_rule(value: str) -> None:
    parts = [part.partition("=")[::2] for part in value.split(";")]
    for name, times in Counter(name for name, _ in parts).items():
        if times > 1:
            raise InvalidRule(f"{name} may be given only once: {value}")
    given = dict(parts)
    for message in _rule_complaints(f"RULE:{value}"):
        raise InvalidRule(f"{message}: RULE:{value}")
    for name, listed in parts:
        if name in _RANGES:
            _strict_numbers(name, listed)
    if "UNTIL" in given and not re.fullmatch(r"[0-9]{8}T[0-9]{6}Z?", given["UNTIL"]):
        raise InvalidRule(f"UNTIL must be written as YYYYMMDDTHHMMSSZ: {given['UNTIL']}")
    if days := given.get("BYDAY") or given.get("BYWEEKDAY"):
        _strict_days(days, given)


def _strict_numbers(name: str, listed: str) -> None:
    lowest, highest = _RANGES[name]
    for number in listed.split(","):
        if not re.fullmatch(_NUMBER, number):
            raise InvalidRule(f"{name} must be a number: {number}")
        if not lowest <= int(number) <= highest or (name in _NOT_ZERO and not int(number)):
            raise InvalidRule(f"{name} must be from {lowest} to {highest}: {number}")


def _strict_days(days: str, given: dict[str, str]) -> None:
    """RFC 5545 section 3.3.10: a number is for MONTHLY and YEARLY only, and not with BYWEEKNO."""
    matches = [_DAY.fullmatch(day) for day in days.split(",")]
    if not all(matches):
        raise InvalidRule(f"BYDAY must be days such as MO or -1FR: {days}")
    numbers = [match[1] for match in matches if match]
    if not any(numbers):
        return
    if given.get("FREQ") not in ("MONTHLY", "YEARLY") or "BYWEEKNO" in given:
        raise InvalidRule(f"BYDAY may have numbers in MONTHLY and YEARLY rules without BYWEEKNO only: {days}")
    if not all(numbers):
        raise InvalidRule(f"BYDAY may not have days with a number beside days without: {days}")
    if any(abs(int(number)) > 53 for number in numbers):
        raise InvalidRule(f"BYDAY may be numbered from -53 to 53: {days}")
