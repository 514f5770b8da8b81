from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from jobs.overlap import REPLACED
from jobs.statuses import Outcome, Status
from jobs.triage.causes import Cause, LookAt
from jobs.triage.facts import Call, Change, EndedRun, Facts, History, Others, history_of
from jobs.triage.finding import Finding, find

AT = datetime(2030, 1, 1, tzinfo=UTC)
NEVER = History(None, None, 0, None, None, 0)
CALL = Call(number=2, method="POST", url="http://service.example/jobs/x", seconds=1.25)
FACTS = Facts(
    job=5,
    status=Status.FAILED,
    reason=Outcome.HTTP_STATUS,
    explanation="",
    attempts_made=2,
    attempts_allowed=2,
    has_begun=True,
    bound=60.0,
    history=NEVER,
    template=7,
    project=8,
    call=CALL,
)
OTHERS_FAIL = Others(unsuccessful=3, of=4, hours=1)
OTHERS_SUCCEED = Others(unsuccessful=1, of=9, hours=1)
OF_TEMPLATE = Change(entry=41, at=AT, kind="job_template", id=7, fields=("endpoint",))
OF_CREDENTIAL = Change(entry=42, at=AT, kind="credential", id=9, fields=("inputs",))


def ended(place: int, status: str, seconds: float = 1.0) -> EndedRun:
    """The run that ended so many hours before AT."""
    begun = AT - timedelta(hours=place)
    return EndedRun(100 - place, status, begun, begun, begun + timedelta(seconds=seconds), seconds)


def finding(**values: Any) -> Finding:
    return find(replace(FACTS, **values))


def answered(status: int, **values: Any) -> Finding:
    return finding(call=replace(CALL, status=status), **values)


@pytest.mark.parametrize(
    ("status", "retry_after", "cause", "look_at"),
    [
        (204, "", Cause.UNEXPECTED_STATUS, LookAt.TEMPLATE),
        (302, "", Cause.REDIRECTED, LookAt.TEMPLATE),
        (400, "", Cause.REQUEST_REFUSED, LookAt.TEMPLATE),
        (401, "", Cause.UNAUTHORIZED, LookAt.TEMPLATE),
        (403, "", Cause.UNAUTHORIZED, LookAt.TEMPLATE),
        (404, "", Cause.ENDPOINT_MISSING, LookAt.TEMPLATE),
        (405, "", Cause.ENDPOINT_MISSING, LookAt.TEMPLATE),
        (410, "", Cause.ENDPOINT_MISSING, LookAt.TEMPLATE),
        (422, "", Cause.REQUEST_REFUSED, LookAt.TEMPLATE),
        (429, "", Cause.THROTTLED, LookAt.SERVICE),
        (500, "", Cause.SERVICE_ERROR, LookAt.SERVICE),
        (503, "", Cause.SERVICE_ERROR, LookAt.SERVICE),
        (503, "120", Cause.THROTTLED, LookAt.SERVICE),
        (799, "", Cause.SERVICE_ERROR, LookAt.SERVICE),
    ],
)
def test_cause_of_a_status(status: int, retry_after: str, cause: Cause, look_at: LookAt) -> None:
    found = finding(call=replace(CALL, status=status, retry_after=retry_after))

    assert (found.cause, found.look_at) == (cause, look_at)
    assert found.next.path == "/api/v2/jobs/5/attempts/2/"
    assert any(retry_after in line and "Retry-After" in line for line in found.evidence) == bool(retry_after)


