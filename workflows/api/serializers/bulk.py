"""What AWX's request for many jobs takes."""

from collections.abc import Sequence
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.settings import api_settings

from access.models import Organization
from api.fields import IdField, PrimaryKeyField
from credentials.models import Credential
from inventories.models import Inventory
from jobs.answering import seal, set_variables
from jobs.api.serializers.launching import LaunchVariablesField
from jobs.api.serializers.prompts import PROMPT_NAMES, PromptFields
from jobs.attaching import why_not_attached
from jobs.exceptions import InvalidAnswers
from jobs.models import UnifiedJobTemplate
from workflows.bulk import MOST_LAUNCHED, BulkNode
from workflows.bulk_rules import check_named, launchable_templates, organization_of
from workflows.models import LISTS, WorkflowJobNode
from workflows.models.nodes import new_identifier

# What of a request is handed on to all of its jobs that ask for it.
HANDED_ON = ("limit", "scm_branch", "job_tags", "skip_tags")


class BulkNodes(serializers.ListSerializer[Any]):
    """Says what is wrong in a list as well, with {} for the jobs that are right (AWX's form)."""

    def to_internal_value(self, data: Any) -> Any:
        try:
            return super().to_internal_value(data)
        except ValidationError as error:
            wrong: Any = error.detail
            if api_settings.NON_FIELD_ERRORS_KEY in wrong:
                raise
            raise ValidationError([wrong.get(number, {}) for number in range(len(data))]) from None


class BulkNodeSerializer(PromptFields):
    """One of the jobs. What its template does not ask for has no effect (AWX's way)."""

    unified_job_template = IdField(
        help_text="What is launched: a job template, a workflow, a project or an inventory source."
    )
    identifier = serializers.CharField(
        required=False, max_length=512, help_text="A name for the job's node that is unique in the request."
    )
    extra_data = serializers.JSONField(required=False, help_text="Parameters of this job.")
    inventory = IdField(required=False)
    execution_environment = IdField(required=False)
    credentials = serializers.ListField(child=IdField(), required=False)
    labels = serializers.ListField(child=IdField(), required=False)
    instance_groups = serializers.ListField(child=IdField(), required=False)

    class Meta:
        list_serializer_class = BulkNodes


class BulkLaunchSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(
        default="Bulk Job Launch", max_length=512, allow_blank=True, help_text="The name of the workflow job."
    )
    jobs = BulkNodeSerializer(
        many=True,
        allow_empty=False,
        help_text='The jobs, such as [{"unified_job_template": 7}, {"unified_job_template": 10}].',
    )
    description = serializers.CharField(required=False)
    extra_vars = LaunchVariablesField(required=False, help_text="Parameters of all the jobs.")
    organization = PrimaryKeyField(
        queryset=Organization.objects.all(),
        default=None,
        allow_null=True,
        help_text="The organization of the workflow job; by default the only one that the user is a member of.",
    )
    inventory = PrimaryKeyField(queryset=Inventory.objects.all(), required=False)
    limit = serializers.CharField(required=False)
    scm_branch = serializers.CharField(required=False, max_length=1024)
    skip_tags = serializers.CharField(required=False)
    job_tags = serializers.CharField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Leaves the fields of the workflow job, and BulkNodes as `jobs`."""
        user, jobs = self.context["request"].user, attrs["jobs"]
        if len(jobs) > MOST_LAUNCHED:
            raise ValidationError("Number of requested jobs exceeds system setting BULK_JOB_MAX_LAUNCH")
        check_identifiers(jobs)
        templates = launchable_templates(user, {job["unified_job_template"] for job in jobs})
        attrs["organization"] = organization_of(user, attrs["organization"])
        named = named_in(jobs)
        if "inventory" in attrs:
            named["inventory"].add(attrs["inventory"].pk)
        check_named(user, named)
        check_credentials(jobs)
        attrs["jobs"] = [node_of(job, templates[job["unified_job_template"]]) for job in jobs]
        attrs["prompts"] = {name: attrs.pop(name) for name in HANDED_ON if name in attrs}
        return attrs


def check_identifiers(jobs: Sequence[dict[str, Any]]) -> None:
    seen: set[str] = set()
    for job in jobs:
        identifier = job.setdefault("identifier", new_identifier())
        if identifier in seen:
            raise ValidationError(f"Identifier {identifier} not unique")
        seen.add(identifier)


def named_in(jobs: Sequence[dict[str, Any]]) -> dict[str, set[int]]:
    """The ids of all the objects that the jobs name, by the names of the prompts."""
    objects = {
        name: {job[name] for job in jobs if name in job} for name in ("inventory", "execution_environment")
    }
    return objects | {name: {pk for job in jobs for pk in job.get(name, ())} for name in LISTS}


def check_credentials(jobs: Sequence[dict[str, Any]]) -> None:
    """Raises ValidationError where those of one job do not go together."""
    found = Credential.objects.select_related("credential_type").in_bulk(named_in(jobs)["credentials"])
    for job in jobs:
        given = [found[pk] for pk in job.get("credentials", ())]
        for number, one in enumerate(given):
            problem = why_not_attached(one, given[:number])
            if problem:
                raise ValidationError(problem)


def node_of(job: dict[str, Any], template: UnifiedJobTemplate) -> BulkNode:
    node = WorkflowJobNode(
        identifier=job["identifier"],
        unified_job_template_id=template.pk,
        inventory_id=job.get("inventory"),
        execution_environment_id=job.get("execution_environment"),
        prompts={name: job[name] for name in PROMPT_NAMES if job.get(name) is not None},
    )
    try:
        set_variables(node, job.get("extra_data", {}), template)
    except InvalidAnswers as error:
        raise ValidationError(str(error)) from None
    seal(node, template)
    return BulkNode(node, {name: list(dict.fromkeys(job.get(name, ()))) for name in LISTS})
