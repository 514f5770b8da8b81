"""`jobs/N/triage/` of runs that really failed, and of what is on record around a run."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from access.models import User
from access.roles import grant, role_of
from credentials.encryption import encrypt
from credentials.models import CredentialInputSource
from inventories.models import Group, Host
from jobs.models import JobTemplate, Project, UnifiedJob
from jobs.statuses import JobKind, Outcome, Status
from schedules.models import Occurrence
from tests.endpoint import Endpoint
from tests.factories.access import client_of, make_organization, make_superuser, make_user
from tests.factories.credentials import make_credential
from tests.factories.inventories import make_group, make_host
from tests.factories.jobs import make_attempt, make_job, make_job_template, make_project
from tests.factories.roles import holder
from tests.factories.runs import make_run, make_runs
from tests.factories.schedules import make_schedule
from tests.jobs.execution.conftest import (
    StartEngine,
    WaitUntilFinished,
    endpoint,
    start_engine,
    wait_until_finished,
)

__all__ = ["endpoint", "start_engine", "wait_until_finished"]

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def triage(client: APIClient, job: UnifiedJob) -> dict[str, Any]:
    answer = client.get(f"/api/v2/jobs/{job.pk}/triage/")
    assert answer.status_code == 200, answer.content
    told: dict[str, Any] = answer.json()
    return told


def ended(template: JobTemplate, status: Status, at: datetime, **values: Any) -> UnifiedJob:
    """A run that took a second; one that failed was answered with a 404."""
    failed = {"failure_reason": Outcome.HTTP_STATUS} if status == Status.FAILED else {}
    times = {"created": at, "started": at, "finished": at + timedelta(seconds=1), "elapsed": 1}
    job = make_job(template, status=status, **(failed | times | values))
    if failed:
        times = {"started": at, "finished": at + timedelta(seconds=1)}
        make_attempt(job, outcome=Outcome.HTTP_STATUS, response_status=404, **times)
    return job


@pytest.mark.django_db(transaction=True)
def test_runs_that_failed_in_several_ways(
    endpoint: Endpoint, start_engine: StartEngine, wait_until_finished: WaitUntilFinished
) -> None:
    url = endpoint.url
    # What has a deadline is claimed at once by an engine that looks already.
    start_engine()
    runs = {
        "service_error": make_run(f"{url}/status/500"),
        "endpoint_missing": make_run(f"{url}/status/404"),
        "unauthorized": make_run(f"{url}/status/401"),
        "throttled": make_run(f"{url}/status/429"),
        "redirected": make_run(f"{url}/redirect"),
        "unexpected_status": make_run(f"{url}/jobs/x", success_status="204"),
        "unexpected_answer": make_run(f"{url}/jobs/x", success_json={"status": "done"}),
        "timeout": make_run(f"{url}/sleep/30", timeout=1),
        "deadline": make_run(f"{url}/sleep/30", policy={"deadline": 2}),
        "unreachable": make_run("http://127.0.0.1:9/"),
        "tls": make_run(f"{url.replace('http:', 'https:')}/jobs/x"),
        "name_not_resolved": make_run("http://belfry.invalid/"),
        "forbidden_address": make_run("http://10.1.2.3/"),
        "invalid_request": make_run(f"{url}/jobs/x", headers={"No header": "x"}),
        "none": make_run(f"{url}/jobs/x"),
    }

    wait_until_finished(*runs.values())

    client = client_of(make_superuser())
    found = {cause: triage(client, run) for cause, run in runs.items()}
    assert {cause: told["cause"] for cause, told in found.items()} == {cause: cause for cause in runs}
    assert any("HTTP 500 after" in line for line in found["service_error"]["evidence"])
    assert any("10.1.2.3" in line for line in found["forbidden_address"]["evidence"])
    for cause in ("forbidden_address", "invalid_request"):
        assert "nothing was sent" in str(found[cause]["evidence"])
        assert "no answer" not in str(found[cause]["evidence"])
    record = client.get(f"/api/v2/jobs/{runs['forbidden_address'].pk}/stdout/?format=txt").content.decode()
    assert "Nothing was sent to the forbidden address\nOutcome: the address may not be called" in record
    for told in found.values():
        assert told["summary"]
        assert told["next"]["method"] == "GET"
        assert client.get(told["next"]["path"], HTTP_ACCEPT="*/*").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_no_secret_is_told(
    endpoint: Endpoint, start_engine: StartEngine, wait_until_finished: WaitUntilFinished
) -> None:
    run = make_run(
        f"{endpoint.url}/echo?api_key=in-the-url",
        headers={"X-Api-Key": encrypt("in-a-header")},
        success_json={"headers.X-Api-Key": "other"},
    )

    start_engine()
    wait_until_finished(run)

    answer = client_of(make_superuser()).get(f"/api/v2/jobs/{run.pk}/triage/")
    text = answer.content.decode()
    assert answer.json()["cause"] == "unexpected_answer"
    assert "$encrypted$" in text
    assert "in-a-header" not in text
    assert "in-the-url" not in text


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def root() -> User:
    return make_superuser()


@pytest.fixture
def project() -> Project:
    return make_project()


@pytest.fixture
def template(project: Project) -> JobTemplate:
    return make_job_template(project=project)


def test_history_up_to_the_run(root: User, template: JobTemplate, now: datetime) -> None:
    ended(template, Status.FAILED, now - 5 * HOUR)
    good = ended(template, Status.SUCCESSFUL, now - 4 * HOUR)
    ended(template, Status.FAILED, now - 3 * HOUR)
    ended(template, Status.CANCELED, now - 2 * HOUR)
    job = ended(template, Status.FAILED, now - HOUR)
    ended(template, Status.SUCCESSFUL, now)

    history = triage(client_of(root), job)["history"]

    assert history["last_successful"]["id"] == good.pk
    assert datetime.fromisoformat(history["unsuccessful_since"]) == now - 3 * HOUR + timedelta(seconds=1)
    assert (history["unsuccessful_in_a_row"], history["looked_at"], history["usual_seconds"]) == (2, 5, 1)


def test_changed_template_is_told(root: User, template: JobTemplate, now: datetime) -> None:
    client = client_of(root)
    ended(template, Status.SUCCESSFUL, now - 2 * HOUR)
    path = f"/api/v2/job_templates/{template.pk}/"
    assert client.patch(path, {"endpoint": "/moved"}, format="json").status_code == 200
    assert client.patch(path, {"description": "New words"}, format="json").status_code == 200
    job = ended(template, Status.FAILED, timezone.now())
    client.patch(path, {"timeout": 5}, format="json")
    later = ended(template, Status.FAILED, now + 2 * HOUR)

    for failed in (job, later):
        told = triage(client, failed)

        assert (told["cause"], told["look_at"]) == ("endpoint_missing", "template")
        assert f"job template {template.pk} was changed (endpoint)" in told["summary"]
        entry = client_of(holder(template, "read_role")).get(told["next"]["path"]).json()
        assert entry["changes"]["endpoint"] == ["http://127.0.0.1:9/jobs/x", "/moved"]


@pytest.mark.parametrize(
    ("resource", "body"),
    [
        ("projects", {"scm_url": "http://127.0.0.1:10/"}),
        ("credentials", {"inputs": {"token": "a-new-one"}}),
        ("schedules", {"extra_data": {"a": 1}}),
    ],
)
def test_what_else_was_changed_is_told(
    root: User, project: Project, now: datetime, resource: str, body: dict[str, Any]
) -> None:
    template = make_job_template(project=project, ask_variables_on_launch=True)
    credential = make_credential("http_bearer", inputs={"token": "the-old-one"})
    template.credentials.add(credential)
    schedule = make_schedule(template=template)
    ids = {"projects": project.pk, "credentials": credential.pk, "schedules": schedule.pk}
    client = client_of(root)
    ended(template, Status.SUCCESSFUL, now - HOUR)
    changed = client.patch(f"/api/v2/{resource}/{ids[resource]}/", body, format="json")
    assert changed.status_code == 200, changed.content
    job = ended(template, Status.FAILED, now + HOUR)
    job.request["credentials"] = [credential.pk]
    job.save()
    Occurrence.objects.create(schedule=schedule, scheduled_for=now, outcome="launched", job=job)

    told = triage(client, job)

    assert f"{resource[:-1]} {ids[resource]} was changed ({next(iter(body))})" in told["summary"]
    assert "a-new-one" not in str(told)
    assert client.get(told["next"]["path"]).status_code == 200


@pytest.fixture
def called(template: JobTemplate) -> Host:
    """A host of the template's inventory, in a group below another."""
    host = make_host()
    make_group(below=make_group(host.inventory, name="upper"), hosts=(host,), name="lower")
    return host


