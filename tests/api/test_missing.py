"""What is said of objects that are not there: AWX's words, with its name of their model."""

import pytest
from rest_framework.test import APIClient

RESOURCES = {
    "jobs": "Job",
    "project_updates": "ProjectUpdate",
    "inventory_updates": "InventoryUpdate",
    "system_jobs": "SystemJob",
    "workflow_jobs": "WorkflowJob",
    "workflow_approvals": "WorkflowApproval",
    "job_templates": "JobTemplate",
    "projects": "Project",
    "inventory_sources": "InventorySource",
    "system_job_templates": "SystemJobTemplate",
    "workflow_job_templates": "WorkflowJobTemplate",
    "workflow_approval_templates": "WorkflowApprovalTemplate",
    "schedules": "Schedule",
    "tokens": "OAuth2AccessToken",
    "applications": "OAuth2Application",
}
BELOW_JOBS = ("cancel", "relaunch", "attempts", "job_events", "notifications", "activity_stream", "labels")


@pytest.mark.parametrize(("resource", "model"), RESOURCES.items())
def test_what_is_missing_is_called_as_awx_calls_it(client: APIClient, resource: str, model: str) -> None:
    answer = client.get(f"/api/v2/{resource}/987654321/")

    assert (answer.status_code, answer.json()) == (404, {"detail": f"No {model} matches the given query."})


@pytest.mark.parametrize("below", BELOW_JOBS)
def test_what_is_below_a_missing_job_says_that_the_job_is_missing(client: APIClient, below: str) -> None:
    answer = client.get(f"/api/v2/jobs/987654321/{below}/")

    assert (answer.status_code, answer.json()) == (404, {"detail": "No Job matches the given query."})
