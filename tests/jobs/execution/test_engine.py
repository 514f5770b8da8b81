import logging
import re
import time
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from credentials.encryption import encrypt
from instances.models import Instance
from jobs.canceling import cancel
from jobs.execution import calling
from jobs.execution.reaping import reap
from jobs.models import Attempt, UnifiedJob
from jobs.statuses import Outcome, Status
from tests.endpoint import Endpoint
from tests.factories.runs import make_job_template, make_run, make_runs
from tests.jobs.execution.conftest import WITHIN, StartEngine, WaitUntilFinished, eventually

pytestmark = pytest.mark.django_db(transaction=True)


def status_of(run: UnifiedJob) -> str:
    return UnifiedJob.objects.values_list("status", flat=True).get(pk=run.pk)


def actions_told(caplog: pytest.LogCaptureFixture, run: UnifiedJob) -> list[str]:
    """The actions of which the log warns with both ids of the run."""
    told = [vars(record) for record in caplog.records if record.levelno >= logging.WARNING]
    return [
        line["action"]
        for line in told
        if (line.get("job_id"), line.get("run_id")) == (run.pk, str(run.run_id))
    ]


def test_run_is_called_and_recorded(
    endpoint: Endpoint, start_engine: StartEngine, wait_until_finished: WaitUntilFinished
) -> None:
    at = datetime(2030, 1, 15, 17, tzinfo=UTC)
    run = make_run(endpoint.url + "/jobs/report", extra_vars={"month": "2030-01"}, scheduled_for=at)

    engine = start_engine("worker-1")

    [done] = wait_until_finished(run)
    assert (done.status, done.failure_reason, done.job_explanation, done.failed) == (
        "successful",
        "",
        "",
        False,
    )
    assert done.artifacts == {"status": "ok", "processed": 3}
    assert (done.attempts_made, done.execution_node, done.lease_owner) == (1, "worker-1", "")
    assert done.started is not None
    assert done.finished is not None
    assert done.started <= done.finished
    attempt = done.attempts.get()
    assert (attempt.outcome, attempt.response_status, attempt.error) == ("success", 200, "")
    assert attempt.response_headers["Set-Cookie"] == "$encrypted$"
    [sent] = endpoint.requests
    assert sent["headers"]["Idempotency-Key"] == sent["headers"]["X-Belfry-Run-Id"] == str(run.run_id)
    assert sent["headers"]["X-Belfry-Scheduled-For"] == "2030-01-15T17:00:00Z"
    assert sent["headers"]["Content-Type"] == "application/json"
    assert attempt.request["url"] == endpoint.url + "/jobs/report"
    assert f'"runId": "{run.run_id}"' in attempt.request["body"] == sent["body"].decode()
    eventually(lambda: engine.in_flight == 0)


@pytest.mark.parametrize(
    ("path", "options", "status", "reason"),
    [
        ("/status/503", {}, Status.FAILED, Outcome.HTTP_STATUS),
        ("/status/404", {"success_status": "200,404"}, Status.SUCCESSFUL, ""),
        ("/redirect", {}, Status.FAILED, Outcome.HTTP_STATUS),
        ("/ok", {"success_json": {"status": "done"}}, Status.FAILED, Outcome.ASSERTION),
        ("/chunked", {"success_json": {"status": ["ok"]}}, Status.SUCCESSFUL, ""),
        ("/reset", {}, Status.FAILED, Outcome.CONNECT),
        ("/broken", {}, Status.FAILED, Outcome.CONNECT),
        ("/hold", {"timeout": 1}, Status.FAILED, Outcome.TIMEOUT),
        ("/endless", {"timeout": 20}, Status.SUCCESSFUL, ""),
        ("/ok", {"headers": {"X-A": "b\r\nX-C: d"}}, Status.ERROR, Outcome.INVALID_REQUEST),
        ("/ok", {"headers": {"X A": "b"}}, Status.ERROR, Outcome.INVALID_REQUEST),
        ("/ok", {"headers": {"X-A": ["b"]}}, Status.ERROR, Outcome.INVALID_REQUEST),
        ("/ok", {"headers": {"X-A": "$encrypted$nonsense"}}, Status.ERROR, Outcome.INVALID_REQUEST),
        ("/ok", {"method": "GE T"}, Status.ERROR, Outcome.INVALID_REQUEST),
        ("/ok", {"success_status": "2xx"}, Status.ERROR, Outcome.INVALID_REQUEST),
    ],
)
def test_outcome_decides_the_end(  # noqa: PLR0917
    endpoint: Endpoint,
    start_engine: StartEngine,
    wait_until_finished: WaitUntilFinished,
    path: str,
    options: dict[str, Any],
    status: str,
    reason: str,
) -> None:
    run = make_run(endpoint.url + path, **options)

    start_engine()

    [done] = wait_until_finished(run)
    assert (done.status, done.failure_reason) == (status, reason)
    assert bool(done.job_explanation) == (status != Status.SUCCESSFUL)
    assert done.attempts.get().outcome == (reason or Outcome.SUCCESS)


