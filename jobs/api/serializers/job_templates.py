"""Job templates as resources: AWX's fields, and those of a call."""

from collections.abc import Mapping
from typing import Any, ClassVar

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from api.fields import PrimaryKeyField, VariablesField
from credentials.api.summaries import credential_summary
from inventories.api.serializers.inventories import inventory_summary
from inventories.models import Inventory
from jobs.api.serializers.fields import (
    AbsentText,
    EndpointField,
    HeadersField,
    StorableJSONField,
)
from jobs.api.serializers.history import HISTORY_FIELDS, HistoryFields
from jobs.api.serializers.overlap import OverlapFields
from jobs.api.serializers.run_policies import RunPolicyFields
from jobs.api.serializers.summaries import of_project, with_wire_times
from jobs.api.serializers.templates import UnifiedJobTemplateSerializer
from jobs.api.serializers.webhooks import WebhookFields
from jobs.endpoints import misfits, origin_of
from jobs.execution.outcome import parse_success_status
from jobs.headers import kept_secrets
from jobs.labels import in_summary
from jobs.models import JobTemplate, Project
from jobs.policies import POLICY_FIELDS, RunPolicy
from jobs.statuses import Completion, TemplateKind

ENDPOINT_HELP = (
    "What is called: a path under the project's base URL, or an absolute http or https URL; the name of a queue, where "
    "the project's base URL is that of a broker; or mailto:ops@example.org?subject=… for a mail. "
    "`playbook` reads and writes the same value."
)


ENDPOINTS = ("launch", "copy", "survey_spec", "statistics", "audit")


