import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jobs.models import Attempt, UnifiedJob
from jobs.removal import delete_runs
from schedules.models import Occurrence
from tests.factories.jobs import BEGIN, make_attempt, make_job
from tests.factories.notifications import make_notification
from tests.factories.schedules import make_schedule

pytestmark = pytest.mark.django_db


def test_what_refers_to_runs_goes_or_lets_go() -> None:
    gone, kept = make_job(), make_job()
    make_attempt(gone)
    make_attempt(kept)
    occurrence = Occurrence.objects.create(
        schedule=make_schedule(), scheduled_for=BEGIN, outcome="launched", job=gone
    )
    notification = make_notification(job=gone)

    delete_runs([gone.pk])

    assert list(UnifiedJob.objects.all()) == [kept]
    assert [attempt.job for attempt in Attempt.objects.all()] == [kept]
    occurrence.refresh_from_db()
    notification.refresh_from_db()
    assert (occurrence.job, notification.job) == (None, None)


def test_many_runs_need_no_more_statements_than_one() -> None:
    alone, *others = [make_job() for _ in range(4)]
    for run in others:
        make_attempt(run)

    with CaptureQueriesContext(connection) as one:
        delete_runs([alone.pk])
    with CaptureQueriesContext(connection) as many:
        delete_runs([run.pk for run in others])

    assert not UnifiedJob.objects.exists()
    assert len(many) == len(one)
