"""System job templates as what can be launched: a run of one tidies up. Superusers alone see them (AWX's rule)."""

from collections.abc import Mapping
from typing import Any

from jobs.housekeeping import allowed_variables
from jobs.kinds import LaunchableKind
from jobs.models import SystemJobTemplate, UnifiedJob
from jobs.prompts import LaunchAnswers
from jobs.statuses import JobKind, TemplateKind

JobType = SystemJobTemplate.JobType

# AWX's, by what they do.
TEMPLATES = {
    JobType.CLEANUP_JOBS: ("Cleanup Job Details", "Remove job history"),
    JobType.CLEANUP_ACTIVITY: ("Cleanup Activity Stream", "Remove activity stream history"),
    JobType.CLEANUP_SESSIONS: ("Cleanup Expired Sessions", "Cleans out expired browser sessions"),
    JobType.CLEANUP_TOKENS: (
        "Cleanup Expired OAuth 2 Tokens",
        "Cleanup expired OAuth 2 access and refresh tokens",
    ),
}


class SystemJobKind(LaunchableKind):
    name = TemplateKind.SYSTEM_JOB_TEMPLATE
    job_kind = JobKind.SYSTEM_JOB
    model = SystemJobTemplate
    serializer = "jobs.api.serializers.system_jobs.SystemJobTemplateSerializer"
    job_serializer = "jobs.api.serializers.system_jobs.SystemJobListSerializer"

    def missing(self, template: SystemJobTemplate) -> list[str]:
        return []

    def take_variables(
        self, template: SystemJobTemplate, given: Mapping[str, Any]
    ) -> tuple[dict[str, Any], list[str]]:
        return allowed_variables(template.job_type, given)

    def build(self, template: SystemJobTemplate, answers: LaunchAnswers) -> UnifiedJob:
        return UnifiedJob(job_type=template.job_type, extra_vars=answers.extra_vars)


def make_missing_templates() -> list[SystemJobTemplate]:
    """Returns those that were not there."""
    present = set(SystemJobTemplate.objects.values_list("job_type", flat=True))
    return [
        SystemJobTemplate.objects.create(
            kind=TemplateKind.SYSTEM_JOB_TEMPLATE, job_type=job_type, name=name, description=description
        )
        for job_type, (name, description) in TEMPLATES.items()
        if job_type.value not in present
    ]
