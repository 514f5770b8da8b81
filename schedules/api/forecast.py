"""`forecast/`: what all schedules that the asker may read will run, where that clashes, and when nothing runs."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from django.utils import timezone
from rest_framework import serializers
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from access.permissions import EveryUser
from access.rules import accessible
from api.fields import IdField
from api.openapi import OpenApi
from api.pagination import Pages
from api.views import Endpoint
from jobs.models import Project, UnifiedJobTemplate
from schedules.api.forecast_rows import (
    ClashSerializer,
    ExpectedRunSerializer,
    QuietSpanSerializer,
    Summaries,
    first_schedules,
)
from schedules.clashes import Clash, Limits, clashes, quiet_spans
from schedules.expected_runs import MOST_RUNS, ExpectedRun, Outlook, TooMuch, Window, expected_runs
from schedules.models import Schedule

DAY, LONGEST = timedelta(days=1), timedelta(days=7)
# What lasts from then on ends before the calendar does.
LATEST = datetime(9000, 1, 1, tzinfo=UTC)
AT_ONCE = 10
OF_EVERY_LIST = frozenset({"page", "page_size", "count_disabled", "format"})

TOO_MUCH = (
    "Too much is due before `from` or at that instant to look any further. Name a project, an organization, a template "
    "or an earlier time."
)


class QuestionSerializer(serializers.Serializer[Any]):
    """The window, and whose schedules are asked for."""

    until = serializers.DateTimeField(
        required=False, help_text="Before when; a day after `from` unless given, and seven days at most."
    )
    project = IdField(required=False, help_text="Only job templates of this project.")
    organization = IdField(required=False, help_text="Only templates of this organization.")
    unified_job_template = IdField(required=False, help_text="Only this template.")

    def get_fields(self) -> dict[str, Any]:
        # A word of Python cannot be the name of an attribute.
        begin = serializers.DateTimeField(required=False, help_text="From when on; now, unless it is later.")
        return {"from": begin, **super().get_fields()}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        now = timezone.now()
        start = max(attrs.pop("from", now), now)
        if start > LATEST:
            raise ValidationError({"from": ["That is too far ahead."]})
        end = attrs.pop("until", start + DAY)
        if not start < end <= start + LONGEST:
            raise ValidationError({"until": ["Must be later than `from` and now, by seven days at most."]})
        return attrs | {"now": now, "window": Window(start, end)}


class ClashQuestionSerializer(QuestionSerializer):
    at_once = serializers.IntegerField(
        default=AT_ONCE,
        min_value=1,
        max_value=MOST_RUNS,
        help_text="How many runs at once are fine where a project has no limit of its own.",
    )


class OutlookPages(Pages):
    """Pages that say of which window they are: it may end earlier than was asked."""

    outlook: Outlook

    def get_paginated_response(self, data: Sequence[Any]) -> Response:
        answer = super().get_paginated_response(data)
        window = self.outlook.window
        answer.data |= {"from": window.start, "until": window.end, "shortened": self.outlook.is_shortened}
        return answer

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        page = super().get_paginated_response_schema(schema)
        instant = {"type": "string", "format": "date-time"}
        page["properties"] |= {
            "from": instant,
            "until": instant,
            "shortened": {
                "type": "boolean",
                "description": "Whether there was too much for the whole window, which is complete to `until`.",
            },
        }
        return page


class OutlookList(Endpoint, GenericAPIView[Any]):
    """A list of what is found in the outlook of the window that is asked for."""

    permission_classes = (EveryUser,)
    pagination_class = OutlookPages
    filter_backends = ()
    search_fields: ClassVar[tuple[str, ...]] = ()
    is_list = True
    question: ClassVar[type[QuestionSerializer]] = QuestionSerializer

    def get(self, request: Request) -> Response:
        asked = self._asked(request)
        schedules = accessible(Schedule.objects.filter(**of_templates(asked)), request.user)
        try:
            outlook = expected_runs(schedules, asked["window"], now=asked["now"])
        except TooMuch:
            raise ParseError(TOO_MUCH) from None
        pages: Any = self.paginator
        pages.outlook = outlook
        page = self.paginate_queryset(self.find(outlook, asked)) or []
        shown = self.get_serializer(page, many=True, context={"summaries": self.summaries(page)})
        return self.get_paginated_response(shown.data)

    def _asked(self, request: Request) -> dict[str, Any]:
        question = self.question(data=request.query_params)
        unknown = request.query_params.keys() - question.fields.keys() - OF_EVERY_LIST
        if unknown:
            raise ValidationError({min(unknown): ["The forecast has no such parameter."]})
        question.is_valid(raise_exception=True)
        asked: dict[str, Any] = question.validated_data
        return asked

    def find(self, outlook: Outlook, asked: dict[str, Any]) -> Sequence[Any]:
        """The whole list."""
        raise NotImplementedError

    def summaries(self, page: Sequence[Any]) -> Summaries | None:
        """For a serializer whose rows have `summary_fields`."""
        return None


def of_templates(asked: dict[str, Any]) -> dict[str, Any]:
    """The condition on schedules of what is asked for."""
    templates = UnifiedJobTemplate.objects.order_by()
    chosen = templates
    if "project" in asked:
        chosen = chosen.filter(as_job_template__project=asked["project"])
    if "organization" in asked:
        chosen = chosen.filter(organization=asked["organization"])
    if "unified_job_template" in asked:
        chosen = chosen.filter(pk=asked["unified_job_template"])
    return {} if chosen is templates else {"unified_job_template__one_of": chosen.values("pk")}


def listed(question: type[QuestionSerializer], row: type[serializers.Serializer[Any]]) -> dict[str, OpenApi]:
    """What the OpenAPI document says of a list: its parameters, and pages of such rows."""
    return {"GET": OpenApi(parameters=[question], responses={200: row(many=True)})}


class Forecast(OutlookList):
    """All launches to come of all schedules, by time: what is due in the window, and what is still going at its start.

    The window begins at `from` (now) and ends before `until` (a day later; seven at most). `project`, `organization`
    and `unified_job_template` take ids. `/api/v2/forecast/clashes/` says where launches clash,
    `/api/v2/forecast/quiet/` when nothing is expected to run.
    """

    serializer_class: Any = ExpectedRunSerializer
    openapi = listed(QuestionSerializer, ExpectedRunSerializer)

    def find(self, outlook: Outlook, asked: dict[str, Any]) -> Sequence[ExpectedRun]:
        return outlook.runs

    def summaries(self, page: Sequence[ExpectedRun]) -> Summaries:
        return Summaries(
            (run.schedule.unified_job_template_id for run in page), (run.project for run in page)
        )


class ForecastClashes(OutlookList):
    """Where launches to come clash: runs of one template overlap, or there are too many of one project at once.

    How many are too many is said by the project's limits, and by `at_once` (10) where it has none. The window is
    chosen as in `/api/v2/forecast/`.
    """

    name = "Clashes"
    question = ClashQuestionSerializer
    serializer_class: Any = ClashSerializer
    openapi = listed(ClashQuestionSerializer, ClashSerializer)

    def find(self, outlook: Outlook, asked: dict[str, Any]) -> Sequence[Clash]:
        projects = {run.project for run in outlook.runs if run.project is not None}
        rows = Project.objects.filter(pk__in=projects).order_by()
        columns = rows.values_list("pk", "max_concurrent_calls", "max_calls_per_second")
        limits = {pk: Limits(*own) for pk, *own in columns}
        return clashes(outlook, limits, at_once=asked["at_once"])

    def summaries(self, page: Sequence[Clash]) -> Summaries:
        shown = [schedule for clash in page for schedule in first_schedules(clash)]
        return Summaries(
            (schedule.unified_job_template_id for schedule in shown), (clash.project for clash in page)
        )


class QuietSpans(OutlookList):
    """When nothing is expected to run, the longest time first. The window is chosen as in `/api/v2/forecast/`."""

    serializer_class: Any = QuietSpanSerializer
    openapi = listed(QuestionSerializer, QuietSpanSerializer)

    def find(self, outlook: Outlook, asked: dict[str, Any]) -> Sequence[Window]:
        return quiet_spans(outlook)
