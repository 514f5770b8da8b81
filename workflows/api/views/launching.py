from typing import Any

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from api.schema import ANY_OBJECT
from jobs.api.views.base import ObjectEndpoint, asker
from jobs.launching import launch
from jobs.prompt_rules import check_usable
from jobs.prompts import accept
from workflows.api.serializers.launching import WorkflowLaunchSerializer, launch_preview
from workflows.api.views.jobs import workflow_job_answer
from workflows.api.views.templates import TEMPLATES


class WorkflowLaunch(ObjectEndpoint):
    """GET says what a launch asks for; POST launches, with the answers to the workflow's prompts.

    What the workflow does not ask for is ignored, and listed as `ignored_fields`.
    """

    action = "launch"
    queryset = TEMPLATES
    serializer_class = WorkflowLaunchSerializer

    @extend_schema(responses={200: ANY_OBJECT})
    def get(self, request: Request, pk: int) -> Response:
        return Response(launch_preview(self.get_object()))

    @extend_schema(responses={201: ANY_OBJECT})
    @transaction.atomic
    def post(self, request: Request, pk: int) -> Response:
        workflow = self.get_object()
        serializer: Any = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        answers = accept(
            workflow,
            extra_vars=serializer.validated_data.get("extra_vars"),
            prompts=serializer.prompts(),
        )
        if answers.errors:
            raise ValidationError(answers.errors)
        check_usable(asker(request), answers.prompts)
        job = launch(workflow, user=asker(request), answers=answers)
        return workflow_job_answer(self, job, {"workflow_job": job.pk, "ignored_fields": answers.ignored})
