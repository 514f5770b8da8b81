from typing import Any

import pytest
from rest_framework.test import APIClient

from access.activity import ActivityStream
from credentials.encryption import decrypt
from notifications.models import NotificationTemplate
from tests.factories.access import make_organization
from tests.factories.notifications import make_notification, make_notification_template
from tests.factories.roles import holder
from tests.jobs.api.conftest import client_of

LIST = "/api/v2/notification_templates/"
SECRET = "pl41n-s3cret-v4lue"
SLACK = {"token": SECRET, "channels": ["#a"], "hex_color": "#ffffff"}
NO_MESSAGES = {"started": None, "success": None, "error": None, "workflow_approval": None}


def body(**values: Any) -> dict[str, Any]:
    organization = {} if "organization" in values else {"organization": make_organization().pk}
    return {
        "name": "Chat",
        "notification_type": "slack",
        "notification_configuration": SLACK,
        **organization,
        **values,
    }


def test_secret_goes_in_and_does_not_come_out(admin: APIClient) -> None:
    made = admin.post(LIST, body())

    assert made.status_code == 201
    assert made.json()["notification_configuration"] == SLACK | {"token": "$encrypted$"}
    assert made.json()["messages"] == NO_MESSAGES
    stored = NotificationTemplate.objects.get().notification_configuration["token"]
    assert SECRET not in stored
    assert decrypt(stored) == SECRET


def test_mask_that_comes_back_keeps_what_is_stored(admin: APIClient) -> None:
    template = make_notification_template(configuration=SLACK)
    path = f"{LIST}{template.pk}/"

    changed = admin.patch(path, {"notification_configuration": {"token": "$encrypted$", "channels": ["#b"]}})

    assert changed.json()["notification_configuration"] == {"token": "$encrypted$", "channels": ["#b"]}
    template.refresh_from_db()
    assert decrypt(template.notification_configuration["token"]) == SECRET


def test_new_secret_is_an_activity_that_does_not_tell_it(admin: APIClient) -> None:
    template = make_notification_template(configuration=SLACK)

    admin.patch(f"{LIST}{template.pk}/", {"notification_configuration": SLACK | {"token": "another-s3cret"}})

    entry = ActivityStream.objects.get(object1="notification_template", operation="update")
    masked = SLACK | {"token": "$encrypted$"}
    assert entry.changes == {"notification_configuration": [masked, masked]}


@pytest.mark.parametrize(
    ("kind", "configuration", "problems"),
    [
        ("slack", {}, ["Missing required fields for Notification Configuration: ['token', 'channels']."]),
        ("slack", {"token": "x", "channels": []}, ["No values specified for field 'channels'"]),
        (
            "slack",
            {"token": 5, "channels": "x"},
            [
                "Configuration field 'token' incorrect type, expected password.",
                "Configuration field 'channels' incorrect type, expected list.",
            ],
        ),
        (
            "webhook",
            {"url": 5, "headers": {}, "http_method": "GET", "disable_ssl_verification": 1},
            [
                "HTTP method must be either 'POST' or 'PUT'.",
                "Configuration field 'url' incorrect type, expected string.",
                "Configuration field 'disable_ssl_verification' incorrect type, expected bool.",
            ],
        ),
        (
            "grafana",
            {"grafana_url": "x", "grafana_key": "$encrypted$x"},
            ["A value may not begin with the reserved word $encrypted$."],
        ),
    ],
)
def test_bad_configuration_is_refused(
    admin: APIClient, kind: str, configuration: Any, problems: list[str]
) -> None:
    answer = admin.post(LIST, body(notification_type=kind, notification_configuration=configuration))

    assert (answer.status_code, answer.json()) == (400, {"__all__": problems})
    assert not NotificationTemplate.objects.exists()


def test_defaults_are_filled_in(admin: APIClient) -> None:
    configuration = {"url": "https://hook.example.com", "headers": {"X-A": "b"}}

    made = admin.post(LIST, body(notification_type="webhook", notification_configuration=configuration))

    assert made.json()["notification_configuration"] == configuration | {
        "http_method": "POST",
        "disable_ssl_verification": False,
        "username": "",
        "password": "",
    }


def test_another_type_asks_for_a_configuration_of_its_own(admin: APIClient) -> None:
    template = make_notification_template(configuration=SLACK)

    changed = admin.patch(f"{LIST}{template.pk}/", {"notification_type": "grafana"})

    missing = "Missing required fields for Notification Configuration: ['grafana_url', 'grafana_key']."
    assert (changed.status_code, changed.json()) == (400, {"__all__": [missing]})


@pytest.mark.parametrize(
    ("messages", "problem"),
    [
        (5, "Expected dict for 'messages' field, found <class 'int'>"),
        (
            {"x": {}},
            "Event 'x' invalid, must be one of 'started', 'success', 'error', or 'workflow_approval'",
        ),
        ({"error": {"x": ""}}, "Message type 'x' invalid, must be either 'message' or 'body'"),
        ({"error": {"message": "a\nb"}}, "Messages cannot contain newlines (found newline in error event)"),
        ({"error": {"message": "{{ job.nope }}"}}, "Field 'nope' unavailable"),
        (
            {"error": {"message": "{{ bad"}},
            "Unable to render message '{{ bad': unexpected end of template, expected 'end of print statement'.",
        ),
        (
            {"workflow_approval": {"x": {}}},
            "Workflow Approval event 'x' invalid, must be one of 'running', 'approved', 'timed_out', or 'denied'",
        ),
        (
            {
                "error": {
                    "message": "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"
                }
            },
            "The messages take too long, or too much memory, to be rendered.",
        ),
        (
            {"error": {"message": "{{ 'a' * 9999999999 }}"}},
            "Unable to render message '{{ 'a' * 9999999999 }}': MemoryError",
        ),
    ],
)
def test_bad_message_is_refused(admin: APIClient, messages: Any, problem: str) -> None:
    answer = admin.post(LIST, body(messages=messages))

    assert (answer.status_code, answer.json()) == (400, {"messages": [problem]})


