"""Notifications on their way, to a real mail server and a real receiver of webhooks."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from jobs.models import UnifiedJob
from jobs.statuses import Status
from notifications import sending
from notifications.channels import web
from notifications.models import Event, Notification, NotificationTemplate
from notifications.sending import PAUSES, claim, send_due
from notifications.telling import make_test
from tests.endpoint import Endpoint
from tests.factories.jobs import make_job, make_job_template, make_project
from tests.factories.notifications import make_notification_template
from tests.notifications.irc_server import CLOSED, TAKEN, IRCServer
from tests.notifications.mail_server import MailServer
from tests.ports import mute_port

SECRET = "pl41n-s3cret-v4lue"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _loopback_may_be_called(settings: Any) -> None:
    settings.OUTBOUND_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    settings.BELFRY_URL = "https://belfry.example.com"


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint() as running:
        yield running


def webhook(url: str, **values: Any) -> NotificationTemplate:
    configuration = {"url": url, "headers": {"X-A": "b"}, "username": "u", "password": SECRET}
    return make_notification_template("webhook", configuration | values)


def mail(port: int, **values: Any) -> NotificationTemplate:
    configuration = {
        "host": "127.0.0.1",
        "port": port,
        "username": "",
        "password": "",
        "use_tls": False,
        "use_ssl": False,
        "sender": "belfry@example.com",
        "recipients": ["a@example.com", "b@example.com"],
    }
    return make_notification_template("email", configuration | values)


def irc(port: int, *targets: str, **values: Any) -> NotificationTemplate:
    configuration = {
        "server": "127.0.0.1",
        "port": port,
        "nickname": "belfry",
        "password": "",
        "use_ssl": False,
        "targets": list(targets) or ["#ops"],
    }
    return make_notification_template("irc", configuration | values)


def told_of(template: NotificationTemplate, job: UnifiedJob, event: Event = Event.SUCCESS) -> Notification:
    return Notification.objects.create(
        notification_template=template,
        notification_type=template.notification_type,
        job=job,
        event=event,
        body="",
    )


def said_in(request: dict[str, Any]) -> Any:
    return json.loads(request["body"])


def again(notification: Notification) -> Notification:
    return Notification.objects.get(pk=notification.pk)


def test_webhook_is_told_of_the_job(endpoint: Endpoint) -> None:
    job = make_job(make_job_template(name="Nightly", project=make_project(name="Billing")))
    notification = told_of(webhook(f"{endpoint.url}/ok?token={SECRET}"), job)

    assert send_due() == 1

    sent = endpoint.requests[0]
    assert sent["headers"]["X-A"] == "b"
    assert sent["headers"]["Authorization"].startswith("Basic ")
    said = said_in(sent)
    assert (said["id"], said["name"], said["status"], said["project"]) == (
        job.pk,
        "Nightly",
        "successful",
        "Billing",
    )
    assert said["url"] == f"https://belfry.example.com/api/v2/jobs/{job.pk}/"
    row = again(notification)
    assert (row.status, row.error, row.notifications_sent) == ("successful", "", 1)
    assert SECRET not in row.recipients


def test_start_is_told_as_a_start_though_the_run_has_ended(endpoint: Endpoint) -> None:
    told_of(webhook(f"{endpoint.url}/ok"), make_job(status=Status.FAILED), Event.STARTED)

    send_due()

    said = said_in(endpoint.requests[0])
    assert (said["status"], said["finished"]) == ("running", None)


def test_own_messages_stand_in_for_the_usual_ones() -> None:
    with MailServer() as server:
        template = mail(server.port)
        template.messages = {"success": {"message": "{{ job.name }}\n is {{ job.status }}", "body": None}}
        template.save()
        job = make_job(make_job_template(name="Nightly"))
        told_of(template, job)

        assert send_due() == 1

    message = server.messages[0]
    assert message["Subject"] == "Nightly is successful"
    assert message["To"] == "a@example.com, b@example.com"
    assert f"Job #{job.pk} had status successful" in str(message.get_payload())


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
def test_mail_server_is_given_the_password() -> None:
    with MailServer(password=SECRET) as server:
        good = make_test(mail(server.port, username="u", password=SECRET))
        bad = make_test(mail(server.port, username="u", password="another"))

        send_due()

    assert len(server.messages) == 1
    assert again(good).status == "successful"
    assert (again(bad).status, again(bad).error) == (
        "pending",
        "The mail server did not accept the username and password.",
    )


def test_failure_is_tried_again_a_few_times_and_then_given_up(endpoint: Endpoint) -> None:
    notification = make_test(webhook(f"{endpoint.url}/status/503"))

    for attempt in range(len(PAUSES) + 1):
        assert again(notification).status == "pending"
        assert send_due() == 0
        assert send_due() == 0
        assert len(endpoint.requests) == attempt + 1
        Notification.objects.update(due=timezone.now())

    row = again(notification)
    assert (row.status, row.error) == ("failed", "Error sending notification webhook: 503")


def test_what_would_fail_again_is_not_tried_again(endpoint: Endpoint, settings: Any) -> None:
    refused = make_test(webhook(f"{endpoint.url}/status/404"))
    never = make_test(make_notification_template("awssns", {"sns_topic_arn": "arn:aws:sns:x"}))
    send_due()
    settings.OUTBOUND_ALLOWED_NETWORKS = []
    private = [make_test(one) for one in (webhook(f"{endpoint.url}/ok"), mail(25), irc(6667))]
    send_due()

    assert again(refused).error == "Error sending notification webhook: 404"
    assert again(never).error == "Belfry keeps notifications of type awssns, but sends none."
    for one in private:
        assert "OUTBOUND_ALLOWED_NETWORKS" in again(one).error
    assert set(Notification.objects.values_list("status", flat=True)) == {"failed"}


def test_message_with_what_cannot_be_kept_is_sent_without_it(endpoint: Endpoint) -> None:
    template = webhook(f"{endpoint.url}/ok")
    template.messages = {"success": {"body": '{"a": "x{{ "\\0" }}{{ "\\ud800" }}y"}'}}
    template.save()
    notification = told_of(template, make_job())

    assert send_due() == 1

    assert said_in(endpoint.requests[0]) == {"a": "x?y"}
    assert again(notification).status == "successful"


def test_webhook_with_a_number_that_is_out_of_range_is_told_no_body(endpoint: Endpoint) -> None:
    template = webhook(f"{endpoint.url}/ok")
    template.messages = {"success": {"body": '{"a": 1e999}'}}
    template.save()
    told_of(template, make_job())

    assert send_due() == 1

    assert said_in(endpoint.requests[0]) == {}


def test_claim_that_died_is_found_again() -> None:
    make_test(make_notification_template())
    now = timezone.now()

    assert len(claim(now)) == 1
    assert claim(now) == []
    assert len(claim(now + timedelta(hours=1))) == 1


def test_chats_are_told_by_their_own_requests(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "SLACK", f"{endpoint.url}/slack")
    grafana = make_notification_template(
        "grafana", {"grafana_url": endpoint.url, "grafana_key": SECRET, "panelId": 3}
    )
    mattermost = {"mattermost_url": f"{endpoint.url}/ok", "mattermost_no_verify_ssl": True}
    make_test(make_notification_template("mattermost", mattermost | {"mattermost_channel": "c"}))
    told_of(grafana, make_job(), Event.SUCCESS)
    slack = make_test(make_notification_template("slack", {"token": SECRET, "channels": ["#a"]}))

    send_due()

    by_path = {sent["path"]: sent for sent in endpoint.requests}
    assert said_in(by_path["/ok"])["channel"] == "c"
    annotation = by_path["/api/annotations"]
    assert annotation["headers"]["Authorization"] == f"Bearer {SECRET}"
    assert (said_in(annotation)["panelId"], said_in(annotation)["isRegion"]) == (3, True)
    assert said_in(annotation)["timeEnd"] - said_in(annotation)["time"] == 1500
    assert said_in(by_path["/slack"])["channel"] == "a"
    assert again(slack).error == "Error sending notification slack: no reason given"


def test_irc_is_told_in_channels_and_to_people_in_lines_that_are_short_enough() -> None:
    with IRCServer(password=SECRET) as server:
        template = irc(server.port, "#ops", "alice", nickname=TAKEN, password=SECRET)
        template.messages = {"success": {"message": "{{ job.name }}\r\nQUIT " + "ü" * 300}}
        template.save()
        notification = told_of(template, make_job(make_job_template(name="Nightly")))

        assert send_due() == 1

    said = f"Nightly QUIT {'ü' * 300}"
    assert [(nick, target) for nick, target, _ in server.said] == [
        ("taken_", "#ops"),
        ("taken_", "#ops"),
        ("taken_", "alice"),
        ("taken_", "alice"),
    ]
    assert "".join(text for _, target, text in server.said if target == "alice") == said
    assert max(len(text.encode()) for _, _, text in server.said) <= 380
    assert again(notification).status == "successful"


def test_irc_refusals_are_told_without_secrets() -> None:
    with IRCServer(password=SECRET) as server:
        wrong = make_test(irc(server.port, password="another"))
        closed = make_test(irc(server.port, CLOSED, password=SECRET))
        lines = make_test(irc(server.port, "#ops\r\nQUIT", password=SECRET))
        send_due()
    with mute_port() as port:
        nobody = make_test(irc(port, password=SECRET))
        send_due()

    assert (again(wrong).status, again(wrong).error) == ("pending", "The IRC server answered 464.")
    assert again(closed).error == "The IRC server answered 404."
    assert (again(lines).status, again(lines).error) == (
        "failed",
        "A nickname or a target is no word of IRC.",
    )
    assert again(nobody).error.startswith("No connection to 127.0.0.1")
    assert server.said == []


def test_notification_that_cannot_be_prepared_is_logged_with_its_run(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def failing(_: Notification) -> tuple[str, Any]:
        raise ValueError

    monkeypatch.setattr(sending, "told", failing)
    job = make_job(make_job_template())
    told_of(webhook("http://127.0.0.1:9/"), job)

    send_due()

    [line] = [vars(record) for record in caplog.records if record.name == "notifications.sending"]
    assert (line["job_id"], line["run_id"]) == (job.pk, str(job.run_id))
