"""Whoever has not logged in gets nothing, wherever he asks and however."""

import pytest

from tests.conventions.paths import EVERY_ROUTE, METHODS
from tests.conventions.world import begin, grow
from tests.factories.access import client_of

# Where one begins: what these show is nobody's.
PUBLIC = {"/api/", "/api/v2/", "/api/v2/ping/", "/api/login/", "/api/o/"}
# Who posts there proves himself by what he sends: a client's secret, a forge's signature, a run's token.
PROVED_BY_BODY = (
    "/api/o/token/",
    "/api/o/revoke_token/",
    "/github/",
    "/gitlab/",
    "/bitbucket_dc/",
    "/status/",
)
HARMLESS = ("OPTIONS", "/api/logout/")
READING = ("GET", "HEAD", "OPTIONS")


@pytest.mark.django_db
def test_no_path_but_the_public_ones_answers_a_stranger() -> None:
    world = begin()
    grow(world, 1)
    stranger = client_of(None)

    answered = []
    for route in EVERY_ROUTE:
        path = route.path(world.ids)
        for method in METHODS:
            if path in PUBLIC and method in READING:
                continue
            if path.endswith(PROVED_BY_BODY) and method == "OPTIONS":
                continue
            status = stranger.generic(method, path, "{}", content_type="application/json").status_code
            if path.endswith(PROVED_BY_BODY) and status in (400, 403):
                continue
            if status not in (302, 401, 405) and (method, path) != HARMLESS:
                answered.append((method, path, status))

    assert answered == []
