from datetime import UTC, datetime, timedelta

import pytest

from access.activity import ActivityStream
from jobs.models import UnifiedJob
from jobs.statuses import JobKind, LaunchType, Status
from schedules.poller import launch_due
from tests.factories.access import client_of, make_superuser
from tests.factories.jobs import make_job_template
from tests.factories.schedules import make_schedule
from tests.factories.workflows import make_node, make_workflow
from workflows.models import WorkflowJob, WorkflowJobNode
from workflows.tasks import poll_workflows

pytestmark = pytest.mark.django_db

MIDNIGHT = datetime(2030, 1, 1, tzinfo=UTC)


def test_scheduled_workflow_runs() -> None:
    workflow = make_workflow(ask_variables_on_launch=True)
    first = make_node(workflow, make_job_template(), identifier="first")
    first.success_nodes.add(make_node(workflow, make_job_template(), identifier="second"))
    make_schedule(template=workflow, now=MIDNIGHT - timedelta(hours=1), extra_data={"a": 1})

    assert launch_due(MIDNIGHT).launched == 1
    job = WorkflowJob.objects.get()
    assert (job.launch_type, job.scheduled_for, job.extra_vars) == (LaunchType.SCHEDULED, MIDNIGHT, {"a": 1})
    assert WorkflowJobNode.objects.get(identifier="first").success_nodes.get().identifier == "second"

    poll_workflows()

    job.refresh_from_db()
    launched = UnifiedJob.objects.get(kind=JobKind.JOB)
    assert (job.status, launched.extra_vars) == (Status.RUNNING, {"a": 1})


def test_schedules_of_a_workflow_are_made_below_it() -> None:
    workflow, client = make_workflow(), client_of(make_superuser())
    path = f"/api/v2/workflow_job_templates/{workflow.pk}/schedules/"
    given = {"name": "Nightly", "rrule": "DTSTART:20300101T000000Z RRULE:FREQ=DAILY;INTERVAL=1"}

    made = client.post(path, given)
    refused = client.post(path, given | {"name": "Other", "extra_data": {"a": 1}})

    assert made.json()["summary_fields"]["unified_job_template"]["unified_job_type"] == "workflow_job"
    assert made.json()["related"]["unified_job_template"] == f"/api/v2/workflow_job_templates/{workflow.pk}/"
    text = (
        "Variables a are not allowed on launch. Check the Prompt on Launch setting on the "
        "Workflow Job Template to include Extra Variables."
    )
    assert (refused.status_code, refused.json()) == (400, {"extra_data": [text]})


def test_launch_by_hand_is_on_record() -> None:
    workflow = make_workflow()

    client_of(make_superuser("boss")).post(f"/api/v2/workflow_job_templates/{workflow.pk}/launch/", {})

    entry = ActivityStream.objects.get(object1="workflow_job")
    assert (entry.operation, entry.actor_username, entry.changes["name"]) == ("create", "boss", workflow.name)
