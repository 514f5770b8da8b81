"""Runs that a tick copies are those that it would have built."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from jobs.kinds import templates_for_launch
from jobs.launching import insert_runs
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


def claimed() -> list[Schedule]:
    return Schedule.objects.claim_due(MIDNIGHT + 48 * HOUR, 10)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "given",
    [
        {},
        {"extra_data": {"b": 2}},
        {"extra_data": '{"b": 2}'},
        {"extra_data": {"b": 2}, "run_policy": {"max_attempts": 4}},
        {"extra_data": {"b": 2}, "prompts": {"limit": "one"}},
        {"jitter_seconds": 3600},
    ],
)
@pytest.mark.parametrize(
    "asking",
    [
        {"ask_variables_on_launch": True},
        {},
        {
            "survey_enabled": True,
            "survey_spec": {
                "name": "",
                "description": "",
                "spec": [
                    {"variable": "b", "type": "integer", "required": False, "default": 7, "min": 0, "max": 9},
                ],
            },
        },
    ],
)
def test_a_copied_run_is_one_that_was_built(given: dict[str, Any], asking: dict[str, Any]) -> None:
    template = make_template(extra_vars='{"a": 1}', ask_limit_on_launch=True, **asking)
    for _ in range(2):
        make_schedule(template=template, now=MIDNIGHT - HOUR, **given)
    launcher = Launcher(MIDNIGHT)
    launcher.read({template.pk})
    built_of = templates_for_launch({template.pk})[template.pk]
    rows = claimed()

    assert len(rows) == 2
    for schedule in rows:
        for at in (MIDNIGHT, MIDNIGHT + HOUR):
            built, _ = run_of(schedule, built_of, scheduled_for=at, now=MIDNIGHT)
            assert values(launcher.launch(schedule, at).run) == values(built)


@pytest.mark.django_db
def test_copied_runs_share_no_key_and_no_parameters() -> None:
    template = make_template(ask_variables_on_launch=True)
    for number in (1, 2):
        make_schedule(template=template, now=MIDNIGHT - HOUR, extra_data={"n": number})
    launcher = Launcher(MIDNIGHT)
    launcher.read({template.pk})
    first, second = claimed()

    runs = [launcher.launch(schedule, MIDNIGHT).run for schedule in (first, second, first)]

    assert len({run.run_id for run in runs}) == 3
    assert [run.extra_vars for run in runs] == [{"n": 1}, {"n": 2}, {"n": 1}]


@pytest.mark.django_db
def test_runs_are_stored_as_they_were_made() -> None:
    template = make_template(
        name="a\tb\\n\nc", extra_vars='{"deep": ["\\t\\\\", {"é": null}]}', ask_variables_on_launch=True
    )
    for number in range(3):
        text = f"{number}\t\n\r\\N \\. ü"
        make_schedule(template=template, now=MIDNIGHT - HOUR, extra_data={"text": text, "number": number / 4})
    launcher = Launcher(MIDNIGHT)
    launcher.read({template.pk})
    made = [launcher.launch(schedule, MIDNIGHT) for schedule in claimed()]
    made[2].run.allow_simultaneous = not made[2].run.allow_simultaneous

    insert_runs([(launch.run, launch.answers) for launch in made], launcher.writer)

    assert len(made) == 3
    for launch in made:
        assert values(UnifiedJob.objects.get(run_id=launch.run.run_id)) == values(launch.run)


@pytest.mark.django_db
def test_a_claim_knows_who_answers_more_than_parameters() -> None:
    plain, excluded, limited, patient = (
        make_schedule(now=MIDNIGHT - HOUR, **given)
        for given in ({}, {}, {"prompts": {"limit": "one"}}, {"run_policy": {"max_attempts": 4}})
    )
    excluded.calendars.add(make_calendar())

    assert {row.pk: row.is_plain for row in claimed()} == {
        plain.pk: True,
        excluded.pk: False,
        limited.pk: False,
        patient.pk: False,
    }


@pytest.mark.django_db
def test_a_rule_is_not_taken_for_one_that_began_earlier() -> None:
    schedule = make_schedule("DTSTART:20300601T000000Z RRULE:FREQ=DAILY;INTERVAL=1")
    Schedule.objects.update(next_run=MIDNIGHT)

    launch_due(MIDNIGHT)

    schedule.refresh_from_db()
    assert schedule.next_run == datetime(2030, 6, 1, tzinfo=UTC)
