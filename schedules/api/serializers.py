import re
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from typing import Any, ClassVar

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from access.api.serializers import RuledSerializer
from api.fields import PrimaryKeyField
from instances.api.summaries import of_environment
from instances.models import ExecutionEnvironment
from inventories.api.serializers.inventories import inventory_summary
from inventories.models import Inventory
from inventories.querysets import WITH_TOTALS
from jobs.answering import problems, seal, set_variables
from jobs.api.serializers.overlap import OverlapLimitField
from jobs.api.serializers.prompts import PROMPT_NAMES, PromptFields
from jobs.api.serializers.run_policies import RunPolicyField
from jobs.api.serializers.summaries import of_unified_template
from jobs.exceptions import InvalidAnswers
from jobs.kinds import kind_of, own_of, with_own, with_own_inventories
from jobs.launching import missing_resources
from jobs.models import JobTemplate, SystemJobTemplate, UnifiedJobTemplate
from jobs.policies import RunPolicy
from jobs.prompts import LISTS
from jobs.statuses import OverlapPolicy, TemplateKind
from jobs.surveys import masked
from schedules.api.rules import TIMING_FIELDS, RruleField
from schedules.editing import change_schedule, create_schedule
from schedules.exceptions import InvalidRule
from schedules.models import Schedule
from schedules.rule_text import with_utc_untils

# A change of one of these has all answers checked against what the template asks for; of the others AWX checks
# only those of new schedules and of a PUT.
CHECKED = frozenset({"extra_data", "inventory", "execution_environment"})

# With all that their answers look at.
SCHEDULES = Schedule.objects.select_related(
    "execution_environment", "created_by", "modified_by"
).prefetch_related(
    WITH_TOTALS, with_own("unified_job_template"), *with_own_inventories("unified_job_template")
)


