"""`audit/`: verdicts that turn when what is proposed is really sent."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from access.models import User
from jobs.models import JobTemplate, UnifiedJob
from jobs.statuses import Status
from notifications.models import Event, Notification, NotificationTemplate, Subscription
from schedules.models import Schedule
from tests.factories.access import client_of, make_organization, make_superuser, make_user
from tests.factories.jobs import make_job, make_job_template, make_project
from tests.factories.notifications import make_notification, make_notification_template
from tests.factories.roles import holder
from tests.factories.schedules import make_schedule
from tests.factories.workflows import make_node, make_step, make_workflow

pytestmark = pytest.mark.django_db

AUDIT = "/api/v2/audit/"
HOURLY = "DTSTART:20300101T000000Z RRULE:FREQ=HOURLY;INTERVAL=1"
MINUTELY = "DTSTART:20300101T000000Z RRULE:FREQ=MINUTELY;INTERVAL=1"


@pytest.fixture
def root() -> User:
    return make_superuser()


@pytest.fixture
def client(root: User) -> APIClient:
    return client_of(root)


def audit(client: APIClient, template: Any) -> dict[str, Any]:
    answer = client.get(f"/api/v2/{template.kind}s/{template.pk}/audit/")
    assert answer.status_code == 200, answer.content
    told: dict[str, Any] = answer.json()
    return told


def ended(template: Any, *seconds: float, **values: Any) -> list[UnifiedJob]:
    """Successful runs of the last hour that took so long."""
    at = timezone.now() - timedelta(hours=1)
    return [make_job(template, started=at, finished=at, elapsed=one, **values) for one in seconds]


def told_of_errors(template: JobTemplate, *statuses: str, **values: Any) -> NotificationTemplate:
    """A notification template that is attached to it, with messages that ended so."""
    made = make_notification_template(**values)
    Subscription.objects.create(
        notification_template=made, event=Event.ERROR, unified_job_template_id=template.pk
    )
    for status in statuses:
        make_notification(made, status=status)
    return made


def mend(client: APIClient, changes: list[dict[str, Any]]) -> None:
    """Send what is proposed, as it is proposed."""
    assert changes
    for change in changes:
        assert change["value"] is not None, change
        body = {change["field"]: change["value"]}
        answer = getattr(client, change["method"].lower())(change["url"], body)
        assert answer.status_code in (200, 204), (change, answer.content)


def turns(client: APIClient, template: Any, name: str, verdict: str) -> dict[str, Any]:
    """The finding on a property, which has this verdict until all that is proposed was sent, and then is fulfilled."""
    before: dict[str, Any] = audit(client, template)[name]
    assert before["verdict"] == verdict, before
    mend(client, before["changes"])
    after = audit(client, template)[name]
    assert after["verdict"] == "fulfilled", after
    assert after["changes"] == []
    return before


@pytest.mark.parametrize(
    ("values", "verdict", "field", "value"),
    [
        ({"max_attempts": 3}, "in_part", "retry_on", "408,425,429,503"),
        ({"max_attempts": 3, "retry_on": "timeout,lost,429"}, "not_fulfilled", "retry_on", "429"),
        ({"max_attempts": 3, "retry_on": "lost"}, "not_fulfilled", "max_attempts", 1),
        ({"max_attempts": 3, "retry_on": "tls,500"}, "in_part", "retry_on", "tls"),
        ({"max_attempts": 2, "endpoint": "mailto:a@example.org"}, "not_fulfilled", "max_attempts", 1),
    ],
)
def test_idempotency(
    client: APIClient, values: dict[str, Any], verdict: str, field: str, value: object
) -> None:
    template = make_job_template(**values)

    [change] = turns(client, template, "idempotency", verdict)["changes"]

    assert (change["field"], change["value"]) == (field, value)
    assert change["url"] == f"/api/v2/job_templates/{template.pk}/"


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"http_method": "PUT", "max_attempts": 5, "retry_on": "timeout,lost,500-599"},
        {"max_attempts": 5, "retry_on": "tls,429,503"},
        {"max_attempts": 5, "retry_on": ""},
    ],
)
def test_idempotency_is_fulfilled(client: APIClient, values: dict[str, Any]) -> None:
    assert audit(client, make_job_template(**values))["idempotency"]["verdict"] == "fulfilled"


def test_idempotency_of_what_a_schedule_says_otherwise(client: APIClient) -> None:
    template = make_job_template()
    schedule = make_schedule(template=template, run_policy={"max_attempts": 3, "retry_on": "lost,503"})

    [change] = turns(client, template, "idempotency", "not_fulfilled")["changes"]

    assert change["url"] == f"/api/v2/schedules/{schedule.pk}/"
    assert change["value"] == {"max_attempts": 3, "retry_on": "503"}


@pytest.mark.parametrize(("policy", "verdict"), [("allow", "not_fulfilled"), ("replace", "in_part")])
def test_singleton(client: APIClient, policy: str, verdict: str) -> None:
    template = make_job_template(overlap_policy=policy)
    make_schedule(template=template, overlap_policy=policy)

    changes = turns(client, template, "singleton", verdict)["changes"]

    assert [(change["field"], change["value"]) for change in changes] == [("overlap_policy", "queue")] * 2


def test_singleton_of_runs_that_outgrow_their_interval(client: APIClient) -> None:
    allowing, queueing = make_job_template(overlap_policy="allow"), make_job_template()
    for template in (allowing, queueing):
        make_schedule(MINUTELY, template=template)
        ended(template, 100)

    [change] = turns(client, allowing, "singleton", "not_fulfilled")["changes"]
    assert (change["field"], change["value"]) == ("overlap_policy", "skip")
    [change] = turns(client, queueing, "singleton", "in_part")["changes"]
    assert (change["field"], change["value"]) == ("overlap_limit", 1)


def test_intervals_that_there_was_no_time_to_find_out(
    client: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("schedules.audit_facts.MOST_SECONDS", 0)
    template = make_job_template(timeout=60)
    schedule = make_schedule(template=template)

    told = audit(client, template)

    assert told["figures"]["shortest_interval"] is None
    assert f"/api/v2/schedules/{schedule.pk}/: there was no time left" in str(
        told["bounded_runtime"]["facts"]
    )


def test_singleton_of_a_workflow(client: APIClient) -> None:
    turns(client, make_workflow(allow_simultaneous=True), "singleton", "not_fulfilled")


@pytest.mark.parametrize(
    ("values", "seconds", "verdict", "proposed"),
    [
        ({}, (10, 10), "in_part", ("timeout", 60)),
        ({}, (), "in_part", ("timeout", 1800)),
        ({"timeout": 7200}, (100,), "in_part", ("timeout", 200)),
        ({"timeout": 100}, (90,), "in_part", ("timeout", 180)),
        ({"timeout": 60, "max_attempts": 50}, (10,), "in_part", ("deadline", 60)),
        ({"timeout": 60, "completion": "callback"}, (2000,), "not_fulfilled", ("deadline", 3600)),
        ({"deadline": 7200}, (), "in_part", ("deadline", 1800)),
    ],
)
def test_bounded_runtime(
    client: APIClient,
    values: dict[str, Any],
    seconds: tuple[float, ...],
    verdict: str,
    proposed: tuple[str, int],
) -> None:
    template = make_job_template(**values)
    make_schedule(HOURLY, template=template)
    ended(template, *seconds)

    told = audit(client, template)
    [change] = turns(client, template, "bounded_runtime", verdict)["changes"]

    assert (change["field"], change["value"]) == proposed
    assert told["figures"] == {
        "usual_seconds": max(seconds, default=None),
        "shortest_interval": 3600,
        "schedules": 1,
    }


def test_bounded_runtime_of_what_a_schedule_says_otherwise(client: APIClient) -> None:
    template = make_job_template(timeout=60)
    make_schedule(template=template, run_policy={"deadline": 7200})

    [change] = turns(client, template, "bounded_runtime", "in_part")["changes"]

    assert (change["field"], change["value"]) == ("run_policy", {"deadline": 1800})


def test_runs_that_take_longer_than_their_interval(client: APIClient) -> None:
    template = make_job_template(timeout=60)
    schedule = make_schedule(MINUTELY, template=template)
    ended(template, *[70] * 20)

    found = audit(client, template)["bounded_runtime"]

    assert found["verdict"] == "not_fulfilled"
    assert found["reason"] == (
        "Runs take up to 70 s and are launched every 60 s: one is not over when the next is due."
    )
    assert {(change["url"], change["field"], change["value"]) for change in found["changes"]} == {
        (f"/api/v2/schedules/{schedule.pk}/", "rrule", None),
        (f"/api/v2/job_templates/{template.pk}/", "timeout", None),
    }
    # What people chose.
    assert client.patch(f"/api/v2/schedules/{schedule.pk}/", {"rrule": HOURLY}).status_code == 200
    assert client.patch(f"/api/v2/job_templates/{template.pk}/", {"timeout": 300}).status_code == 200
    assert audit(client, template)["bounded_runtime"]["verdict"] == "fulfilled"


def test_steps_of_a_workflow(client: APIClient) -> None:
    workflow, template = make_workflow(), make_job_template(max_attempts=2, retry_on="lost", timeout=60)
    make_node(workflow, template)
    step = make_step(workflow)

    [change] = turns(client, workflow, "idempotency", "not_fulfilled")["changes"]
    assert change["url"] == f"/api/v2/job_templates/{template.pk}/"
    [change] = turns(client, workflow, "bounded_runtime", "not_fulfilled")["changes"]
    approval = step.unified_job_template_id
    assert change["url"] == f"/api/v2/workflow_approval_templates/{approval}/"


def test_alerting_of_nobody(client: APIClient) -> None:
    organization = make_organization()
    template = make_job_template(organization=organization)
    channel = make_notification_template(organization=organization)

    found = audit(client, template)["failure_alerting"]
    assert found["verdict"] == "not_fulfilled"
    mend(client, found["changes"])

    # It was attached; that a message gets there is to be seen yet.
    assert channel.subscriptions.filter(event=Event.ERROR, unified_job_template=template.pk).exists()
    found = audit(client, template)["failure_alerting"]
    assert (found["verdict"], found["changes"][0]["url"]) == (
        "in_part",
        f"/api/v2/notification_templates/{channel.pk}/test/",
    )
    assert client.post(found["changes"][0]["url"]).status_code == 202
    Notification.objects.update(status=Notification.Status.SUCCESSFUL)
    assert audit(client, template)["failure_alerting"]["verdict"] == "fulfilled"


@pytest.mark.parametrize(
    ("statuses", "others", "verdict"),
    [
        (("failed", "successful"), (), "fulfilled"),
        (("successful", "failed"), (), "not_fulfilled"),
        (("successful", "failed"), ("successful",), "in_part"),
        (("successful", "pending"), (), "fulfilled"),
    ],
)
def test_alerting_whose_messages_do_not_arrive(
    client: APIClient, statuses: tuple[str, ...], others: tuple[str, ...], verdict: str
) -> None:
    template = make_job_template()
    told_of_errors(template, *statuses)
    if others:
        told_of_errors(template, *others)

    assert audit(client, template)["failure_alerting"]["verdict"] == verdict


def test_alerting_by_the_project_and_by_the_organization(client: APIClient) -> None:
    organization, project = make_organization(), make_project()
    channel = make_notification_template()
    make_notification(channel, status="successful")
    of = {"notification_template": channel, "event": Event.ERROR}
    Subscription.objects.create(organization=organization, **of)
    Subscription.objects.create(unified_job_template=project.template, **of)
    told = [make_job_template(organization=organization), make_job_template(project=project)]
    # Told of what goes well.
    silent = make_job_template()
    Subscription.objects.create(
        notification_template=channel, event=Event.SUCCESS, unified_job_template=silent.template
    )

    found = [audit(client, one)["failure_alerting"]["verdict"] for one in (*told, silent)]

    assert found == ["fulfilled", "fulfilled", "not_fulfilled"]


def test_observability_of_what_is_not_kept(client: APIClient) -> None:
    template = make_job_template(failed_history_limit=0, successful_history_limit=0)

    changes = turns(client, template, "observability", "not_fulfilled")["changes"]

    assert {change["field"]: change["value"] for change in changes} == {
        "failed_history_limit": 20,
        "successful_history_limit": 20,
    }


def test_observability_of_a_status_that_is_not_looked_at(client: APIClient) -> None:
    template = make_job_template(success_json={"errors": 0})
    ended(template, 1, artifacts={"status": "ok", "processed": 3, "durationMs": 5})

    [change] = turns(client, template, "observability", "in_part")["changes"]

    assert change["value"] == {"errors": 0, "status": "ok"}


def test_observability_of_several_statuses_is_for_people(client: APIClient) -> None:
    template = make_job_template()
    for status in ("ok", "failed"):
        ended(template, 1, artifacts={"status": status})

    [change] = audit(client, template)["observability"]["changes"]

    assert (change["field"], change["value"]) == ("success_json", None)


def test_observability_of_empty_answers_and_quarantined_schedules(client: APIClient) -> None:
    template = make_job_template()
    assert audit(client, template)["observability"]["verdict"] == "fulfilled"
    ended(template, 1)
    assert audit(client, template)["observability"]["verdict"] == "in_part"
    schedule = make_schedule(template=template)
    Schedule.objects.filter(pk=schedule.pk).update(next_run=None, quarantine_reason="It cannot be read.")

    found = audit(client, template)["observability"]

    assert (found["verdict"], found["changes"][-1]["url"]) == (
        "not_fulfilled",
        f"/api/v2/schedules/{schedule.pk}/",
    )


def test_list_by_verdict_and_lookups(client: APIClient) -> None:
    organization, project = make_organization(), make_project()
    good = make_job_template(name="Good", timeout=60, organization=organization, project=project)
    told_of_errors(good, "successful")
    bad = make_job_template(name="Bad", overlap_policy="allow", timeout=60)
    workflow = make_workflow(name="Flow")

    def names(**query: str) -> list[str]:
        answer = client.get(AUDIT, query)
        assert answer.status_code == 200, answer.content
        assert answer.json()["count"] == len(answer.json()["results"])
        return [row["name"] for row in answer.json()["results"]]

    assert names() == ["Bad", "Flow", "Good"]
    assert names(verdict="fulfilled") == ["Good"]
    assert names(verdict="not_fulfilled") == ["Bad", "Flow"]
    assert names(singleton="not_fulfilled") == ["Bad"]
    assert names(singleton="fulfilled", failure_alerting="not_fulfilled") == ["Flow"]
    assert names(observability="in_part") == []
    assert names(organization=str(organization.pk)) == names(project=str(project.pk)) == ["Good"]
    assert names(type="workflow_job_template", verdict="not_fulfilled") == ["Flow"]
    assert names(name__icontains="b", order_by="-name") == ["Bad"]
    page = client.get(AUDIT, {"verdict": "not_fulfilled", "page_size": "1"}).json()
    assert (page["count"], page["next"]) == (2, f"{AUDIT}?page=2&page_size=1&verdict=not_fulfilled")
    row = client.get(AUDIT, {"id": str(bad.pk)}).json()["results"][0]
    assert row == audit(client, bad)
    assert row["related"] == {"job_template": f"/api/v2/job_templates/{bad.pk}/"}
    assert audit(client, workflow)["verdict"] == "not_fulfilled"


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"verdict": "good"}, "verdict"),
        ({"idempotency": ""}, "idempotency"),
        ({"singleton": "in_part,fulfilled"}, "singleton"),
        ({"observability__in": "in_part"}, "detail"),
        ({"nothing": "1"}, "detail"),
        ({"project": "x"}, "project"),
        ({"organization": "x"}, "detail"),
    ],
)
def test_bad_filters(client: APIClient, query: dict[str, str], field: str) -> None:
    answer = client.get(AUDIT, query)

    assert answer.status_code == 400
    assert list(answer.json()) == [field]


def test_too_many_to_be_judged(client: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.api.views.audit.MOST_AUDITED", 1)
    for name in ("one", "two"):
        make_job_template(name=name)

    assert client.get(AUDIT, {"verdict": "fulfilled"}).status_code == 400
    assert client.get(AUDIT, {"verdict": "fulfilled", "name": "one"}).status_code == 200
    assert client.get(AUDIT).status_code == 200


def test_whoever_reads_a_template_reads_its_audit_and_nothing_else() -> None:
    organization = make_organization()
    template = make_job_template(organization=organization, timeout=60)
    step = make_job_template(name="Hidden step", max_attempts=2, retry_on="lost")
    workflow = make_workflow(organization=organization)
    make_node(workflow, step)
    channel = told_of_errors(template, "failed", organization=organization, name="Hidden channel")
    reader, auditor = holder(template, "read_role"), make_user(is_system_auditor=True)
    of_workflow = holder(workflow, "read_role")

    assert client_of(make_user()).get(AUDIT).json()["count"] == 0
    assert client_of(auditor).get(AUDIT).json()["count"] == 3
    assert [row["id"] for row in client_of(reader).get(AUDIT).json()["results"]] == [template.pk]
    assert client_of(reader).get(f"/api/v2/job_templates/{step.pk}/audit/").status_code == 403
    assert client_of(None).get(AUDIT).status_code == 401
    assert client_of(auditor).get(f"/api/v2/job_templates/{workflow.pk}/audit/").status_code == 404
    seen = client_of(reader).get(AUDIT).content.decode()
    assert "not_fulfilled" in seen
    assert f"notification_templates/{channel.pk}" not in seen
    assert f"notification_templates/{channel.pk}" in client_of(auditor).get(AUDIT).content.decode()
    # What the asker may not read is counted, not judged.
    assert audit(client_of(auditor), workflow)["idempotency"]["verdict"] == "not_fulfilled"
    found = audit(client_of(of_workflow), workflow)["idempotency"]
    assert (found["verdict"], found["changes"]) == ("fulfilled", [])
    assert "1 that you may not read" in found["facts"][0]


def test_audit_changes_nothing_and_costs_the_same_for_a_page(client: APIClient) -> None:
    def grow(number: int) -> None:
        for _ in range(number):
            project = make_project(organization=make_organization())
            template = make_job_template(project=project, organization=make_organization())
            make_schedule(template=template, run_policy={"max_attempts": 2})
            told_of_errors(template, "successful", "failed")
            ended(template, 1, 2)
            workflow = make_workflow(organization=make_organization())
            make_node(workflow, template)
            make_step(workflow)
            make_schedule(template=workflow)

    def cost(**query: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(AUDIT, query)
        assert answer.status_code == 200
        written = [one["sql"] for one in queries if not one["sql"].startswith(("SELECT", "\nSELECT"))]
        assert written == []
        return len(queries)

    grow(1)
    few = cost(), cost(bounded_runtime="in_part")
    grow(12)

    assert client.get(AUDIT).json()["count"] == 26
    assert (cost(), cost(bounded_runtime="in_part")) == few


def test_canceled_and_old_runs_say_nothing(client: APIClient) -> None:
    template = make_job_template(timeout=60)
    ended(template, 59, status=Status.CANCELED)
    make_job(template, elapsed=59, finished=timezone.now() - timedelta(days=31))

    found = audit(client, template)

    assert (found["figures"]["usual_seconds"], found["bounded_runtime"]["verdict"]) == (None, "fulfilled")
