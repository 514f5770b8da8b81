"""Runs whose call is a mail, by a real mail server."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.message import Message
from typing import Any

import pytest
from django.test import override_settings

from credentials.encryption import encrypt
from jobs.models import UnifiedJob
from jobs.record import events_of
from jobs.statuses import Outcome, Status
from outbound.addresses import AllowList
from tests.factories.runs import make_run
from tests.jobs.execution.conftest import StartEngine, WaitUntilFinished
from tests.notifications.mail_server import MailServer
from tests.peers import Peer, leaves, silent

pytestmark = pytest.mark.django_db(transaction=True)

AT = datetime(2030, 1, 15, 17, tzinfo=UTC)
AT_ONCE = {"max_attempts": 3, "retry_initial_interval": 0}


def by_server(port: int, **values: Any) -> override_settings:
    return override_settings(
        EMAIL_HOST="127.0.0.1", EMAIL_PORT=port, DEFAULT_FROM_EMAIL="Belfry <belfry@example.org>", **values
    )


@pytest.fixture
def server() -> Iterator[MailServer]:
    with MailServer() as running, by_server(running.port):
        yield running


def text_of(mail: Message) -> str:
    payload = mail.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode().replace("\r\n", "\n").rstrip("\n")


def mail_run(url: str = "mailto:ops@example.org", **values: Any) -> UnifiedJob:
    return make_run(url, **values)


def ended(start: StartEngine, wait: WaitUntilFinished, run: UnifiedJob) -> UnifiedJob:
    # The operator's own server may be anywhere.
    start(allowed=AllowList())
    [done] = wait(run)
    return done


def test_mail(server: MailServer, start_engine: StartEngine, wait_until_finished: WaitUntilFinished) -> None:
    run = mail_run(
        "mailto:ops@example.org,ann@example.org?cc=bob@example.org&bcc=eve@example.org&subject=Caf%C3%A9",
        extra_vars={"month": "2030-01", "city": "Köln"},
        scheduled_for=AT,
    )

    done = ended(start_engine, wait_until_finished, run)

    [mail] = server.messages
    assert (mail["To"], mail["Cc"], mail["Bcc"]) == (
        "ops@example.org, ann@example.org",
        "bob@example.org",
        None,
    )
    assert server.recipients == ["ops@example.org", "ann@example.org", "bob@example.org", "eve@example.org"]
    assert mail["From"] == "Belfry <belfry@example.org>"
    assert str(make_header(decode_header(mail["Subject"]))) == "Café"
    assert (mail["Message-ID"], mail["Auto-Submitted"]) == (f"<{run.run_id}@example.org>", "auto-generated")
    assert mail["X-Belfry-Run-Id"] == str(run.run_id)
    body = text_of(mail)
    assert json.loads(body) == {
        "month": "2030-01",
        "city": "Köln",
        "runId": str(run.run_id),
        "dryRun": False,
        "scheduledFor": "2030-01-15T17:00:00Z",
        "attempt": 1,
    }
    assert '\n  "city": "Köln",\n' in body
    attempt = done.attempts.get()
    assert (done.status, attempt.outcome, attempt.response_status) == (
        Status.SUCCESSFUL,
        Outcome.SUCCESS,
        None,
    )
    assert (attempt.request["method"], attempt.request["body"]) == ("MAIL", body)
    assert "Taken after" in "".join(event.stdout for event in events_of(done, [attempt]))


@pytest.mark.parametrize(
    ("url", "values", "subject", "text"),
    [
        ("mailto:a@example.org?body=Hello%0D%0Ayou", {}, "Belfry: job {id}", "Hello\nyou"),
        (
            "mailto:a@example.org?body=Hello",
            {"body": "The template's."},
            "Belfry: job {id}",
            "The template's.",
        ),
        ("mailto:a@example.org?subject=X", {"body": {"a": [1]}}, "X", '{\n  "a": [\n    1\n  ]\n}'),
        ("mailto:a@example.org?subject=X", {"body": "y", "job_type": "check"}, "[dry run] X", "y"),
    ],
)
def test_what_a_mail_says(
    *,
    server: MailServer,
    start_engine: StartEngine,
    wait_until_finished: WaitUntilFinished,
    url: str,
    values: dict[str, Any],
    subject: str,
    text: str,
) -> None:
    run = mail_run(url, **values)

    ended(start_engine, wait_until_finished, run)

    [mail] = server.messages
    assert mail["Subject"] == subject.format(id=run.pk)
    assert text_of(mail) == text


def test_no_secret_is_in_a_mail(
    server: MailServer, start_engine: StartEngine, wait_until_finished: WaitUntilFinished
) -> None:
    run = mail_run(extra_vars={"pin": encrypt("s3cret-pin")}, headers={"X-Api-Key": encrypt("s3cret-key")})
    run.request["secret_variables"] = ["pin"]
    run.save(update_fields=["request"])

    done = ended(start_engine, wait_until_finished, run)

    [mail] = server.messages
    assert json.loads(text_of(mail))["pin"] == "$encrypted$"
    assert "s3cret" not in mail.as_string() + json.dumps(done.attempts.get().request)


def test_repeated_mail_is_recognisable(
    server: MailServer, start_engine: StartEngine, wait_until_finished: WaitUntilFinished
) -> None:
    server.answers = ["451 Try again later", "452 Full", "250 OK"]
    run = mail_run(policy=AT_ONCE)

    done = ended(start_engine, wait_until_finished, run)

    assert (done.status, done.attempts_made) == (Status.SUCCESSFUL, 3)
    first, second, third = server.messages
    assert first["Message-ID"] == second["Message-ID"] == third["Message-ID"]
    assert [mail["X-Belfry-Attempt"] for mail in server.messages] == ["1", "2", "3"]
    explained = list(done.attempts.order_by("number").values_list("outcome", flat=True))
    assert explained == [Outcome.CONNECT, Outcome.CONNECT, Outcome.SUCCESS]


def test_mail_that_is_refused_for_good_is_not_sent_again(
    server: MailServer, start_engine: StartEngine, wait_until_finished: WaitUntilFinished
) -> None:
    server.answers = ["554 No such thing"]

    done = ended(start_engine, wait_until_finished, mail_run(policy=AT_ONCE))

    assert (done.status, done.failure_reason, done.attempts_made) == (
        Status.ERROR,
        Outcome.INVALID_REQUEST,
        1,
    )
    assert "(554)" in done.job_explanation


@pytest.mark.parametrize(
    ("unknown", "reason", "words"),
    [
        (["a@example.org", "b@example.org"], Outcome.INVALID_REQUEST, "refused the recipients (550)"),
        (["b@example.org"], Outcome.INVALID_REQUEST, "refused 1 of 2 recipients: b@example.org"),
    ],
)
def test_refused_recipients_are_named(
    *,
    server: MailServer,
    start_engine: StartEngine,
    wait_until_finished: WaitUntilFinished,
    unknown: list[str],
    reason: Outcome,
    words: str,
) -> None:
    server.unknown = unknown

    done = ended(
        start_engine, wait_until_finished, mail_run("mailto:a@example.org,b@example.org", policy=AT_ONCE)
    )

    assert (done.failure_reason, done.attempts_made) == (reason, 1)
    assert words in done.job_explanation
    assert len(server.messages) == 2 - len(unknown)


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
def test_login_is_the_operators(start_engine: StartEngine, wait_until_finished: WaitUntilFinished) -> None:
    with MailServer("right") as server:
        results = []
        for password in ("right", "wrong"):
            with by_server(server.port, EMAIL_HOST_USER="belfry", EMAIL_HOST_PASSWORD=password):
                results.append(ended(start_engine, wait_until_finished, mail_run()))

    assert [run.status for run in results] == [Status.SUCCESSFUL, Status.ERROR]
    assert "refused the login (535)" in results[1].job_explanation
    assert len(server.messages) == 1


@pytest.mark.parametrize(
    ("meet", "policy", "reason", "attempts"),
    [
        (silent, {"read_timeout": 1}, Outcome.TIMEOUT, 1),
        (silent, {"deadline": 2}, Outcome.DEADLINE, 1),
        (leaves, {}, Outcome.CONNECT, 3),
    ],
)
def test_server_that_does_not_answer_ends_by_policy(
    *,
    start_engine: StartEngine,
    wait_until_finished: WaitUntilFinished,
    meet: Any,
    policy: dict[str, int],
    reason: Outcome,
    attempts: int,
) -> None:
    # What has a deadline is claimed at once by an engine that looks already.
    start_engine(allowed=AllowList())
    with Peer(meet) as peer, by_server(peer.port):
        [done] = wait_until_finished(mail_run(policy=AT_ONCE | policy))

    assert (done.status, done.failure_reason, done.attempts_made) == (Status.FAILED, reason, attempts)


def test_tls_that_is_not_there_is_not_done_without(
    server: MailServer, start_engine: StartEngine, wait_until_finished: WaitUntilFinished
) -> None:
    with by_server(server.port, EMAIL_USE_TLS=True):
        done = ended(start_engine, wait_until_finished, mail_run())

    assert (done.status, done.failure_reason) == (Status.FAILED, Outcome.TLS)
    assert server.messages == []


@pytest.mark.parametrize(
    ("url", "settings", "words"),
    [
        ("mailto:ops@example.org", {"EMAIL_HOST": ""}, "EMAIL_HOST"),
        ("mailto:ops@example.org?subject=x%0D%0ABcc:eve@example.org", {}, "one line"),
        ("mailto:nobody", {}, "not an e-mail address"),
    ],
)
def test_mail_that_cannot_be_written(
    *,
    server: MailServer,
    start_engine: StartEngine,
    wait_until_finished: WaitUntilFinished,
    url: str,
    settings: dict[str, str],
    words: str,
) -> None:
    with override_settings(**settings):
        done = ended(start_engine, wait_until_finished, mail_run(url))

    assert (done.status, done.failure_reason) == (Status.ERROR, Outcome.INVALID_REQUEST)
    assert words in done.job_explanation
    assert server.messages == []


def test_nobody_reports_how_a_mail_ends(
    server: MailServer, start_engine: StartEngine, wait_until_finished: WaitUntilFinished
) -> None:
    done = ended(start_engine, wait_until_finished, mail_run(policy={"completion": "callback"}))

    assert (done.status, done.failure_reason) == (Status.ERROR, Outcome.INVALID_REQUEST)
    assert server.messages == []
