from typing import Any

from rest_framework.response import Response

from jobs.api.views.launching import Launch
from jobs.models import UnifiedJob
from workflows.api.serializers.launching import WorkflowLaunchSerializer, launch_preview
from workflows.api.views.jobs import workflow_job_answer
from workflows.api.views.templates import TEMPLATES
from workflows.models import WorkflowJobTemplate


class WorkflowLaunch(Launch[WorkflowJobTemplate]):
    """GET says what a launch asks for; POST launches, with the answers to the workflow's prompts.

    What the workflow does not ask for is ignored, and listed as `ignored_fields`.
    """

    queryset = TEMPLATES
    serializer_class = WorkflowLaunchSerializer

    def preview(self, template: WorkflowJobTemplate) -> dict[str, Any]:
        return launch_preview(template)

    def answer(self, job: UnifiedJob, ignored: dict[str, Any]) -> Response:
        return workflow_job_answer(self, job, {"workflow_job": job.pk, "ignored_fields": ignored})
