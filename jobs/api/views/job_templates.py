from typing import Any, ClassVar

from rest_framework.response import Response

from access.api.access_lists import AccessList
from access.api.roles import ObjectRoles
from access.api.views import ReadableSublist
from access.models import User
from api.openapi import OpenApi
from inventories.models import Inventory
from inventories.querysets import WITH_TOTALS
from jobs.api.serializers.job_templates import JobTemplateSerializer
from jobs.api.serializers.jobs import JobListSerializer
from jobs.api.serializers.launching import LaunchSerializer, launch_preview
from jobs.api.views.copying import Copy
from jobs.api.views.jobs import JOBS, job_answer
from jobs.api.views.launching import Launch
from jobs.api.views.templates import TemplateViewSet
from jobs.attaching import launch_problems
from jobs.copying import copy
from jobs.models import JobTemplate, UnifiedJob
from jobs.prompts import LaunchAnswers
from jobs.querysets import with_run_state
from jobs.recorded import OF_JOBS
from jobs.roles import JOB_TEMPLATE_ROLES

TEMPLATES = JobTemplate.objects.select_related(
    "organization",
    "project__default_environment",
    "execution_environment",
    "webhook_credential__credential_type",
    "created_by",
    "modified_by",
).prefetch_related("credentials__credential_type", WITH_TOTALS)


class JobTemplateViewSet(TemplateViewSet):
    """HTTP requests that can be launched and scheduled: what is called, with what, and what counts as success."""

    queryset = with_run_state(TEMPLATES)
    serializer_class = JobTemplateSerializer
    secret_fields = ("survey_spec", "webhook_key")
    object_roles = tuple(JOB_TEMPLATE_ROLES)


class TemplateObjectRoles(ObjectRoles):
    """The roles of one job template."""

    parents = JobTemplate.objects.all()


class TemplateAccessList(AccessList):
    """The users who may read one job template, with the roles that let them."""

    parents = JobTemplate.objects.select_related("organization")


class TemplateLaunch(Launch[JobTemplate]):
    """GET says what a launch asks for; POST launches, with the answers to the template's prompts.

    What the template does not ask for is ignored, and listed as `ignored_fields`.
    """

    queryset = TEMPLATES
    serializer_class = LaunchSerializer

    def preview(self, template: JobTemplate) -> dict[str, Any]:
        return launch_preview(template)

    def problems(
        self, template: JobTemplate, answers: LaunchAnswers, sent: dict[str, Any]
    ) -> dict[str, list[str]]:
        problems = answers.errors | launch_problems(
            template,
            sent=sent.get("credentials"),
            accepted=answers.credentials,
            passwords=sent.get("credential_passwords") or {},
        )
        given = answers.prompts.get("inventory")
        inventory = given or template.inventory
        if inventory is not None and inventory.pending_deletion:
            whose = "provided inventory" if given else "inventory associated with this Job Template"
            problems["inventory"] = [f"The {whose} is being deleted."]
        return problems

    def answer(self, job: UnifiedJob, ignored: dict[str, Any]) -> Response:
        return job_answer(self, job, {"ignored_fields": ignored})


class TemplateCopy(Copy):
    """GET says whether the asker may copy the template; POST makes the copy, under another name."""

    queryset = with_run_state(TEMPLATES)
    shown_by = JobTemplateSerializer
    openapi: ClassVar = {"POST": OpenApi(responses={201: JobTemplateSerializer})}

    def make_copy(self, original: JobTemplate, name: str, user: User) -> JobTemplate:
        return copy(original, name=name, user=user)


class TemplateJobs(ReadableSublist):
    """The runs of one job template."""

    queryset = JOBS
    computed = tuple(OF_JOBS)
    serializer_class = JobListSerializer
    parents = JobTemplate.objects.all()
    parent_relation: ClassVar[str] = "unified_job_template"


class InventoryTemplates(ReadableSublist):
    """The job templates that call the hosts of one inventory."""

    queryset = with_run_state(TEMPLATES)
    serializer_class = JobTemplateSerializer
    parents = Inventory.objects.all()
    parent_relation: ClassVar[str] = "inventory"
