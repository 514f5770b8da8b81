"""The OpenAPI document is made without a warning, and what it says is true: schemathesis asks every operation in it.

Operations are taken from the document, so that a new resource is tested as soon as it is there.
"""

from typing import Any

import pytest
from django.test import Client
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

from access.models import User


def document() -> dict[str, Any]:
    made: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return made


def test_document_is_valid_and_made_without_warnings() -> None:
    GENERATOR_STATS.reset()

    made = document()

    assert GENERATOR_STATS._warn_cache == {}
    assert GENERATOR_STATS._error_cache == {}
    validate_schema(made)


@pytest.mark.django_db
def test_document_and_its_page_need_a_login(client: Client, django_user_model: type[User]) -> None:
    assert client.get("/api/v2/schema/").status_code == 401
    assert client.get("/api/v2/docs/").status_code == 401

    client.force_login(django_user_model.objects.create_superuser("reader", password="pw"))

    assert client.get("/api/v2/schema/", headers={"Accept": "application/json"}).json()["info"]["title"] == "Belfry"
    page = client.get("/api/v2/docs/", headers={"Accept": "text/html"}).content.decode()
    assert "/static/drf_spectacular_sidecar/" in page
    assert "https://" not in page
