"""Endpoints that answer 202 and report later: by a real engine, a real endpoint, and the API's own view."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import override_settings
from django.utils import timezone
from rest_framework.test import APIClient

from jobs.callbacks import attempt_of, token_of
from jobs.canceling import cancel
from jobs.execution.admission import admit
from jobs.execution.claiming import claim
from jobs.execution.reaping import reap
from jobs.execution.results import Result, record
from jobs.models import UnifiedJob
from jobs.record import events_of
from jobs.statuses import Outcome, Status
from jobs.stdout import as_text, lines_of
from tests.endpoint import Endpoint
from tests.factories.inventories import make_host, make_inventory
from tests.factories.runs import make_run
from tests.jobs.execution.conftest import StartEngine, WaitUntilFinished, eventually

CALLBACK = {"completion": "callback", "heartbeat_timeout": 60}
RETRIED = CALLBACK | {"max_attempts": 2, "retry_on": "reported,timeout", "retry_initial_interval": 0}


def begun(**policy: Any) -> tuple[UnifiedJob, Result]:
    """A run whose call is in flight, and the result of its endpoint's having accepted it."""
    run = make_run(policy=CALLBACK | policy)
    admit()
    [claimed] = claim("engine#1", node="engine", limit=1, lease_seconds=30)
    policy_of_run = claimed.policy
    answer = Result(
        claimed.id,
        claimed.run_id,
        claimed.number,
        claimed.started,
        0.5,
        Outcome.SUCCESS,
        request={"method": "POST", "url": "http://127.0.0.1:9/"},
        response_status=202,
        artifacts={"ticket": 7},
        may_be_reported=True,
        is_accepted=True,
        heartbeat_timeout=policy_of_run.heartbeat_timeout,
    )
    return run, answer


def accepted(**policy: Any) -> UnifiedJob:
    run, answer = begun(**policy)
    assert record("engine#1", [answer]) == [run.pk]
    run.refresh_from_db()
    return run


def report(run: UnifiedJob, status: str, *, attempt: int = 1, **values: Any) -> tuple[int, dict[str, Any]]:
    answer: Any = APIClient().post(
        f"/api/v2/executions/{run.run_id}/status/",
        {"status": status, **values},
        format="json",
        headers={"X-Belfry-Run-Token": token_of(run.run_id, attempt)},
    )
    return answer.status_code, answer.json()


@pytest.mark.django_db
def test_accepted_run_goes_on_without_an_engine() -> None:
    run = accepted()

    assert (run.status, run.lease_owner, run.finished) == (Status.RUNNING, "callback", None)
    assert run.lease_expires_at is not None
    assert timedelta(seconds=50) < run.lease_expires_at - timezone.now() <= timedelta(seconds=60)
    attempt = run.attempts.get()
    assert (attempt.response_status, attempt.finished, attempt.outcome) == (202, None, "")
    assert run.artifacts == {"ticket": 7}


@pytest.mark.django_db
def test_heartbeat_lengthens_the_lease_up_to_the_deadline() -> None:
    run = accepted(heartbeat_timeout=3600, deadline=100)
    assert run.lease_expires_at == run.deadline_at
    UnifiedJob.objects.update(lease_expires_at=timezone.now(), deadline_at=None)

    assert report(run, "RUNNING", progress=40, message="half way") == (200, {"status": "running"})

    run.refresh_from_db()
    assert run.lease_expires_at is not None
    assert run.lease_expires_at > timezone.now() + timedelta(minutes=50)
    assert run.report == {"status": "RUNNING", "progress": 40, "message": "half way", "error": ""}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("status", "ending"),
    [("SUCCESS", (Status.SUCCESSFUL, "", "")), ("FAILED", (Status.FAILED, "reported", "The disk is full."))],
)
def test_last_report_ends_the_run(status: str, ending: tuple[str, str, str]) -> None:
    run = accepted()

    assert report(run, status, error="The disk is full.")[0] == 200

    run.refresh_from_db()
    assert (run.status, run.failure_reason, run.job_explanation[-17:]) == ending
    attempt = run.attempts.get()
    assert attempt.finished == run.finished
    assert attempt.outcome == (ending[1] or Outcome.SUCCESS)
    assert (run.lease_owner, run.lease_expires_at) == ("", None)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("first", "second", "expected", "status"),
    [
        ("SUCCESS", "SUCCESS", 200, Status.SUCCESSFUL),
        ("SUCCESS", "FAILED", 409, Status.SUCCESSFUL),
        ("SUCCESS", "RUNNING", 409, Status.SUCCESSFUL),
        ("FAILED", "FAILED", 200, Status.FAILED),
        ("FAILED", "SUCCESS", 409, Status.FAILED),
        ("RUNNING", "RUNNING", 200, Status.RUNNING),
    ],
)
def test_report_after_the_last_changes_nothing(first: str, second: str, expected: int, status: str) -> None:
    run = accepted()
    report(run, first, progress=80)

    assert report(run, second, progress=20)[0] == expected

    run.refresh_from_db()
    assert (run.status, run.report["progress"]) == (status, 80)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("first", "ending"),
    [
        ("SUCCESS", (Status.SUCCESSFUL, "")),
        ("FAILED", (Status.FAILED, "reported")),
        ("RUNNING", (Status.RUNNING, "")),
    ],
)
@pytest.mark.parametrize("is_accepted", [True, False])
def test_report_that_overtakes_the_answer_is_heeded_with_it(
    first: str, ending: tuple[str, str], is_accepted: bool
) -> None:
    run, answer = begun()
    assert report(run, first) == (200, {"status": "running"})
    if not is_accepted:
        answer = Result(
            **{**_fields(answer), "outcome": Outcome.CONNECT, "is_accepted": False, "retry_in": None}
        )
        ending = (Status.FAILED, "connect") if first == "RUNNING" else ending

    record("engine#1", [answer])

    run.refresh_from_db()
    assert (run.status, run.failure_reason) == ending
    assert run.attempts.get().response_status == 202


