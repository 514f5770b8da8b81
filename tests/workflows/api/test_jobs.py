from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from jobs.launching import launch
from jobs.models import UnifiedJob
from jobs.prompts import accept
from jobs.statuses import JobKind, Status
from tests.factories.access import client_of, make_organization, make_superuser, make_user
from tests.factories.jobs import make_job_template
from tests.factories.roles import give, holder
from tests.factories.workflows import make_node, make_workflow
from workflows.advancing import advance_due
from workflows.models import WorkflowJob, WorkflowJobTemplate

pytestmark = pytest.mark.django_db

JOBS = "/api/v2/workflow_jobs/"


@pytest.fixture
def client() -> APIClient:
    return client_of(make_superuser())


def running(workflow: WorkflowJobTemplate | None = None) -> WorkflowJob:
    """A run whose only node has been launched."""
    if workflow is None:
        workflow = make_workflow()
        make_node(workflow, make_job_template(), identifier="only")
    job = launch(workflow, user=None, answers=accept(workflow))
    advance_due()
    return WorkflowJob.objects.get(pk=job.pk)


def test_run_shows_its_nodes_and_they_their_runs(client: APIClient) -> None:
    job = running()

    shown = client.get(f"{JOBS}{job.pk}/").json()
    node = client.get(shown["related"]["workflow_nodes"]).json()["results"][0]
    launched = client.get(node["related"]["job"]).json()

    assert (shown["type"], shown["status"], shown["is_sliced_job"]) == ("workflow_job", "running", False)
    assert (node["identifier"], node["do_not_run"], node["job"]) == ("only", False, launched["id"])
    assert node["summary_fields"]["job"]["type"] == "job"
    assert launched["launch_type"] == "workflow"
    assert launched["related"]["source_workflow_job"] == shown["url"]
    assert launched["summary_fields"]["source_workflow_job"]["id"] == job.pk
    assert client.get(node["url"]).json() == node


def test_runs_of_a_workflow_are_found_among_all(client: APIClient) -> None:
    job = running()
    running()

    path = f"/api/v2/unified_jobs/?order_by=finished&unified_job_node__workflow_job={job.pk}"
    found = client.get(path).json()

    assert [one["type"] for one in found["results"]] == ["job"]
    all_of_it = client.get(f"/api/v2/unified_jobs/?type=workflow_job&id={job.pk}").json()
    assert all_of_it["results"][0]["related"]["workflow_nodes"] == f"{JOBS}{job.pk}/workflow_nodes/"


def test_run_is_canceled(client: APIClient) -> None:
    job = running()

    may = client.get(f"{JOBS}{job.pk}/cancel/").json()
    answer = client.post(f"{JOBS}{job.pk}/cancel/")
    advance_due()

    assert (may, answer.status_code) == ({"can_cancel": True}, 202)
    shown = client.get(f"{JOBS}{job.pk}/").json()
    assert (shown["status"], shown["failed"]) == ("canceled", True)
    assert client.post(f"{JOBS}{job.pk}/cancel/").status_code == 405


def test_relaunch_runs_the_workflow_with_the_old_answers(client: APIClient) -> None:
    workflow = make_workflow(ask_limit_on_launch=True)
    job = launch(workflow, user=None, answers=accept(workflow, prompts={"limit": "web"}))

    assert client.get(f"{JOBS}{job.pk}/relaunch/").json() == {}
    answer = client.post(f"{JOBS}{job.pk}/relaunch/", {})

    shown = answer.json()
    assert (answer.status_code, shown["launch_type"], shown["limit"]) == (201, "relaunch", "web")
    assert "ignored_fields" not in shown


def test_relaunch_without_a_template_is_refused(client: APIClient) -> None:
    job = running(make_workflow())
    WorkflowJobTemplate.objects.all().delete()

    answer = client.post(f"{JOBS}{job.pk}/relaunch/", {})

    assert answer.status_code == 400


def test_run_of_a_node_is_not_deleted_while_the_workflow_runs(client: APIClient) -> None:
    job = running()
    launched = UnifiedJob.objects.get(kind=JobKind.JOB)
    UnifiedJob.objects.filter(pk=launched.pk).update(status=Status.SUCCESSFUL, finished=timezone.now())

    refused = client.delete(f"/api/v2/jobs/{launched.pk}/")
    advance_due()
    deleted = client.delete(f"/api/v2/jobs/{launched.pk}/")

    assert refused.status_code == 403
    text = "Cannot delete job resource when associated workflow job is running."
    assert refused.json() == {"detail": text}
    assert deleted.status_code == 204
    assert client.delete(f"{JOBS}{job.pk}/").status_code == 204


def test_readers_of_the_workflow_see_its_runs() -> None:
    workflow = make_workflow(organization=make_organization())
    make_node(workflow, make_job_template())
    job = running(workflow)
    reader = client_of(holder(workflow, "read_role"))

    assert reader.get(JOBS).json()["count"] == 1
    assert reader.get("/api/v2/workflow_job_nodes/").json()["count"] == 1
    assert reader.post(f"{JOBS}{job.pk}/cancel/").status_code == 403
    stranger = client_of(make_user())
    assert (
        stranger.get(JOBS).json()["count"] == stranger.get("/api/v2/workflow_job_nodes/").json()["count"] == 0
    )
    assert stranger.get(f"{JOBS}{job.pk}/").status_code == 403


def test_lists_take_a_constant_number_of_statements(
    client: APIClient, django_assert_max_num_queries: Any
) -> None:
    reader = make_user()
    for _ in range(4):
        workflow = make_workflow()
        give(workflow, "read_role", reader)
        make_node(workflow, make_job_template())
        running(workflow)
    paths = (JOBS, "/api/v2/workflow_job_nodes/", "/api/v2/unified_jobs/")
    for path in paths:
        client.get(path)

    for path in paths:
        with django_assert_max_num_queries(10):
            client.get(path)
    for path in paths[:2]:
        with django_assert_max_num_queries(12):
            assert client_of(reader).get(path).json()["count"] == 4
