"""What a run did: its record as a document, as events, and attempt by attempt."""

from collections.abc import Iterable, Mapping, Sequence
from operator import ge, gt, le, lt
from typing import Any, ClassVar

from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from rest_framework.exceptions import ParseError
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from access.api.views import ReadableSublist
from api.openapi import ANY_OBJECT, OpenApi
from api.renderers import Pages
from api.views import OneObject
from jobs.api.renderers import (
    AnsiFileRenderer,
    AnsiTextRenderer,
    HtmlPageRenderer,
    PlainTextRenderer,
    TextFileRenderer,
)
from jobs.api.serializers.record import (
    EVENTS_PER_JOB,
    AttemptSerializer,
    JobEventSerializer,
    event_as_resource,
)
from jobs.api.views.jobs import JOBS
from jobs.models import Attempt, UnifiedJob
from jobs.record import Line, events_of
from jobs.stdout import as_ansi, as_html, as_page, as_text, lines_of

RECORDED = JOBS.prefetch_related("attempts")


class JobStdout(OneObject):
    """The readable record of a run, in the format that `?format=` names: txt, ansi, html, json or one to be saved.

    With `format=json` it can be read in pieces, by `start_line` (0 is the first) and `end_line` (not itself part of it;
    below 0 either counts from the end), and `content_format=html` or `ansi` sets off what is good and bad.
    """

    action = "stdout"
    queryset = RECORDED
    renderer_classes = [
        Pages,
        PlainTextRenderer,
        JSONRenderer,
        AnsiTextRenderer,
        HtmlPageRenderer,
        TextFileRenderer,
        AnsiFileRenderer,
    ]

    @OpenApi(
        responses={
            (200, "text/plain"): str,
            (200, "text/html"): str,
            (200, "application/json"): OpenApiTypes.ANY,
        }
    )
    def get(self, request: Request, pk: int) -> Response:
        job: UnifiedJob = self.get_object()
        lines = lines_of(events_of(job, job.attempts.all()))
        match request.accepted_renderer.format:
            case "json":
                return Response(_piece(lines, request.query_params))
            case "html":
                return Response(as_page(lines, title=f"Run {job.pk}: {job.name}"))
            case "ansi":
                return Response(as_ansi(lines))
            case "txt_download":
                return _file(as_text(lines), f"{job.kind}_{job.pk}.txt")
            case "ansi_download":
                return _file(as_ansi(lines), f"{job.kind}_{job.pk}.ansi.txt")
            case _:
                return Response(as_text(lines))