@pytest.mark.django_db
def test_report_counts_though_the_worker_died_before_it_recorded_the_answer() -> None:
    run, _ = begun()
    report(run, "SUCCESS")

    reap(timezone.now() + timedelta(seconds=31))

    run.refresh_from_db()
    assert (run.status, run.attempts.get().outcome) == (Status.SUCCESSFUL, Outcome.SUCCESS)


def _fields(result: Result) -> dict[str, Any]:
    return {name: getattr(result, name) for name in Result.__dataclass_fields__}


@pytest.mark.django_db
def test_failure_that_is_reported_is_tried_again_where_the_policy_says_so() -> None:
    run = accepted(**RETRIED)

    assert report(run, "FAILED") == (200, {"status": "waiting"})
    assert report(run, "FAILED") == (200, {"status": "waiting"})
    [second] = claim("engine#1", node="engine", limit=1, lease_seconds=30)

    assert second.number == 2
    code, body = report(run, "SUCCESS")
    assert (code, body) == (409, {"detail": "This is not the attempt that the job is at: that is 2."})
    assert report(run, "RUNNING", attempt=2)[0] == 200


@pytest.mark.django_db
def test_silence_past_its_bound_is_a_timeout() -> None:
    run = accepted()

    reap(timezone.now() + timedelta(seconds=59))
    run.refresh_from_db()
    assert run.status == Status.RUNNING
    reap(timezone.now() + timedelta(seconds=61))

    run.refresh_from_db()
    assert (run.status, run.failure_reason) == (Status.FAILED, Outcome.TIMEOUT)
    assert run.job_explanation == "The endpoint accepted the job and then was silent for 60 s."
    assert report(run, "SUCCESS") == (409, {"detail": "The job has ended: it is failed."})


@pytest.mark.django_db
def test_deadline_ends_a_run_whatever_its_endpoint_reports() -> None:
    run = accepted(deadline=100, heartbeat_timeout=3600)

    reap(timezone.now() + timedelta(seconds=101))

    run.refresh_from_db()
    assert (run.status, run.failure_reason) == (Status.FAILED, Outcome.DEADLINE)


@pytest.mark.django_db
def test_accepted_run_is_canceled_at_once() -> None:
    run = accepted()

    assert cancel(run) is True

    run.refresh_from_db()
    assert (run.status, run.attempts.get().outcome) == (Status.CANCELED, Outcome.CANCELED)
    assert report(run, "RUNNING") == (409, {"detail": "The job has ended: it is canceled."})


@pytest.mark.django_db
def test_run_that_is_canceled_during_its_call_is_not_left_to_its_endpoint() -> None:
    run, answer = begun()
    assert cancel(run) is False

    record("engine#1", [answer])

    run.refresh_from_db()
    assert run.status == Status.CANCELED


