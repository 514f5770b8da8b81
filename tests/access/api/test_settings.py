from base64 import b64encode
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from access.models import ActivityStream, Setting
from access.runtime_settings import value_of, write
from tests.factories.access import PASSWORD, bearer, client_of, make_superuser, make_token, make_user

pytestmark = pytest.mark.django_db

ALL = "/api/v2/settings/all/"
JOBS = "/api/v2/settings/jobs/"


@pytest.fixture
def root() -> APIClient:
    client = client_of(make_superuser())
    client.default_format = "json"
    return client


def test_setting_is_changed_shown_and_taken_back(root: APIClient) -> None:
    changed = root.patch(JOBS, {"DEFAULT_JOB_TIMEOUT": 30})

    assert changed.status_code == 200
    assert changed.json()["DEFAULT_JOB_TIMEOUT"] == 30
    assert root.get(ALL).json()["DEFAULT_JOB_TIMEOUT"] == 30
    assert root.put(ALL, {"AUTH_BASIC_ENABLED": False}).json()["AUTH_BASIC_ENABLED"] is False
    assert root.delete(JOBS).status_code == 204
    assert root.get(ALL).json()["DEFAULT_JOB_TIMEOUT"] == 0
    assert value_of("AUTH_BASIC_ENABLED") is False
    assert root.delete(ALL).status_code == 204
    assert not Setting.objects.exists()


@pytest.mark.parametrize(
    ("sent", "errors"),
    [
        ({"DEFAULT_JOB_TIMEOUT": -1}, ["Ensure this value is greater than or equal to 0."]),
        ({"DEFAULT_JOB_TIMEOUT": 10**30}, ["Ensure this value is less than or equal to 604800."]),
        ({"DEFAULT_JOB_TIMEOUT": "soon"}, ["A valid integer is required."]),
        ({"DEFAULT_JOB_TIMEOUT": None}, ["This field may not be null."]),
        ({"AUTH_BASIC_ENABLED": "perhaps"}, ["Must be a valid boolean."]),
        ({"SESSION_COOKIE_AGE": 59}, ["Ensure this value is greater than or equal to 60."]),
        ({"CUSTOM_LOGIN_INFO": {"a": 1}}, ["Not a valid string."]),
        ({"CUSTOM_LOGIN_INFO": "a\x00"}, ["Null characters are not allowed."]),
    ],
)
def test_bad_value_is_refused_and_nothing_is_stored(
    root: APIClient, sent: dict[str, Any], errors: list[str]
) -> None:
    answer = root.patch(ALL, {"DEFAULT_PROJECT_UPDATE_TIMEOUT": 9} | sent)

    assert (answer.status_code, answer.json()) == (400, {next(iter(sent)): errors})
    assert not Setting.objects.exists()


def test_what_is_unknown_or_set_elsewhere_is_passed_over(root: APIClient) -> None:
    sent = {"NOTHING": 1, "AWX_CONTRACT": "server", "AUTH_BASIC_ENABLED": False, "DEFAULT_JOB_TIMEOUT": 7}

    answer = root.patch(JOBS, sent)

    assert (answer.status_code, answer.json()["AWX_CONTRACT"]) == (200, "documented")
    assert list(Setting.objects.values_list("key", "value")) == [("DEFAULT_JOB_TIMEOUT", 7)]


def test_only_superusers_change_settings() -> None:
    sent = {"DEFAULT_JOB_TIMEOUT": 7}
    _, secret = make_token(make_superuser(), scope="read")
    for client in (
        client_of(make_user()),
        client_of(make_user(is_system_auditor=True)),
        bearer(secret),
    ):
        assert client.patch(ALL, sent, format="json").status_code == 403
        assert client.delete(ALL).status_code == 403
    assert client_of(None).patch(ALL, sent, format="json").status_code == 401
    assert not Setting.objects.exists()


def test_options_announce_what_can_be_written(root: APIClient) -> None:
    put = root.options(ALL).json()["actions"]["PUT"]
    auditor = client_of(make_user(is_system_auditor=True)).options(ALL).json()["actions"]

    assert set(put) == {
        *("AUTH_BASIC_ENABLED", "SESSION_COOKIE_AGE", "CUSTOM_LOGIN_INFO", "DEFAULT_JOB_TIMEOUT"),
        *("DEFAULT_PROJECT_UPDATE_TIMEOUT", "DEFAULT_INVENTORY_UPDATE_TIMEOUT", "SYSTEM_PAUSED"),
    }
    assert put["DEFAULT_JOB_TIMEOUT"] == {
        "type": "integer",
        "required": False,
        "label": "Default Job Timeout",
        "help_text": "Seconds that a job may take that has no timeout of its own; 0 for half an hour.",
        "category": "Jobs",
        "category_slug": "jobs",
        "default": 0,
        "min_value": 0,
        "max_value": 604800,
    }
    assert (auditor["PUT"], auditor["GET"]["AUTH_BASIC_ENABLED"]["type"]) == ({}, "boolean")


def test_changes_are_in_the_activity_stream(root: APIClient) -> None:
    root.patch(ALL, {"DEFAULT_JOB_TIMEOUT": 7, "AUTH_BASIC_ENABLED": True})
    root.delete(ALL)

    entries = ActivityStream.objects.filter(object1="setting").order_by("id")
    assert [entry.changes for entry in entries] == [
        {"DEFAULT_JOB_TIMEOUT": [0, 7]},
        {"DEFAULT_JOB_TIMEOUT": [7, 0]},
    ]
    shown = root.get("/api/v2/activity_stream/?object1=setting").json()
    assert shown["count"] == 2


def test_basic_authentication_can_be_switched_off() -> None:
    make_user("ann")
    words = b64encode(f"ann:{PASSWORD}".encode()).decode()
    client = Client(headers={"Authorization": f"Basic {words}"})

    assert client.get("/api/v2/me/").status_code == 200
    write("AUTH_BASIC_ENABLED", value=False)
    assert client.get("/api/v2/me/").status_code == 401


def test_sessions_last_as_long_as_is_set() -> None:
    make_user("ann")
    write("SESSION_COOKIE_AGE", 120)
    client = Client()

    answer = client.post("/api/login/", {"username": "ann", "password": PASSWORD})

    assert answer.status_code == 302
    assert client.cookies["awx_sessionid"]["max-age"] == 120
    assert 0 < client.session.get_expiry_age() <= 120


def test_login_info_is_shown_before_login() -> None:
    write("CUSTOM_LOGIN_INFO", "Ask <the> team")

    page = Client().get("/api/login/", headers={"Accept": "text/html"}).content.decode()

    assert Client().get("/api/").json()["custom_login_info"] == "Ask <the> team"
    assert "Ask &lt;the&gt; team" in page
