from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from access.api.views import asker
from access.rules import may_add
from api.changes import announce_created
from api.openapi import ANY_OBJECT, OpenApi
from api.views import OneObject
from credentials.api.summaries import credential_summary
from instances.api.summaries import of_environment, of_group
from inventories.api.serializers.inventories import inventory_summary
from jobs.api.views.jobs import JOBS
from jobs.models import JobTemplate, UnifiedJob
from jobs.prompt_rules import check_may_repeat
from jobs.prompts import LaunchAnswers
from jobs.surveys import masked
from schedules.api.serializers import SCHEDULES, ScheduleSerializer
from schedules.from_runs import launched_with, schedule_of
from schedules.models import Schedule

SUMMARIES = {
    "inventory": inventory_summary,
    "execution_environment": of_environment,
    "credentials": credential_summary,
    "instance_groups": of_group,
    "labels": lambda label: {"id": label.pk, "name": label.name},
}


class JobCreateSchedule(OneObject):
    """GET says whether a job can be scheduled, and what it was launched with; POST makes a schedule, switched off."""

    action = "relaunch"
    queryset = JOBS

    @OpenApi(responses={200: ANY_OBJECT})
    def get(self, request: Request, pk: int) -> Response:
        job = self.get_object()
        template = _template_of(job)
        answers = launched_with(job, template) if template else LaunchAnswers()
        can_schedule = template is not None and not _why_not(answers)
        return Response({"can_schedule": can_schedule, "prompts": _shown(answers)})

    @OpenApi(request=None, responses={201: ScheduleSerializer})
    @transaction.atomic
    def post(self, request: Request, pk: int) -> Response:
        job = self.get_object()
        template = _template_of(job)
        if template is None:
            raise ValidationError({"error": "Cannot create schedule because a related resource is missing."})
        if not may_add(request.user, Schedule, {"unified_job_template": template.pk}):
            raise PermissionDenied
        check_may_repeat(asker(request), job)
        answers = launched_with(job, template)
        problem = _why_not(answers)
        if problem:
            raise ValidationError({"error": problem})
        made = schedule_of(job, answers, user=asker(request))
        serializer = ScheduleSerializer(SCHEDULES.get(pk=made.pk), context=self.get_serializer_context())
        shown = dict(serializer.data)
        announce_created(request, serializer)
        return Response(shown, status=status.HTTP_201_CREATED, headers={"Location": shown["url"]})


def _template_of(job: UnifiedJob) -> JobTemplate | None:
    return JobTemplate.objects.filter(unified_jobs=job).first()


def _why_not(answers: LaunchAnswers) -> str:
    """Why a schedule cannot launch with these answers, in AWX's words; empty where it can."""
    if any(one.passwords_needed for one in answers.credentials or ()):
        return "Cannot create schedule because job requires credential passwords."
    return "Cannot create schedule because a related resource is missing." if answers.errors else ""


def _shown(answers: LaunchAnswers) -> dict[str, Any]:
    """The answers by name, and the run policy, with objects as summaries and secrets masked."""
    shown: dict[str, Any] = {}
    for name, value in answers.prompts.items():
        summary: Any = SUMMARIES.get(name)
        if summary is None:
            shown[name] = value
        else:
            shown[name] = [summary(one) for one in value] if isinstance(value, list) else summary(value)
    if answers.run_policy:
        shown["run_policy"] = dict(answers.run_policy)
    if answers.extra_vars:
        shown["extra_data"] = masked(answers.extra_vars, sorted(answers.secrets))
    return shown
