from collections.abc import Callable

import pytest
from django.db import connection, transaction

from jobs.execution.admission import admit
from jobs.execution.breakers import hear
from jobs.execution.service_limits import lock_limited
from jobs.limits import limits_changed
from jobs.models import UnifiedJob
from jobs.overlap import Overlap, settle
from jobs.statuses import OverlapPolicy, Status
from tests.factories.jobs import make_job_template, make_project
from tests.factories.runs import make_run


def decide() -> None:
    settle([(UnifiedJob(unified_job_template_id=make_job_template().pk), Overlap(OverlapPolicy.SKIP))])


def claim() -> None:
    project = make_project(max_concurrent_calls=1)
    limits_changed(project)
    make_run(status=Status.WAITING, service_id=project.pk)
    assert len(lock_limited(None)) == 1


def tell_breakers() -> None:
    project = make_project(breaker_threshold=1)
    limits_changed(project)
    hear({project.pk: []})


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("lock", [admit, decide, claim, tell_breakers])
def test_process_that_is_frozen_with_a_lock_loses_it(lock: Callable[[], object]) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        lock()
        cursor.execute("SHOW idle_in_transaction_session_timeout")
        assert cursor.fetchone() == ("10s",)

    with connection.cursor() as cursor:
        cursor.execute("SHOW idle_in_transaction_session_timeout")
        assert cursor.fetchone() == ("0",)
