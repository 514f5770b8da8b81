from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from access.models import Organization
from jobs.breaker import Heard
from jobs.execution.breakers import hear
from jobs.models import JobTemplate, Project, Service
from jobs.signals import announce_trouble
from notifications.models import Event, Notification, NotificationTemplate, Subscription
from notifications.telling import told
from schedules.models import Occurrence, Schedule
from schedules.poller import launch_due
from tests.factories.access import make_organization
from tests.factories.jobs import make_job_template, make_project
from tests.factories.notifications import make_notification_template
from tests.factories.schedules import make_schedule

pytestmark = pytest.mark.django_db

MIDNIGHT = datetime(2030, 1, 1, tzinfo=UTC)


def subscribe(
    event: Event, kind: str = "slack", **to: JobTemplate | Project | Organization
) -> NotificationTemplate:
    ids = {f"{name}_id": obj.pk for name, obj in to.items()}
    by = make_notification_template(kind)
    Subscription.objects.create(notification_template=by, event=event, **ids)
    return by


def test_quarantine_is_told_to_whom_failures_are_told() -> None:
    organization = make_organization()
    template = make_job_template(organization=organization)
    by = [
        subscribe(Event.ERROR, unified_job_template=template),
        subscribe(Event.ERROR, "webhook", organization=organization),
    ]
    subscribe(Event.SUCCESS, unified_job_template=template)
    subscribe(Event.ERROR, unified_job_template=make_job_template(organization=organization, name="other"))
    schedule = make_schedule(template=template, now=MIDNIGHT - timedelta(hours=1), name="Nightly")
    Schedule.objects.filter(pk=schedule.pk).update(rrule="DTSTART:20300101T000000Z RRULE:FREQ=NEVER")

    launch_due(MIDNIGHT)

    notifications = list(Notification.objects.order_by("pk"))
    assert [one.notification_template for one in notifications] == by
    subject, body = told(notifications[0])
    assert subject == f'Schedule "Nightly" ({schedule.pk}) is quarantined'
    assert body["body"].startswith(
        "It launches nothing until its rule or its switch is changed: InvalidRule: "
    )
    assert {one.status for one in notifications} == {"pending"}


def test_a_notice_that_cannot_be_written_does_not_keep_a_schedule_in_service(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        Organization.objects.create(name=make_organization().name)

    monkeypatch.setattr("notifications.receivers.plain", refuse)
    template = make_job_template()
    subscribe(Event.ERROR, unified_job_template=template)
    schedule = make_schedule(template=template, now=MIDNIGHT - timedelta(hours=1))
    Schedule.objects.filter(pk=schedule.pk).update(rrule="")

    launch_due(MIDNIGHT)

    assert Occurrence.objects.get().outcome == "quarantined"
    assert Notification.objects.count() == 0


def test_trouble_of_a_template_that_nobody_is_told_of_is_no_notice() -> None:
    announce_trouble(make_job_template().pk, subject="s", text="t")

    assert Notification.objects.count() == 0


def test_breaker_that_opens_is_told_to_the_project_and_its_templates_and_closes_as_a_recovery() -> None:
    project = make_project(breaker_threshold=1)
    Service.objects.get_or_create(project=project)
    template = make_job_template(project=project)
    by_project = subscribe(Event.ERROR, unified_job_template=project)
    by_template = subscribe(Event.ERROR, unified_job_template=template)
    again = subscribe(Event.RECOVERY, unified_job_template=template)
    subscribe(Event.ERROR, unified_job_template=make_job_template(project=make_project()))

    hear({project.pk: [Heard(7, is_failure=True, explanation="It answered 503.")]})
    opened = list(Notification.objects.order_by("pk"))
    Service.objects.update(breaker="half_open", probe=8)
    hear({project.pk: [Heard(8, is_failure=False)]})

    assert [one.notification_template for one in opened] == [by_project, by_template]
    assert opened[0].subject == f"The circuit breaker of project {project.pk} is open"
    assert opened[0].body["body"].endswith("The last was of job 7: It answered 503.")
    closed = Notification.objects.latest("pk")
    assert (Notification.objects.count(), closed.notification_template) == (3, again)
    assert closed.subject == f"The circuit breaker of project {project.pk} is closed"
