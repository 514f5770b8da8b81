"""Every path as a page: an administrator's browser gets one, under a title, and its links lead somewhere."""

import re
from dataclasses import dataclass, field
from functools import cache
from html import unescape

import pytest
from django.test import Client
from django.urls import Resolver404, resolve

from tests.conventions.paths import EVERY_ROUTE
from tests.conventions.world import begin, grow

HTML = {"Accept": "text/html"}
# Who opens it has no session any more.
LOGOUT = "/api/logout/"
UNOPENED = {
    *("api/logout/", "api/o/authorize/", "api/v2/schema/"),
    # Kinds of which there are none, here or anywhere in Belfry.
    *(f"api/v2/{name}/<int:pk>/" for name in ("ad_hoc_commands", "constructed_inventories", "host_metrics")),
    *(f"api/v2/{name}/<int:pk>/" for name in ("job_events", "receptor_addresses", "role_definitions")),
    "api/v2/inventory_updates/<int:pk>/attempts/<int:number>/",
}
TITLE = re.compile(r"<title>(.*?)(?:· Belfry)?</title>", re.DOTALL)
LINK = re.compile(r'href="(/api/[^"?#]*)')


@cache
def kind_of(path: str) -> str:
    """The pattern of the URL conf that a path fits; of one with a name in place of a number the path itself."""
    try:
        return resolve(path).route
    except Resolver404:
        return path


@dataclass
class Tour:
    """What a browser has seen."""

    browser: Client
    odd: list[tuple[str, object]] = field(default_factory=list)
    opened: set[str] = field(default_factory=set)
    links: dict[str, str] = field(default_factory=dict)

    def open(self, path: str) -> int:
        answer = self.browser.get(path, headers=HTML)
        if answer.status_code >= 500:
            self.odd.append((path, answer.status_code))
        elif answer["Content-Type"].startswith("text/html"):
            page = answer.content.decode()
            if page and not all(title.strip() for title in TITLE.findall(page) or [""]):
                self.odd.append((path, "no title"))
            if answer.status_code != 404:
                self.links |= {kind_of(link): link for link in map(unescape, LINK.findall(page))}
        if answer.status_code in (200, 405):
            self.opened.add(kind_of(path))
        return answer.status_code


@pytest.mark.django_db
def test_every_page_opens_under_a_title_and_what_it_links_to_is_there() -> None:
    world = begin()
    grow(world, 1)
    tour = Tour(Client(raise_request_exception=False))
    tour.browser.force_login(world.root)

    for path in {route.path(world.ids) for route in EVERY_ROUTE} - {LOGOUT}:
        tour.open(path)
    # What has other numbers than objects have, or goes by its name.
    linked = {link: tour.open(link) for kind, link in [*tour.links.items()] if kind not in tour.opened}

    assert tour.odd == []
    assert [link for link, status in linked.items() if status == 404] == []
    assert {kind_of(route.path(world.ids)) for route in EVERY_ROUTE} - tour.opened == UNOPENED