def failed_on(template: JobTemplate, host: Host, at: datetime) -> UnifiedJob:
    job = make_job(
        template,
        inventory=host.inventory,
        status=Status.FAILED,
        failure_reason=Outcome.HTTP_STATUS,
        created=at,
        started=at,
        finished=at,
    )
    make_attempt(
        job, host=host, host_name=host.name, outcome=Outcome.HTTP_STATUS, response_status=404, finished=at
    )
    return job


@pytest.mark.parametrize("kind", ["inventory", "host", "group"])
def test_changed_addresses_are_told(
    root: User, template: JobTemplate, called: Host, now: datetime, kind: str
) -> None:
    upper = Group.objects.get(name="upper")
    resource, pk, body = {
        "inventory": ("inventories", called.inventory_id, {"variables": "a: 1"}),
        "host": ("hosts", called.pk, {"name": "moved.example.com"}),
        "group": ("groups", upper.pk, {"variables": "a: 1"}),
    }[kind]
    client = client_of(root)
    ended(template, Status.SUCCESSFUL, now - HOUR)
    changed = client.patch(f"/api/v2/{resource}/{pk}/", {**body, "description": "d"}, format="json")
    assert changed.status_code == 200, changed.content

    told = triage(client, failed_on(template, called, now + HOUR))

    assert f"{kind} {pk} was changed ({next(iter(body))})" in told["summary"]
    assert told["look_at"] == "template"
    assert client.get(told["next"]["path"]).status_code == 200


