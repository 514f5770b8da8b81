from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from access.runtime_settings import reset, write
from jobs.execution.admission import admit
from jobs.execution.claiming import claim, recover
from jobs.execution.leases import look, renew
from jobs.execution.results import Result, record
from jobs.models import Attempt
from jobs.statuses import Outcome, Status
from tests.factories.runs import make_run

pytestmark = pytest.mark.django_db
AT = datetime(2030, 1, 1, tzinfo=UTC)


def test_claim_begins_an_attempt_under_a_lease() -> None:
    run = make_run(available_at=AT)
    admit()

    [claimed] = claim("engine#1", node="engine", limit=5, lease_seconds=30, now=AT)

    run.refresh_from_db()
    assert (run.status, run.lease_owner, run.execution_node) == (Status.RUNNING, "engine#1", "engine")
    assert (run.started, run.lease_expires_at, run.attempts_made) == (AT, AT + timedelta(seconds=30), 1)
    attempt = run.attempts.get()
    assert (attempt.number, attempt.worker, attempt.started) == (claimed.number, "engine", AT)


def test_run_is_not_claimed_before_its_time_nor_twice() -> None:
    make_run(available_at=AT)
    admit()

    assert claim("one", node="one", limit=5, lease_seconds=30, now=AT - timedelta(seconds=1)) == []
    assert len(claim("one", node="one", limit=5, lease_seconds=30, now=AT)) == 1
    assert claim("two", node="two", limit=5, lease_seconds=30, now=AT) == []


@pytest.mark.parametrize("by", ["setting", "environment"])
def test_nothing_is_claimed_while_the_system_is_paused(by: str, settings: Any) -> None:
    make_run(available_at=AT)
    admit()
    write("SYSTEM_PAUSED", value=by == "setting")
    settings.SYSTEM_PAUSED = by == "environment"

    assert claim("one", node="one", limit=5, lease_seconds=30, now=AT) == []

    reset(["SYSTEM_PAUSED"])
    settings.SYSTEM_PAUSED = False
    assert len(claim("one", node="one", limit=5, lease_seconds=30, now=AT)) == 1


def test_claim_whose_answer_was_lost_is_recovered() -> None:
    for _ in range(2):
        make_run()
    admit()
    known, unknown = claim("one", node="one", limit=5, lease_seconds=30)

    recovered = recover("one", [known.id], 30)

    assert recovered == [unknown]
    assert recover("two", [], 30) == []


def test_only_the_owner_records_and_only_once() -> None:
    run = make_run()
    admit()
    [claimed] = claim("one", node="one", limit=5, lease_seconds=30)
    result = Result(claimed.id, claimed.run_id, claimed.number, claimed.started, 1.5, Outcome.SUCCESS)

    assert record("two", [result]) == []
    assert record("one", [result]) == [run.pk]
    assert record("one", [result]) == []
    assert Attempt.objects.get().finished == claimed.started + timedelta(seconds=1.5)


def test_owner_is_told_what_it_still_holds_and_what_to_cancel() -> None:
    kept, canceled, lost = (make_run(cancel_requested=flag) for flag in (False, True, False))
    admit()
    claim("one", node="one", limit=5, lease_seconds=30)
    type(lost).objects.filter(pk=lost.pk).update(lease_owner="two")

    for holding in (
        look("one", [kept.pk, canceled.pk, lost.pk]),
        renew("one", [kept.pk, canceled.pk, lost.pk], lease_seconds=30),
    ):
        assert set(holding.mine) == {kept.pk, canceled.pk}
        assert set(holding.cancel) == {canceled.pk}


@pytest.mark.parametrize("kind", ["job", "project_update", "inventory_update"])
def test_run_without_a_timeout_has_that_of_its_kind(kind: str) -> None:
    write(f"DEFAULT_{kind.upper()}_TIMEOUT", 7)
    make_run(status=Status.WAITING, kind=kind)
    make_run(status=Status.WAITING, kind=kind, timeout=3)
    make_run(status=Status.WAITING, kind="system_job")

    runs = claim("me", node="node", limit=10, lease_seconds=60)

    assert [run.timeout for run in runs] == [7, 3, 0]
