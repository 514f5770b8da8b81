import json
from typing import Any

import pytest
from rest_framework.test import APIClient

from access.models import Organization

LIST = "/api/v2/organizations/"
JSON = "application/json"


def post(client: APIClient, body: str | bytes, content_type: str = JSON) -> Any:
    data: Any = body
    return client.generic("POST", LIST, data, content_type=content_type)


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        ("[]", {"detail": "JSON parse error - not a JSON object"}),
        ('"x"', {"detail": "JSON parse error - not a JSON object"}),
        ("1", {"detail": "JSON parse error - not a JSON object"}),
        ("null", {"__all__": ["This field may not be null."]}),
        ("", {"name": ["This field is required."]}),
        ("{}", {"name": ["This field is required."]}),
        (
            "{",
            {
                "detail": "JSON parse error - Expecting property name enclosed in double quotes: "
                "line 1 column 2 (char 1)\nPossible cause: trailing comma."
            },
        ),
        ('{"name": "a\\u0000b"}', {"name": ["Null characters are not allowed."]}),
        ('{"name": "\\ud800"}', {"name": ["Surrogate characters are not allowed: U+D800."]}),
        (
            '{"name": "x", "description": {"a": ["\\u0000"]}}',
            {"description": ["Null characters are not allowed."]},
        ),
        ('{"name": ""}', {"name": ["This field may not be blank."]}),
        ('{"name": " "}', {"name": ["This field may not be blank."]}),
        ('{"name": true}', {"name": ["Not a valid string."]}),
        ('{"name": ["x"]}', {"name": ["Not a valid string."]}),
        (json.dumps({"name": "n" * 513}), {"name": ["Ensure this field has no more than 512 characters."]}),
        ('{"name": "x", "max_hosts": "x"}', {"max_hosts": ["A valid integer is required."]}),
        (
            '{"name": "x", "max_hosts": -1}',
            {"max_hosts": ["Ensure this value is greater than or equal to 0."]},
        ),
        (
            '{"name": "x", "max_hosts": 99999999999999999999}',
            {"max_hosts": ["Ensure this value is less than or equal to 2147483647."]},
        ),
        ('{"name": "x", "max_hosts": 1e999}', {"max_hosts": ["A valid integer is required."]}),
        ('{"name": -Infinity}', {"name": ["Not a valid string."]}),
        (
            '{"name": "x", "default_environment": 1e999}',
            {"default_environment": ["Incorrect type. Expected pk value, received float."]},
        ),
        ('{"name": "x", "unknown": [NaN]}', {"unknown": ["A number is out of range."]}),
    ],
)
def test_bad_body_is_refused_and_nothing_saved(client: APIClient, body: str, answer: dict[str, Any]) -> None:
    response = post(client, body)

    assert (response.status_code, response.json()) == (400, answer)
    assert not Organization.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        "[" * 100_000,
        '{"name": "x", "description": ' + "[" * 5000 + "]" * 5000 + "}",
        '{"name": "x", "max_hosts": ' + "9" * 5000 + "}",
        '{"name": NaN}',
        '{"name": "x", "max_hosts": Infinity}',
        b'{"name": "\xff"}',
        b"\xef\xbb\xbf{}",
    ],
)
def test_hostile_body_is_a_400(client: APIClient, body: str | bytes) -> None:
    response = post(client, body)

    assert response.status_code == 400
    assert isinstance(response.json(), dict)
    assert not Organization.objects.exists()


def test_last_of_equal_keys_counts(client: APIClient) -> None:
    assert post(client, '{"name": "first", "name": "second"}').json()["name"] == "second"


@pytest.mark.parametrize(
    "content_type", ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain", ""]
)
def test_body_that_is_not_json_is_a_415(client: APIClient, content_type: str) -> None:
    response = post(client, "name=x", content_type)

    assert response.status_code == 415
    assert response.json() == {
        "detail": "You did not use correct Content-Type in your HTTP request. "
        "If you are using our REST API, the Content-Type must be application/json"
    }


def test_large_body_is_a_413(client: APIClient) -> None:
    response = post(client, json.dumps({"name": "x", "description": "d" * 3_000_000}))

    assert response.status_code == 413
    assert list(response.json()) == ["detail"]


def test_duplicate_is_refused_in_awx_words(client: APIClient) -> None:
    assert post(client, '{"name": "x"}').status_code == 201

    response = post(client, '{"name": "x"}')

    assert (response.status_code, response.json()) == (
        400,
        {"name": ["Organization with this Name already exists."]},
    )


@pytest.mark.parametrize(
    ("method", "path", "status", "text"),
    [
        ("GET", f"{LIST}999999/", 404, "No Organization matches the given query."),
        ("GET", f"{LIST}99999999999999999999999999/", 404, "No Organization matches the given query."),
        ("PUT", LIST, 405, 'Method "PUT" not allowed.'),
        ("TRACE", LIST, 405, 'Method "TRACE" not allowed.'),
        ("GET", f"{LIST}?format=xml", 404, "Not found."),
    ],
)
def test_detail_of_errors(client: APIClient, method: str, path: str, status: int, text: str) -> None:
    response = client.generic(method, path)

    assert (response.status_code, response.json()) == (status, {"detail": text})


@pytest.mark.parametrize("path", ["/api/v2/nothing/", "/api/v1/", "/nothing"])
def test_path_that_leads_nowhere_is_a_page(client: APIClient, path: str) -> None:
    """AWX's way, whatever was asked for."""
    response = client.get(path, headers={"Accept": "application/json"})

    assert response.status_code == 404
    assert "The requested resource could not be found." in response.content.decode()


def test_unknown_media_type_is_a_406(client: APIClient) -> None:
    response = client.get(LIST, headers={"Accept": "application/xml"})

    assert response.status_code == 406
    assert response.json() == {"detail": "Could not satisfy the request Accept header."}


def test_stranger_is_a_401_with_a_challenge(anonymous: APIClient) -> None:
    response = anonymous.get(LIST)

    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Bearer realm=api authorization_url=/api/o/authorize/"
    assert response.json() == {
        "detail": "Authentication credentials were not provided. "
        "To establish a login session, visit /api/login/."
    }


def test_failure_of_the_server_tells_no_details(client: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr("api.pagination.Pages.paginate_queryset", fail)

    response = client.get(LIST)

    assert response.status_code == 500
    assert response.json() == {"detail": "A server error has occurred."}


def test_too_many_parameters_are_a_400(client: APIClient) -> None:
    response = client.get(f"{LIST}?" + "&".join(["name=x"] * 1001))

    assert response.status_code == 400
    assert list(response.json()) == ["detail"]


@pytest.mark.parametrize("path", ["/api/v2/ping/", "/"])
def test_host_name_that_is_not_allowed_is_told_from_other_bad_requests(path: str) -> None:
    answer = APIClient().get(path, HTTP_HOST="belfry.example.com", HTTP_ACCEPT="text/html")

    assert answer.status_code == 400
    assert "can add the name to ALLOWED_HOSTS" in answer.content.decode()


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("job_templates", "project"),
        ("job_templates", "organization"),
        ("projects", "organization"),
        ("workflow_job_templates", "organization"),
    ],
)
def test_an_id_that_is_not_finite_is_refused(client: APIClient, path: str, field: str) -> None:
    body = f'{{"name": "x", "{field}": Infinity}}'

    answer = client.generic("POST", f"/api/v2/{path}/", body, content_type=JSON)

    assert answer.status_code == 400
    assert answer.json()[field] == ["Incorrect type. Expected pk value, received float."]