def test_changes_of_other_hosts_are_not_told(
    root: User, template: JobTemplate, called: Host, now: datetime
) -> None:
    client = client_of(root)
    other = make_host(called.inventory)
    aside = make_group(called.inventory, hosts=(other,))
    ended(template, Status.SUCCESSFUL, now - HOUR)
    for path in (f"/api/v2/hosts/{other.pk}/", f"/api/v2/groups/{aside.pk}/"):
        assert client.patch(path, {"variables": "a: 1"}, format="json").status_code == 200

    assert "was changed" not in str(triage(client, failed_on(template, called, now + HOUR)))


def test_new_host_and_its_groups_are_told(
    root: User, template: JobTemplate, called: Host, now: datetime
) -> None:
    client = client_of(root)
    lower = Group.objects.get(name="lower")
    ended(template, Status.SUCCESSFUL, now - HOUR)
    made = client.post(
        f"/api/v2/inventories/{called.inventory_id}/hosts/", {"name": "new.example.com"}, format="json"
    )
    host = Host.objects.get(pk=made.json()["id"])
    assert client.post(f"/api/v2/groups/{lower.pk}/hosts/", {"id": host.pk}, format="json").status_code == 204

    told = triage(client, failed_on(template, host, now + HOUR))

    assert any(f"host {host.pk} was made at" in line for line in told["evidence"])
    assert f"group {lower.pk} was changed (hosts)" in told["summary"]


