"""Runs whose call is a message to a queue: of a Valkey, and of a RabbitMQ where there is one."""

import json
import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from socket import socket
from typing import Any

import pytest
from rest_framework.test import APIClient
from standardwebhooks import Webhook

from credentials.encryption import encrypt
from jobs.callbacks import attempt_of
from jobs.canceling import cancel
from jobs.limits import limits_changed
from jobs.models import UnifiedJob
from jobs.record import events_of
from jobs.statuses import Outcome, Status
from outbound.addresses import AllowList
from tests import rabbitmq
from tests.brokers import Taken, TcpValkey, take
from tests.certificates import authority, server_context, signed_by
from tests.factories.credentials import make_credential
from tests.factories.inventories import make_host, make_inventory
from tests.factories.jobs import make_project
from tests.factories.runs import make_run
from tests.jobs.execution.conftest import StartEngine, WaitUntilFinished, eventually
from tests.peers import WITHIN, Peer, hangs_up, relay_to, silent
from tests.rabbitmq import RabbitMQ

pytestmark = pytest.mark.django_db(transaction=True)

AT = datetime(2030, 1, 15, 17, tzinfo=UTC)
SECRET = "s3cret-of-the-t3st"
AT_ONCE = {"max_attempts": 3, "retry_initial_interval": 0}


@pytest.fixture(scope="module")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TcpValkey]:
    with TcpValkey(tmp_path_factory.mktemp("valkey")) as running:
        yield running


@pytest.fixture(scope="module")
def rabbit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitMQ]:
    if why := rabbitmq.why_not():
        pytest.skip(why)
    with RabbitMQ(tmp_path_factory.mktemp("rabbitmq")) as running:
        yield running


@pytest.fixture(params=["valkey", "rabbit"])
def broker(request: pytest.FixtureRequest) -> str:
    """The URL of a broker."""
    running: TcpValkey | RabbitMQ = request.getfixturevalue(request.param)
    return running.url


def queue_run(broker: str, queue: str = "orders", **values: Any) -> UnifiedJob:
    return make_run(queue, base_url=broker, **values)


def with_credential(run: UnifiedJob, *credentials: Any) -> UnifiedJob:
    run.request["credentials"] = [one.pk for one in credentials]
    run.save(update_fields=["request"])
    return run


def text_of(run: UnifiedJob) -> str:
    return "\n".join(event.stdout for event in events_of(run, run.attempts.all()))


def test_message_says_what_a_call_would(
    broker: str, start_engine: StartEngine, wait_until_finished: WaitUntilFinished
) -> None:
    run = queue_run(
        broker,
        "jobs/nightly",
        extra_vars={"month": "2030-01"},
        scheduled_for=AT,
        job_type="check",
        headers={"X-Team": "blue", "Authorization": encrypt("Bearer " + SECRET)},
    )

    start_engine()
    [done] = wait_until_finished(run)

    [message] = take(broker, "jobs/nightly")
    assert message.body == {
        "month": "2030-01",
        "runId": str(run.run_id),
        "dryRun": True,
        "scheduledFor": "2030-01-15T17:00:00Z",
        "attempt": 1,
    }
    assert message.headers == {
        "Content-Type": "application/json",
        "X-Team": "blue",
        "Authorization": f"Bearer {SECRET}",
        "Idempotency-Key": str(run.run_id),
        "X-Belfry-Run-Id": str(run.run_id),
        "X-Belfry-Attempt": "1",
        "X-Belfry-Dry-Run": "true",
        "X-Belfry-Scheduled-For": "2030-01-15T17:00:00Z",
    }
    assert message.content_type == "application/json"
    assert (message.properties["message_id"], message.properties["delivery_mode"]) == (str(run.run_id), 2)
    attempt = done.attempts.get()
    assert (done.status, done.failure_reason, attempt.outcome) == (Status.SUCCESSFUL, "", Outcome.SUCCESS)
    assert attempt.response_status is None
    assert attempt.request["url"].endswith("/jobs/nightly")
    assert (attempt.request["method"], json.loads(attempt.request["body"])) == ("PUBLISH", message.body)
    assert attempt.request["headers"]["Authorization"] == "$encrypted$"
    shown = text_of(done)
    assert "Taken after" in shown
    assert "Outcome: what was sent was taken" in shown