def _file(text: str, name: str) -> Response:
    return Response(text, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _piece(lines: list[Line], query: Mapping[str, str]) -> dict[str, Any]:
    """AWX's form of some of the lines. Raises ParseError."""
    total = len(lines)
    start = _line_number(query, "start_line", total, otherwise=0)
    end = _line_number(query, "end_line", total, otherwise=total)
    chosen = lines[start:end]
    content_format = query.get("content_format", "txt")
    if content_format not in ("txt", "ansi", "html"):
        raise ParseError(f'content_format "{content_format}" is none of txt, ansi, html.')
    write = {"txt": as_text, "ansi": as_ansi, "html": as_html}[content_format]
    return {
        "range": {"start": start, "end": max(start, end), "absolute_end": total},
        "content": write(chosen),
    }


def _line_number(query: Mapping[str, str], name: str, total: int, *, otherwise: int) -> int:
    given = query.get(name)
    if given is None:
        return otherwise
    number = _whole_number(name, given)
    return min(max(0, number + total if number < 0 else number), total)


def _whole_number(name: str, text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ParseError(f'{name} "{text}" is not a whole number.') from None


class JobEvents(OneObject):
    """The events of a run, oldest first, each with the lines that it adds to the record, from line 0 without gaps.

    Lookups: `start_line`, `end_line` and `counter`, with `__gt`, `__gte`, `__lt`, `__lte`; `event`, `failed`. A long
    `stdout` is cut at 1024 characters unless `no_truncate=True`.
    """

    action = "job_events"
    queryset = RECORDED
    serializer_class = JobEventSerializer
    # By which name an event says whose it is.
    run_name: ClassVar[str] = "job"

    @OpenApi(operation_id="jobs_job_events_list", responses={200: ANY_OBJECT})
    def get(self, request: Request, pk: int) -> Response:
        query = request.query_params
        events = _resources(
            self.get_object(), truncate=query.get("no_truncate", "").lower() not in ("true", "1", "t")
        )
        numbers = (*NUMBERS, self.run_name)
        chosen = _filtered(events, query, numbers)
        chosen = _ordered(chosen, query.get("order_by") or query.get("order"), numbers)
        page = self.paginate_queryset(chosen)
        return self.get_paginated_response(page) if page is not None else Response(chosen)


class JobEvent(OneObject):
    """One event of a run, by its number in the run."""

    action = "job_events"
    queryset = RECORDED
    serializer_class = JobEventSerializer

    @OpenApi(responses={200: ANY_OBJECT})
    def get(self, request: Request, pk: int, counter: int) -> Response:
        for event in _resources(self.get_object(), truncate=False):
            if event["counter"] == counter:
                return Response(event)
        raise Http404("No JobEvent matches the given query.")


class NumberedEvent(JobEvent):
    """One event of any job, by the number that no other event has."""

    name = "Job event"

    @OpenApi(operation_id="job_events_retrieve", responses={200: ANY_OBJECT})
    def get(self, request: Request, pk: int) -> Response:  # type: ignore[override]
        run, counter = divmod(pk, EVENTS_PER_JOB)
        if not self.get_queryset().filter(pk=run).exists():
            raise Http404("No JobEvent matches the given query.")
        self.kwargs["pk"] = run
        return super().get(request, run, counter)


def _resources(job: UnifiedJob, *, truncate: bool) -> list[dict[str, Any]]:
    return [event_as_resource(job, event, truncate=truncate) for event in events_of(job, job.attempts.all())]


NUMBERS = ("id", "counter", "start_line", "end_line", "event_level", "verbosity")
TEXTS = ("event", "stdout", "uuid", "parent_uuid", "playbook", "created", "modified")
FLAGS = ("failed", "changed")
COMPARISONS = {"gt": gt, "gte": ge, "lt": lt, "lte": le}
NOT_LOOKUPS = frozenset(
    {"page", "page_size", "order", "order_by", "no_truncate", "format", "search", "limit"}
)


def _filtered(events: Iterable[dict[str, Any]], query: Any, numbers: Sequence[str]) -> list[dict[str, Any]]:
    """The events that every lookup of a request fits. Raises ParseError."""
    chosen = list(events)
    for given, texts in query.lists():
        if given in NOT_LOOKUPS:
            continue
        name, _, comparison = given.partition("__")
        for text in texts:
            _check_lookup(name, comparison, text, numbers)
            chosen = [event for event in chosen if _fits(event, name, comparison, text)]
    return chosen


def _check_lookup(name: str, comparison: str, text: str, numbers: Sequence[str]) -> None:
    if name not in (*numbers, *TEXTS, *FLAGS):
        raise ParseError(f"JobEvent has no field named '{name}'")
    allowed = {**COMPARISONS, "in": None, "": None} if name in numbers else {"in": None, "": None}
    if comparison not in allowed:
        raise ParseError(f"Unsupported lookup '{comparison}' for {name}.")
    if name in numbers:
        for part in text.split(",") if comparison == "in" else [text]:
            _whole_number(name, part)


def _fits(event: dict[str, Any], name: str, comparison: str, text: str) -> bool:
    value = event[name]
    if name in FLAGS:
        return bool(value) == (text.lower() in ("true", "1", "t"))
    if comparison == "in":
        return str(value) in text.split(",")
    if comparison:
        return bool(COMPARISONS[comparison](value, int(text)))
    return str(value) == (str(int(text)) if isinstance(value, int) else text)


def _ordered(events: list[dict[str, Any]], order: str | None, numbers: Sequence[str]) -> list[dict[str, Any]]:
    for name in reversed(order.split(",") if order else []):
        plain = name.removeprefix("-")
        if plain not in (*numbers, *TEXTS, *FLAGS):
            raise ParseError(f"JobEvent has no field named '{plain}'")
        events = sorted(events, key=lambda event: event[plain], reverse=name.startswith("-"))
    return events


class JobAttempts(ReadableSublist):
    """The calls that a run made: request (secrets masked), response, timing, outcome."""

    queryset = Attempt.objects.select_related("job")
    serializer_class = AttemptSerializer
    parents = JOBS
    parent_relation: ClassVar[str] = "job"


class JobAttempt(OneObject):
    """One call of a run, by its number."""

    action = "attempts"
    queryset = RECORDED
    serializer_class = AttemptSerializer

    def get(self, request: Request, pk: int, number: int) -> Response:
        job: UnifiedJob = self.get_object()
        for attempt in job.attempts.all():
            if attempt.number == number:
                return Response(self.get_serializer(attempt).data)
        raise Http404("No Attempt matches the given query.")
