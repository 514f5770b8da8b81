from typing import Any, ClassVar

from django.conf import settings
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from api.serializers import ResourceSerializer
from jobs.exceptions import InvalidVariables
from jobs.launching import missing_resources
from jobs.models import JobTemplate, UnifiedJobTemplate
from jobs.prompts import accept
from jobs.statuses import JOB_KIND_OF
from jobs.variables import parse_variables
from schedules.api.prompts import PROMPT_NAMES, PromptFields
from schedules.editing import change_schedule, create_schedule
from schedules.models import Schedule
from schedules.recurrence import Contract, InvalidRule, load, parse


class RruleField(serializers.CharField):
    """An RFC 5545 recurrence set, kept byte for byte. What is not text is refused as a text that is no rule."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("trim_whitespace", False)
        super().__init__(**kwargs)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        if data is None or isinstance(data, (bool, int, float, list, dict)):
            data = str(data) if data else " "
        return super().run_validation(data)

    def to_internal_value(self, data: Any) -> str:
        text = str(super().to_internal_value(data))
        try:
            parse(text, contract=Contract(settings.AWX_CONTRACT))
        except InvalidRule as error:
            raise ValidationError(error.messages) from None
        return text


class PreviewSerializer(serializers.Serializer[Any]):
    rrule = RruleField(help_text="A value representing the schedules iCal recurrence rule.")


class ScheduleSerializer(PromptFields, ResourceSerializer):
    resource = "schedules"
    object_type = "schedule"

    rrule = RruleField(help_text="A value representing the schedules iCal recurrence rule.")
    extra_data = serializers.JSONField(
        required=False, help_text="Parameters of the runs that this schedule launches."
    )
    timezone = serializers.SerializerMethodField(help_text="The zone of the rule's DTSTART.")
    until = serializers.SerializerMethodField(
        help_text="The rule's UNTIL in that zone; empty where it has none."
    )

    class Meta:
        model = Schedule
        fields: ClassVar = [
            "rrule",
            "id",
            "type",
            "url",
            "related",
            "summary_fields",
            "created",
            "modified",
            "name",
            "description",
            "extra_data",
            *PROMPT_NAMES,
            "unified_job_template",
            "enabled",
            "dtstart",
            "dtend",
            "next_run",
            "timezone",
            "until",
        ]
        read_only_fields: ClassVar = ["dtstart", "dtend", "next_run"]

    def get_timezone(self, obj: Schedule) -> str:
        return load(obj.rrule).timezone

    def get_until(self, obj: Schedule) -> str:
        return load(obj.rrule).until

    def get_related(self, obj: Schedule) -> dict[str, str]:
        template = obj.unified_job_template
        return super().get_related(obj) | {
            "unified_jobs": f"/api/v2/schedules/{obj.pk}/jobs/",
            "unified_job_template": f"/api/v2/{template.kind}s/{template.pk}/",
        }

    def get_summary_fields(self, obj: Schedule) -> dict[str, Any]:
        template = obj.unified_job_template
        return super().get_summary_fields(obj) | {
            "unified_job_template": {
                "id": template.pk,
                "name": template.name,
                "description": template.description,
                "unified_job_type": JOB_KIND_OF[template.kind],
            },
        }

    def to_representation(self, instance: Schedule) -> dict[str, Any]:
        shown = super().to_representation(instance)
        return shown | {name: instance.prompts.get(name) for name in PROMPT_NAMES}

    def validate_extra_data(self, value: object) -> dict[str, Any]:
        try:
            return parse_variables(value)
        except InvalidVariables as error:
            raise ValidationError([str(error)]) from None

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        answered = {name: attrs.pop(name) for name in PROMPT_NAMES if name in attrs}
        stored: dict[str, Any] = self.instance.prompts if isinstance(self.instance, Schedule) else {}
        if answered:
            attrs["prompts"] = {k: v for k, v in (stored | answered).items() if v is not None}
        template = attrs.get("unified_job_template") or getattr(self.instance, "unified_job_template", None)
        if template is not None:
            self._check_launch(template, attrs)
        return attrs

    def _check_launch(self, template: UnifiedJobTemplate, attrs: dict[str, Any]) -> None:
        """A schedule must be able to launch what it is bound to, with the answers that it carries."""
        job_template = JobTemplate.objects.select_related("project").filter(pk=template.pk).first()
        if job_template is None:
            raise ValidationError({"unified_job_template": ["Manual Project cannot have a schedule set."]})
        missing = missing_resources(job_template)
        if missing:
            raise ValidationError({"resources_needed_to_start": missing})
        answers = accept(
            job_template,
            extra_vars=attrs.get("extra_data", getattr(self.instance, "extra_data", {})),
            prompts=attrs.get("prompts", getattr(self.instance, "prompts", {})),
        )
        if answers.refusals:
            names = {"extra_vars": "extra_data"}
            raise ValidationError({names.get(name, name): texts for name, texts in answers.refusals.items()})

    def create(self, validated_data: dict[str, Any]) -> Schedule:
        return create_schedule(**validated_data)

    def update(self, instance: Schedule, validated_data: dict[str, Any]) -> Schedule:
        return change_schedule(instance, **validated_data)