class JobTemplateSerializer(
    OverlapFields, RunPolicyFields, HistoryFields, WebhookFields, UnifiedJobTemplateSerializer
):
    resource = "job_templates"
    object_type = "job_template"
    kind = TemplateKind.JOB_TEMPLATE
    role_kind = TemplateKind.JOB_TEMPLATE

    inventory = PrimaryKeyField(
        queryset=Inventory.objects.all(),
        required=False,
        allow_null=True,
        help_text="The hosts that the calls are for.",
    )
    project = PrimaryKeyField(
        queryset=Project.objects.all(),
        required=False,
        allow_null=True,
        help_text="The service whose base URL (`scm_url`) the endpoint's path is under.",
    )
    playbook = EndpointField(
        source="endpoint", required=False, allow_blank=True, help_text="AWX's name of `endpoint`."
    )
    endpoint = EndpointField(required=False, allow_blank=True, help_text=ENDPOINT_HELP)
    http_method = serializers.ChoiceField(
        choices=JobTemplate.Method.choices,
        required=False,
        help_text="The method of an HTTP call; POST unless given.",
    )
    http_headers = HeadersField(
        required=False,
        initial=dict,
        help_text="The headers of the call or of the message, an object of strings; mails have none of them. Values of "
        "secret headers (Authorization, Cookie, …-Token, …-Key and the like) are stored encrypted and shown as "
        "$encrypted$.",
    )
    http_body = StorableJSONField(
        required=False,
        allow_null=True,
        help_text="The JSON body of the call, or the text of the mail. null stands for the parameters with runId and "
        "dryRun.",
    )
    success_status = serializers.CharField(
        required=False,
        max_length=200,
        help_text='Statuses of the answer that count as success: numbers and ranges, such as "200-299,404". Queues and '
        "mail servers do not answer: a message that was taken is a success.",
    )
    success_json = StorableJSONField(
        required=False,
        initial=dict,
        help_text="What a JSON answer must say to count as success: an object of dotted path → expected value.",
    )
    verify_ssl = serializers.BooleanField(
        required=False, initial=True, help_text="Whether the endpoint's certificate is verified."
    )
    follow_redirects = serializers.BooleanField(
        required=False,
        help_text="Whether up to five redirects are followed. Another server is sent neither credentials nor a body.",
    )
    timeout = serializers.IntegerField(
        required=False,
        min_value=-(2**31),
        max_value=2**31 - 1,
        help_text="The amount of time (in seconds) that the call may take; 0 for the default.",
    )
    extra_vars = VariablesField(
        required=False,
        allow_blank=True,
        help_text="The parameters of the call: a JSON object or a YAML mapping.",
    )
    run_policy_in_words = serializers.SerializerMethodField(
        help_text="Bounds and retries as a person would say them."
    )
    custom_virtualenv = AbsentText()

    class Meta:
        model = JobTemplate
        fields: ClassVar = [
            "id",
            "type",
            "url",
            "related",
            "summary_fields",
            "created",
            "modified",
            "name",
            "description",
            "job_type",
            "inventory",
            "project",
            "playbook",
            "endpoint",
            "http_method",
            "http_headers",
            "http_body",
            "success_status",
            "success_json",
            "verify_ssl",
            "follow_redirects",
            "scm_branch",
            "forks",
            "limit",
            "verbosity",
            "extra_vars",
            "job_tags",
            "force_handlers",
            "skip_tags",
            "start_at_task",
            "timeout",
            "use_fact_cache",
            "organization",
            "last_job_run",
            "last_job_failed",
            "next_job_run",
            "status",
            "execution_environment",
            "host_config_key",
            "ask_scm_branch_on_launch",
            "ask_diff_mode_on_launch",
            "ask_variables_on_launch",
            "ask_limit_on_launch",
            "ask_tags_on_launch",
            "ask_skip_tags_on_launch",
            "ask_job_type_on_launch",
            "ask_verbosity_on_launch",
            "ask_inventory_on_launch",
            "ask_credential_on_launch",
            "ask_execution_environment_on_launch",
            "ask_labels_on_launch",
            "ask_forks_on_launch",
            "ask_job_slice_count_on_launch",
            "ask_timeout_on_launch",
            "ask_instance_groups_on_launch",
            "survey_enabled",
            "become_enabled",
            "diff_mode",
            "allow_simultaneous",
            "overlap_policy",
            "overlap_limit",
            "custom_virtualenv",
            "job_slice_count",
            "webhook_service",
            "webhook_credential",
            "prevent_instance_group_fallback",
            *POLICY_FIELDS,
            "run_policy_in_words",
            *HISTORY_FIELDS,
        ]

        extra_kwargs: ClassVar = {
            "execution_environment": {"help_text": "The container image to be used for execution."},
        }

    def get_run_policy_in_words(self, obj: JobTemplate) -> str:
        return RunPolicy.of_template(obj, {}).in_words()

    def get_related(self, obj: Any) -> dict[str, str]:
        own = f"/api/v2/job_templates/{obj.pk}"
        related = super().get_related(obj)
        if obj.project_id:
            related["project"] = f"/api/v2/projects/{obj.project_id}/"
        if obj.inventory_id:
            related["inventory"] = f"/api/v2/inventories/{obj.inventory_id}/"
        return related | {name: f"{own}/{name}/" for name in ENDPOINTS}

    def get_summary_fields(self, obj: Any) -> dict[str, Any]:
        summary = super().get_summary_fields(obj)
        if obj.project:
            summary["project"] = of_project(obj.project)
        if obj.inventory:
            summary["inventory"] = inventory_summary(obj.inventory)
        if obj.survey_spec:
            survey = obj.survey_spec
            summary["survey"] = {"title": survey["name"], "description": survey["description"]}
        recent = [{"type" if k == "kind" else k: v for k, v in run.items()} for run in obj.recent_jobs_data]
        return summary | {
            "labels": in_summary(obj.labels_data),
            "recent_jobs": [with_wire_times(run) for run in recent],
            "credentials": [credential_summary(one) for one in obj.credentials.all()],
        }

    def to_internal_value(self, data: Any) -> Any:
        values = super().to_internal_value(data)
        if isinstance(data, Mapping) and "endpoint" in data and "playbook" in data:
            values["endpoint"] = self._one_endpoint(data)
        return values

    def _one_endpoint(self, data: Mapping[str, Any]) -> str:
        """Of two names for one value that differ, the one that repeats what is stored did not mean to change it.

        Of a new template nothing is stored: a form's empty field means nothing.
        """
        given = {name: self.fields[name].run_validation(data[name]) for name in ("endpoint", "playbook")}
        changes = set(given.values()) - {getattr(self.instance, "endpoint", "")}
        if len(changes) > 1:
            raise ValidationError(
                {
                    "playbook": [
                        "`playbook` and `endpoint` are two names of one value, and what was given differs."
                    ]
                }
            )
        return str(changes.pop() if changes else given["endpoint"])

    def validate_success_status(self, text: str) -> str:
        try:
            parse_success_status(text)
        except ValueError as error:
            raise ValidationError([str(error)]) from None
        return text

    def validate_success_json(self, value: object) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise ValidationError([f'Expected a dictionary of items but got type "{type(value).__name__}".'])
        return value

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        project = attrs.get("project", getattr(self.instance, "project", None))
        if attrs.get("scm_branch") and project is not None and not project.allow_override:
            raise ValidationError({"scm_branch": ["Project does not allow overriding branch."]})
        self._check_where_secrets_go(attrs)
        self._check_means(attrs)
        return super().validate(attrs)

    def _check_means(self, attrs: dict[str, Any]) -> None:
        """Raises ValidationError where the endpoint cannot do what is asked of it."""
        values = {
            name: attrs.get(name, getattr(self.instance, name, None))
            for name in ("project", "endpoint", "inventory", "completion")
        }
        unfit = misfits(
            values["project"].scm_url if values["project"] else "",
            values["endpoint"] or "",
            has_inventory=values["inventory"] is not None,
            awaits_reports=values["completion"] == Completion.CALLBACK,
        )
        if unfit:
            raise ValidationError(unfit)

    def _check_where_secrets_go(self, attrs: dict[str, Any]) -> None:
        """Who changes the server that is called must know the secrets that it will be sent. Raises ValidationError."""
        stored = self.instance
        if not isinstance(stored, JobTemplate):
            return
        project, endpoint = attrs.get("project", stored.project), attrs.get("endpoint", stored.endpoint)
        origin = origin_of(project.scm_url if project else "", endpoint)
        if origin in (None, origin_of(stored.project.scm_url if stored.project else "", stored.endpoint)):
            return
        kept = kept_secrets(attrs.get("http_headers", stored.http_headers), stored.http_headers)
        if kept:
            text = (
                "The endpoint is on another server now, which is not sent secrets that were stored for the old one: "
                f"give {', '.join(kept)} anew, or leave it out."
            )
            raise ValidationError({"http_headers": [text]})

    def take_organization(self, attrs: dict[str, Any]) -> None:
        """The project's, where none was given (AWX's rule)."""
        project = attrs.get("project")
        is_new_project = self.instance is None or project != self.instance.project
        if project is not None and is_new_project and attrs.get("organization") is None:
            attrs["organization"] = project.organization