@pytest.mark.parametrize(
    "url",
    [
        "nonsense",
        "ftp://127.0.0.1/",
        "http://",
        "http://[::1",
        "http://127.0.0.1:99999/",
        "http://a b/",
        "http://1.2.3.4.5/",
    ],
)
def test_bad_url_ends_as_an_invalid_request(
    start_engine: StartEngine, wait_until_finished: WaitUntilFinished, url: str
) -> None:
    run = make_run(url)

    start_engine()

    [done] = wait_until_finished(run)
    assert (done.status, done.failure_reason) == (Status.ERROR, Outcome.INVALID_REQUEST)


def test_refused_address_says_what_to_allow(
    start_engine: StartEngine, wait_until_finished: WaitUntilFinished
) -> None:
    run = make_run("http://10.1.2.3:8080/jobs")

    start_engine()

    [done] = wait_until_finished(run)
    assert (done.status, done.failure_reason) == (Status.ERROR, Outcome.FORBIDDEN_ADDRESS)
    assert done.job_explanation == (
        "10.1.2.3:8080 was not called: the address is private. "
        "If it may be called, add 10.1.2.3:8080 to OUTBOUND_ALLOWED_NETWORKS."
    )


def test_body_is_recorded_up_to_a_bound_and_as_text(
    endpoint: Endpoint, start_engine: StartEngine, wait_until_finished: WaitUntilFinished
) -> None:
    runs = [make_run(endpoint.url + path) for path in ("/big/300000", "/big/100000", "/bytes")]

    start_engine()

    wait_until_finished(*runs)
    huge, big, binary = (run.attempts.get() for run in runs)
    assert (len(huge.response_body), huge.response_truncated) == (65536, True)
    assert (len(big.response_body), big.response_truncated) == (65536, True)
    assert (binary.response_body, binary.response_truncated) == ("��caf�", False)


def test_answer_that_the_database_could_not_hold_is_made_fit(
    endpoint: Endpoint, start_engine: StartEngine, wait_until_finished: WaitUntilFinished
) -> None:
    run = make_run(endpoint.url + "/json", body='{"a\\u0000": "\\ud800", "n": 1e999}')
    other = make_run(endpoint.url + "/json", body='{"a\\u0000": "\\ud800"}')

    start_engine()

    one, two = wait_until_finished(run, other)
    assert (one.status, one.artifacts) == ("successful", {"a�": "�", "n": "1e999"})
    assert (two.status, two.artifacts) == ("successful", {"a�": "�"})


def test_cancel_in_flight_ends_the_call(
    endpoint: Endpoint, start_engine: StartEngine, wait_until_finished: WaitUntilFinished
) -> None:
    run = make_run(endpoint.url + "/hold")
    start_engine()
    assert endpoint.arrived.wait(WITHIN)

    assert cancel(run) is False

    [done] = wait_until_finished(run)
    assert endpoint.hung_up.wait(WITHIN)
    assert (done.status, done.failure_reason) == (Status.CANCELED, Outcome.CANCELED)
    assert done.canceled_on == done.finished
    attempt = done.attempts.get()
    assert (attempt.outcome, attempt.request["method"]) == (Outcome.CANCELED, "POST")


def test_lost_lease_ends_the_call_and_drops_its_result(
    endpoint: Endpoint, start_engine: StartEngine, caplog: pytest.LogCaptureFixture
) -> None:
    run = make_run(endpoint.url + "/hold")
    engine = start_engine()
    assert endpoint.arrived.wait(WITHIN)

    UnifiedJob.objects.filter(pk=run.pk).update(lease_owner="another#1")

    assert endpoint.hung_up.wait(WITHIN)
    eventually(lambda: engine.in_flight == 0)
    run.refresh_from_db()
    assert (run.status, run.lease_owner) == (Status.RUNNING, "another#1")
    assert run.attempts.get().finished is None
    assert actions_told(caplog, run) == ["lease"]


