"""Approvals of workflows: who is told that one waits and how it was decided, and in which words."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from access.models import Organization
from jobs.launching import launch
from jobs.models import UnifiedJobTemplate
from jobs.prompts import accept
from notifications.models import Event, Notification, NotificationTemplate, Subscription
from notifications.telling import told
from tests.factories.access import make_organization, make_user
from tests.factories.notifications import make_notification_template
from tests.factories.workflows import make_step, make_workflow
from workflows.advancing import advance_due
from workflows.approvals import decide, expire
from workflows.models import Approval, WorkflowApproval, WorkflowJob, WorkflowJobTemplate

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _address(settings: Any) -> None:
    settings.BELFRY_URL = "https://belfry.example.com"


def subscribe(
    to: Organization | UnifiedJobTemplate, kind: str = "slack", messages: Any = None
) -> NotificationTemplate:
    name = "organization_id" if isinstance(to, Organization) else "unified_job_template_id"
    template = make_notification_template(kind, messages=messages)
    Subscription.objects.create(notification_template=template, event=Event.APPROVALS, **{name: to.pk})
    return template


def waiting(workflow: WorkflowJobTemplate, **values: Any) -> WorkflowApproval:
    make_step(workflow, **({"name": "Release"} | values))
    launch(workflow, user=make_user("alice"), answers=accept(workflow))
    advance_due()
    return WorkflowApproval.objects.latest("pk")


def notices() -> list[tuple[int, str]]:
    return list(Notification.objects.values_list("notification_template", "event"))


def test_workflow_and_its_organization_tell_that_an_approval_waits() -> None:
    organization = make_organization()
    workflow = make_workflow(organization=organization)
    by = [subscribe(workflow).pk, subscribe(organization).pk]
    subscribe(make_workflow(organization=organization))
    subscribe(make_organization())

    approval = waiting(workflow)

    assert sorted(notices()) == [(pk, "running") for pk in by]
    assert set(Notification.objects.values_list("job", "status")) == {(approval.pk, "pending")}


@pytest.mark.parametrize(("approved", "notice"), [(True, "approved"), (False, "denied")])
def test_decision_is_told_once(*, approved: bool, notice: str) -> None:
    workflow = make_workflow()
    by = subscribe(workflow)
    approval = waiting(workflow)

    decide(approval, approved=approved, user=make_user())
    advance_due()

    assert notices() == [(by.pk, "running"), (by.pk, notice)]


def test_approval_that_came_too_late_is_told() -> None:
    workflow = make_workflow()
    by = subscribe(workflow)
    waiting(workflow, timeout=60)
    Approval.objects.update(expires=timezone.now() - timedelta(seconds=1))

    expire()

    assert notices() == [(by.pk, "running"), (by.pk, "timed_out")]


def test_canceled_approval_is_not_told_of() -> None:
    workflow = make_workflow()
    subscribe(workflow)
    waiting(workflow)
    Notification.objects.all().delete()

    WorkflowJob.objects.update(cancel_requested=True)
    advance_due()

    assert WorkflowApproval.objects.get().status == "canceled"
    assert notices() == []


def test_step_that_is_deleted_is_told_of_as_denied() -> None:
    workflow = make_workflow()
    by = subscribe(workflow)
    waiting(workflow)

    workflow.workflow_job_template_nodes.get().delete()

    assert notices() == [(by.pk, "running"), (by.pk, "denied")]


def test_usual_words_name_the_step_and_the_workflow() -> None:
    workflow = make_workflow()
    subscribe(workflow)
    subscribe(workflow, "webhook")
    approval = waiting(workflow, name='Say "yes"')
    url = f"https://belfry.example.com/api/v2/workflow_jobs/{WorkflowJob.objects.get().pk}/"
    decide(approval, approved=True, user=None)

    said = [told(one) for one in Notification.objects.order_by("event", "notification_template")]

    assert said[0] == (f"'Say \"yes\"' was approved: {url}", "")
    assert said[2][0] == f"'Say \"yes\"' waits for approval: {url}"
    assert (said[1][0], json.loads(said[1][1])) == ("", {"body": f"'Say \"yes\"' was approved: {url}"})


def test_own_messages_may_say_what_awxs_may() -> None:
    own = {
        "running": {
            "message": "{{ approval_node_name }} is {{ approval_status }}",
            "body": "{{ job_metadata }}",
        },
        "denied": {"message": "{{ job.name }} #{{ job.id }}: {{ workflow_url }} {{ url }}", "body": None},
    }
    workflow = make_workflow()
    subscribe(workflow, "webhook", messages={"workflow_approval": own})
    approval = waiting(workflow)
    decide(approval, approved=False, user=make_user())

    running, denied = (told(one) for one in Notification.objects.order_by("pk"))

    assert running[0] == "Release is running"
    metadata = json.loads(running[1])
    # As it was when it began to wait, though it has been decided since.
    assert (metadata["id"], metadata["status"], metadata["finished"], metadata["created_by"]) == (
        approval.pk,
        "pending",
        None,
        "alice",
    )
    base = "https://belfry.example.com/api/v2"
    workflow_job = WorkflowJob.objects.get()
    assert denied[0] == (
        f"Release #{approval.pk}: {base}/workflow_jobs/{workflow_job.pk}/ "
        f"{base}/workflow_approvals/{approval.pk}/"
    )
