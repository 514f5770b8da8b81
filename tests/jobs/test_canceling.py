import pytest
from pytest_django import DjangoCaptureOnCommitCallbacks

from jobs.canceling import cancel
from jobs.exceptions import AlreadyFinished
from jobs.execution.admission import admit
from jobs.execution.claiming import claim
from jobs.signals import run_finished
from jobs.statuses import FINISHED, UNSTARTED, Outcome, Status
from tests.factories.runs import make_run

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("status", UNSTARTED)
def test_unstarted_run_is_canceled_at_once(
    status: Status, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    run = make_run(status=status)
    heard: list[list[int]] = []

    def hear(job_ids: list[int], **_: object) -> None:
        heard.append(job_ids)

    run_finished.connect(hear)
    with django_capture_on_commit_callbacks(execute=True):
        assert cancel(run) is True
    run_finished.disconnect(hear)

    run.refresh_from_db()
    assert (run.status, run.failure_reason, run.failed) == (Status.CANCELED, Outcome.CANCELED, True)
    assert run.canceled_on == run.finished is not None
    assert heard == [[run.pk]]


def test_running_run_is_asked_to_end() -> None:
    run = make_run()
    admit()
    claim("engine#1", node="engine", limit=1, lease_seconds=30)

    # The caller's copy is of an older time: what it read is not trusted.
    assert run.status == Status.PENDING
    assert (cancel(run), cancel(run)) == (False, False)
    run.refresh_from_db()
    assert (run.status, run.cancel_requested) == (Status.RUNNING, True)


@pytest.mark.parametrize("status", FINISHED)
def test_finished_run_cannot_be_canceled(status: Status) -> None:
    run = make_run(status=status)

    with pytest.raises(AlreadyFinished):
        cancel(run)

    run.refresh_from_db()
    assert (run.status, run.cancel_requested) == (status, False)


def test_run_that_is_gone_cannot_be_canceled() -> None:
    run = make_run()
    run_id = run.pk
    run.delete()
    run.pk = run_id

    with pytest.raises(AlreadyFinished):
        cancel(run)
