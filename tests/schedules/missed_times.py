"""What becomes of each due instant: missed-time policies by situations, for the tables of tests."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

MIDNIGHT = datetime(2030, 1, 1, tzinfo=UTC)

# The policies by columns, as a schedule stores them.
POLICIES: dict[str, dict[str, Any]] = {
    "latest": {},
    "latest, 600 s": {"starting_deadline_seconds": 600},
    "skip": {"missed_policy": "skip"},
    "skip, 30 s": {"missed_policy": "skip", "starting_deadline_seconds": 30},
    "all up to 2": {"missed_policy": "all", "missed_limit": 2},
    "all up to 10": {"missed_policy": "all", "missed_limit": 10},
    "all up to 10, 5400 s": {
        "missed_policy": "all",
        "missed_limit": 10,
        "starting_deadline_seconds": 5400,
    },
}

ENDINGS = {
    "L": "launched",
    "c": "coalesced",
    "s": "skipped",
    "t": "too_late",
    "p": "paused",
    "x": "excluded",
}


@dataclass(frozen=True)
class Situation:
    """An hourly schedule, first due at midnight, is looked at so many seconds later.

    `paused` is until when it is paused, `excluded` what a calendar excludes, in seconds after midnight. 60 s late is
    still on time.
    """

    late: float
    # By policy, in their order: the ending of each due instant, in the order of time.
    endings: str
    paused: float | None = None
    excluded: tuple[float, float] | None = None
    count: int | None = None

    @property
    def rrule(self) -> str:
        count = f";COUNT={self.count}" if self.count else ""
        return f"DTSTART:20300101T000000Z RRULE:FREQ=HOURLY;INTERVAL=1{count}"

    @property
    def now(self) -> datetime:
        return at(self.late)


def at(seconds: float) -> datetime:
    return MIDNIGHT + timedelta(seconds=seconds)


H = 3600.0
SITUATIONS = {
    # columns:                                    latest 600s skip  30s   2     10    10,5400s
    "punctual": Situation(0, "                    L      L    L     L     L     L     L"),
    "30 s late": Situation(30, "                  L      L    L     L     L     L     L"),
    "as late as is on time": Situation(60, "      L      L    L     t     L     L     L"),
    "later than on time": Situation(61, "         L      L    s     s     L     L     L"),
    "at the starting deadline": Situation(600, "  L      L    s     s     L     L     L"),
    "past the deadline": Situation(601, "         L      t    s     s     L     L     L"),
    "down for two hours, up on the hour": Situation(
        2 * H, "                                  ccL    ccL  ssL   ssL   sLL   LLL   tLL"
    ),
    "down for two hours and a half": Situation(
        2.5 * H, "                                ccL    ttt  sss   sss   sLL   LLL   tLL"
    ),
    "back within the time that is on time": Situation(
        2 * H + 45, "                             ccL    ccL  ssL   sst   sLL   LLL   tLL"
    ),
    "down when the rule ended": Situation(
        5 * H, "                                  cL     tt   ss    ss    LL    LL    tt", count=2
    ),
    "paused throughout": Situation(
        2 * H, "                                  ppp    ppp  ppp   ppp   ppp   ppp   ppp", paused=12 * H
    ),
    "paused until an occurrence": Situation(
        3 * H, "                                  pppL   pppL pppL  pppL  pppL  pppL  pppL", paused=3 * H
    ),
    "down, paused for the first part": Situation(
        3 * H + 1, "                              ppcL   ppcL ppsL  ppsL  ppLL  ppLL  ppLL", paused=1.5 * H
    ),
    "a pause that ended before": Situation(
        1 * H, "                                  cL     cL   sL    sL    LL    LL    LL", paused=-1
    ),
    "all excluded": Situation(
        2 * H,
        "                                  xxx    xxx  xxx   xxx   xxx   xxx   xxx",
        excluded=(0, 9 * H),
    ),
    "excluded from an occurrence to the next": Situation(
        1 * H, "                                  xL     xL   xL    xL    xL    xL    xL", excluded=(0, H)
    ),
    "down, one in between excluded": Situation(
        2 * H,
        "                                         cxL    cxL  sxL   sxL   LxL   LxL   txL",
        excluded=(0.5 * H, 1.5 * H),
    ),
    "down, the latest excluded": Situation(
        2.5 * H,
        "                                         cLx    ttx  ssx   ssx   LLx   LLx   tLx",
        excluded=(1.5 * H, 3 * H),
    ),
    "paused and excluded at once": Situation(
        2 * H,
        "                                         pxL    pxL  pxL   pxL   pxL   pxL   pxL",
        paused=0.5 * H,
        excluded=(0.25 * H, 1.25 * H),
    ),
}


def table() -> list[tuple[str, str, list[str]]]:
    """(situation, policy, endings in the order of time)."""
    return [
        (name, policy, [ENDINGS[letter] for letter in letters])
        for name, situation in SITUATIONS.items()
        for policy, letters in zip(POLICIES, situation.endings.split(), strict=True)
    ]