@pytest.mark.parametrize(
    ("reason", "cause", "look_at", "path"),
    [
        (Outcome.ASSERTION, Cause.UNEXPECTED_ANSWER, LookAt.SERVICE, "/api/v2/jobs/5/attempts/2/"),
        (Outcome.CONNECT, Cause.UNREACHABLE, LookAt.SERVICE, "/api/v2/jobs/5/attempts/2/"),
        (Outcome.TLS, Cause.TLS, LookAt.SERVICE, "/api/v2/jobs/5/attempts/2/"),
        (Outcome.TIMEOUT, Cause.TIMEOUT, LookAt.SERVICE, "/api/v2/jobs/5/attempts/2/"),
        (Outcome.REPORTED, Cause.REPORTED, LookAt.SERVICE, "/api/v2/jobs/5/attempts/2/"),
        (
            Outcome.DEADLINE,
            Cause.DEADLINE,
            LookAt.SERVICE,
            "/api/v2/job_templates/7/statistics/?days=30",
        ),
        (Outcome.CIRCUIT_OPEN, Cause.BREAKER_OPEN, LookAt.SERVICE, "/api/v2/projects/8/service/"),
        (
            Outcome.FORBIDDEN_ADDRESS,
            Cause.FORBIDDEN_ADDRESS,
            LookAt.BELFRY,
            "/api/v2/jobs/5/stdout/?format=txt",
        ),
        (
            Outcome.INVALID_REQUEST,
            Cause.INVALID_REQUEST,
            LookAt.TEMPLATE,
            "/api/v2/jobs/5/stdout/?format=txt",
        ),
        (Outcome.LOST, Cause.LOST, LookAt.BELFRY, "/api/v2/ping/"),
        (Outcome.INVALID_DOCUMENT, Cause.UNKNOWN, LookAt.TEMPLATE, "/api/v2/jobs/5/stdout/?format=txt"),
        ("", Cause.UNKNOWN, LookAt.TEMPLATE, "/api/v2/jobs/5/stdout/?format=txt"),
        ("a word of later", Cause.UNKNOWN, LookAt.TEMPLATE, "/api/v2/jobs/5/stdout/?format=txt"),
    ],
)
def test_cause_of_an_outcome(reason: str, cause: Cause, look_at: LookAt, path: str) -> None:
    found = finding(reason=reason)

    assert (found.cause, found.look_at, found.next.path) == (cause, look_at, path)
    assert found.summary


@pytest.mark.parametrize("reason", Outcome.values)
@pytest.mark.parametrize("changes", [(), (OF_TEMPLATE,), (OF_CREDENTIAL,)])
@pytest.mark.parametrize("others", [None, OTHERS_FAIL, OTHERS_SUCCEED])
def test_every_outcome_has_one_step_that_only_reads(
    reason: str, changes: tuple[Change, ...], others: Others | None
) -> None:
    for values in ({}, {"template": None, "project": None, "call": None}):
        step = finding(reason=reason, changes=changes, others=others, **values).next

        assert step.method == "GET"
        assert step.path.startswith("/api/v2/")
        assert "None" not in step.path
        assert step.command.startswith("curl -s -H ")
        assert f'"$CONTROLLER_HOST{step.path}"' in step.command
        assert not {"-X", "-d", "--data", "--request"} & set(step.command.split())


def test_what_may_not_be_read_is_not_the_next_step() -> None:
    breaker = finding(reason=Outcome.CIRCUIT_OPEN, project=None)
    late = finding(reason=Outcome.DEADLINE, template=None)
    others = answered(500, others=OTHERS_FAIL, project=None)

    assert breaker.next.path == "/api/v2/jobs/5/stdout/?format=txt"
    assert late.next.path == "/api/v2/jobs/5/attempts/2/"
    assert others.next.path == "/api/v2/jobs/5/attempts/2/"


@pytest.mark.parametrize(
    ("status", "word"),
    [(Status.SUCCESSFUL, "successful"), (Status.RUNNING, "running"), (Status.PENDING, "pending")],
)
def test_run_without_a_failure_has_no_cause(status: Status, word: str) -> None:
    found = finding(status=status, reason="", others=OTHERS_FAIL, changes=(OF_TEMPLATE,))

    assert (found.cause, found.look_at) == (Cause.NONE, LookAt.NOTHING)
    assert word in found.summary