class ScheduleSerializer(PromptFields, RuledSerializer):
    resource = "schedules"
    object_type = "schedule"

    rrule = RruleField()
    extra_data = serializers.JSONField(
        required=False, initial=dict, help_text="Parameters of the runs that this schedule launches."
    )
    inventory = PrimaryKeyField(queryset=Inventory.objects.all(), required=False, allow_null=True)
    execution_environment = PrimaryKeyField(
        queryset=ExecutionEnvironment.objects.all(), required=False, allow_null=True
    )
    run_policy = RunPolicyField(
        help_text="What of the template's run policy its runs have otherwise: an object of the template's names."
    )
    run_policy_in_words = serializers.SerializerMethodField(
        help_text="Bounds and retries of its runs as a person would say them."
    )
    overlap_policy = serializers.ChoiceField(
        choices=OverlapPolicy.choices,
        required=False,
        allow_blank=True,
        help_text="What becomes of an occurrence while an earlier run of the template is still going; empty for the "
        "template's own policy.",
    )
    overlap_limit = OverlapLimitField(allow_null=True)
    rrule_in_words = serializers.SerializerMethodField(help_text="The rule as a person would say it.")
    timezone = serializers.SerializerMethodField(help_text="The zone of the rule.")
    until = serializers.SerializerMethodField(
        help_text="When the rule ends, in its zone; empty where it does not."
    )

    class Meta:
        model = Schedule
        fields: ClassVar = [
            *("rrule", "id", "type", "url", "related", "summary_fields", "created", "modified"),
            *("name", "description", "extra_data", "inventory", *PROMPT_NAMES, "execution_environment"),
            *("unified_job_template", "enabled", "dtstart", "dtend", "next_run", "timezone", "until"),
            *(
                "rrule_in_words",
                *TIMING_FIELDS,
                "run_policy",
                "run_policy_in_words",
                "overlap_policy",
                "overlap_limit",
            ),
            *("missed_policy", "missed_limit", "starting_deadline_seconds"),
            *("paused_until", "pause_note", "quarantine_reason"),
        ]
        read_only_fields: ClassVar = ["dtstart", "dtend", "next_run"]
        extra_kwargs: ClassVar = {
            "name": {"help_text": "Unique among the schedules of one template."},
            "enabled": {"help_text": "A schedule that is off has no next run."},
            "unified_job_template": {"help_text": "What is launched."},
            **TIMING_FIELDS,
            "missed_policy": {
                "help_text": "What is launched for times that passed while nothing could be launched."
            },
            "missed_limit": {
                "help_text": "With missed_policy all: how many of the latest times missed are launched."
            },
            "starting_deadline_seconds": {
                "help_text": "A launch that is later than so many seconds is dropped; null for no such bound."
            },
            "paused_until": {
                "help_text": "Nothing is launched for times before this one; in UTC, unless it says otherwise."
            },
            "pause_note": {"help_text": "Why it is paused."},
            "quarantine_reason": {
                "help_text": "Why the schedule was taken out of service, until it is edited."
            },
        }

    def get_timezone(self, obj: Schedule) -> str:
        return obj.recurrence.timezone

    def get_rrule_in_words(self, obj: Schedule) -> str:
        return obj.recurrence.describe()

    def get_run_policy_in_words(self, obj: Schedule) -> str:
        own = own_of(obj.unified_job_template)
        return RunPolicy.of_template(own, obj.run_policy).in_words() if isinstance(own, JobTemplate) else ""

    def get_until(self, obj: Schedule) -> str:
        return obj.recurrence.until

    def get_related(self, obj: Any) -> dict[str, str]:
        template = obj.unified_job_template
        own = own_of(template)
        path = f"/api/v2/{template.kind}s/{template.pk}/"
        related = super().get_related(obj) | {
            "unified_jobs": f"/api/v2/schedules/{obj.pk}/jobs/",
            "backfill": f"/api/v2/schedules/{obj.pk}/backfill/",
            "preview": f"/api/v2/schedules/{obj.pk}/preview/",
            "rollback": f"/api/v2/schedules/{obj.pk}/rollback/",
            "unified_job_template": path,
            **{name: f"/api/v2/schedules/{obj.pk}/{name}/" for name in LISTS},
        }
        project = template.pk if template.kind == TemplateKind.PROJECT else getattr(own, "project_id", None)
        inventory = obj.inventory_id or getattr(own, "inventory_id", None)
        paths = {
            "projects": ("project", project),
            "inventories": ("inventory", inventory),
            "execution_environments": ("execution_environment", obj.execution_environment_id),
        }
        return related | {
            name: f"/api/v2/{resource}/{number}/" for resource, (name, number) in paths.items() if number
        }

    def get_summary_fields(self, obj: Any) -> dict[str, Any]:
        summary = super().get_summary_fields(obj) | {
            "unified_job_template": of_unified_template(obj.unified_job_template)
        }
        own = own_of(obj.unified_job_template)
        if isinstance(own, SystemJobTemplate):
            summary["unified_job_template"]["job_type"] = own.job_type
        inventory = obj.inventory or getattr(own, "inventory", None)
        if inventory is not None:
            summary["inventory"] = inventory_summary(inventory)
        if obj.execution_environment is not None:
            summary["execution_environment"] = of_environment(obj.execution_environment)
        return summary

    def to_representation(self, instance: Schedule) -> dict[str, Any]:
        shown = super().to_representation(instance)
        return shown | {
            "extra_data": masked(instance.extra_data, instance.secret_variables)
            if instance.secret_variables
            else instance.extra_data,
            **{name: instance.prompts.get(name) for name in PROMPT_NAMES},
        }

    def validate_rrule(self, text: str) -> str:
        return re.sub(" {2,}", " ", with_utc_untils(text))

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        stored = self.instance if isinstance(self.instance, Schedule) else None
        answered = {name: attrs.pop(name) for name in PROMPT_NAMES if name in attrs}
        if stored is not None and not self.partial:
            # What a PUT leaves out is as it would be in a new schedule (AWX's way).
            answered = dict.fromkeys(PROMPT_NAMES) | answered
            attrs = {"description": "", "enabled": True, "extra_data": {}, "run_policy": {}} | attrs
        if answered:
            prompts = (stored.prompts if stored else {}) | answered
            attrs["prompts"] = {name: value for name, value in prompts.items() if value is not None}
        if attrs != {"enabled": False}:
            candidate = copy(stored) if stored else Schedule()
            self._check_answers(candidate, attrs, is_new=stored is None)
        return attrs

    def _check_answers(self, candidate: Schedule, attrs: dict[str, Any], *, is_new: bool) -> None:
        """What AWX checks of a schedule as it would be; puts into `attrs` how its parameters are stored."""
        before = candidate.extra_data
        for name, value in attrs.items():
            setattr(candidate, name, value)
        template = self._template_for_launch(candidate)
        if candidate.run_policy and not isinstance(template, JobTemplate):
            raise ValidationError({"run_policy": ["Only runs of job templates have a run policy."]})
        if "extra_data" in attrs:
            candidate.extra_data = before
            self._set_variables(candidate, attrs["extra_data"], template)
        found = problems(candidate, template) if is_new or CHECKED & attrs.keys() else {}
        if found:
            raise ValidationError(found)
        if "extra_data" in attrs:
            seal(candidate, template)
            attrs["extra_data"] = candidate.extra_data
            attrs["secret_variables"] = candidate.secret_variables

    @staticmethod
    def _template_for_launch(schedule: Schedule) -> UnifiedJobTemplate:
        """What it is bound to, of its own class, which must be able to start."""
        template = schedule.unified_job_template
        own: UnifiedJobTemplate | None = kind_of(template).for_launch().filter(pk=template.pk).first()
        if own is None:
            raise ValidationError({"unified_job_template": ["The template was deleted meanwhile."]})
        refusal = kind_of(own).why_not_scheduled(own)
        if refusal:
            raise ValidationError({"unified_job_template": [refusal]})
        missing = missing_resources(own)
        if missing:
            raise ValidationError({"resources_needed_to_start": missing})
        return own

    @staticmethod
    def _set_variables(schedule: Schedule, sent: Any, template: UnifiedJobTemplate) -> None:
        try:
            set_variables(schedule, sent, template)
        except InvalidAnswers as error:
            raise ValidationError({"extra_data": [str(error)]}) from None

    def create(self, validated_data: dict[str, Any]) -> Schedule:
        with _refusing_the_rule():
            return SCHEDULES.get(pk=create_schedule(**validated_data).pk)

    def update(self, instance: Schedule, validated_data: dict[str, Any]) -> Schedule:
        with _refusing_the_rule():
            return SCHEDULES.get(pk=change_schedule(instance, **validated_data).pk)


@contextmanager
def _refusing_the_rule() -> Iterator[None]:
    """A rule may be within the bounds of a search, but not with the policy that comes with it."""
    try:
        yield
    except InvalidRule as error:
        raise ValidationError({"rrule": error.messages}) from None
