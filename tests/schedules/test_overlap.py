from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jobs.models import JobTemplate, UnifiedJob
from jobs.statuses import Status
from schedules import poller
from schedules.models import Occurrence
from schedules.poller import launch_due
from tests.factories.jobs import make_job, make_project
from tests.factories.schedules import make_schedule, make_template

MIDNIGHT = datetime(2030, 1, 1, tzinfo=UTC)
BEFORE = MIDNIGHT - timedelta(hours=1)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("of_template", "of_schedule", "going", "ending"),
    [
        ({}, {}, 1, "launched"),
        ({"overlap_policy": "allow"}, {}, 1, "launched"),
        ({"overlap_policy": "skip"}, {}, 0, "launched"),
        ({"overlap_policy": "skip"}, {}, 1, "overlap"),
        ({"overlap_policy": "skip"}, {"overlap_policy": "queue"}, 1, "launched"),
        ({"overlap_policy": "allow"}, {"overlap_policy": "skip"}, 1, "overlap"),
        ({"overlap_limit": 1}, {}, 1, "launched"),
        ({"overlap_limit": 1}, {}, 2, "overlap"),
        ({"overlap_limit": 1}, {"overlap_limit": 2}, 2, "launched"),
        ({"overlap_limit": 1}, {"overlap_limit": 0}, 9, "launched"),
        ({"overlap_policy": "skip", "overlap_limit": 2}, {"overlap_policy": "queue"}, 3, "overlap"),
        ({"overlap_policy": "replace"}, {}, 2, "launched"),
        ({}, {"overlap_policy": "replace"}, 1, "launched"),
    ],
)
def test_occurrence_ends_by_the_schedules_policy_or_the_templates(
    of_template: dict[str, Any], of_schedule: dict[str, Any], going: int, ending: str
) -> None:
    template = make_template(**of_template)
    for _ in range(going):
        make_job(template, status=Status.RUNNING)
    schedule = make_schedule(template=template, now=BEFORE, **of_schedule)

    tick = launch_due(MIDNIGHT)

    schedule.refresh_from_db()
    occurrence = schedule.occurrences.get()
    assert (occurrence.outcome, tick.launched) == (ending, int(ending == "launched"))
    assert (occurrence.job is None, occurrence.reason != "") == (ending == "overlap", ending == "overlap")
    assert UnifiedJob.objects.filter(unified_job_template=template).count() == going + tick.launched
    assert schedule.next_run == MIDNIGHT + timedelta(hours=1)


@pytest.mark.django_db
def test_schedules_of_one_template_look_at_each_other() -> None:
    template = make_template(overlap_policy="skip")
    for _ in range(3):
        make_schedule(template=template, now=BEFORE)
    make_schedule(template=make_template(overlap_policy="skip"), now=BEFORE)

    assert launch_due(MIDNIGHT).launched == 2
    assert sorted(Occurrence.objects.values_list("outcome", flat=True)) == ["launched"] * 2 + ["overlap"] * 2


@pytest.mark.django_db
def test_policy_of_a_schedule_holds_for_every_kind_of_template() -> None:
    project = make_project(catalog_url="/openapi.json")
    UnifiedJob.objects.create(
        unified_job_template_id=project.pk,
        kind="project_update",
        status=Status.RUNNING,
        lease_expires_at=MIDNIGHT,
    )
    make_schedule(template=project, now=BEFORE, overlap_policy="skip")

    assert launch_due(MIDNIGHT).launched == 0


@pytest.mark.django_db
def test_as_many_statements_however_many_are_skipped() -> None:
    def statements(number: int) -> int:
        for _ in range(number):
            template = make_template(overlap_policy="skip")
            make_job(template, status=Status.RUNNING)
            make_schedule(template=template, now=BEFORE)
        with CaptureQueriesContext(connection) as queries:
            assert launch_due(MIDNIGHT).launched == 0
        return len(queries)

    assert statements(10) == statements(1)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("values", "made"), [({"overlap_policy": "skip"}, 1), ({"overlap_limit": 3}, 4)])
def test_pollers_at_once_make_no_more_runs_than_the_policy_allows(
    monkeypatch: pytest.MonkeyPatch, values: dict[str, Any], made: int
) -> None:
    monkeypatch.setattr(poller, "BATCH", 1)
    template: JobTemplate = make_template(**values)
    for _ in range(16):
        make_schedule(template=template, now=BEFORE)

    def poll(_: int) -> int:
        try:
            return launch_due(MIDNIGHT).launched
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        launched = sum(pool.map(poll, range(4)))

    assert (launched, UnifiedJob.objects.count()) == (made, made)
    assert Occurrence.objects.count() == 16
