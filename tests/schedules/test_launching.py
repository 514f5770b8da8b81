"""Runs that a tick copies are those that it would have built."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from jobs.kinds import templates_for_launch
from jobs.models import UnifiedJob
from schedules.launching import Launcher, run_of
from schedules.models import Schedule
from schedules.poller import launch_due
from tests.factories.schedules import make_calendar, make_schedule, make_template

HOUR = timedelta(hours=1)
MIDNIGHT = datetime(2030, 1, 2, tzinfo=UTC)
OWN = {"run_id", "created", "modified", "available_at"}


def values(run: UnifiedJob) -> dict[str, Any]:
    return {
        field.attname: getattr(run, field.attname)
        for field in UnifiedJob._meta.concrete_fields
        if not field.generated and field.attname not in OWN
    }


@pytest.mark.django_db
@pytest.mark.parametrize(
    "given",
    [
        {},
        {"extra_data": {"b": 2}},
        {"extra_data": {"b": 2}, "run_policy": {"max_attempts": 4}},
        {"extra_data": {"b": 2}, "prompts": {"limit": "one"}},
        {"jitter_seconds": 3600},
    ],
)
def test_a_copied_run_is_one_that_was_built(given: dict[str, Any]) -> None:
    template = make_template(extra_vars='{"a": 1}', ask_variables_on_launch=True, ask_limit_on_launch=True)
    schedules = [make_schedule(template=template, **given) for _ in range(2)]
    launcher = Launcher(MIDNIGHT)
    launcher.read({template.pk})

    for schedule in schedules:
        for at in (MIDNIGHT, MIDNIGHT + HOUR):
            copied, _ = launcher.run_of(schedule, at)
            built, _ = run_of(
                schedule,
                templates_for_launch({template.pk})[template.pk],
                scheduled_for=at,
                now=MIDNIGHT,
            )
            assert values(copied) == values(built)
            assert copied.extra_vars == {"a": 1} | given.get("extra_data", {})


@pytest.mark.django_db
def test_copied_runs_share_no_key_and_no_parameters() -> None:
    template = make_template(ask_variables_on_launch=True)
    first, second = (make_schedule(template=template, extra_data={"n": number}) for number in (1, 2))
    launcher = Launcher(MIDNIGHT)
    launcher.read({template.pk})

    runs = [launcher.run_of(schedule, MIDNIGHT)[0] for schedule in (first, second, first)]

    assert len({run.run_id for run in runs}) == 3
    assert [run.extra_vars for run in runs] == [{"n": 1}, {"n": 2}, {"n": 1}]


@pytest.mark.django_db
def test_a_claim_knows_who_has_links_to_other_tables() -> None:
    plain, excluded = make_schedule(now=MIDNIGHT - HOUR), make_schedule(now=MIDNIGHT - HOUR)
    excluded.calendars.add(make_calendar())

    claimed = Schedule.objects.due(MIDNIGHT + 24 * HOUR).claim(10)

    assert {row.pk: row.is_linked for row in claimed} == {plain.pk: False, excluded.pk: True}


@pytest.mark.django_db
def test_a_rule_is_not_taken_for_one_that_began_earlier() -> None:
    schedule = make_schedule("DTSTART:20300601T000000Z RRULE:FREQ=DAILY;INTERVAL=1")
    Schedule.objects.update(next_run=MIDNIGHT)

    launch_due(MIDNIGHT)

    schedule.refresh_from_db()
    assert schedule.next_run == datetime(2030, 6, 1, tzinfo=UTC)