def test_changed_addresses_are_not_told_to_who_may_not_read_them(
    root: User, template: JobTemplate, called: Host, now: datetime
) -> None:
    ended(template, Status.SUCCESSFUL, now - HOUR)
    for path in (f"/api/v2/hosts/{called.pk}/", f"/api/v2/inventories/{called.inventory_id}/"):
        assert client_of(root).patch(path, {"variables": "a: 1"}, format="json").status_code == 200
    client_of(root).patch("/api/v2/settings/jobs/", {"DEFAULT_JOB_TIMEOUT": 5}, format="json")

    told = triage(client_of(holder(template, "read_role")), failed_on(template, called, now + HOUR))

    assert "was changed" not in str(told)


def test_changed_timeout_of_the_installation_is_told(
    root: User, template: JobTemplate, now: datetime
) -> None:
    client = client_of(root)
    ended(template, Status.SUCCESSFUL, now - HOUR)
    changed = client.patch("/api/v2/settings/jobs/", {"DEFAULT_JOB_TIMEOUT": 5}, format="json")
    assert changed.status_code == 200
    client.patch("/api/v2/settings/all/", {"CUSTOM_LOGIN_INFO": "Hello"}, format="json")

    told = triage(client, ended(template, Status.FAILED, now + HOUR))
    bounded = triage(client, ended(template, Status.FAILED, now + HOUR, timeout=60))

    assert told["look_at"] == "belfry"
    assert "since the setting DEFAULT_JOB_TIMEOUT was changed" in told["summary"]
    assert client.get(told["next"]["path"]).json()["changes"] == {"DEFAULT_JOB_TIMEOUT": [0, 5]}
    assert "DEFAULT_JOB_TIMEOUT" not in str(bounded)


def test_changed_lookup_of_a_credential_is_told(root: User, template: JobTemplate, now: datetime) -> None:
    client = client_of(root)
    vault = make_credential(
        "hashivault_kv", inputs={"url": "http://127.0.0.1:9", "token": "t", "api_version": "v1"}
    )
    credential = make_credential("http_bearer", inputs={"token": "of-its-own"})
    source = CredentialInputSource.objects.create(
        target_credential=credential,
        source_credential=vault,
        input_field_name="token",
        metadata={"secret_path": "/a"},
    )
    ended(template, Status.SUCCESSFUL, now - HOUR)
    path = f"/api/v2/credential_input_sources/{source.pk}/"
    changed = client.patch(path, {"metadata": {"secret_path": "/b", "secret_key": "k"}}, format="json")
    assert changed.status_code == 200, changed.content
    job = ended(template, Status.FAILED, now + HOUR)
    job.request["credentials"] = [credential.pk]
    job.save()

    told = triage(client, job)

    assert f"credential input source {source.pk} was changed (metadata)" in told["summary"]
    assert client.get(told["next"]["path"]).status_code == 200


def test_attached_credential_is_told(root: User, template: JobTemplate, now: datetime) -> None:
    client = client_of(root)
    ended(template, Status.SUCCESSFUL, now - HOUR)
    credentials = f"/api/v2/job_templates/{template.pk}/credentials/"
    bearer = make_credential("http_bearer", inputs={"token": "x"})
    assert client.post(credentials, {"id": bearer.pk}, format="json").status_code == 204
    job = ended(template, Status.FAILED, now + HOUR)

    assert f"job template {template.pk} was changed (credentials)" in triage(client, job)["summary"]


def test_changes_of_what_the_asker_may_not_read_are_not_told(
    root: User, project: Project, template: JobTemplate, now: datetime
) -> None:
    ended(template, Status.SUCCESSFUL, now - HOUR)
    client_of(root).patch(
        f"/api/v2/projects/{project.pk}/", {"scm_url": "http://127.0.0.1:10/"}, format="json"
    )
    job = ended(template, Status.FAILED, now + HOUR)
    other = make_job_template(project=project)
    ended(other, Status.FAILED, now + HOUR)
    reader = client_of(holder(template, "read_role"))

    told = triage(reader, job)

    assert f"project {project.pk}" not in str(told)
    assert told["history"]["others_of_the_project"] is None
    assert reader.get(told["next"]["path"]).status_code == 200
    assert f"project {project.pk} was changed" in triage(client_of(root), job)["summary"]


