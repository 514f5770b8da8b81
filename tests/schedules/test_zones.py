import zoneinfo
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from schedules import zones


@pytest.fixture
def no_system_zones() -> Iterator[None]:
    zoneinfo.reset_tzpath(to=())
    yield
    zoneinfo.reset_tzpath()


def test_zone_names_are_sorted_and_each_can_be_found() -> None:
    names = zones.zone_names()

    assert names == sorted(set(names))
    assert {"UTC", "America/New_York", "US/Eastern", "America/Coyhaique", "Etc/GMT+5", "Zulu"} <= set(names)
    assert all(zones.find(name) for name in names)


@pytest.mark.parametrize(
    "name",
    ["utc", "america/new_york", "AMERICA/NEW_YORK", "America", "America/", "", ".", "../UTC", "/etc/localtime",
     "posix/Europe/Paris", "EST3EDT", "GMT+3", "localtime", "\u00dc", "\0", "tzdata.zi", "zone.tab"],
)  # fmt: skip
def test_find_takes_nothing_but_exact_names(name: str) -> None:
    assert zones.find(name) is None


def test_find_reads_the_pinned_data_not_the_systems(no_system_zones: None) -> None:
    zones._zone.cache_clear()

    zone = zones.find("Europe/London")

    assert datetime(2030, 7, 1, tzinfo=zone).utcoffset() == timedelta(hours=1)


def test_find_knows_summer_time_after_2037() -> None:
    summer = datetime(2045, 7, 1, 12, tzinfo=zones.find("America/New_York"))

    assert summer.utcoffset() == timedelta(hours=-4)
    assert datetime(2045, 1, 1, tzinfo=zones.find("UTC")).tzinfo is UTC


def test_zone_links_lead_from_names_to_zones_with_the_same_clock() -> None:
    links = zones.zone_links()

    assert links["US/Eastern"] == "America/New_York"
    assert links["Europe/Kiev"] == "Europe/Kyiv"
    assert set(links) | set(links.values()) <= set(zones.zone_names())
    for alias, name in links.items():
        at = datetime(2030, 7, 1)
        assert at.replace(tzinfo=zones.find(alias)).utcoffset() == at.replace(tzinfo=zones.find(name)).utcoffset()


def test_zones_by_country_offers_only_zones_that_can_be_found() -> None:
    countries = zones.zones_by_country()

    assert countries["CH"] == ["Europe/Zurich"]
    assert "America/New_York" in countries["US"]
    assert all(zones.find(name) for names in countries.values() for name in names)
