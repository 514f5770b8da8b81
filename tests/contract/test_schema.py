"""The OpenAPI document is made without a warning, and what it says is true: schemathesis asks every operation in it.

Operations are taken from the document, so that a new resource is tested as soon as it is there.
"""

import re
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from django.test import Client
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.validation import validate_schema
from hypothesis import HealthCheck, Phase, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.generation import meta
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from access.models import User
from api.schema import Generator
from scheduler_project.wsgi import application
from tests.conventions.world import World, begin, grow
from tests.factories.access import make_token

GENERATOR_STATS.reset()
DOCUMENT: dict[str, Any] = Generator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
COMPLAINTS = {**GENERATOR_STATS._warn_cache, **GENERATOR_STATS._error_cache}


def test_document_is_valid_and_made_without_warnings() -> None:
    assert COMPLAINTS == {}
    validate_schema(DOCUMENT)  # type: ignore[no-untyped-call]


@pytest.mark.django_db
def test_document_and_its_page_need_a_login(client: Client, django_user_model: type[User]) -> None:
    assert client.get("/api/v2/schema/").status_code == 401
    assert client.get("/api/v2/docs/").status_code == 401

    client.force_login(django_user_model.objects.create_superuser("reader", password="pw"))

    assert (
        client.get("/api/v2/schema/", headers={"Accept": "application/json"}).json()["info"]["title"]
        == "Belfry"
    )
    page = client.get("/api/v2/docs/", headers={"Accept": "text/html"}).content.decode()
    assert "/static/drf_spectacular_sidecar/" in page
    assert "https://" not in page
    assert '<a href="/api/v2/">' in page


@pytest.fixture(scope="module", name="world")
def made_world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """One object of each resource. Requests share the transaction, as those of Django's own test client do."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    with django_db_blocker.unblock(), transaction.atomic():
        world = begin()
        grow(world, 1)
        yield world
        transaction.set_rollback(True)
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.fixture(scope="module", name="token")
def token_of_superuser(world: World) -> str:
    return make_token(world.root)[1]


@pytest.fixture(scope="module", name="asked")
def requests_that_were_sent() -> set[str]:
    """Cases often differ in an id alone, in whose place a known one is put: then they are the same request."""
    return set()


def different_operations(made: dict[str, Any]) -> dict[str, Any]:
    """The document without operations that take and give what another takes and gives: the lists below objects."""
    known = set()
    for path, operations in sorted(made["paths"].items(), key=lambda item: item[0].count("{")):
        for method, operation in list(operations.items()):
            body = operation.get("requestBody", {}).get("content")
            shape = str((method, body, operation["responses"].get("200"), operation["responses"].get("201")))
            if "$ref" not in shape:
                continue
            if shape in known:
                del operations[method]
            known.add(shape)
        if not operations:
            del made["paths"][path]
    return made


schema = schemathesis.openapi.from_dict(different_operations(deepcopy(DOCUMENT)))
schema.app = application
schema.config.generation.update(modes=[GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
# All ways to be wrong, of each field, would take minutes; what is wrong is left to chance.
schema.config.phases.coverage.generation.update(modes=[GenerationMode.POSITIVE])

# The words of schemathesis.
SOME_FIELDS = re.compile(r"required and (a subset of|\d+) optional properties")
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@pytest.mark.slow
@pytest.mark.django_db
@schema.parametrize()
@settings(
    max_examples=2,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_operation_keeps_to_the_document(
    case: schemathesis.Case[Any], world: World, token: str, asked: set[str]
) -> None:
    resource = case.path.removeprefix("/api/v2/").partition("/")[0]
    known = world.ids.get(resource) if case.path_parameters else None
    tries_values = case.meta is not None and case.meta.phase.name == meta.TestPhase.COVERAGE
    # PATCH has the same fields as PUT.
    if tries_values and (case.method == "PUT" or has_some_of_the_fields(case)):
        return
    if known is None or not tries_values:
        ask(case, token, asked)
    if known is not None:
        for name in case.path_parameters:
            case.path_parameters[name] = known if name != "counter" else 1
        ask(case, token, asked)


def has_some_of_the_fields(case: schemathesis.Case[Any]) -> bool:
    """Each field alone and all of them at once are asked, too: the first two, the first three … tell nothing else."""
    assert case.meta is not None
    return SOME_FIELDS.search(getattr(case.meta.phase.data, "description", "")) is not None


def ask(case: schemathesis.Case[Any], token: str, asked: set[str]) -> None:
    """Send one request, if it has not been sent, and check its answer; what it changed is undone."""
    request = repr(
        (case.method, case.formatted_path, case.query, case.headers, case.cookies, case.media_type, case.body)
    )
    if request in asked:
        return
    asked.add(request)
    with transaction.atomic():
        response = case.call(headers={"Authorization": f"Bearer {token}"})
        transaction.set_rollback(True)
    case.validate_response(response, checks=CHECKS)