def test_result_of_a_run_that_was_ended_meanwhile_is_dropped(
    endpoint: Endpoint, start_engine: StartEngine, caplog: pytest.LogCaptureFixture
) -> None:
    run = make_run(endpoint.url + "/hold")
    engine = start_engine(tend_every=60.0)
    assert endpoint.arrived.wait(WITHIN)
    UnifiedJob.objects.filter(pk=run.pk).update(lease_expires_at=datetime(2020, 1, 1, tzinfo=UTC))
    assert reap() == 1

    endpoint.release()

    eventually(lambda: engine.in_flight == 0)
    assert status_of(run) == Status.ERROR
    assert actions_told(caplog, run) == ["reap", "record"]


def test_leases_are_renewed(endpoint: Endpoint, start_engine: StartEngine) -> None:
    run = make_run(endpoint.url + "/hold")
    # Renewed after a third of it: the rest is for a busy machine.
    start_engine(lease_seconds=15.0)
    assert endpoint.arrived.wait(WITHIN)
    run.refresh_from_db()
    first = run.lease_expires_at
    assert first is not None

    eventually(lambda: UnifiedJob.objects.filter(pk=run.pk, lease_expires_at__gt=first).exists())


@pytest.mark.slow
def test_two_engines_call_each_of_500_runs_once(
    endpoint: Endpoint, start_engine: StartEngine, wait_until_finished: WaitUntilFinished
) -> None:
    runs = make_runs(500, endpoint.url + "/hold")

    start_engine("one", capacity=50)
    start_engine("two", capacity=50)
    # Neither has called all before the other began.
    eventually(lambda: endpoint.at_once == 100)
    endpoint.release()

    done = wait_until_finished(*runs)
    assert {run.status for run in done} == {Status.SUCCESSFUL}
    assert dict(endpoint.calls) == {str(run.run_id): 1 for run in runs}
    assert Attempt.objects.count() == 500
    assert {run.execution_node for run in done} == {"one", "two"}


def test_runs_of_one_template_go_one_after_the_other(
    endpoint: Endpoint, start_engine: StartEngine, wait_until_finished: WaitUntilFinished
) -> None:
    template = make_job_template()
    runs = make_runs(12, endpoint.url + "/sleep/0.01", unified_job_template_id=template.pk)

    start_engine("one")
    start_engine("two")

    done = wait_until_finished(*runs)
    assert {run.status for run in done} == {Status.SUCCESSFUL}
    assert endpoint.most_at_once == 1
    assert [UUID(r["headers"]["X-Belfry-Run-Id"]) for r in endpoint.requests] == [run.run_id for run in runs]


def test_runs_of_one_template_go_together_where_they_may(
    endpoint: Endpoint, start_engine: StartEngine, wait_until_finished: WaitUntilFinished
) -> None:
    template = make_job_template()
    runs = make_runs(5, endpoint.url + "/hold", unified_job_template_id=template.pk, allow_simultaneous=True)
    start_engine()
    eventually(lambda: endpoint.at_once == 5)

    endpoint.release()

    assert {run.status for run in wait_until_finished(*runs)} == {Status.SUCCESSFUL}


def test_stop_lets_calls_in_flight_finish(endpoint: Endpoint, start_engine: StartEngine) -> None:
    run, later = make_run(endpoint.url + "/sleep/0.5"), None
    engine = start_engine()
    assert endpoint.arrived.wait(WITHIN)
    engine.close()
    later = make_run(endpoint.url + "/ok")

    engine.stop(drain=WITHIN)

    assert status_of(run) == Status.SUCCESSFUL
    assert status_of(later) == Status.PENDING


def test_stop_records_what_it_cuts(endpoint: Endpoint, start_engine: StartEngine) -> None:
    run = make_run(endpoint.url + "/hold")
    engine = start_engine()
    assert endpoint.arrived.wait(WITHIN)

    engine.stop(drain=0.1)

    run.refresh_from_db()
    assert (run.status, run.failure_reason) == (Status.ERROR, Outcome.LOST)
    assert run.job_explanation.startswith("The worker was stopped")
    assert run.attempts.get().finished == run.finished


def test_killed_connections_cost_nothing(
    endpoint: Endpoint, start_engine: StartEngine, wait_until_finished: WaitUntilFinished
) -> None:
    held = make_run(endpoint.url + "/hold")
    start_engine()
    assert endpoint.arrived.wait(WITHIN)

    kill_other_connections()
    endpoint.release()
    after = make_run(endpoint.url + "/ok")

    done = wait_until_finished(held, after)
    assert [run.status for run in done] == [Status.SUCCESSFUL] * 2
    assert set(endpoint.calls.values()) == {1}


