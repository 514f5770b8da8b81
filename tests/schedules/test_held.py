from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from jobs.limits import limits_changed
from jobs.models import Project, Service
from jobs.statuses import BreakerState
from schedules.poller import launch_due
from tests.factories.jobs import make_project
from tests.factories.schedules import make_schedule, make_template

MIDNIGHT = datetime(2030, 1, 1, tzinfo=UTC)
BEFORE = MIDNIGHT - timedelta(hours=1)
SECOND = timedelta(seconds=1)

pytestmark = pytest.mark.django_db


def make_broken(since: datetime, state: BreakerState = BreakerState.OPEN, **values: Any) -> Project:
    project = make_project(
        **({"breaker_policy": "skip", "breaker_threshold": 3, "breaker_cooldown": 60} | values)
    )
    limits_changed(project)
    Service.objects.filter(project=project).update(breaker=state, since=since, reason="It is down.")
    return project


@pytest.mark.parametrize(
    ("since", "state", "values", "ending"),
    [
        (MIDNIGHT - 59 * SECOND, BreakerState.OPEN, {}, "held"),
        (MIDNIGHT - 60 * SECOND, BreakerState.OPEN, {}, "launched"),
        (MIDNIGHT - SECOND, BreakerState.HALF_OPEN, {}, "launched"),
        (MIDNIGHT - SECOND, BreakerState.CLOSED, {}, "launched"),
        (MIDNIGHT - SECOND, BreakerState.OPEN, {"breaker_policy": "wait"}, "launched"),
        (MIDNIGHT - SECOND, BreakerState.OPEN, {"breaker_policy": "fail"}, "launched"),
        (
            MIDNIGHT - SECOND,
            BreakerState.OPEN,
            {"breaker_threshold": 0, "max_concurrent_calls": 1},
            "launched",
        ),
    ],
)
def test_open_breaker_holds_occurrences_back_where_that_is_the_policy(
    since: datetime, state: BreakerState, values: dict[str, Any], ending: str
) -> None:
    template = make_template(project=make_broken(since, state, **values))
    schedule = make_schedule(template=template, now=BEFORE)

    tick = launch_due(MIDNIGHT)

    occurrence = schedule.occurrences.get()
    assert (occurrence.outcome, tick.launched) == (ending, int(ending == "launched"))
    assert occurrence.reason == (
        "The circuit breaker of the service is open. It is down." if ending == "held" else ""
    )


def test_held_occurrence_is_no_run_that_others_overlap() -> None:
    template = make_template(project=make_broken(MIDNIGHT), overlap_policy="skip")
    for _ in range(2):
        make_schedule(template=template, now=BEFORE)
    make_schedule(template=make_template(), now=BEFORE)

    assert launch_due(MIDNIGHT).launched == 1
