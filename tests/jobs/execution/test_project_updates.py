"""Catalogues fetched by a real engine from a real service."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import web

from jobs.catalogues import MAX_DOCUMENT
from jobs.launching import launch
from jobs.models import Catalogue, Project, UnifiedJob
from jobs.prompts import LaunchAnswers
from jobs.record import events_of
from jobs.statuses import JobKind, LaunchType, Outcome, Status
from jobs.stdout import as_text, lines_of
from outbound.addresses import AllowList
from schedules.models import Occurrence
from schedules.poller import launch_due
from tests.endpoint import Endpoint
from tests.factories.jobs import make_project
from tests.factories.schedules import make_schedule
from tests.jobs.execution.conftest import StartEngine, WaitUntilFinished

pytestmark = pytest.mark.django_db(transaction=True)

OPENAPI = {
    "openapi": "3.0.0",
    "paths": {"/jobs/b": {"post": {}, "get": {}}, "/jobs/a": {"post": {}}},
}
MIDNIGHT = datetime(2020, 1, 1, tzinfo=UTC)
HOURLY = "DTSTART:20200101T000000Z RRULE:FREQ=HOURLY;INTERVAL=1"


class Service(Endpoint):
    """`/catalogue` answers whatever the test put in `document`."""

    document: bytes = json.dumps(OPENAPI).encode()

    async def _answer(self, request: web.Request, body: bytes) -> web.StreamResponse:
        if request.path == "/catalogue":
            return web.Response(body=self.document, content_type="application/json")
        return await super()._answer(request, body)


@pytest.fixture
def endpoint() -> Any:
    with Service() as running:
        yield running


def make_service(endpoint: Endpoint, catalog_url: str = "/catalogue") -> Project:
    return make_project(name="Billing", scm_url=endpoint.url, catalog_url=catalog_url)


def update(project: Project) -> UnifiedJob:
    return launch(project, user=None, answers=LaunchAnswers())


def test_update_stores_what_the_document_names(
    endpoint: Service, start_engine: StartEngine, wait_until_finished: WaitUntilFinished
) -> None:
    project = make_service(endpoint)
    run = update(project)

    start_engine()

    [done] = wait_until_finished(run)
    project.refresh_from_db()
    assert (done.kind, done.status, done.job_explanation) == (JobKind.PROJECT_UPDATE, "successful", "")
    assert project.catalogue.endpoints == {"/jobs/a": ["POST"], "/jobs/b": ["GET", "POST"]}
    assert project.catalogue.fetched == done.finished
    assert len(project.scm_revision) == 64
    assert project.update_status == "successful"
    [sent] = endpoint.requests
    assert (sent["method"], sent["path"], sent["body"]) == ("GET", "/catalogue", b"")
    text = as_text(lines_of(events_of(done, done.attempts.all())))
    assert f"GET {endpoint.url}/catalogue" in text
    assert text.endswith("3 endpoints:\n  POST /jobs/a\n  GET /jobs/b\n  POST /jobs/b\n")


def test_next_update_replaces_the_catalogue(
    endpoint: Service, start_engine: StartEngine, wait_until_finished: WaitUntilFinished
) -> None:
    project = make_service(endpoint)
    start_engine()
    wait_until_finished(update(project))
    endpoint.document = b'["/jobs/only"]'

    wait_until_finished(update(project))

    before = project.scm_revision
    project.refresh_from_db()
    assert Catalogue.objects.get().endpoints == {"/jobs/only": []}
    assert project.scm_revision != before


@pytest.mark.parametrize(
    ("path", "document", "status", "reason", "words"),
    [
        ("/redirect", b"", Status.FAILED, Outcome.HTTP_STATUS, "The redirect was not followed."),
        ("/status/500", b"", Status.FAILED, Outcome.HTTP_STATUS, "answered 500"),
        ("/catalogue", b"<html>", Status.FAILED, Outcome.INVALID_DOCUMENT, "The document is not JSON."),
        ("/catalogue", b"{}", Status.FAILED, Outcome.INVALID_DOCUMENT, "neither an OpenAPI 3 document nor"),
        (f"/big/{MAX_DOCUMENT + 1}", b"", Status.FAILED, Outcome.INVALID_DOCUMENT, "longer than 2 MiB"),
        ("/endless", b"", Status.FAILED, Outcome.INVALID_DOCUMENT, "longer than 2 MiB"),
        ("/reset", b"", Status.FAILED, Outcome.CONNECT, "closed the connection"),
    ],
)
def test_failed_update_says_why_and_keeps_the_old_catalogue(  # noqa: PLR0917
    endpoint: Service,
    start_engine: StartEngine,
    wait_until_finished: WaitUntilFinished,
    path: str,
    document: bytes,
    status: str,
    reason: str,
    words: str,
) -> None:
    project = make_service(endpoint, path)
    Project.objects.update(scm_revision="old")
    Catalogue.objects.create(project=project, endpoints={"/old": []}, fetched=MIDNIGHT)
    endpoint.document = document
    run = update(project)

    start_engine()

    [done] = wait_until_finished(run)
    project.refresh_from_db()
    assert (done.status, done.failure_reason) == (status, reason)
    assert words in done.job_explanation
    assert words in as_text(lines_of(events_of(done, done.attempts.all())))
    assert (project.scm_revision, project.update_status) == ("old", status)
    assert Catalogue.objects.get().endpoints == {"/old": []}
    assert len(endpoint.requests) == 1


def test_large_document_within_the_bound_is_read(
    endpoint: Service, start_engine: StartEngine, wait_until_finished: WaitUntilFinished
) -> None:
    project = make_service(endpoint)
    endpoint.document = json.dumps([f"/{'x' * 500}/{number}" for number in range(3000)]).encode()
    run = update(project)

    start_engine()

    [done] = wait_until_finished(run)
    assert done.status == Status.SUCCESSFUL, done.job_explanation
    assert len(Catalogue.objects.get().endpoints) == 3000


def test_private_address_is_not_called(
    endpoint: Service, start_engine: StartEngine, wait_until_finished: WaitUntilFinished
) -> None:
    project = make_service(endpoint)
    run = update(project)

    start_engine(allowed=AllowList())

    [done] = wait_until_finished(run)
    project.refresh_from_db()
    assert (done.status, done.failure_reason) == (Status.ERROR, Outcome.FORBIDDEN_ADDRESS)
    assert "OUTBOUND_ALLOWED_NETWORKS" in done.job_explanation
    assert endpoint.requests == []
    assert (project.update_status, project.scm_revision) == (Status.ERROR, "")


def test_schedule_of_a_project_fires_an_update(
    endpoint: Service, start_engine: StartEngine, wait_until_finished: WaitUntilFinished
) -> None:
    project = make_service(endpoint)
    make_schedule(HOURLY, template=project, now=datetime(2019, 12, 31, 23, tzinfo=UTC))

    assert launch_due(MIDNIGHT).launched == 1

    run = UnifiedJob.objects.get()
    start_engine()
    [done] = wait_until_finished(run)
    assert (done.kind, done.launch_type, done.scheduled_for) == (
        JobKind.PROJECT_UPDATE,
        LaunchType.SCHEDULED,
        MIDNIGHT,
    )
    assert done.status == Status.SUCCESSFUL
    assert Occurrence.objects.get().job == run
    assert sorted(Catalogue.objects.get().endpoints) == ["/jobs/a", "/jobs/b"]


def test_updates_of_a_deleted_project_still_end(
    endpoint: Service, start_engine: StartEngine, wait_until_finished: WaitUntilFinished
) -> None:
    project = make_service(endpoint)
    run = update(project)
    Project.objects.filter(pk=project.pk).delete()

    start_engine()

    [done] = wait_until_finished(run)
    assert done.status == Status.SUCCESSFUL
    assert not Catalogue.objects.exists()