@pytest.mark.parametrize(
    ("explanation", "cause", "path"),
    [
        ("", Cause.CANCELED, "/api/v2/jobs/5/activity_stream/"),
        (REPLACED, Cause.REPLACED, "/api/v2/job_templates/7/jobs/?order_by=-id"),
    ],
)
def test_canceled_run(explanation: str, cause: Cause, path: str) -> None:
    found = finding(
        status=Status.CANCELED, reason=Outcome.CANCELED, explanation=explanation, others=OTHERS_FAIL
    )

    assert (found.cause, found.next.path) == (cause, path)


def test_run_that_never_began() -> None:
    late = finding(reason=Outcome.DEADLINE, has_begun=False, call=None)
    refused = finding(reason="", has_begun=False, call=None)

    assert (late.cause, late.next.path) == (Cause.NEVER_BEGUN, "/api/v2/job_templates/7/jobs/?order_by=-id")
    assert refused.cause == Cause.NOT_LAUNCHED


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        ("The name of x.example:80 cannot be resolved: Name or service not known.", Cause.NAME_NOT_RESOLVED),
        ("The name of broker.example cannot be resolved.", Cause.NAME_NOT_RESOLVED),
        ("x.example has no address.", Cause.NAME_NOT_RESOLVED),
        ("No connection to x.example:80: Connection refused.", Cause.UNREACHABLE),
    ],
)
def test_name_that_is_not_resolved(error: str, cause: Cause) -> None:
    assert finding(reason=Outcome.CONNECT, call=replace(CALL, error=error)).cause == cause


def test_endpoint_that_never_reported() -> None:
    found = finding(reason=Outcome.TIMEOUT, call=replace(CALL, status=202, is_accepted=True))

    assert found.cause == Cause.NEVER_REPORTED


def test_some_hosts_and_all_hosts() -> None:
    some = answered(500, hosts=4, hosts_failed=1)
    every = answered(500, hosts=4, hosts_failed=4)

    assert (some.cause, some.next.path) == (
        Cause.SOME_HOSTS,
        "/api/v2/jobs/5/job_host_summaries/?failed=true",
    )
    assert "1 of 4 hosts failed." in some.evidence
    assert every.cause == Cause.SERVICE_ERROR


@pytest.mark.parametrize(
    ("reason", "cause"), [(Outcome.LOST, Cause.LOST), (Outcome.DEADLINE, Cause.DEADLINE)]
)
def test_end_of_the_whole_run_counts_before_that_of_some_hosts(reason: str, cause: Cause) -> None:
    assert finding(reason=reason, hosts=4, hosts_failed=1).cause == cause


def test_timeout_that_was_near_before() -> None:
    growing = history_of(
        [
            ended(0, Status.FAILED, 60),
            *(ended(place, Status.SUCCESSFUL, 62 - 2 * place) for place in range(1, 25)),
        ]
    )
    steady = history_of(
        [ended(0, Status.FAILED, 60), *(ended(place, Status.SUCCESSFUL, 5) for place in (1, 2))]
    )

    outgrown = finding(reason=Outcome.TIMEOUT, history=growing)
    sudden = finding(reason=Outcome.TIMEOUT, history=steady)

    assert (outgrown.cause, outgrown.look_at) == (Cause.OUTGROWN_TIMEOUT, LookAt.TEMPLATE)
    assert outgrown.next.path == "/api/v2/job_templates/7/statistics/?days=30"
    assert any("the longest of the last ones 60 s" in line for line in outgrown.evidence)
    assert sudden.cause == Cause.TIMEOUT


def test_others_of_the_project_that_fail_speak_against_the_service() -> None:
    found = answered(404, others=OTHERS_FAIL)

    assert (found.cause, found.look_at) == (Cause.ENDPOINT_MISSING, LookAt.SERVICE)
    assert "Other jobs of the project failed" in found.summary
    assert found.next.path == "/api/v2/jobs/?project=8&failed=true&order_by=-finished"
    assert any("3 of 4 other runs" in line for line in found.evidence)


