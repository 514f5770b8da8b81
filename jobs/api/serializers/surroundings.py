"""What a run of any kind refers to: its organization, its template, and the schedule or workflow that launched it."""

from typing import Any

from django.core.exceptions import ObjectDoesNotExist

from instances.api.summaries import of_environment, of_group
from inventories.api.serializers.inventories import inventory_summary
from jobs.api.serializers.summaries import of_organization, of_unified_template
from jobs.models import UnifiedJob

# All that these look at beside the template, in one statement.
RUN_RELATIONS = (
    "organization",
    "created_by",
    "execution_environment",
    "instance_group",
    "occurrence__schedule",
    "unified_job_node__workflow_job",
)


def schedule_of(job: UnifiedJob) -> Any:
    """The schedule that launched it, by the ledger's reverse accessor; None where none did or it is gone."""
    try:
        return job.occurrence.schedule
    except ObjectDoesNotExist:
        return None


def workflow_of(job: UnifiedJob) -> UnifiedJob | None:
    """The workflow's run that launched it, by the node's reverse accessor; None where none did."""
    try:
        workflow: UnifiedJob = job.unified_job_node.workflow_job
    except ObjectDoesNotExist:
        return None
    return workflow


def place_related(job: UnifiedJob) -> dict[str, str]:
    """The paths of where a run is carried out, as far as that is said."""
    keys = {"execution_environment": job.execution_environment_id, "instance_group": job.instance_group_id}
    related = {name: f"/api/v2/{name}s/{key}/" for name, key in keys.items() if key}
    return related | ({"inventory": f"/api/v2/inventories/{job.inventory_id}/"} if job.inventory_id else {})


def place_summary(job: UnifiedJob) -> dict[str, Any]:
    summary = {}
    if job.execution_environment is not None:
        summary["execution_environment"] = of_environment(job.execution_environment)
    if job.instance_group is not None:
        summary["instance_group"] = of_group(job.instance_group)
    if job.inventory is not None:
        summary["inventory"] = inventory_summary(job.inventory)
    return summary


def related_of_run(job: UnifiedJob) -> dict[str, str]:
    related = place_related(job) | related_of_launch(job)
    if job.organization_id:
        related["organization"] = f"/api/v2/organizations/{job.organization_id}/"
    template = job.unified_job_template
    if template is not None:
        related["unified_job_template"] = f"/api/v2/{template.kind}s/{template.pk}/"
    return related


def related_of_launch(job: UnifiedJob) -> dict[str, str]:
    """The paths of what launched it, apart from a user."""
    schedule, workflow = schedule_of(job), workflow_of(job)
    related = {}
    if schedule is not None:
        related["schedule"] = f"/api/v2/schedules/{schedule.pk}/"
    if workflow is not None:
        related["source_workflow_job"] = f"/api/v2/workflow_jobs/{workflow.pk}/"
    return related


def summaries_of_run(job: UnifiedJob) -> dict[str, Any]:
    summary = place_summary(job) | summaries_of_launch(job)
    if job.organization:
        summary["organization"] = of_organization(job.organization)
    if job.unified_job_template:
        summary["unified_job_template"] = of_unified_template(job.unified_job_template)
    return summary


def summaries_of_launch(job: UnifiedJob) -> dict[str, Any]:
    """What launched it, apart from a user."""
    schedule, workflow = schedule_of(job), workflow_of(job)
    summary: dict[str, Any] = {}
    if schedule is not None:
        names = ("id", "name", "description", "next_run")
        summary["schedule"] = {name: getattr(schedule, name) for name in names}
    if workflow is not None:
        shown = ("id", "name", "description", "status", "failed")
        summary["source_workflow_job"] = {name: getattr(workflow, name) for name in shown} | {
            "elapsed": float(workflow.elapsed)
        }
    return summary