def test_others_of_the_project(root: User, project: Project, template: JobTemplate, now: datetime) -> None:
    other, hidden = make_job_template(project=project), make_job_template(project=project)
    for status in (Status.FAILED, Status.ERROR, Status.CANCELED, Status.SUCCESSFUL):
        ended(other, status, now)
    ended(other, Status.FAILED, now - 2 * HOUR)
    ended(hidden, Status.FAILED, now)
    ended(make_job_template(project=make_project()), Status.SUCCESSFUL, now)
    job = ended(template, Status.FAILED, now)
    reader = holder(template, "read_role")
    for readable in (project, other):
        grant(role_of(readable, "read_role"), reader)

    mine, whole = triage(client_of(reader), job), triage(client_of(root), job)

    assert mine["history"]["others_of_the_project"] == {"unsuccessful": 2, "of": 3, "hours": 1}
    assert whole["history"]["others_of_the_project"] == {"unsuccessful": 3, "of": 4, "hours": 1}
    assert mine["look_at"] == "service"
    listed = client_of(reader).get(mine["next"]["path"]).json()
    assert {row["job_template"] for row in listed["results"]} == {template.pk, other.pk}


def test_hosts_that_failed(root: User, template: JobTemplate, now: datetime) -> None:
    job = make_job(template, status=Status.FAILED, failure_reason=Outcome.CONNECT, started=now, finished=now)
    make_attempt(job, host_name="good", place=0)
    make_attempt(
        job,
        host_name="bad",
        place=1,
        outcome=Outcome.CONNECT,
        response_status=None,
        error="No connection to bad.",
    )

    told = triage(client_of(root), job)

    assert told["cause"] == "some_hosts"
    assert "1 of 2 hosts failed." in told["evidence"]
    assert "No connection to bad." in told["evidence"]
    assert client_of(root).get(told["next"]["path"]).json()["results"][0]["host_name"] == "bad"


def test_endpoint_that_accepted_and_was_silent(root: User, now: datetime) -> None:
    job = make_run(
        policy={"completion": "callback"},
        status=Status.FAILED,
        failure_reason=Outcome.TIMEOUT,
        started=now,
        finished=now,
    )
    make_attempt(job, outcome=Outcome.TIMEOUT, response_status=202)

    assert triage(client_of(root), job)["cause"] == "never_reported"


@pytest.mark.parametrize("status", [Status.PENDING, Status.WAITING, Status.RUNNING])
def test_run_that_has_not_ended(root: User, template: JobTemplate, now: datetime, status: Status) -> None:
    ended(template, Status.FAILED, now - HOUR)
    job = make_job(template, status=status)

    told = triage(client_of(root), job)

    assert (told["cause"], told["look_at"], told["next"]["path"]) == (
        "none",
        "nothing",
        f"/api/v2/jobs/{job.pk}/",
    )
    assert told["history"]["unsuccessful_in_a_row"] == 1


def test_what_is_gone_is_left_out(root: User, project: Project, template: JobTemplate, now: datetime) -> None:
    ended(template, Status.SUCCESSFUL, now - HOUR)
    job = ended(template, Status.FAILED, now)
    credential = make_credential("http_bearer", inputs={"token": "x"})
    job.request["credentials"] = [credential.pk]
    job.save()
    credential.delete()
    client = client_of(root)

    client.delete(f"/api/v2/projects/{project.pk}/")
    without_project = triage(client, job)
    client.delete(f"/api/v2/job_templates/{template.pk}/")
    without_template = triage(client, job)

    assert without_project["history"]["last_successful"] is not None
    assert without_project["history"]["others_of_the_project"] is None
    assert without_template["history"]["last_successful"] is None
    assert without_template["history"]["looked_at"] == 1
    assert without_template["cause"] == "endpoint_missing"
    assert client.get(without_template["next"]["path"]).status_code == 200


