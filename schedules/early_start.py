"""Rules that differ only in the day on which they began, told as one and the same.

What a rule without COUNT does after its DTSTART depends on DTSTART's time of the day and its place within the interval,
not on how long ago it was. Of ten thousand schedules that are due in a minute most so share a handful of rules, which
are read and asked once.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

# No rule may begin earlier because of this.
EPOCH = datetime(2000, 1, 3)  # a Monday
_ONE_RULE = re.compile(
    r"DTSTART(?:;TZID=[^:;\s]+)?:(?P<start>[0-9]{8}T[0-9]{6})Z?\s+RRULE:(?P<rule>[^\s:]+)", re.ASCII
)
_INTERVAL = re.compile(r"[1-9][0-9]{0,4}", re.ASCII)
_STEPS = {
    "MINUTELY": timedelta(minutes=1),
    "HOURLY": timedelta(hours=1),
    "DAILY": timedelta(days=1),
    "WEEKLY": timedelta(weeks=1),
}
_FREQS = {*_STEPS, "MONTHLY", "YEARLY"}
_DAYS = {"BYDAY", "BYWEEKDAY", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYEASTER"}
# Days that each month has.
_EVERY_MONTHS_DAYS = 28


def with_early_start(text: str) -> str:
    """A text with the same occurrences from its own DTSTART on, and where possible an earlier DTSTART.

    Texts that are not of one rule, count something, or cannot be read are returned as they are.
    """
    found = _ONE_RULE.fullmatch(text)
    if found is None:
        return text
    rhythm = _rhythm(found["rule"])
    start = _datetime(found["start"])
    if rhythm is None or start is None:
        return text
    early = rhythm.earliest(start)
    return f"{text[: found.start('start')]}{early:%Y%m%dT%H%M%S}{text[found.end('start') :]}"


@dataclass(frozen=True, slots=True)
class _Rhythm:
    """FREQ and INTERVAL of a rule, and whether it names its days itself instead of by DTSTART."""

    freq: str
    interval: int
    names_days: bool

    def earliest(self, start: datetime) -> datetime:
        """A time since EPOCH from which the rule goes on as from `start`; `start` itself if there is none."""
        if start < EPOCH:
            return start
        if self.freq in ("MONTHLY", "YEARLY"):
            return self._earliest_month(start)
        if self.freq == "WEEKLY" and self.names_days and self.interval == 1:
            return datetime.combine(EPOCH, start.time())
        return EPOCH + (start - EPOCH) % (_STEPS[self.freq] * self.interval)

    def _earliest_month(self, start: datetime) -> datetime:
        if self.names_days:
            start = start.replace(day=1, month=start.month if self.freq == "MONTHLY" else 1)
        months = self.interval * (12 if self.freq == "YEARLY" else 1)
        since = (start.year - EPOCH.year - 1) * 12 + start.month - 1
        if since < 0 or start.day > _EVERY_MONTHS_DAYS:
            return start
        year, month = divmod(since % months, 12)
        return start.replace(year=EPOCH.year + 1 + year, month=month + 1)


@lru_cache
def _rhythm(rule: str) -> _Rhythm | None:
    """None where what the rule does depends on when it began."""
    parts = dict(part.partition("=")[::2] for part in rule.upper().split(";"))
    freq, interval = parts.get("FREQ", ""), parts.get("INTERVAL", "1")
    if "COUNT" in parts or freq not in _FREQS or not _INTERVAL.fullmatch(interval):
        return None
    # The positions are counted from DTSTART in the first week, but from the first day of the first month or year.
    if "BYSETPOS" in parts and freq not in ("MONTHLY", "YEARLY"):
        return None
    return _Rhythm(freq, int(interval), names_days=bool(parts.keys() & _DAYS))


def _datetime(digits: str) -> datetime | None:
    try:
        return datetime.fromisoformat(digits)
    except ValueError:
        return None