def test_message_reaches_nothing_but_its_words(admin: APIClient) -> None:
    answer = admin.post(LIST, body(messages={"error": {"message": "{{ ''.__class__.__mro__ }}"}}))

    assert answer.status_code == 400
    assert answer.json()["messages"][0].startswith("Security error due to field ")


def test_messages_that_are_left_out_stay(admin: APIClient) -> None:
    template = make_notification_template()
    path = f"{LIST}{template.pk}/"
    admin.patch(path, {"messages": {"started": {"message": "{{ job.id }}"}, "error": {"body": "b"}}})

    changed = admin.patch(path, {"messages": {"error": {"message": "m"}}})

    assert changed.json()["messages"] == NO_MESSAGES | {
        "started": {"message": "{{ job.id }}"},
        "error": {"message": "m", "body": "b"},
    }


def test_recoveries_have_messages_of_their_own_which_are_shown_once_given(admin: APIClient) -> None:
    template = make_notification_template()
    path = f"{LIST}{template.pk}/"
    admin.patch(path, {"messages": {"recovery": {"message": "{{ job.name }} is well"}}})

    changed = admin.patch(path, {"messages": {"error": {"message": "m"}}})

    assert changed.json()["messages"] == NO_MESSAGES | {
        "error": {"message": "m"},
        "recovery": {"message": "{{ job.name }} is well"},
    }


def test_name_is_unique_in_an_organization(admin: APIClient) -> None:
    organization = make_organization().pk
    admin.post(LIST, body(organization=organization))

    again = admin.post(LIST, body(organization=organization))

    problem = "Notification template with this Organization and Name already exists."
    assert (again.status_code, again.json()) == (400, {"__all__": [problem]})


def test_organization_is_required(admin: APIClient) -> None:
    answer = admin.post(LIST, body(organization=None))

    assert (answer.status_code, answer.json()) == (400, {"organization": ["This field cannot be blank."]})


def test_copy_has_the_secrets(admin: APIClient) -> None:
    template = make_notification_template(configuration=SLACK)
    path = f"{LIST}{template.pk}/copy/"

    made = admin.post(path, {"name": "Another"})

    assert admin.get(path).json() == {"can_copy": True}
    assert made.status_code == 201
    copied = NotificationTemplate.objects.get(pk=made.json()["id"])
    assert decrypt(copied.notification_configuration["token"]) == SECRET


def test_organization_role_opens_its_templates_and_no_others(stranger: APIClient) -> None:
    template, other = make_notification_template(), make_notification_template()
    assert template.organization
    organization_admin = client_of(holder(template.organization, "notification_admin_role"))
    organization_auditor = client_of(holder(template.organization, "auditor_role"))
    path = f"{LIST}{template.pk}/"

    assert [one["id"] for one in organization_admin.get(LIST).json()["results"]] == [template.pk]
    assert organization_admin.patch(path, {"description": "x"}).status_code == 200
    assert organization_admin.patch(path, {"organization": other.organization_id}).status_code == 403
    assert organization_admin.get(f"{LIST}{other.pk}/").status_code == 403
    assert organization_auditor.get(path).status_code == 200
    assert organization_auditor.patch(path, {"description": "x"}).status_code == 403
    assert organization_auditor.get(path).json()["summary_fields"]["user_capabilities"] == {
        "edit": False,
        "delete": False,
        "copy": False,
    }
    assert stranger.get(path).status_code == 403
    assert stranger.get(LIST).json()["count"] == 0


def test_secrets_cannot_be_guessed_by_filters(admin: APIClient) -> None:
    make_notification_template(configuration=SLACK)

    answer = admin.get(LIST, {"notification_configuration__contains": "x"})

    assert answer.status_code == 403


def test_last_notifications_are_shown(admin: APIClient) -> None:
    template = make_notification_template()
    told = [make_notification(template).pk for _ in range(6)]

    shown = admin.get(f"{LIST}{template.pk}/").json()["summary_fields"]["recent_notifications"]

    assert [one["id"] for one in shown] == told[:0:-1]
    assert set(shown[0]) == {"id", "status", "created", "error"}


@pytest.mark.parametrize("body", ['{"a": 1e999}', '{"a": NaN}'])
def test_body_with_a_number_that_is_out_of_range_is_shown_as_text(admin: APIClient, body: str) -> None:
    hook = make_notification(make_notification_template("webhook"), subject="s", body=body)

    assert admin.get(f"/api/v2/notifications/{hook.pk}/").json()["body"] == body


def test_notification_shows_what_its_type_says(admin: APIClient) -> None:
    chat = make_notification(subject="s", body="b")
    hook = make_notification(make_notification_template("webhook"), subject="s", body='{"a": 1}')

    assert "body" not in admin.get(f"/api/v2/notifications/{chat.pk}/").json()
    shown = admin.get(f"/api/v2/notifications/{hook.pk}/").json()
    assert shown["body"] == {"a": 1}
    assert "subject" not in shown
    assert shown["summary_fields"]["notification_template"]["id"] == hook.notification_template_id
