import threading
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from notifications import watching
from notifications.models import Event, Notification, NotificationTemplate, Subscription
from notifications.watching import longest_silence, tell_of_silence
from observability.models import Moment
from observability.moments import TICK, note
from tests.factories.access import make_organization
from tests.factories.jobs import make_job_template
from tests.factories.notifications import make_notification_template


def ticked(seconds_ago: float) -> None:
    at = timezone.now() - timedelta(seconds=seconds_ago)
    Moment.objects.update_or_create(name=TICK, defaults={"at": at})


def subscribe(event: Event = Event.ERROR, **to: int) -> NotificationTemplate:
    template = make_notification_template("webhook")
    Subscription.objects.create(notification_template=template, event=event, **to)
    return template


@pytest.mark.django_db
def test_silence_is_told_once_to_whom_organizations_tell_of_failures() -> None:
    organizations = [make_organization().pk for _ in range(2)]
    by = subscribe(organization_id=organizations[0])
    Subscription.objects.create(notification_template=by, event=Event.ERROR, organization_id=organizations[1])
    subscribe(Event.SUCCESS, organization_id=organizations[0])
    subscribe(unified_job_template_id=make_job_template().pk)
    ticked(longest_silence() + 1)

    assert [tell_of_silence() for _ in range(2)] == [True, False]

    told = Notification.objects.get()
    assert (told.notification_template, told.status, told.job) == (by, "pending", None)
    assert told.subject == "Belfry's schedules do not tick"
    # Another silence is told anew.
    note(TICK)
    assert tell_of_silence() is False
    Moment.objects.exclude(name=TICK).update(at=timezone.now() - timedelta(days=1))
    ticked(longest_silence() + 1)
    assert tell_of_silence() is True


@pytest.mark.django_db
def test_what_ticks_or_never_did_is_not_silent() -> None:
    assert tell_of_silence() is False
    ticked(longest_silence() - 10)

    assert tell_of_silence() is False


@pytest.mark.django_db(transaction=True)
def test_worker_looks_and_has_it_sent_until_it_stops(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SCHEDULER_POLL_INTERVAL = 0.01
    ticked(60)
    by = subscribe(organization_id=make_organization().pk)
    stopped, sent = threading.Event(), threading.Event()
    monkeypatch.setattr(watching, "start_sending", sent.set)
    watch = threading.Thread(target=watching._watch, args=(stopped,))

    watch.start()
    was_sent = sent.wait(120)
    stopped.set()
    watch.join(120)

    assert was_sent
    assert not watch.is_alive()
    assert Notification.objects.get().notification_template == by
