from typing import Any

import pytest
from rest_framework.test import APIClient

from access.models import Organization, User
from api.schema import Generator

LIST = "/api/v2/organizations/"


def test_list_tells_fields_by_method(client: APIClient) -> None:
    answer = client.options(LIST)
    told = answer.json()

    assert answer["Allow"] == "GET, POST, HEAD, OPTIONS"
    assert told["renders"] == ["application/json", "text/html"]
    assert told["parses"] == ["application/json"]
    assert told["types"] == ["organization"]
    assert told["search_fields"] == ["description", "name"]
    assert told["related_search_fields"] == [
        "created_by__search",
        "default_environment__search",
        "modified_by__search",
    ]
    assert told["max_page_size"] == 200
    assert set(told["actions"]) == {"GET", "POST"}


def test_fields_have_awx_types(client: APIClient) -> None:
    actions = client.options(LIST).json()["actions"]

    types = {name: info["type"] for name, info in actions["GET"].items()}
    assert types["id"] == types["max_hosts"] == "integer"
    assert types["type"] == "choice"
    assert types["url"] == types["name"] == types["description"] == "string"
    assert types["created"] == types["modified"] == "datetime"
    assert actions["GET"]["type"]["choices"] == [["organization", "Organization"]]
    assert actions["GET"]["name"]["filterable"] is True
    assert actions["GET"]["url"]["filterable"] is False
    assert not {"required", "read_only", "max_length", "default"} & set(actions["GET"]["name"])

    assert actions["POST"]["name"]["required"] is True
    assert actions["POST"]["name"]["max_length"] == 512
    assert actions["POST"]["description"]["required"] is False
    assert not {"id", "url", "created", "related"} & set(actions["POST"])


def test_texts_are_plain(client: APIClient) -> None:
    told = client.options("/api/v2/dead_letters/replay/").json()

    assert told["description"].startswith(
        "POST tries many again, each under its own key: those that ids names"
    )
    assert told["actions"]["POST"]["all"]["help_text"].startswith("Instead of ids: all dead letters")


def test_object_that_is_not_there_has_metadata_and_full_allow(client: APIClient) -> None:
    answer = client.options(f"{LIST}999999/")

    assert answer.status_code == 200
    assert answer["Allow"] == "GET, PUT, PATCH, DELETE, HEAD, OPTIONS"
    assert set(answer.json()["actions"]) == {"GET"}


def test_object_that_is_there_tells_put(client: APIClient, organizations: list[Organization]) -> None:
    assert set(client.options(f"{LIST}{organizations[0].pk}/").json()["actions"]) == {"GET", "PUT"}


def test_who_may_not_create_is_not_told_how(db: None) -> None:
    ordinary = APIClient()
    ordinary.force_login(User.objects.create_user("ordinary", password="pw"))

    assert set(ordinary.options(LIST).json()["actions"]) == {"GET"}


def test_stranger_is_told_nothing(anonymous: APIClient) -> None:
    answer = anonymous.options(LIST)

    assert answer.status_code == 401
    assert list(answer.json()) == ["detail"]


@pytest.mark.django_db
def test_every_path_answers_options(client: APIClient) -> None:
    """Also those whose object is not there; each field has a type, without which AWX's command line stops."""
    paths: dict[str, Any] = Generator().get_schema(request=None, public=True)["paths"]  # type: ignore[no-untyped-call]
    for path in paths:
        filled = path.replace("{id}", "1").replace("{parent_pk}", "1").replace("{counter}", "1")
        filled = filled.replace("{number}", "1").replace("{user}", "1").replace("{category}", "all")
        answer = client.options(filled, headers={"Accept": "application/json"})

        assert answer.status_code == 200, (filled, answer.content)
        for fields in answer.json().get("actions", {}).values():
            assert all("type" in info for info in fields.values()), filled
