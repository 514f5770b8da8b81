import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from instances.models import ExecutionEnvironment, InstanceGroup
from jobs.models import JobTemplate, Label, UnifiedJob
from jobs.statuses import LaunchType, Status
from schedules import poller
from schedules.models import Occurrence, Schedule, ScheduleGroup
from schedules.poller import launch_due
from tests.factories.credentials import make_credential
from tests.factories.inventories import make_inventory
from tests.factories.jobs import make_organization, make_project
from tests.factories.schedules import make_schedule, make_template

MIDNIGHT = datetime(2030, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
BEFORE = MIDNIGHT - HOUR


@pytest.mark.django_db
def test_launch_due_makes_a_run_and_its_ledger_row_and_advances() -> None:
    template = make_template(name="Nightly", extra_vars='{"range": "previous_day"}')
    schedule = make_schedule(template=template, now=BEFORE)

    tick = launch_due(MIDNIGHT)

    run = UnifiedJob.objects.get()
    occurrence = Occurrence.objects.get()
    schedule.refresh_from_db()
    assert tick.launched == 1
    assert (run.name, run.status, run.launch_type) == ("Nightly", Status.PENDING, LaunchType.SCHEDULED)
    assert (run.scheduled_for, run.extra_vars) == (MIDNIGHT, {"range": "previous_day"})
    assert (occurrence.scheduled_for, occurrence.outcome, occurrence.job) == (MIDNIGHT, "launched", run)
    assert schedule.next_run == MIDNIGHT + HOUR


@pytest.mark.django_db
def test_launch_due_twice_at_the_same_time_launches_once() -> None:
    make_schedule(now=BEFORE)

    assert launch_due(MIDNIGHT).launched == 1
    assert launch_due(MIDNIGHT).launched == 0


@pytest.mark.django_db
def test_launch_due_leaves_what_is_not_due_or_disabled() -> None:
    make_schedule(now=MIDNIGHT)
    make_schedule(now=BEFORE, enabled=False)

    assert launch_due(MIDNIGHT).launched == 0
    assert Occurrence.objects.count() == 0


@pytest.mark.django_db
def test_launch_due_after_the_clock_went_back_does_not_repeat_an_occurrence() -> None:
    schedule = make_schedule(now=BEFORE)
    launch_due(MIDNIGHT)
    Schedule.objects.filter(pk=schedule.pk).update(next_run=MIDNIGHT)

    tick = launch_due(MIDNIGHT)

    schedule.refresh_from_db()
    assert tick.launched == 0
    assert UnifiedJob.objects.count() == 1
    assert schedule.next_run == MIDNIGHT + HOUR


@pytest.mark.django_db
def test_launch_due_after_an_outage_launches_once_and_records_what_was_missed() -> None:
    make_schedule(now=BEFORE)

    tick = launch_due(MIDNIGHT + 2 * HOUR)

    ledger = list(Occurrence.objects.values_list("scheduled_for", "outcome"))
    assert tick.launched == 1
    assert ledger == [
        (MIDNIGHT, "coalesced"),
        (MIDNIGHT + HOUR, "coalesced"),
        (MIDNIGHT + 2 * HOUR, "launched"),
    ]


@pytest.mark.django_db
def test_launch_due_quarantines_a_bad_rule_and_launches_the_others() -> None:
    bad, good = make_schedule(now=BEFORE), make_schedule(now=BEFORE)
    Schedule.objects.filter(pk=bad.pk).update(rrule="DTSTART:20300101T000000Z RRULE:FREQ=NEVER")

    tick = launch_due(MIDNIGHT)

    bad.refresh_from_db()
    assert (tick.launched, tick.quarantined) == (1, 1)
    assert Occurrence.objects.get(schedule=good).outcome == "launched"
    assert Occurrence.objects.get(schedule=bad).outcome == "quarantined"
    assert bad.next_run is None
    assert bad.quarantine_reason == Occurrence.objects.get(schedule=bad).reason != ""


@pytest.mark.django_db
def test_launch_due_puts_aside_the_one_schedule_that_the_database_refuses() -> None:
    bad, good = make_schedule(now=BEFORE), make_schedule(now=BEFORE)
    refuse = "ALTER TABLE jobs_unifiedjob ADD CONSTRAINT refuse CHECK (unified_job_template_id <> %s)"
    with connection.cursor() as cursor:
        cursor.execute(refuse, [bad.unified_job_template_id])

    tick = launch_due(MIDNIGHT)

    bad.refresh_from_db()
    assert (tick.launched, tick.quarantined) == (1, 1)
    assert Occurrence.objects.get(schedule=good).outcome == "launched"
    assert "refuse" in bad.quarantine_reason


@pytest.fixture
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(poller, "BATCH", 2)


@pytest.mark.django_db
@pytest.mark.usefixtures("_small_batches")
def test_launch_due_takes_batch_after_batch() -> None:
    for _ in range(5):
        make_schedule(now=BEFORE)

    assert launch_due(MIDNIGHT).launched == 5


@pytest.fixture
def claimed(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How many schedules each of a tick's threads has claimed; after the first batch they wait for each other once."""
    claimed: Counter[str] = Counter()
    claims: Counter[str] = Counter()
    both = threading.Barrier(2, timeout=120)
    claim = poller._claim

    def count(now: datetime, limit: int) -> list[Schedule]:
        thread = threading.current_thread().name
        claims[thread] += 1
        if claims[thread] == (2 if thread == "MainThread" else 1):
            both.wait()
        rows = claim(now, limit)
        claimed[thread] += len(rows)
        return rows

    monkeypatch.setattr(poller, "_claim", count)
    return claimed


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_small_batches")
def test_launch_due_has_two_batches_under_way_at_once(claimed: Counter[str]) -> None:
    for _ in range(40):
        make_schedule(now=BEFORE)

    tick = launch_due(MIDNIGHT)

    assert (tick.launched, len(tick.next_runs), sum(claimed.values())) == (40, 40, 40)
    assert UnifiedJob.objects.count() == Occurrence.objects.filter(job__isnull=False).count() == 40
    assert len(claimed) == 2
    assert all(claimed.values())


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_small_batches")
@pytest.mark.parametrize("failing", ["MainThread", "poller_0"])
def test_launch_due_fails_where_one_of_two_fails_and_its_batch_is_lost_to_nobody(
    monkeypatch: pytest.MonkeyPatch, claimed: Counter[str], failing: str
) -> None:
    for _ in range(12):
        make_schedule(now=BEFORE)
    advance = poller._advance

    def fail(decisions: Any) -> None:
        if len(claimed) == 2 and threading.current_thread().name == failing:
            raise OperationalError("gone")
        advance(decisions)

    with monkeypatch.context() as patched:
        patched.setattr(poller, "_advance", fail)
        with pytest.raises(OperationalError, match="gone"):
            launch_due(MIDNIGHT)
    monkeypatch.undo()
    launch_due(MIDNIGHT)
    assert UnifiedJob.objects.count() == Occurrence.objects.filter(job__isnull=False).count() == 12


@pytest.mark.django_db
def test_launch_due_needs_as_many_statements_for_thirty_as_for_one() -> None:
    def statements(number: int) -> int:
        template = make_template()
        for _ in range(number):
            make_schedule(now=BEFORE, template=template)
        with CaptureQueriesContext(connection) as queries:
            assert launch_due(MIDNIGHT).launched == number
        return len(queries)

    assert statements(30) == statements(1)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_small_batches")
def test_launch_due_by_four_pollers_at_once_launches_each_occurrence_once() -> None:
    for _ in range(40):
        make_schedule(now=BEFORE)

    def poll(_: int) -> int:
        try:
            return launch_due(MIDNIGHT).launched
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        launched = list(pool.map(poll, range(4)))

    assert sum(launched) == 40
    assert UnifiedJob.objects.count() == Occurrence.objects.filter(job__isnull=False).count() == 40


@pytest.mark.django_db
def test_launch_due_asks_as_much_for_projects_as_for_job_templates() -> None:
    make_schedule(now=BEFORE)
    make_schedule(template=make_project(catalog_url="/openapi.json"), now=BEFORE)
    with CaptureQueriesContext(connection) as few:
        launch_due(MIDNIGHT)
    for _ in range(3):
        make_schedule(now=MIDNIGHT)
        make_schedule(template=make_project(catalog_url="/openapi.json"), now=MIDNIGHT)

    with CaptureQueriesContext(connection) as many:
        tick = launch_due(MIDNIGHT + HOUR)

    assert tick.launched == 8
    assert len(many) == len(few)


@pytest.mark.django_db
def test_launch_due_quarantines_the_schedule_of_a_project_without_a_catalogue() -> None:
    make_schedule(now=BEFORE)
    schedule = make_schedule(template=make_project(), now=BEFORE)

    tick = launch_due(MIDNIGHT)

    schedule.refresh_from_db()
    assert (tick.launched, tick.quarantined) == (1, 1)
    assert schedule.quarantine_reason == "CannotLaunch: The project has no catalogue to fetch."


def _asking_for_everything() -> JobTemplate:
    asks = [field.name for field in JobTemplate._meta.fields if field.name.startswith("ask_")]
    template = make_template(**dict.fromkeys(asks, True))
    template.labels.add(Label.objects.create(name="of the template", organization=make_organization()))
    return template


def _answering_everything(template: JobTemplate) -> Schedule:
    schedule = make_schedule(
        now=BEFORE,
        template=template,
        extra_data="place: here",
        prompts={"limit": "web", "timeout": 7},
        inventory=make_inventory(),
        execution_environment=ExecutionEnvironment.objects.create(
            name=f"EE {Schedule.objects.count()}", image="x"
        ),
    )
    schedule.credentials.add(make_credential())
    schedule.labels.add(Label.objects.create(name="nightly", organization=make_organization()))
    for name in ("b", "a"):
        group = InstanceGroup.objects.create(name=f"{name} {schedule.pk}")
        ScheduleGroup.objects.create(schedule=schedule, instance_group=group)
    return schedule


@pytest.mark.django_db
def test_launch_due_applies_all_that_a_schedule_answers() -> None:
    schedule = _answering_everything(_asking_for_everything())

    launch_due(MIDNIGHT)

    run = UnifiedJob.objects.get()
    assert (run.extra_vars, run.prompts["limit"], run.timeout) == ({"place": "here"}, "web", 7)
    assert (run.inventory, run.execution_environment) == (schedule.inventory, schedule.execution_environment)
    assert list(run.credentials.all()) == list(schedule.credentials.all())
    assert run.request["credentials"] == [one.pk for one in schedule.credentials.all()]
    assert [label.name for label in run.labels.all()] == ["nightly"]
    assert run.preferred_groups == [place.instance_group_id for place in schedule.group_places.all()]


@pytest.mark.django_db
def test_launch_due_leaves_out_what_the_template_asks_for_no_more() -> None:
    template = _asking_for_everything()
    schedule = _answering_everything(template)
    asks = [field.name for field in JobTemplate._meta.fields if field.name.startswith("ask_")]
    JobTemplate.objects.filter(pk=template.pk).update(**dict.fromkeys(asks, False))

    launch_due(MIDNIGHT)

    run = UnifiedJob.objects.get()
    assert run.occurrence.schedule == schedule
    assert (run.extra_vars, run.prompts["limit"], run.inventory, run.preferred_groups) == ({}, "", None, [])
    assert [label.name for label in run.labels.all()] == ["of the template"]
    assert not run.credentials.exists()


@pytest.mark.django_db
def test_launch_due_needs_as_many_statements_however_many_answer_everything() -> None:
    def statements(number: int) -> int:
        template = _asking_for_everything()
        for _ in range(number):
            _answering_everything(template)
        with CaptureQueriesContext(connection) as queries:
            assert launch_due(MIDNIGHT).launched == number
        return len(queries)

    assert statements(6) == statements(1)
