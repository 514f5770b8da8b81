"""Which notifications the database writes when runs begin and end."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import Case, Value, When
from django.utils import timezone

from access.models import Organization
from jobs.canceling import cancel
from jobs.execution.leases import AWAITING_REPORT
from jobs.execution.reaping import reap
from jobs.models import InventorySource, JobTemplate, UnifiedJob, UnifiedJobTemplate
from jobs.removal import delete_runs
from jobs.replaying import replay
from jobs.statuses import JobKind, Status, TemplateKind
from notifications import telling
from notifications.models import Event, Notification, NotificationTemplate, Subscription
from tests.factories.access import make_organization
from tests.factories.inventories import make_inventory
from tests.factories.jobs import BEGIN, make_job, make_job_template, make_project
from tests.factories.notifications import make_notification_template

pytestmark = pytest.mark.django_db


def subscribe(to: Organization | UnifiedJobTemplate, *events: Event) -> NotificationTemplate:
    template = make_notification_template()
    name = "organization_id" if isinstance(to, Organization) else "unified_job_template_id"
    for event in events:
        Subscription.objects.create(notification_template=template, event=event, **{name: to.pk})
    return template


def put(job: UnifiedJob, status: Status) -> None:
    finished = BEGIN if status in (Status.SUCCESSFUL, Status.FAILED, Status.ERROR) else None
    UnifiedJob.objects.filter(pk=job.pk).update(
        status=status, started=BEGIN, finished=finished, lease_expires_at=BEGIN
    )


def ended(template: JobTemplate, *statuses: Status) -> UnifiedJob:
    """Runs that end one after the other; returns the last."""
    for number, status in enumerate(statuses):
        job = make_job(template, status=Status.RUNNING)
        end(job, status, minute=number)
    return job


def end(job: UnifiedJob, status: Status, *, minute: int) -> None:
    UnifiedJob.objects.filter(pk=job.pk).update(
        status=status, finished=BEGIN + timedelta(minutes=minute), lease_expires_at=None
    )


def make_two(template: JobTemplate) -> tuple[UnifiedJob, UnifiedJob]:
    return make_job(template, status=Status.RUNNING), make_job(template, status=Status.RUNNING)


def elsewhere(action: Callable[[], None]) -> None:
    """Do it by another connection, and be back when it is done."""

    def act() -> None:
        try:
            action()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(act).result(timeout=120)


def told() -> list[tuple[int, str]]:
    return list(Notification.objects.values_list("notification_template", "event"))


def test_run_tells_of_its_start_and_its_end() -> None:
    template = make_job_template()
    by = subscribe(template, Event.STARTED, Event.SUCCESS, Event.ERROR)
    job = make_job(template, status=Status.WAITING)

    put(job, Status.RUNNING)
    put(job, Status.SUCCESSFUL)

    assert told() == [(by.pk, "started"), (by.pk, "success")]
    assert set(Notification.objects.values_list("job", "status")) == {(job.pk, "pending")}


def test_failure_is_told_to_whom_failures_are_told() -> None:
    template = make_job_template()
    subscribe(template, Event.SUCCESS)
    by = subscribe(template, Event.ERROR)

    for status in (Status.FAILED, Status.ERROR):
        put(make_job(template, status=Status.RUNNING), status)

    assert told() == [(by.pk, "error"), (by.pk, "error")]


def test_project_and_organization_tell_of_their_jobs_once() -> None:
    organization, project = make_organization(), make_project()
    template = make_job_template(project=project, organization=organization)
    by_project, by_organization = (subscribe(one, Event.SUCCESS) for one in (project, organization))
    subscribe(make_organization(), Event.SUCCESS)
    Subscription.objects.create(
        notification_template=by_project, event=Event.SUCCESS, unified_job_template_id=template.pk
    )

    put(make_job(template, status=Status.RUNNING), Status.SUCCESSFUL)

    assert sorted(told()) == [(by_project.pk, "success"), (by_organization.pk, "success")]


def test_inventory_update_is_told_by_the_inventorys_organization() -> None:
    organization = make_organization()
    inventory = make_inventory(organization=organization)
    source = InventorySource.objects.create(
        name="x", kind=TemplateKind.INVENTORY_SOURCE, inventory=inventory, source="scm"
    )
    by = subscribe(organization, Event.ERROR)
    update = UnifiedJob.objects.create(
        name="x", kind=JobKind.INVENTORY_UPDATE, unified_job_template_id=source.pk, inventory=inventory
    )

    put(update, Status.FAILED)

    assert told() == [(by.pk, "error")]


def test_run_that_never_began_tells_nobody() -> None:
    template = make_job_template()
    subscribe(template, Event.ERROR)

    cancel(make_job(template, status=Status.PENDING))

    assert told() == []


def test_retry_is_no_second_start() -> None:
    template = make_job_template()
    by = subscribe(template, Event.STARTED, Event.ERROR)
    job = make_job(template, status=Status.WAITING)

    for status in (Status.RUNNING, Status.WAITING, Status.RUNNING, Status.FAILED):
        put(job, status)

    assert told() == [(by.pk, "started"), (by.pk, "error")]


@pytest.mark.parametrize("attempts_made", [0, 2])
def test_replayed_run_tells_of_its_second_start_and_end(attempts_made: int) -> None:
    template = make_job_template()
    by = subscribe(template, Event.STARTED, Event.ERROR)
    job = make_job(template, status=Status.WAITING, attempts_made=attempts_made)
    put(job, Status.RUNNING)
    put(job, Status.FAILED)

    assert replay([job.pk], now=timezone.now())
    put(job, Status.RUNNING)
    put(job, Status.FAILED)

    assert told() == [(by.pk, "started"), (by.pk, "error")] * 2


@pytest.mark.parametrize(
    ("reason", "values"),
    [
        ("deadline", {"status": Status.WAITING, "deadline_at": BEGIN}),
        ("timeout", {"status": Status.RUNNING, "lease_owner": AWAITING_REPORT}),
    ],
)
def test_run_that_was_not_over_in_time_is_told_as_a_failure(reason: str, values: dict[str, Any]) -> None:
    template = make_job_template()
    by = subscribe(template, Event.ERROR)
    by.messages = {"error": {"message": "{{ job.failure_reason }}", "body": "{{ job_metadata }}"}}
    by.save()
    make_job(template, **values)

    reap(BEGIN + timedelta(hours=1))

    assert told() == [(by.pk, "error")]
    subject, body = telling.told(Notification.objects.get())
    assert subject == reason
    assert json.loads(body)["job_explanation"] == UnifiedJob.objects.get().job_explanation != ""


def test_first_success_after_a_failure_is_a_recovery() -> None:
    organization = make_organization()
    template = make_job_template(organization=organization)
    by = [subscribe(template, Event.RECOVERY).pk, subscribe(organization, Event.RECOVERY).pk]
    subscribe(template, Event.STARTED)

    job = ended(template, Status.SUCCESSFUL, Status.ERROR, Status.FAILED, Status.CANCELED, Status.SUCCESSFUL)
    ended(make_job_template(organization=organization), Status.SUCCESSFUL)

    assert sorted(told()) == [(pk, "recovery") for pk in by]
    assert set(Notification.objects.values_list("job", flat=True)) == {job.pk}


def test_successes_that_end_together_are_one_recovery() -> None:
    template = make_job_template()
    by = subscribe(template, Event.RECOVERY)
    ended(template, Status.FAILED)
    jobs = [make_job(template, status=Status.RUNNING) for _ in range(3)]

    UnifiedJob.objects.filter(pk__in=[job.pk for job in jobs]).update(
        status=Status.SUCCESSFUL, finished=BEGIN + timedelta(hours=1), lease_expires_at=None
    )

    assert told() == [(by.pk, "recovery")]


def test_replayed_run_recovers_from_its_own_failure_once() -> None:
    template = make_job_template()
    by = subscribe(template, Event.RECOVERY)
    job = ended(template, Status.SUCCESSFUL, Status.FAILED)

    replay([job.pk], now=timezone.now())
    end(job, Status.SUCCESSFUL, minute=5)
    ended(template, Status.SUCCESSFUL)

    assert told() == [(by.pk, "recovery")]


def test_success_while_the_failed_run_is_replayed_is_the_recovery() -> None:
    template = make_job_template()
    by = subscribe(template, Event.RECOVERY)
    failed = ended(template, Status.FAILED)
    replay([failed.pk], now=timezone.now())
    other = make_job(template, status=Status.RUNNING)

    end(other, Status.SUCCESSFUL, minute=5)
    end(failed, Status.SUCCESSFUL, minute=6)

    assert told() == [(by.pk, "recovery")]
    assert Notification.objects.get().job == other


def test_failure_outlives_its_run_until_the_recovery() -> None:
    template = make_job_template()
    by = subscribe(template, Event.RECOVERY)
    delete_runs([ended(template, Status.FAILED).pk])

    ended(template, Status.SUCCESSFUL)

    assert told() == [(by.pk, "recovery")]


@pytest.mark.parametrize("order", [(Status.FAILED, Status.SUCCESSFUL), (Status.SUCCESSFUL, Status.FAILED)])
def test_runs_that_end_by_one_statement_count_in_the_order_of_their_ends(order: tuple[Status, ...]) -> None:
    template = make_job_template()
    by = subscribe(template, Event.RECOVERY)
    # The database changes the older row first, whichever has ended first.
    for number, jobs in enumerate((make_two(template), make_two(template)[::-1])):
        first, second = (job.pk for job in jobs)
        hour = BEGIN + timedelta(hours=number)
        UnifiedJob.objects.filter(pk__in=(first, second)).update(
            status=Case(When(pk=first, then=Value(order[0])), default=Value(order[1])),
            finished=Case(When(pk=first, then=Value(hour)), default=Value(hour + timedelta(minutes=1))),
            lease_expires_at=None,
        )

    # Of the second order the failure of the first two is over with the success of the others.
    recoveries = 2 if order[-1] == Status.SUCCESSFUL else 1
    assert told() == [(by.pk, "recovery")] * recoveries


def test_success_that_ended_before_the_failure_is_no_recovery() -> None:
    template = make_job_template()
    subscribe(template, Event.RECOVERY)
    early, late = make_two(template)

    end(late, Status.FAILED, minute=2)
    end(early, Status.SUCCESSFUL, minute=1)

    assert told() == []


@pytest.mark.django_db(transaction=True)
def test_successes_that_two_workers_record_at_once_are_one_recovery() -> None:
    template = make_job_template()
    by = subscribe(template, Event.RECOVERY)
    ended(template, Status.FAILED)
    one, other = make_two(template)

    with transaction.atomic():
        end(one, Status.SUCCESSFUL, minute=5)
        # It waits for nobody: two workers that end runs of the same templates could wait for each other.
        elsewhere(lambda: end(other, Status.SUCCESSFUL, minute=5))

    assert told() == [(by.pk, "recovery")]


@pytest.mark.django_db(transaction=True)
def test_failure_beside_a_recovery_is_recovered_from_by_the_next_success() -> None:
    template = make_job_template()
    by = subscribe(template, Event.RECOVERY)
    ended(template, Status.FAILED)
    one, other = make_two(template)

    with transaction.atomic():
        end(one, Status.SUCCESSFUL, minute=5)
        elsewhere(lambda: end(other, Status.FAILED, minute=5))
    for minute in (6, 7):
        end(make_job(template, status=Status.RUNNING), Status.SUCCESSFUL, minute=minute)

    assert told() == [(by.pk, "recovery")] * 2


def test_recovery_is_told_in_its_own_words() -> None:
    template = make_job_template(name="Nightly")
    for event, kind in ((Event.SUCCESS, "slack"), (Event.RECOVERY, "slack"), (Event.RECOVERY, "webhook")):
        by = make_notification_template(kind)
        Subscription.objects.create(
            notification_template=by, event=event, unified_job_template_id=template.pk
        )
    job = ended(template, Status.FAILED, Status.SUCCESSFUL)

    success, recovery, webhook = (
        telling.told(one) for one in Notification.objects.order_by("notification_template")
    )

    assert success[0].startswith(f"Job #{job.pk} 'Nightly' successful: ")
    assert recovery[0].startswith(f"Job #{job.pk} 'Nightly' is successful again: ")
    assert json.loads(webhook[1])["recovered"] is True
