"""The audit of a template as it is shown, and which audits are asked for."""

from typing import Any

from rest_framework import serializers

from api.fields import IdField
from jobs.api.serializers.summaries import of_organization, of_project
from jobs.audit.auditing import Audit
from jobs.audit.findings import Property, Verdict
from jobs.kinds import launchable_kinds, own_of
from jobs.models import JobTemplate
from jobs.statuses import TemplateKind

VERDICTS = [verdict.value for verdict in Verdict]
# What people make to be run.
_AUDITED = (TemplateKind.JOB_TEMPLATE, TemplateKind.WORKFLOW_JOB_TEMPLATE)
AUDITED = tuple(kind for kind in launchable_kinds() if kind.name in _AUDITED)
PROPERTIES = {
    Property.IDEMPOTENCY: "Whether a call that is made again can do harm.",
    Property.SINGLETON: "Whether one run goes at a time.",
    Property.BOUNDED_RUNTIME: "Whether runs end by themselves, and before the next is due.",
    Property.FAILURE_ALERTING: "Whether somebody is told of failures, and the messages get there.",
    Property.OBSERVABILITY: "Whether what was run, and what came of it, can be read afterwards.",
}


class QuestionSerializer(serializers.Serializer[Any]):
    """Which audits a list shows, beside what lookups choose of the templates."""

    project = IdField(required=False, help_text="Only job templates of this project.")
    verdict = serializers.ChoiceField(
        choices=VERDICTS,
        required=False,
        help_text="Only templates of whose properties this is the worst verdict.",
    )

    def get_fields(self) -> dict[str, Any]:
        fields: dict[str, Any] = super().get_fields()
        for name in Property:
            text = f"Only templates with this verdict on {name.value}."
            fields[name.value] = serializers.ChoiceField(choices=VERDICTS, required=False, help_text=text)
        return fields


class ChangeSerializer(serializers.Serializer[Any]):
    method = serializers.CharField()
    url = serializers.CharField()
    field = serializers.CharField(allow_null=True)
    value = serializers.JSONField(allow_null=True, help_text="null where people have to choose it.")
    why = serializers.CharField()


class FindingSerializer(serializers.Serializer[Any]):
    verdict = serializers.ChoiceField(choices=VERDICTS)
    reason = serializers.CharField()
    facts = serializers.ListField(child=serializers.CharField())
    changes = ChangeSerializer(many=True, help_text="What would mend it. The audit changes nothing.")


class FiguresSerializer(serializers.Serializer[Any]):
    usual_seconds = serializers.FloatField(
        allow_null=True, help_text="What 95 of 100 of its last runs of the last 30 days took at most."
    )
    shortest_interval = serializers.FloatField(
        source="interval",
        allow_null=True,
        help_text="Seconds between launches of its schedules, at the closest.",
    )
    schedules = serializers.SerializerMethodField(help_text="How many of its schedules were looked at.")

    def get_schedules(self, facts: Any) -> int:
        return len(facts.schedules)


class AuditSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField(source="template.pk")
    type = serializers.ChoiceField(source="template.kind", choices=[kind.name.value for kind in AUDITED])
    url = serializers.SerializerMethodField()
    related = serializers.SerializerMethodField()
    summary_fields = serializers.SerializerMethodField()
    name = serializers.CharField(source="template.name")
    verdict = serializers.ChoiceField(choices=VERDICTS, help_text="The worst of all its properties.")
    figures = FiguresSerializer(source="facts")

    def get_fields(self) -> dict[str, Any]:
        fields: dict[str, Any] = super().get_fields()
        for name, text in PROPERTIES.items():
            fields[name.value] = FindingSerializer(source=f"findings.{name.value}", help_text=text)
        return fields

    def shape_options(self, fields: dict[str, Any], method: str) -> dict[str, Any]:
        """Lookups are those of templates; the verdicts are parameters of their own."""
        filterable = ("id", "type", "name")
        return {name: field | {"filterable": name in filterable} for name, field in fields.items()}

    def get_url(self, audit: Audit) -> str:
        return f"{audit.facts.url}audit/"

    def get_related(self, audit: Audit) -> dict[str, str]:
        return {str(audit.template.kind): audit.facts.url}

    def get_summary_fields(self, audit: Audit) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if audit.template.organization is not None:
            found["organization"] = of_organization(audit.template.organization)
        own = own_of(audit.template)
        if isinstance(own, JobTemplate) and own.project is not None:
            found["project"] = of_project(own.project)
        return found
