"""A schedule made of a job."""

import pytest

from jobs.launching import launch
from jobs.models import Label
from jobs.prompts import LaunchAnswers
from schedules.models import Schedule
from tests.factories.access import client_of, make_organization, make_superuser, make_user
from tests.factories.jobs import make_job_template
from tests.factories.roles import holder

pytestmark = pytest.mark.django_db


def launched(**prompts: object) -> str:
    """The path of a schedule of a job that was launched with `prompts`."""
    template = make_job_template(
        ask_variables_on_launch=True,
        ask_limit_on_launch=True,
        ask_labels_on_launch=True,
        extra_vars='{"own": 1}',
    )
    client = client_of(make_superuser())
    job = client.post(f"/api/v2/job_templates/{template.pk}/launch/", prompts).json()
    return f"/api/v2/jobs/{job['id']}/create_schedule/"


def test_job_becomes_a_schedule_that_is_off() -> None:
    label = Label.objects.create(name="night", organization=make_organization())
    path = launched(limit="web*", extra_vars={"a": 2}, labels=[label.pk])
    client = client_of(make_superuser())

    offered = client.get(path).json()
    answer = client.post(path, {})

    prompts = {
        "limit": "web*",
        "labels": [{"id": label.pk, "name": "night"}],
        "extra_data": {"a": 2},
    }
    assert offered == {"can_schedule": True, "prompts": prompts}
    made = answer.json()
    assert (answer.status_code, answer["Location"]) == (201, made["url"])
    assert (made["enabled"], made["limit"], made["extra_data"]) == (False, "web*", {"a": 2})
    assert made["rrule"].endswith(" RRULE:FREQ=MONTHLY;INTERVAL=1")
    assert list(Schedule.objects.get(pk=made["id"]).labels.all()) == [label]


def test_schedule_keeps_what_the_job_had_otherwise_than_its_template_s_run_policy() -> None:
    template = make_job_template(max_attempts=2, deadline=60)
    job = launch(template, user=None, answers=LaunchAnswers(run_policy={"max_attempts": 5}))
    client = client_of(make_superuser())
    path = f"/api/v2/jobs/{job.pk}/create_schedule/"

    offered = client.get(path).json()
    made = client.post(path, {}).json()

    assert offered == {"can_schedule": True, "prompts": {"run_policy": {"max_attempts": 5}}}
    assert made["run_policy"] == {"max_attempts": 5}
    assert "At most 5 attempts" in made["run_policy_in_words"]


def test_each_schedule_of_a_job_has_a_name_of_its_own() -> None:
    path = launched()
    client = client_of(make_superuser())

    names = [client.post(path, {}).json()["name"] for _ in range(3)]

    base = f"Auto-generated schedule from job {path.split('/')[4]}"
    assert names == [base, f"{base} - number 1", f"{base} - number 2"]


def test_schedule_of_a_job_needs_its_template() -> None:
    path = launched()
    client = client_of(make_superuser())
    template = client.get(path.replace("create_schedule/", "")).json()["unified_job_template"]
    client.post(path.replace("create_schedule", "cancel"), {})
    client.delete(f"/api/v2/job_templates/{template}/")

    assert client.get(path).json()["can_schedule"] is False
    answer = client.post(path, {})

    assert answer.status_code == 400
    assert answer.json() == {"error": "Cannot create schedule because a related resource is missing."}


def test_schedule_of_a_job_is_for_those_who_may_launch_it() -> None:
    template = make_job_template()
    client = client_of(holder(template, "execute_role"))
    job = client.post(f"/api/v2/job_templates/{template.pk}/launch/", {}).json()
    path = f"/api/v2/jobs/{job['id']}/create_schedule/"

    assert client.post(path, {}).status_code == 201
    assert client_of(holder(template, "read_role")).post(path, {}).status_code == 403
    assert client_of(make_user()).get(path).status_code == 403