@pytest.mark.django_db
@pytest.mark.parametrize(
    "body",
    [
        {},
        {"status": "DONE"},
        {"status": "running"},
        {"status": None},
        {"status": "RUNNING", "progress": 101},
        {"status": "RUNNING", "progress": -1},
        {"status": "RUNNING", "progress": "much"},
        {"status": "FAILED", "error": "a\u0000b"},
        {"status": "FAILED", "error": {"a": 1}},
        {"status": "FAILED", "message": "x" * 70000},
    ],
)
def test_bad_report_changes_nothing(body: dict[str, Any]) -> None:
    run = accepted()

    answer: Any = APIClient().post(
        f"/api/v2/executions/{run.run_id}/status/",
        body,
        format="json",
        headers={"Authorization": f"Bearer {token_of(run.run_id, 1)}"},
    )

    assert answer.status_code == 400
    run.refresh_from_db()
    assert (run.status, run.report) == (Status.RUNNING, {})


@pytest.mark.django_db
def test_only_the_run_s_own_token_reports() -> None:
    run = accepted()
    right = token_of(run.run_id, 1)
    wrong = [
        "",
        "1",
        "1.",
        right[:-1],
        right + "0",
        f"2{right[1:]}",
        token_of(uuid4(), 1),
        "\u0661." + right[2:],
    ]

    for token in wrong:
        answer: Any = APIClient().post(
            f"/api/v2/executions/{run.run_id}/status/",
            {"status": "SUCCESS"},
            format="json",
            headers={"X-Belfry-Run-Token": token.encode("utf-8", "replace").decode("latin-1")},
        )
        assert (answer.status_code, list(answer.json())) == (401, ["detail"]), token

    gone = uuid4()
    for path, token, expected in (("nonsense", right, 401), (str(gone), token_of(gone, 1), 404)):
        answer = APIClient().post(
            f"/api/v2/executions/{path}/status/",
            {"status": "SUCCESS"},
            format="json",
            headers={"X-Belfry-Run-Token": token},
        )
        assert answer.status_code == expected
    assert answer.json() == {"detail": "No Job matches the given query."}
    run.refresh_from_db()
    assert run.status == Status.RUNNING


def test_token_of_an_older_key_still_reports() -> None:
    run_id = uuid4()
    with override_settings(SECRET_KEY="the key of yesterday"):
        token = token_of(run_id, 3)

    assert attempt_of(token, run_id) is None
    with override_settings(SECRET_KEY_FALLBACKS=["the key of yesterday"]):
        assert attempt_of(token, run_id) == 3


@pytest.mark.django_db(transaction=True)
def test_endpoint_is_told_where_and_how_to_report(
    endpoint: Endpoint, start_engine: StartEngine, wait_until_finished: WaitUntilFinished
) -> None:
    run = make_run(endpoint.url + "/status/202", policy=CALLBACK)
    engine = start_engine()
    eventually(UnifiedJob.objects.filter(pk=run.pk, lease_owner="callback").exists)
    eventually(lambda: engine.in_flight == 0)
    [sent] = endpoint.requests
    token, url = sent["headers"]["X-Belfry-Run-Token"], sent["headers"]["X-Belfry-Status-Url"]
    assert url == f"http://localhost:8000/api/v2/executions/{run.run_id}/status/"

    answer: Any = APIClient().post(
        url,
        {"status": "SUCCESS", "message": f"used {token}"},
        format="json",
        headers={"X-Belfry-Run-Token": token},
    )

    assert answer.json() == {"status": "successful"}
    [done] = wait_until_finished(run)
    text = as_text(lines_of(events_of(done, done.attempts.all())))
    assert "HTTP 202 Accepted" in text
    assert "The endpoint reports later how it ends" in text
    kept = str([done.report, done.request, *done.attempts.values()])
    assert token.partition(".")[2] not in kept + text
    assert done.attempts.get().request["headers"]["X-Belfry-Run-Token"] == "$encrypted$"


@pytest.mark.django_db(transaction=True)
def test_202_is_the_end_where_no_report_is_asked_for(
    endpoint: Endpoint, start_engine: StartEngine, wait_until_finished: WaitUntilFinished
) -> None:
    inventory = make_inventory()
    make_host(inventory, name="web", variables=f"belfry_url: {endpoint.url}")
    runs = [
        make_run(endpoint.url + "/status/202"),
        make_run("/status/202", policy=CALLBACK, inventory=inventory, base_url=endpoint.url),
        make_run(endpoint.url + "/ok", policy=CALLBACK),
    ]

    start_engine()

    assert {run.status for run in wait_until_finished(*runs)} == {Status.SUCCESSFUL}
    with_token = [sent["path"] for sent in endpoint.requests if "X-Belfry-Run-Token" in sent["headers"]]
    assert with_token == ["/ok"]