@pytest.mark.slow
def test_connections_killed_again_and_again_run_nothing_twice(
    endpoint: Endpoint, start_engine: StartEngine, wait_until_finished: WaitUntilFinished
) -> None:
    runs = make_runs(300, endpoint.url + "/sleep/0.05")
    start_engine("one", capacity=20)
    start_engine("two", capacity=20)

    for _ in range(15):
        kill_other_connections()
        time.sleep(0.05)

    done = wait_until_finished(*runs)
    assert {run.status for run in done} == {Status.SUCCESSFUL}
    assert dict(endpoint.calls) == {str(run.run_id): 1 for run in runs}


def kill_other_connections() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def test_engine_finds_work_that_nobody_announced(
    endpoint: Endpoint, start_engine: StartEngine, wait_until_finished: WaitUntilFinished
) -> None:
    start_engine()
    run = make_run(endpoint.url + "/ok")

    [done] = wait_until_finished(run)

    assert done.status == Status.SUCCESSFUL


def test_wake_makes_it_look_at_once(
    endpoint: Endpoint, start_engine: StartEngine, wait_until_finished: WaitUntilFinished
) -> None:
    engine = start_engine(look_every=600.0)
    first = make_run(endpoint.url + "/ok")
    engine.wake()
    wait_until_finished(first)
    run = make_run(endpoint.url + "/ok")

    engine.wake()

    assert wait_until_finished(run)[0].status == Status.SUCCESSFUL


def test_full_engine_calls_others(endpoint: Endpoint, start_engine: StartEngine) -> None:
    calls: list[int] = []
    make_runs(3, endpoint.url + "/hold")

    engine = start_engine(capacity=2, announce=lambda: calls.append(1))

    eventually(lambda: calls)
    assert engine.in_flight == 2


def test_secrets_stay_out_of_rows_and_logs(
    endpoint: Endpoint,
    start_engine: StartEngine,
    wait_until_finished: WaitUntilFinished,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    secrets = ["s3cr3t-b€arer", "k3y-of-the-api", "pa55-of-the-url", "plain-authorization"]
    runs = [
        make_run(
            endpoint.url + "/echo",
            headers={"Authorization": encrypt(f"Bearer {secrets[0]}"), "X-Tenant": encrypt(secrets[1])},
            success_json={"body": "other"},
        ),
        make_run(endpoint.url.replace("//", f"//bob:{secrets[2]}@") + "/echo?token=" + secrets[1]),
        make_run(endpoint.url + "/echo", headers={"Authorization": secrets[3]}),
    ]

    start_engine()

    wait_until_finished(*runs)
    # Something could have leaked: the endpoint got and returned them.
    assert (
        endpoint.requests[0]["headers"]["Authorization"] == f"Bearer {secrets[0]}"
        or len(endpoint.requests) == 3
    )
    stored = repr(list(Attempt.objects.values())) + repr(
        list(UnifiedJob.objects.values("artifacts", "job_explanation", "result_traceback", "status"))
    )
    shown = stored + caplog.text
    assert re.findall("|".join(map(re.escape, [*secrets, "s3cr3t-b"])), shown) == []
    assert "$encrypted$" in stored


def test_result_that_the_database_refuses_costs_its_details_alone(
    endpoint: Endpoint,
    start_engine: StartEngine,
    wait_until_finished: WaitUntilFinished,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(calling, "_text", lambda response, _: "\x00" if response.status == 201 else "fine")
    runs = [make_run(f"{endpoint.url}/status/{status}") for status in (200, 201, 202)]

    start_engine()

    assert [run.status for run in wait_until_finished(*runs)] == [Status.SUCCESSFUL] * 3
    assert [run.attempts.get().response_body for run in runs] == ["fine", "", "fine"]


def test_error_of_our_own_costs_one_run_alone(
    endpoint: Endpoint,
    start_engine: StartEngine,
    wait_until_finished: WaitUntilFinished,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(calling, "_text", lambda response, _: 1 // (response.status - 201) and "fine")
    bad, good = make_run(endpoint.url + "/status/201"), make_run(endpoint.url + "/status/202")

    start_engine()

    assert [run.status for run in wait_until_finished(bad, good)] == [Status.ERROR, Status.SUCCESSFUL]
    bad.refresh_from_db()
    assert bad.job_explanation.startswith("Belfry itself failed (ZeroDivisionError)")


def test_engine_is_an_instance_while_it_lives(start_engine: StartEngine) -> None:
    engine = start_engine("worker-1", capacity=7)

    eventually(lambda: Instance.objects.filter(hostname="worker-1", full_capacity=7).exists())
    engine.stop(drain=0)

    assert Instance.objects.get().full_capacity == 0
