from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jobs.exceptions import StillGoing
from jobs.execution.admission import admit
from jobs.execution.leases import AWAITING_REPORT
from jobs.execution.reaping import reap
from jobs.launching import launch
from jobs.models import JobTemplate, UnifiedJob
from jobs.overlap import REPLACED, Going, Overlap, settle
from jobs.prompts import LaunchAnswers
from jobs.statuses import ACTIVE, FINISHED, OverlapPolicy, Status
from tests.factories.jobs import BEGIN, make_job, make_job_template
from tests.factories.workflows import make_workflow

ALLOW, SKIP, QUEUE, REPLACE = OverlapPolicy

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("policy", "limit", "going", "is_launched"),
    [
        (ALLOW, 0, 0, True),
        (ALLOW, 0, 1, True),
        (ALLOW, 1, 9, True),
        (SKIP, 0, 0, True),
        (SKIP, 0, 1, False),
        (SKIP, 5, 2, False),
        (QUEUE, 0, 0, True),
        (QUEUE, 0, 999, True),
        (QUEUE, 1, 0, True),
        (QUEUE, 1, 1, True),
        (QUEUE, 1, 2, False),
        (QUEUE, 3, 3, True),
        (QUEUE, 3, 4, False),
        (REPLACE, 0, 0, True),
        (REPLACE, 0, 1, True),
    ],
)
def test_whether_a_run_is_launched_beside_others(
    policy: OverlapPolicy, limit: int, going: int, is_launched: bool
) -> None:
    assert (Overlap(policy, limit).refusal(Going(going)) == "") == is_launched


def start(template: JobTemplate) -> UnifiedJob:
    return launch(template, user=None, answers=LaunchAnswers())


def statuses() -> list[str]:
    return list(UnifiedJob.objects.order_by("pk").values_list("status", flat=True))


@pytest.mark.parametrize("status", ACTIVE)
def test_skip_refuses_while_a_run_is_going(status: Status) -> None:
    template = make_job_template(overlap_policy=SKIP)
    job = make_job(template, status=status)

    with pytest.raises(StillGoing, match=f"Job {job.pk} of this template is still going"):
        start(template)

    assert UnifiedJob.objects.count() == 1


@pytest.mark.parametrize("status", FINISHED)
def test_skip_launches_when_the_last_has_ended(status: Status) -> None:
    template = make_job_template(overlap_policy=SKIP)
    make_job(template, status=status)
    make_job(status=Status.RUNNING)

    assert start(template).status == Status.PENDING


def test_skip_waits_for_a_lost_worker_no_longer_than_its_lease() -> None:
    template = make_job_template(overlap_policy=SKIP)
    make_job(template, status=Status.RUNNING)
    with pytest.raises(StillGoing):
        start(template)

    reap(now=BEGIN + timedelta(hours=1))

    assert start(template).status == Status.PENDING


def test_queue_takes_as_many_as_may_wait() -> None:
    template = make_job_template(overlap_policy=QUEUE, overlap_limit=2)
    for _ in range(3):
        start(template)

    with pytest.raises(StillGoing, match="no more than 2 may wait"):
        start(template)

    admit()
    assert statuses() == ["waiting", "pending", "pending"]


def test_allowed_runs_go_at_once() -> None:
    template = make_job_template(overlap_policy=ALLOW)
    for _ in range(3):
        start(template)

    assert admit() == 3


def test_replace_cancels_what_waits_and_what_runs() -> None:
    template = make_job_template(overlap_policy=REPLACE)
    running = make_job(template, status=Status.RUNNING)
    waiting = make_job(template, status=Status.WAITING)
    other = make_job(status=Status.RUNNING)

    new = start(template)

    for job in (running, waiting, other, new):
        job.refresh_from_db()
    assert (running.status, running.cancel_requested) == (Status.RUNNING, True)
    assert (waiting.status, waiting.job_explanation) == (Status.CANCELED, REPLACED)
    assert waiting.finished is not None
    assert other.cancel_requested is False
    assert (admit(), new.status) == (0, Status.PENDING)


def test_replace_cancels_what_awaits_a_report_at_once() -> None:
    template = make_job_template(overlap_policy=REPLACE)
    reporting = make_job(template, status=Status.RUNNING, lease_owner=AWAITING_REPORT)

    start(template)

    reporting.refresh_from_db()
    assert (reporting.status, reporting.job_explanation) == (Status.CANCELED, REPLACED)
    assert admit() == 1


def test_replacing_run_begins_when_the_lost_worker_of_the_replaced_is_noticed() -> None:
    template = make_job_template(overlap_policy=REPLACE)
    running = make_job(template, status=Status.RUNNING)
    start(template)

    reap(now=BEGIN + timedelta(hours=1))

    running.refresh_from_db()
    assert (running.status, admit()) == (Status.CANCELED, 1)


def built(template: JobTemplate, policy: OverlapPolicy, limit: int = 0) -> tuple[UnifiedJob, Overlap]:
    return UnifiedJob(unified_job_template_id=template.pk), Overlap(policy, limit)


def test_of_several_launches_at_once_each_looks_at_those_before_it() -> None:
    skipping, queueing, replacing = (make_job_template() for _ in range(3))

    refusals = settle(
        [
            *(built(skipping, policy) for policy in (ALLOW, SKIP, SKIP, ALLOW)),
            *(built(queueing, QUEUE, 1) for _ in range(3)),
            *(built(replacing, policy) for policy in (REPLACE, SKIP, REPLACE)),
        ]
    )

    assert [not text for text in refusals] == [
        *(True, False, False, True),
        *(True, True, False),
        *(False, False, True),
    ]
    assert refusals[7] == REPLACED


def statements(launches: list[tuple[UnifiedJob, Overlap]]) -> int:
    with CaptureQueriesContext(connection) as queries:
        settle(launches)
    return len(queries)


def test_policies_that_ask_nothing_cost_nothing() -> None:
    template = make_job_template()

    assert statements([built(template, ALLOW), built(template, QUEUE)]) == 0


@pytest.mark.parametrize("policy", [SKIP, REPLACE])
def test_cost_does_not_grow_with_the_launches(policy: OverlapPolicy) -> None:
    templates = [make_job_template() for _ in range(6)]
    for template in templates:
        make_job(template, status=Status.RUNNING)
    first, *others = [built(template, policy) for template in templates]

    assert statements(others) == statements([first])


def test_other_kinds_of_template_go_by_their_switch() -> None:
    for simultaneous in (True, False):
        workflow = make_workflow(allow_simultaneous=simultaneous)

        run = launch(workflow, user=None, answers=LaunchAnswers())

        assert run.allow_simultaneous is simultaneous