def test_others_of_the_project_that_succeed_speak_against_the_job() -> None:
    found = answered(500, others=OTHERS_SUCCEED)

    assert (found.cause, found.look_at) == (Cause.SERVICE_ERROR, LookAt.TEMPLATE)
    assert "Other jobs of the project were successful" in found.summary


@pytest.mark.parametrize(
    "others", [None, Others(0, 0, 1), Others(1, 1, 1), Others(1, 2, 1)], ids=["unread", "none", "one", "half"]
)
def test_few_others_say_nothing(others: Others | None) -> None:
    found = answered(500, others=others)

    assert found.look_at == LookAt.SERVICE
    assert "Other jobs" not in found.summary


def test_others_say_nothing_of_a_lost_worker() -> None:
    found = finding(reason=Outcome.LOST, others=OTHERS_FAIL)

    assert (found.look_at, found.next.path) == (LookAt.BELFRY, "/api/v2/ping/")


def test_change_before_the_first_failure_is_suspect() -> None:
    found = answered(404, changes=(OF_TEMPLATE, OF_CREDENTIAL), others=OTHERS_SUCCEED)

    assert (found.cause, found.look_at) == (Cause.ENDPOINT_MISSING, LookAt.TEMPLATE)
    assert "It has failed since job template 7 was changed (endpoint) at 2030-01-01" in found.summary
    assert found.next.path == "/api/v2/activity_stream/41/"
    assert sum("Between the last success and the first failure" in line for line in found.evidence) == 2


def test_where_others_fail_too_only_what_they_share_is_suspect() -> None:
    own = answered(401, changes=(OF_TEMPLATE,), others=OTHERS_FAIL)
    shared = answered(401, changes=(OF_TEMPLATE, OF_CREDENTIAL), others=OTHERS_FAIL)

    assert own.look_at == LookAt.SERVICE
    assert (shared.look_at, shared.next.path) == (LookAt.TEMPLATE, "/api/v2/activity_stream/42/")


def test_history() -> None:
    history = history_of(
        [
            ended(0, Status.FAILED),
            ended(1, Status.CANCELED),
            ended(2, Status.ERROR),
            ended(3, Status.SUCCESSFUL, 10),
            ended(4, Status.FAILED),
            ended(5, Status.SUCCESSFUL, 20),
        ]
    )

    assert history.last_successful == ended(3, Status.SUCCESSFUL, 10)
    assert history.first_unsuccessful == ended(2, Status.ERROR)
    assert (history.unsuccessful_in_a_row, history.looked_at) == (2, 6)
    assert (history.usual_seconds, history.lately_seconds) == (19.5, 20)


def test_history_without_a_success_and_without_runs() -> None:
    assert history_of([ended(0, Status.FAILED)]) == History(None, ended(0, Status.FAILED), 1, None, None, 1)
    assert history_of([]) == NEVER
    assert history_of([ended(0, Status.SUCCESSFUL, 3)]).usual_seconds == 3


def test_evidence_has_figures_and_times_and_is_one_line_each() -> None:
    history = history_of([ended(0, Status.FAILED), ended(1, Status.FAILED), ended(2, Status.SUCCESSFUL)])

    found = answered(
        500, history=history, explanation="The endpoint answered 500;\nsuccess is 200-299.\x1b[31m"
    )

    assert found.evidence == (
        (
            "The run ended as failed, 2 of 2 attempts were made: "
            "the status of the answer is none of those that count as success."
        ),
        "The endpoint answered 500; success is 200-299.\N{REPLACEMENT CHARACTER}[31m",
        "POST http://service.example/jobs/x: HTTP 500 after 1.250 s of the 60 s that a call may take.",
        "The last successful run was job 98, which ended at 2029-12-31T22:00:01.000Z.",
        "2 runs in a row failed, the first at 2029-12-31T23:00:01.000Z.",
        "95 of 100 successful runs took at most 1 s, the longest of the last ones 1 s.",
    )


def test_long_answers_are_cut() -> None:
    found = finding(call=replace(CALL, status=500, answer="x" * 1000))

    assert max(map(len, found.evidence)) < 400
