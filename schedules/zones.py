"""The names of time zones and their rules, from the pinned `tzdata` package on every machine alike.

The system's own zone files are never read, so two hosts cannot disagree about a local time.
"""

from datetime import UTC, tzinfo
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

import pytz


def _resource(*path: str) -> str:
    return files("tzdata").joinpath(*path).read_text(encoding="utf-8")


@cache
def _names() -> tuple[str, ...]:
    return tuple(sorted(_resource("zones").split()))


@cache
def _known() -> frozenset[str]:
    return frozenset(_names())


@cache
def _links() -> dict[str, str]:
    lines = (
        line.split() for line in _resource("zoneinfo", "tzdata.zi").splitlines() if line.startswith("L ")
    )
    return {alias: target for _, target, alias in lines}


@cache
def _zone(name: str) -> tzinfo:
    if name == "UTC":
        return UTC
    with files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as data:
        return ZoneInfo.from_file(data, key=name)


def find(name: str) -> tzinfo | None:
    """The zone of exactly this name, or None. A name's case counts, as it does in AWX."""
    return _zone(name) if name in _known() else None


def zone_names() -> list[str]:
    """Every name that `find` knows, aliases too, sorted."""
    return list(_names())


def zone_links() -> dict[str, str]:
    """Each alias with the name it stands for: `{"US/Eastern": "America/New_York", …}`."""
    return dict(_links())


def zones_by_country() -> dict[str, list[str]]:
    """The zones a picker offers for each country, by ISO 3166 code: `{"CH": ["Europe/Zurich"], …}`.

    The list of countries is pytz's; its zones never become the tzinfo of a time.
    """
    return {
        code: [name for name in pytz.country_timezones[code] if name in _known()]
        for code in pytz.country_timezones
    }
