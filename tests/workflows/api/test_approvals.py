from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from access.activity import ActivityStream
from jobs.launching import launch
from jobs.prompts import accept
from jobs.statuses import Status
from tests.factories.access import client_of, make_organization, make_superuser, make_user
from tests.factories.jobs import make_job_template
from tests.factories.roles import give, holder
from tests.factories.workflows import make_node, make_step, make_workflow
from workflows.advancing import advance_due
from workflows.approvals import expire
from workflows.models import Approval, WorkflowApproval, WorkflowJob, WorkflowJobNode, WorkflowJobTemplate

pytestmark = pytest.mark.django_db

APPROVALS = "/api/v2/workflow_approvals/"


@pytest.fixture
def client() -> APIClient:
    return client_of(make_superuser("boss"))


def waiting(workflow: WorkflowJobTemplate | None = None, **values: Any) -> WorkflowApproval:
    """What waits in a new run; behind it a node for each end."""
    workflow = workflow or make_workflow()
    step = make_step(workflow, **values)
    step.success_nodes.add(make_node(workflow, make_job_template(), identifier="approved"))
    step.failure_nodes.add(make_node(workflow, make_job_template(), identifier="denied"))
    launch(workflow, user=None, answers=accept(workflow))
    advance_due()
    return WorkflowApproval.objects.latest("pk")


def launched() -> set[str]:
    advance_due()
    nodes = WorkflowJobNode.objects.filter(job__isnull=False, job__kind="job")
    return set(nodes.values_list("identifier", flat=True))


@pytest.mark.parametrize(
    ("action", "status", "follows"),
    [("approve", Status.SUCCESSFUL, "approved"), ("deny", Status.FAILED, "denied")],
)
def test_decision_lets_the_workflow_go_on(
    client: APIClient, action: str, status: Status, follows: str
) -> None:
    approval = waiting()
    path = f"{APPROVALS}{approval.pk}/"
    before = client.get(path).json()

    answer = client.post(f"{path}{action}/")

    assert (answer.status_code, answer.content) == (204, b"")
    assert (before["status"], before["can_approve_or_deny"]) == ("pending", True)
    after = client.get(path).json()
    assert (after["status"], after["can_approve_or_deny"], after["timed_out"]) == (status, False, False)
    assert after["finished"] is not None
    assert after["summary_fields"]["approved_or_denied_by"]["username"] == "boss"
    assert launched() == {follows}
    entry = ActivityStream.objects.get(object1="workflow_approval", operation="update")
    assert (entry.changes, entry.actor_username) == ({"status": ["pending", status]}, "boss")


def test_second_decision_is_refused(client: APIClient) -> None:
    path = f"{APPROVALS}{waiting().pk}/"
    client.post(f"{path}approve/")

    answer = client.post(f"{path}deny/")

    assert answer.status_code == 400
    assert answer.json() == {"error": "This workflow step has already been approved or denied."}


def test_only_who_may_approve_decides() -> None:
    organization = make_organization()
    workflow = make_workflow(organization=organization)
    approval = waiting(workflow)
    path = f"{APPROVALS}{approval.pk}/approve/"
    executor = holder(workflow, "execute_role")

    assert client_of(make_user()).post(path).status_code == 403
    refused = client_of(executor).post(path)
    shown = client_of(executor).get(f"{APPROVALS}{approval.pk}/").json()
    give(organization, "approval_role", executor)
    decided = client_of(executor).post(path)

    assert (refused.status_code, shown["can_approve_or_deny"], decided.status_code) == (403, False, 204)
    assert refused.json() == {"detail": "You do not have permission to perform this action."}


def test_strangers_see_no_approvals() -> None:
    approval = waiting()
    stranger = client_of(make_user())

    assert stranger.get(APPROVALS).json()["count"] == 0
    assert stranger.get(f"{APPROVALS}{approval.pk}/").status_code == 403


def test_dashboard_counts_those_that_wait(client: APIClient) -> None:
    waiting()
    client.post(f"{APPROVALS}{waiting().pk}/deny/")

    seen, hidden = (who.get("/api/v2/dashboard/").json() for who in (client, client_of(make_user())))

    url = f"{APPROVALS}?status=pending"
    assert seen["workflow_approvals"] == {"url": url, "total": 1}
    assert hidden["workflow_approvals"] == {"url": url, "total": 0}
    assert client.get(url).json()["count"] == 1


def test_approval_that_comes_too_late_fails(client: APIClient) -> None:
    approval = waiting(name="Late", timeout=60)
    shown = client.get(f"{APPROVALS}{approval.pk}/").json()
    assert expire() == 0

    Approval.objects.update(expires=timezone.now() - timedelta(seconds=1))
    assert (expire(), expire()) == (1, 0)

    after = client.get(f"{APPROVALS}{approval.pk}/").json()
    assert shown["approval_expiration"] > shown["created"]
    assert (after["status"], after["timed_out"], after["approval_expiration"]) == ("failed", True, None)
    text = f"The approval node Late ({approval.pk}) has expired after 60 seconds."
    assert after["job_explanation"] == text
    assert client.post(f"{APPROVALS}{approval.pk}/approve/").status_code == 400
    assert launched() == {"denied"}


def test_canceled_approval_does_not_expire() -> None:
    waiting(timeout=60)
    WorkflowJob.objects.update(cancel_requested=True)
    advance_due()
    Approval.objects.update(expires=timezone.now() - timedelta(seconds=1))

    assert expire() == 0
    assert WorkflowApproval.objects.get().status == Status.CANCELED


def test_who_waits_at_a_step_that_is_deleted_is_denied(client: APIClient) -> None:
    approval = waiting()

    client.delete(f"/api/v2/workflow_job_template_nodes/{_node_of(approval)}/")

    approval.refresh_from_db()
    assert (approval.status, approval.unified_job_template) == (Status.FAILED, None)
    assert client.get(f"{APPROVALS}{approval.pk}/").status_code == 200


def _node_of(approval: WorkflowApproval) -> int:
    template = approval.unified_job_template
    assert template is not None
    node = template.workflowjobtemplatenodes.get()
    return int(node.pk)


def test_run_of_a_step_is_found_by_its_name(client: APIClient) -> None:
    approval = waiting(name="Approve me")
    workflow_job = WorkflowJob.objects.get()

    nodes = client.get(f"/api/v2/workflow_jobs/{workflow_job.pk}/workflow_nodes/?job__name=Approve me").json()

    assert nodes["count"] == 1
    assert nodes["results"][0]["related"]["job"] == f"{APPROVALS}{approval.pk}/"
    shown = client.get(f"{APPROVALS}{approval.pk}/").json()
    assert shown["related"]["source_workflow_job"] == f"/api/v2/workflow_jobs/{workflow_job.pk}/"
    assert client.get(f"{APPROVALS}?status=pending").json()["count"] == 1


def test_pending_approval_cannot_be_deleted(client: APIClient) -> None:
    path = f"{APPROVALS}{waiting().pk}/"

    assert client.delete(path).status_code == 403


def test_approvals_take_a_constant_number_of_statements(
    client: APIClient, django_assert_max_num_queries: Any
) -> None:
    user = make_user()
    for _ in range(4):
        workflow = make_workflow()
        give(workflow, "approval_role", user)
        waiting(workflow)
        client.get(APPROVALS)

    for one in (client, client_of(user)):
        with django_assert_max_num_queries(8):
            assert one.get(APPROVALS).json()["count"] == 4