def test_orphans_have_no_history_in_common(root: User, now: datetime) -> None:
    gone = [make_run(status=Status.FAILED, started=now, finished=now) for _ in range(3)]

    assert triage(client_of(root), gone[0])["history"]["looked_at"] == 1


def test_who_may_read_the_run_may_ask(template: JobTemplate, now: datetime) -> None:
    job = ended(template, Status.FAILED, now)
    path = f"/api/v2/jobs/{job.pk}/triage/"

    assert client_of(None).get(path).status_code == 401
    assert client_of(make_user()).get(path).status_code == 403
    assert client_of(holder(template, "read_role")).get(path).status_code == 200
    assert client_of(make_user(is_system_auditor=True)).get(path).status_code == 200


def test_auditor_of_an_organization_asks_about_a_run_whose_template_is_gone(now: datetime) -> None:
    organization = make_organization()
    job = make_run(status=Status.FAILED, started=now, finished=now, organization=organization)

    assert triage(client_of(holder(organization, "auditor_role")), job)["cause"] == "unknown"


def test_only_runs_of_job_templates_have_one(root: User, now: datetime) -> None:
    update = make_run(kind=JobKind.PROJECT_UPDATE, status=Status.FAILED, started=now, finished=now)

    for number in (update.pk, update.pk + 1):
        assert client_of(root).get(f"/api/v2/jobs/{number}/triage/").status_code == 404


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_nothing_can_be_done_there(root: User, template: JobTemplate, now: datetime, method: str) -> None:
    job = ended(template, Status.FAILED, now)

    assert getattr(client_of(root), method)(f"/api/v2/jobs/{job.pk}/triage/").status_code == 405


def test_statements_do_not_depend_on_the_history(
    project: Project, template: JobTemplate, now: datetime
) -> None:
    user = holder(template, "read_role")
    grant(role_of(project, "read_role"), user)
    client = client_of(user)

    def statements(job: UnifiedJob) -> int:
        with CaptureQueriesContext(connection) as queries:
            triage(client, job)
        return len(queries)

    sibling = make_job_template(project=project)
    grant(role_of(sibling, "read_role"), user)
    ended(template, Status.SUCCESSFUL, now - 50 * HOUR)
    few = statements(ended(template, Status.FAILED, now - 49 * HOUR))
    for hours in range(20):
        other = make_job_template(project=project)
        grant(role_of(other, "read_role"), user)
        ended(other, Status.FAILED, now)
        ended(template, Status.FAILED, now - hours * HOUR)
    last = ended(template, Status.FAILED, now)
    for _ in range(20):
        make_attempt(last)

    with CaptureQueriesContext(connection) as queries:
        client.get(f"/api/v2/jobs/{last.pk}/triage/")

    assert len(queries) == few
    assert not [query["sql"] for query in queries if not query["sql"].lstrip("( ").startswith("SELECT")]


def test_history_is_read_from_an_index(root: User, template: JobTemplate, now: datetime) -> None:
    others = [make_job_template().pk for _ in range(9)]
    for pk, number in [(template.pk, 210), *((other, 40) for other in others)]:
        make_runs(
            number, "http://127.0.0.1:9/", unified_job_template_id=pk, status=Status.SUCCESSFUL, finished=now
        )
    job = ended(template, Status.FAILED, now)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE jobs_unifiedjob")

    with CaptureQueriesContext(connection) as queries:
        history = triage(client_of(root), job)["history"]

    [read] = [query["sql"] for query in queries if "LIMIT 200" in query["sql"]]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_bitmapscan = off")
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {read}")
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "Index Scan Backward using job_ended" in plan
    assert history["looked_at"] == 201
