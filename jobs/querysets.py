"""Templates with what AWX shows of their runs and schedules, computed by the database."""

from typing import Any, TypeVar, cast

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import (
    BigIntegerField,
    BooleanField,
    CharField,
    DateTimeField,
    JSONField,
    Model,
    OuterRef,
    QuerySet,
    Subquery,
    TextField,
    Value,
)
from django.db.models.functions import Coalesce, JSONObject

from jobs.models import Label, UnifiedJob, UnifiedJobTemplate
from jobs.statuses import ACTIVE, FINISHED, NEVER_RUN

# What lists can be filtered and ordered by, beside the columns.
COMPUTED = (
    *("last_job_run", "last_job_failed", "next_job_run", "status", "next_schedule", "custom_virtualenv"),
)

TemplateT = TypeVar("TemplateT", bound=UnifiedJobTemplate)

RECENT_JOBS = 10
RUN_STATE = ("current_job_data", "last_job_data", "recent_jobs_data", "next_schedule_data", "labels_data")


def with_run_state(templates: "QuerySet[TemplateT]") -> "QuerySet[TemplateT]":
    """Each template with the names in RUN_STATE: each is a look into an index, made for the rows of a page only.

    The names in COMPUTED can be asked for besides. What a template shows under these it takes from RUN_STATE, so they
    are not read as well.
    """
    runs = UnifiedJob.objects.filter(unified_job_template=OuterRef("pk")).order_by("-id")
    finished, active = runs.filter(status__in=FINISHED), runs.filter(status__in=ACTIVE)
    brief = JSONObject(
        **{name: name for name in ("id", "name", "description", "status", "failed", "finished")}
    )
    recent = JSONObject(**{name: name for name in ("id", "status", "finished", "canceled_on", "kind")})
    schedules = (
        _schedules()
        .filter(unified_job_template=OuterRef("pk"), enabled=True, next_run__isnull=False)
        # Of several AWX names the one that comes last.
        .order_by("-next_run", "id")
    )
    rows: Any = templates.alias(
        last_job_run=Subquery(finished.values("finished")[:1], output_field=DateTimeField()),
        last_job_failed=Coalesce(
            Subquery(finished.values("failed")[:1], output_field=BooleanField()),
            Value(False),  # noqa: FBT003
        ),
        next_job_run=Subquery(schedules.values("next_run")[:1], output_field=DateTimeField()),
        status=Coalesce(
            Subquery(active.values("status")[:1], output_field=CharField()),
            Subquery(finished.values("status")[:1], output_field=CharField()),
            Value(NEVER_RUN),
        ),
        next_schedule=Subquery(schedules.values("id")[:1], output_field=BigIntegerField()),
    )
    annotated = rows.annotate(
        current_job_data=Subquery(active.values(data=brief)[:1], output_field=JSONField()),
        last_job_data=Subquery(finished.values(data=brief)[:1], output_field=JSONField()),
        recent_jobs_data=ArraySubquery(runs.values(data=recent)[:RECENT_JOBS]),
        next_schedule_data=Subquery(
            schedules.values(
                data=JSONObject(id="id", name="name", description="description", next_run="next_run")
            )[:1],
            output_field=JSONField(),
        ),
        # A column of AWX's that nothing fills in any more.
        custom_virtualenv=Value(None, output_field=TextField(null=True)),
        labels_data=ArraySubquery(
            Label.objects.filter(unified_job_templates=OuterRef("pk"))
            .order_by("name")
            .values(data=JSONObject(id="id", name="name"))
        ),
    )
    return cast("QuerySet[TemplateT]", annotated)


def specific(template: UnifiedJobTemplate) -> UnifiedJobTemplate:
    """A row of `with_kinds` as an object of its own class, with the run state that it was read with."""
    own: UnifiedJobTemplate = getattr(template, f"as_{template.kind}")
    for name in RUN_STATE:
        if hasattr(template, name):
            setattr(own, name, getattr(template, name))
    return own


def _schedules() -> "QuerySet[Any]":
    """Schedules, which live in an app that this one may not import, by the reverse accessor."""
    model: type[Model] = UnifiedJobTemplate._meta.get_field("schedules").related_model
    return model._default_manager.order_by()
