"""What clients ask most, of a hundredth of what is stored and of all: neither statements nor time may grow with it.

The hundredth is in a database of its own beside the other, and each is asked in turns: what else the machine does
meanwhile hits both. Where the hundredth has fewer rows than a page, both are asked for as many besides.
"""

import os
import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from access.models import User
from bench.databases import connected_to, copied
from bench.report import Figure, WrongCount
from bench.world import NOON, load_notifications, load_runs, load_schedules, make_templates
from jobs.models import JobTemplate
from notifications.models import NotificationTemplate
from tests.factories.notifications import make_notification_template
from tests.factories.roles import give

SIZE = 1_000_000
SMALLER_BY = 100
# Of a hundredth the reader may read more than one page.
SMALLEST = 50_000
# In each, the requests that count, after one that does not: the connection is new. Many short ones, for a machine may
# be half as quick a second later.
ROUNDS, REQUESTS = 10, 2
READABLE = 10
MADE = "Made"
# The time of the hundredth's last run is before it, that of all runs' last after it.
_YESTERDAY = f"{NOON - timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"
_TOMORROW = f"{NOON + timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"

LISTS = {
    "schedules": (
        "",
        "page=2&page_size=5",
        "order_by=name",
        "order_by=-name",
        "order_by=next_run",
        "order_by=-next_run",
        "order_by=-modified",
        "enabled=true&order_by=next_run",
        f"next_run__gt={_TOMORROW}&order_by=next_run",
        f"created__gt={_YESTERDAY}",
        "unified_job_template={template}",
        "unified_job_template={template}&order_by=-next_run",
        "name=Schedule 77",
        "name__icontains=dule 77",
        "name__startswith=Schedule 77",
        "search=77",
        "search=999",
        "search=schedule",
        "search=nowhere",
        "search=999&enabled=true&order_by=next_run",
    ),
    "jobs": (
        "",
        "page=2&page_size=5",
        "order_by=-id",
        "order_by=-finished",
        "order_by=-created",
        "order_by=name",
        "status=failed",
        "status=failed&order_by=-finished",
        "status=running",
        "status__in=failed,error,canceled&order_by=-finished",
        f"created__gt={_YESTERDAY}&order_by=-created",
        f"finished__gt={_YESTERDAY}&order_by=finished",
        "unified_job_template={template}&order_by=-finished",
        "launch_type=scheduled&order_by=-id",
        "name__icontains=late 7&order_by=-id",
        "search=77",
        "search=template 150",
        "search=template&order_by=-finished",
        "search=nowhere",
    ),
    "job_templates": ("",),
    "notification_templates": ("",),
    "workflow_jobs": ("",),
    "unified_jobs": ("order_by=-finished", "status=failed&order_by=-finished", "type=job&order_by=-id"),
}


@dataclass(frozen=True)
class Question:
    """A request. A body is sent by POST; an object that it makes gets a name of its own."""

    name: str
    client: APIClient
    path: str
    body: dict[str, Any] | None = None

    def ask(self) -> Any:
        if self.body is None:
            return self.client.get(self.path)
        return self.client.post(
            self.path, {"name": f"{MADE} {time.monotonic_ns()}"} | self.body, format="json"
        )

    def for_rows(self, number: int) -> "Question":
        """The same list, of so many rows."""
        chosen = f"&page_size={number}"
        return replace(self, name=self.name + chosen, path=self.path + chosen)


