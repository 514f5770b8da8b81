import pytest
from django.conf import settings

from tests.factories.access import client_of, make_superuser, make_user

pytestmark = pytest.mark.django_db

CONFIG = "/api/v2/config/"
SETTINGS = "/api/v2/settings/"


def test_everybody_reads_the_configuration() -> None:
    body = client_of(make_user()).get(CONFIG).json()

    assert body["time_zone"] == "UTC"
    assert body["version"] == "24.6.1"
    assert client_of(None).get(CONFIG).status_code == 401


def test_there_is_no_license_to_change() -> None:
    root, user = client_of(make_superuser()), client_of(make_user())

    assert root.post(CONFIG, {}, format="json").json()["license_type"] == "open"
    assert root.delete(CONFIG).status_code == 204
    assert [user.post(CONFIG, {}, format="json").status_code, user.delete(CONFIG).status_code] == [403, 403]
    assert root.put(CONFIG, {}, format="json").status_code == 405


def test_settings_are_read_by_those_who_read_everything() -> None:
    for user in (make_superuser(), make_user(is_system_auditor=True)):
        client = client_of(user)
        categories = client.get(SETTINGS).json()["results"]
        assert [row["slug"] for row in categories] == ["all", "authentication", "jobs", "system"]
        for row in categories:
            assert client.get(row["url"]).status_code == 200
        text = client.get(f"{SETTINGS}all/").content.decode()
        assert "SCHEDULER_POLL_INTERVAL" in text
        assert settings.SECRET_KEY not in text


def test_options_describe_the_settings_that_the_environment_says() -> None:
    actions = client_of(make_superuser()).options(f"{SETTINGS}all/").json()["actions"]

    assert "SCHEDULER_POLL_INTERVAL" not in actions["PUT"]
    assert actions["GET"]["SCHEDULER_POLL_INTERVAL"]["type"] == "integer"
    assert actions["GET"]["OUTBOUND_ALLOWED_NETWORKS"]["type"] == "list"
    assert client_of(make_user()).options(f"{SETTINGS}jobs/").json()["actions"] == {"GET": {}, "PUT": {}}


def test_settings_are_closed_to_others() -> None:
    client = client_of(make_user())

    assert client.get(SETTINGS).json()["results"] == []
    assert client.get(f"{SETTINGS}all/").status_code == 403
    assert client_of(None).get(SETTINGS).status_code == 401
    root = client_of(make_superuser())
    assert root.get(f"{SETTINGS}nothing/").status_code == 404
    assert root.patch(f"{SETTINGS}nothing/", {}, format="json").status_code == 404
    assert root.post(f"{SETTINGS}all/", {}, format="json").status_code == 405
