from typing import Any, ClassVar

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from access.api.serializers import RuledSerializer
from api.fields import check_variables
from jobs.api.serializers.fields import AbsentResource
from jobs.api.serializers.summaries import of_unified_template
from jobs.kinds import kind_of
from jobs.launching import missing_resources
from jobs.models import UnifiedJobTemplate
from jobs.prompts import accept
from jobs.statuses import TemplateKind
from schedules.api.prompts import PROMPT_NAMES, PromptFields
from schedules.api.rules import RruleField
from schedules.editing import change_schedule, create_schedule
from schedules.models import Schedule
from schedules.recurrence import load


class ScheduleSerializer(PromptFields, RuledSerializer):
    resource = "schedules"
    object_type = "schedule"

    rrule = RruleField()
    extra_data = serializers.JSONField(
        required=False, initial=dict, help_text="Parameters of the runs that this schedule launches."
    )
    inventory = AbsentResource()
    execution_environment = AbsentResource()
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
            *("rrule_in_words", "quarantine_reason"),
        ]
        read_only_fields: ClassVar = ["dtstart", "dtend", "next_run"]
        extra_kwargs: ClassVar = {
            "name": {"help_text": "Unique among the schedules of one template."},
            "enabled": {"help_text": "A schedule that is off has no next run."},
            "unified_job_template": {"help_text": "What is launched."},
            "quarantine_reason": {
                "help_text": "Why the schedule was taken out of service, until it is edited."
            },
        }

    def get_timezone(self, obj: Schedule) -> str:
        return load(obj.rrule).timezone

    def get_rrule_in_words(self, obj: Schedule) -> str:
        return load(obj.rrule).describe()

    def get_until(self, obj: Schedule) -> str:
        return load(obj.rrule).until

    def get_related(self, obj: Any) -> dict[str, str]:
        template = obj.unified_job_template
        path = f"/api/v2/{template.kind}s/{template.pk}/"
        related = super().get_related(obj) | {
            "unified_jobs": f"/api/v2/schedules/{obj.pk}/jobs/",
            "unified_job_template": path,
        }
        return related | ({"project": path} if template.kind == TemplateKind.PROJECT else {})

    def get_summary_fields(self, obj: Any) -> dict[str, Any]:
        return super().get_summary_fields(obj) | {
            "unified_job_template": of_unified_template(obj.unified_job_template)
        }

    def to_representation(self, instance: Schedule) -> dict[str, Any]:
        shown = super().to_representation(instance)
        return shown | {name: instance.prompts.get(name) for name in PROMPT_NAMES}

    def validate_extra_data(self, value: object) -> dict[str, Any]:
        return check_variables(value)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        stored: dict[str, Any] = self.instance.prompts if isinstance(self.instance, Schedule) else {}
        answered = {name: attrs.pop(name) for name in PROMPT_NAMES if name in attrs}
        if answered:
            attrs["prompts"] = {
                name: value for name, value in (stored | answered).items() if value is not None
            }
        template = attrs.get("unified_job_template") or getattr(self.instance, "unified_job_template", None)
        if template is not None:
            self._check_launch(template, attrs)
        return attrs

    def _check_launch(self, template: UnifiedJobTemplate, attrs: dict[str, Any]) -> None:
        """What a schedule is bound to must be able to start, and ask for what the schedule answers."""
        own = kind_of(template).for_launch().filter(pk=template.pk).first()
        if own is None:
            raise ValidationError({"unified_job_template": ["The template was deleted meanwhile."]})
        refusal = kind_of(own).why_not_scheduled(own)
        if refusal:
            raise ValidationError({"unified_job_template": [refusal]})
        missing = missing_resources(own)
        if missing:
            raise ValidationError({"resources_needed_to_start": missing})
        answers = accept(
            own,
            extra_vars=attrs.get("extra_data", getattr(self.instance, "extra_data", {})),
            prompts=attrs.get("prompts", getattr(self.instance, "prompts", {})),
        )
        if answers.refusals:
            api_names = {"extra_vars": "extra_data"}
            raise ValidationError(
                {api_names.get(name, name): texts for name, texts in answers.refusals.items()}
            )

    def create(self, validated_data: dict[str, Any]) -> Schedule:
        return create_schedule(**validated_data)

    def update(self, instance: Schedule, validated_data: dict[str, Any]) -> Schedule:
        return change_schedule(instance, **validated_data)
