"""The rows of the lists below `forecast/`, as they are shown."""

from collections.abc import Iterable
from typing import Any

from rest_framework import serializers

from jobs.api.serializers.summaries import of_project, of_unified_template
from jobs.kinds import TemplatesWithOwn, own_of
from jobs.models import JobTemplate, Project, UnifiedJobTemplate
from jobs.statuses import OverlapPolicy
from schedules.clashes import Clash, Kind
from schedules.expected_runs import ExpectedRun, Window
from schedules.models import Schedule

SHOWN_SCHEDULES = 5
KINDS = {
    Kind.OVERLAP: "Runs of one template at once",
    Kind.CONCURRENCY: "Too many runs of one project at once",
    Kind.RATE: "Too many launches of one project within a second",
}


class Summaries:
    """What a page's `summary_fields` say of templates and projects, in a constant number of statements."""

    def __init__(self, templates: Iterable[int], projects: Iterable[int | None]) -> None:
        self._templates = TemplatesWithOwn(UnifiedJobTemplate).in_bulk(set(templates))
        self._projects = Project.objects.in_bulk({pk for pk in projects if pk is not None})

    def of(self, template: int | None, project: int | None) -> dict[str, Any]:
        """What was deleted meanwhile is left out."""
        found: dict[str, Any] = {}
        if template in self._templates:
            found["unified_job_template"] = of_unified_template(self._templates[template])
        if project in self._projects:
            found["project"] = of_project(self._projects[project])
        return found

    def overlap_policy(self, schedule: Schedule) -> str:
        """What decides when it launches while another run of its template is going."""
        if schedule.overlap_policy:
            return schedule.overlap_policy
        template = self._templates.get(schedule.unified_job_template_id)
        own = None if template is None else own_of(template)
        if isinstance(own, JobTemplate):
            return own.overlap_policy
        allows = getattr(own, "allow_simultaneous", False)
        return OverlapPolicy.ALLOW if allows else OverlapPolicy.QUEUE


def of_schedule(schedule: Schedule) -> dict[str, Any]:
    return {"id": schedule.pk, "name": schedule.name, "description": schedule.description}


class ComputedSerializer(serializers.Serializer[Any]):
    """A row that is no object of the database: lists of such are not filtered by their fields."""

    def shape_options(self, fields: dict[str, Any], method: str) -> dict[str, Any]:
        return {name: field | {"filterable": False} for name, field in fields.items()}


class ExpectedRunSerializer(ComputedSerializer):
    launch_at = serializers.DateTimeField(help_text="When it is launched, the schedule's slot included.")
    scheduled_for = serializers.DateTimeField(source="expected.scheduled_for", help_text="The due instant.")
    schedule = serializers.IntegerField(source="schedule.pk")
    unified_job_template = serializers.IntegerField(source="schedule.unified_job_template_id")
    outcome = serializers.CharField(
        source="expected.outcome", help_text="`forecast`, or why it will not be launched."
    )
    reason = serializers.CharField(source="expected.reason")
    expected_seconds = serializers.FloatField(
        source="seconds",
        allow_null=True,
        help_text="What 95 of a hundred of the template's runs of the last 30 days took at most.",
    )
    expected_end = serializers.DateTimeField(source="end", allow_null=True)
    summary_fields = serializers.SerializerMethodField()

    def get_summary_fields(self, run: ExpectedRun) -> dict[str, Any]:
        summaries: Summaries = self.context["summaries"]
        around = summaries.of(run.schedule.unified_job_template_id, run.project)
        return {"schedule": of_schedule(run.schedule), **around}


class ClashSerializer(ComputedSerializer):
    kind = serializers.ChoiceField(choices=[(kind.value, text) for kind, text in KINDS.items()])
    until = serializers.DateTimeField(source="end")
    project = serializers.IntegerField(allow_null=True)
    unified_job_template = serializers.IntegerField(
        source="template", allow_null=True, help_text="Of an overlap."
    )
    limit = serializers.IntegerField(help_text="How many may be at once.")
    at_once = serializers.IntegerField(source="most", help_text="How many there are at the worst.")
    launches = serializers.SerializerMethodField(help_text="How many runs take part.")
    schedules = serializers.SerializerMethodField(
        help_text=f"The first {SHOWN_SCHEDULES} of their schedules, each with the overlap policy that decides."
    )
    summary_fields = serializers.SerializerMethodField()

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        return {"kind": fields.pop("kind"), "from": serializers.DateTimeField(source="start"), **fields}

    def get_launches(self, clash: Clash) -> int:
        return len(clash.runs)

    def get_schedules(self, clash: Clash) -> list[dict[str, Any]]:
        summaries: Summaries = self.context["summaries"]
        return [
            {
                "id": schedule.pk,
                "name": schedule.name,
                "overlap_policy": summaries.overlap_policy(schedule),
            }
            for schedule in first_schedules(clash)
        ]

    def get_summary_fields(self, clash: Clash) -> dict[str, Any]:
        summaries: Summaries = self.context["summaries"]
        return summaries.of(clash.template, clash.project)


def first_schedules(clash: Clash) -> list[Schedule]:
    return list({run.schedule.pk: run.schedule for run in clash.runs}.values())[:SHOWN_SCHEDULES]


class QuietSpanSerializer(ComputedSerializer):
    until = serializers.DateTimeField(source="end")
    seconds = serializers.SerializerMethodField()

    def get_fields(self) -> dict[str, Any]:
        return {"from": serializers.DateTimeField(source="start"), **super().get_fields()}

    def get_seconds(self, span: Window) -> float:
        return (span.end - span.start).total_seconds()