def test_nobody_else_is_shown_the_login(
    broker: str,
    start_engine: StartEngine,
    wait_until_finished: WaitUntilFinished,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    login = make_credential("http_basic", inputs={"username": "nobody", "password": SECRET})
    run = with_credential(queue_run(broker, "logins"), login)

    start_engine()
    [done] = wait_until_finished(run)

    # Neither broker knows such a user.
    assert (done.status, done.failure_reason) == (Status.ERROR, Outcome.INVALID_REQUEST)
    assert "refused" in done.job_explanation
    assert SECRET not in caplog.text + text_of(done) + json.dumps(done.attempts.get().request)


def test_login_is_a_basic_credential(
    tmp_path: Path, start_engine: StartEngine, wait_until_finished: WaitUntilFinished
) -> None:
    with TcpValkey(tmp_path, password=SECRET) as valkey:
        login = make_credential("http_basic", inputs={"username": "default", "password": SECRET})
        runs = [with_credential(queue_run(valkey.url), login), queue_run(valkey.url)]
        start_engine()
        with_login, without = wait_until_finished(*runs)

        [message] = take(f"redis://default:{SECRET}@127.0.0.1:{valkey.port}/1", "orders")

    assert with_login.status == Status.SUCCESSFUL
    assert "Authorization" not in message.headers
    assert (without.status, without.failure_reason) == (Status.ERROR, Outcome.INVALID_REQUEST)


def test_tls_is_verified_by_the_authority_of_a_credential(
    valkey: TcpValkey, tmp_path: Path, start_engine: StartEngine, wait_until_finished: WaitUntilFinished
) -> None:
    issuer = authority()
    trusted = make_credential("certificate_authority", inputs={"ca": issuer.pem})
    with Peer(relay_to(valkey.port), server_context(signed_by(issuer), tmp_path)) as peer:
        url = f"rediss://127.0.0.1:{peer.port}/1"
        runs = [
            with_credential(queue_run(url, "encrypted"), trusted),
            queue_run(url, "encrypted", verify_ssl=False),
            queue_run(url, "encrypted"),
        ]
        start_engine()
        done = wait_until_finished(*runs)

    assert [run.failure_reason for run in done] == ["", "", Outcome.TLS]
    assert len(take(valkey.url, "encrypted")) == 2


def test_message_is_signed(
    valkey: TcpValkey, start_engine: StartEngine, wait_until_finished: WaitUntilFinished
) -> None:
    signing = make_credential("http_hmac", inputs={"secret": "whsec_" + "c2VjcmV0LW9mLXRlc3Rz" * 2})
    run = with_credential(queue_run(valkey.url, "signed"), signing)

    start_engine()
    wait_until_finished(run)

    with valkey.client() as client:
        [envelope] = [json.loads(text) for text in client.lrange("signed", 0, -1)]
    [message] = take(valkey.url, "signed")
    assert envelope["properties"]["body_encoding"] == "base64"
    body = json.dumps(message.body, ensure_ascii=False)
    assert Webhook("whsec_" + "c2VjcmV0LW9mLXRlc3Rz" * 2).verify(body, message.headers) == message.body


def test_queue_is_made_durable(
    rabbit: RabbitMQ, start_engine: StartEngine, wait_until_finished: WaitUntilFinished
) -> None:
    run = queue_run(rabbit.url, "made.for.it")

    start_engine()
    [done] = wait_until_finished(run)

    assert done.status == Status.SUCCESSFUL
    with rabbit.connect() as connection:
        # What differs from what is there is refused.
        found = connection.channel().queue_declare("made.for.it", durable=True, auto_delete=False)
    assert found is not None
    assert found[1] == 1


def test_queue_that_is_there_is_taken_as_it_is(
    rabbit: RabbitMQ, start_engine: StartEngine, wait_until_finished: WaitUntilFinished
) -> None:
    with rabbit.connect() as connection:
        channel = connection.channel()
        channel.queue_declare("as.it.is", durable=False, auto_delete=False, arguments={"x-max-length": 1})
        start_engine()
        [done] = wait_until_finished(queue_run(rabbit.url, "as.it.is"))
        assert channel.basic_get("as.it.is", no_ack=True) is not None

    assert done.status == Status.SUCCESSFUL


def test_message_that_the_broker_rejects_has_failed(
    rabbit: RabbitMQ, start_engine: StartEngine, wait_until_finished: WaitUntilFinished
) -> None:
    full = {"x-max-length": 0, "x-overflow": "reject-publish"}
    with rabbit.connect() as connection:
        connection.channel().queue_declare("full", durable=True, auto_delete=False, arguments=full)
    start_engine()
    [done] = wait_until_finished(queue_run(rabbit.url, "full", policy=AT_ONCE))

    assert (done.status, done.failure_reason, done.attempts_made) == (Status.FAILED, Outcome.CONNECT, 3)
    assert "did not take the message" in done.job_explanation


@pytest.mark.parametrize(("place", "queue"), [("/no-such-host", "orders"), ("", "amq.reserved")])
def test_what_the_broker_refuses_is_not_tried_again(
    rabbit: RabbitMQ,
    start_engine: StartEngine,
    wait_until_finished: WaitUntilFinished,
    place: str,
    queue: str,
) -> None:
    run = queue_run(rabbit.url + place, queue, policy=AT_ONCE)

    start_engine()
    [done] = wait_until_finished(run)

    assert (done.status, done.failure_reason, done.attempts_made) == (
        Status.ERROR,
        Outcome.INVALID_REQUEST,
        1,
    )


def test_message_that_no_queue_takes_has_failed(
    rabbit: RabbitMQ, start_engine: StartEngine, wait_until_finished: WaitUntilFinished
) -> None:
    # RabbitMQ says that it is there, and has no place for messages in it.
    run = queue_run(rabbit.url, "amq.rabbitmq.reply-to")

    start_engine()
    [done] = wait_until_finished(run)

    assert (done.status, done.failure_reason) == (Status.FAILED, Outcome.CONNECT)


@pytest.mark.parametrize("scheme", ["amqp", "redis"])
@pytest.mark.parametrize(
    ("meet", "policy", "reason", "attempts"),
    [
        (silent, {"read_timeout": 1}, Outcome.TIMEOUT, 1),
        (silent, {"read_timeout": 1, "retry_on": "timeout"}, Outcome.TIMEOUT, 3),
        (silent, {"deadline": 2}, Outcome.DEADLINE, 1),
        (hangs_up, {}, Outcome.CONNECT, 3),
    ],
)
def test_broker_that_does_not_answer_ends_by_policy(
    *,
    start_engine: StartEngine,
    wait_until_finished: WaitUntilFinished,
    scheme: str,
    meet: Callable[[socket], None],
    policy: dict[str, Any],
    reason: Outcome,
    attempts: int,
) -> None:
    # What has a deadline is claimed at once by an engine that looks already.
    start_engine()
    with Peer(meet) as peer:
        run = queue_run(f"{scheme}://127.0.0.1:{peer.port}", policy=AT_ONCE | policy)
        [done] = wait_until_finished(run)

    assert (done.status, done.failure_reason) == (Status.FAILED, reason)
    assert (done.attempts_made, peer.connections) == (attempts, attempts)
    assert done.dead_letter
    assert "No answer after" in text_of(done)


def test_broker_that_dies_in_the_middle_is_asked_again_with_the_same_key(
    broker: str, start_engine: StartEngine, wait_until_finished: WaitUntilFinished
) -> None:
    port = int(broker.rpartition(":")[2].partition("/")[0])
    word = b"LPUSH" if broker.startswith("redis") else b"orders"
    with Peer(relay_to(port, until=word)) as dying:
        run = queue_run(broker.replace(str(port), str(dying.port)), "orders", policy=AT_ONCE)
        start_engine()
        [done] = wait_until_finished(run)

    assert (done.status, done.failure_reason, done.attempts_made) == (Status.FAILED, Outcome.CONNECT, 3)
    keys = [attempt.request["headers"]["Idempotency-Key"] for attempt in done.attempts.all()]
    assert keys == [str(run.run_id)] * 3


def test_canceled_run_hangs_up(start_engine: StartEngine, wait_until_finished: WaitUntilFinished) -> None:
    with Peer(silent) as peer:
        run = queue_run(f"amqp://127.0.0.1:{peer.port}")
        start_engine()
        assert peer.arrived.wait(WITHIN)
        cancel(run)
        [done] = wait_until_finished(run)
        assert peer.left.wait(WITHIN)

    assert done.status == Status.CANCELED


def test_address_that_is_not_allowed_is_not_called(
    start_engine: StartEngine, wait_until_finished: WaitUntilFinished
) -> None:
    with Peer(silent) as peer:
        runs = [
            queue_run(f"{scheme}://localhost:{peer.port}") for scheme in ("amqp", "amqps", "redis", "rediss")
        ]
        start_engine(allowed=AllowList())
        done = wait_until_finished(*runs)

    assert {(run.status, run.failure_reason) for run in done} == {(Status.ERROR, Outcome.FORBIDDEN_ADDRESS)}
    assert peer.connections == 0


def test_consumer_reports_how_it_ends(
    valkey: TcpValkey, start_engine: StartEngine, wait_until_finished: WaitUntilFinished
) -> None:
    run = queue_run(valkey.url, "reporting", policy={"completion": "callback", "heartbeat_timeout": 60})
    start_engine()
    eventually(lambda: UnifiedJob.objects.filter(pk=run.pk, lease_owner="callback").exists())
    run.refresh_from_db()
    assert "The endpoint reports later how it ends" in text_of(run)

    [message] = take(valkey.url, "reporting")
    token = message.headers["X-Belfry-Run-Token"]
    address = message.headers["X-Belfry-Status-Url"]
    assert attempt_of(token, run.run_id) == 1
    answer = APIClient().post(
        address.partition("8000")[2],
        {"status": "FAILED", "error": "No such order."},
        format="json",
        headers={"X-Belfry-Run-Token": token},
    )

    assert answer.status_code == 200
    [done] = wait_until_finished(run)
    assert (done.status, done.failure_reason) == (Status.FAILED, Outcome.REPORTED)
    assert token not in json.dumps(done.attempts.get().request)


def test_inventory_is_refused_where_it_slipped_in(
    valkey: TcpValkey, start_engine: StartEngine, wait_until_finished: WaitUntilFinished
) -> None:
    inventory = make_inventory()
    make_host(inventory)
    run = queue_run(valkey.url, inventory=inventory)

    start_engine()

    [done] = wait_until_finished(run)
    assert (done.status, done.failure_reason) == (Status.ERROR, Outcome.INVALID_REQUEST)
    assert "inventory" in done.job_explanation.lower()


def test_limits_of_the_project_hold(
    valkey: TcpValkey, start_engine: StartEngine, wait_until_finished: WaitUntilFinished
) -> None:
    with Peer(hangs_up) as peer:
        url = f"amqp://127.0.0.1:{peer.port}"
        project = make_project(
            scm_url=url, breaker_threshold=2, breaker_policy="fail", max_concurrent_calls=1
        )
        limits_changed(project)
        runs = [queue_run(url, service_id=project.pk) for _ in range(4)]
        start_engine()
        done = wait_until_finished(*runs)

    reasons = sorted(run.failure_reason for run in done)
    assert reasons == [Outcome.CIRCUIT_OPEN, Outcome.CIRCUIT_OPEN, Outcome.CONNECT, Outcome.CONNECT]
    assert peer.connections == 2


def test_each_message_of_many_is_taken_once(
    broker: str, start_engine: StartEngine, wait_until_finished: WaitUntilFinished
) -> None:
    runs = [queue_run(broker, "many") for _ in range(100)]

    start_engine()
    done = wait_until_finished(*runs)

    assert {run.status for run in done} == {Status.SUCCESSFUL}
    taken: list[Taken] = take(broker, "many")
    assert sorted(one.body["runId"] for one in taken) == sorted(str(run.run_id) for run in runs)
