"""Which notifications the database writes when runs begin and end."""

import pytest
from django.utils import timezone

from access.models import Organization
from jobs.canceling import cancel
from jobs.models import InventorySource, UnifiedJob, UnifiedJobTemplate
from jobs.replaying import replay
from jobs.statuses import JobKind, Status, TemplateKind
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