def run(size: int) -> Iterator[Figure]:
    templates = make_templates()
    askers = _askers(templates)
    told = make_notification_template(organization=templates[0].organization)
    _load(templates, told, 0, size // SMALLER_BY)
    smaller = f"{connection.settings_dict['NAME']}_smaller"
    # So that it can be copied.
    connection.close()
    with copied(os.environ["DATABASE_URL"], smaller):
        _load(templates, told, size // SMALLER_BY, size)
        sizes = {"stored": size, "stored_by_peer": size // SMALLER_BY}
        for question in _questions(askers, templates[0]):
            yield from _figures(question, smaller, sizes)


def _askers(templates: Sequence[JobTemplate]) -> dict[str, APIClient]:
    """An administrator, and somebody who may read a few templates."""
    users = {
        "admin": User.objects.create(username="admin", is_superuser=True),
        "reader": User.objects.create(username="reader"),
    }
    for template in templates[:READABLE]:
        give(template, "read_role", users["reader"])
    clients = {name: APIClient(HTTP_HOST="localhost") for name in users}
    for name, client in clients.items():
        client.force_authenticate(users[name])
    return clients


def _load(templates: list[JobTemplate], told: NotificationTemplate, stored: int, size: int) -> None:
    load_schedules(templates, {}, first=stored + 1, last=size)
    load_runs(templates, first=stored + 1, last=size)
    load_notifications(told, first=stored + 1, last=size)


def _questions(askers: dict[str, APIClient], template: JobTemplate) -> Iterator[Question]:
    for name, client in askers.items():
        for resource, queries in LISTS.items():
            for query in queries:
                path = f"/api/v2/{resource}/?{query.format(template=template.pk)}"
                yield Question(f"{name}: {path}", client, path)
    for path in ("/api/v2/schedules/77/", "/api/v2/jobs/77/"):
        yield Question(path, askers["admin"], path)
    rule = {"rrule": "DTSTART;TZID=Europe/London:20260421T093000 RRULE:FREQ=DAILY;INTERVAL=1"}
    schedule = rule | {"unified_job_template": template.pk}
    for path, body in (("/api/v2/schedules/", schedule), ("/api/v2/schedules/preview/", rule)):
        yield Question(f"POST {path}", askers["admin"], path, body)


def _figures(question: Question, smaller: str, sizes: dict[str, int]) -> Iterator[Figure]:
    """Raises WrongCount where the whole database takes more statements."""
    with connected_to(smaller):
        few = _answer(question)
    many = _answer(question)
    # Beyond the rows that a list counts it asks for an estimate, too. Of an empty page nothing else is asked.
    if many.statements > few.statements + 1 and few.rows != 0:
        raise WrongCount(
            f"{question.name}: {few.statements} statements at first, {many.statements} with more stored."
        )
    value, peer = _measure(question, smaller)
    counted = sizes | {"statements": few.statements}
    if few.rows is not None and many.rows is not None:
        counted |= {"rows": many.rows, "rows_of_peer": few.rows}
    yield Figure(f"api.{question.name}", value, "ms", peer=peer, ratio=peer / value, sizes=counted)
    # A full page takes longer than a few rows, however many are stored.
    if few.rows and few.rows != many.rows:
        yield from _figures(question.for_rows(few.rows), smaller, sizes)


@dataclass(frozen=True)
class Answered:
    """By how many statements, and with how many rows; None where it is no list."""

    statements: int
    rows: int | None


def _answer(question: Question) -> Answered:
    question.ask()
    with CaptureQueriesContext(connection) as statements:
        answer = question.ask()
    # The next request forgets them.
    counted = len(statements)
    assert answer.status_code in (200, 201), (question.name, answer.data)
    rows = answer.data.get("results")
    return Answered(counted, None if rows is None else len(rows))


def _measure(question: Question, smaller: str) -> tuple[float, float]:
    """The medians of the milliseconds that the whole database takes, and the smaller one."""
    of_whole: list[float] = []
    of_smaller: list[float] = []
    for _ in range(ROUNDS):
        with connected_to(smaller):
            of_smaller += _times(question)
        of_whole += _times(question)
    return statistics.median(of_whole), statistics.median(of_smaller)


def _times(question: Question) -> Iterator[float]:
    question.ask()
    for _ in range(REQUESTS):
        began = time.perf_counter()
        question.ask()
        yield (time.perf_counter() - began) * 1000
