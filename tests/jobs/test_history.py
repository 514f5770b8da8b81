from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from jobs.history import trim, trim_batch
from jobs.models import Attempt, JobTemplate, SystemJobTemplate, UnifiedJob
from jobs.statuses import JobKind, LaunchType, Status
from tests.factories.jobs import make_attempt, make_job, make_job_template
from tests.factories.workflows import make_workflow
from workflows.models import WorkflowJob, WorkflowJobNode

pytestmark = pytest.mark.django_db


def ended(
    template: JobTemplate | SystemJobTemplate, hours: float, status: Status = Status.SUCCESSFUL, **values: Any
) -> UnifiedJob:
    """A run that ended so many hours ago."""
    return make_job(
        template, status=status, finished=timezone.now() - timedelta(hours=hours), name=f"{hours}", **values
    )


def kept() -> list[str]:
    return list(UnifiedJob.objects.order_by("finished", "pk").values_list("name", flat=True))


def test_the_last_successful_and_the_last_failed_are_kept() -> None:
    template = make_job_template(successful_history_limit=2, failed_history_limit=1)
    for hours in (10, 12, 11):
        ended(template, hours)
    for hours, status in ((22, Status.FAILED), (21, Status.CANCELED), (20, Status.ERROR)):
        ended(template, hours, status)
    make_attempt(ended(template, 30))

    assert trim() == 4

    assert kept() == ["20", "11", "10"]
    assert not Attempt.objects.exists()


def test_templates_without_a_limit_and_what_is_going_keep_all() -> None:
    one_sided, unlimited = make_job_template(failed_history_limit=0), make_job_template()
    for template in (one_sided, unlimited):
        ended(template, 10)
        make_job(template, status=Status.RUNNING)
    ended(unlimited, 10, Status.FAILED)
    ended(one_sided, 11, Status.FAILED)

    assert trim() == 1
    assert UnifiedJob.objects.count() == 5


def test_what_ended_just_now_is_kept_a_while() -> None:
    template = make_job_template(successful_history_limit=0)
    ended(template, 0.9)
    ended(template, 1.1)

    assert trim() == 1
    assert kept() == ["0.9"]


def test_a_batch_is_bounded_and_all_batches_are_done() -> None:
    template = make_job_template(successful_history_limit=1)
    for hours in range(2, 9):
        ended(template, hours)

    assert trim_batch(3) == 3
    assert trim() == 3
    assert kept() == ["2"]


def launched_by(workflow: UnifiedJob, run: UnifiedJob) -> UnifiedJob:
    UnifiedJob.objects.filter(pk=run.pk).update(launch_type=LaunchType.WORKFLOW)
    WorkflowJobNode.objects.create(workflow_job=WorkflowJob.objects.get(pk=workflow.pk), job=run)
    return run


def test_what_a_workflow_launched_is_kept_with_it_and_goes_with_it() -> None:
    template = make_job_template(successful_history_limit=0)
    outer, inner = make_workflow(successful_history_limit=1), make_workflow(successful_history_limit=0)

    def run_of(workflow: Any, hours: float) -> UnifiedJob:
        return ended(workflow, hours, kind=JobKind.WORKFLOW_JOB, request={})

    for hours in (10, 20):
        workflow = run_of(outer, hours)
        nested = launched_by(workflow, run_of(inner, hours + 0.1))
        launched_by(nested, ended(template, hours + 0.2))
        launched_by(workflow, ended(template, hours + 0.3))

    assert trim() == 1
    assert kept() == ["10.3", "10.2", "10.1", "10"]


def test_cost_does_not_grow_with_what_is_kept(django_assert_num_queries: Any) -> None:
    for _ in range(3):
        template = make_job_template(successful_history_limit=1)
        ended(template, 2)
        make_job_template()

    # The gate and the look, in a transaction's savepoint.
    with django_assert_num_queries(4):
        assert trim() == 0


def test_one_trims_at_a_time(transactional_db: None) -> None:
    template = make_job_template(successful_history_limit=0)
    ended(template, 2)
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [0x42656C66727933])

        assert trim() == 0

        cursor.execute("ROLLBACK")
    other.close()
    assert trim() == 1
