from typing import Any

import pytest
from rest_framework.test import APIClient

from jobs.launching import launch
from jobs.limits import limits_changed
from jobs.models import JobTemplate, Project, Service, UnifiedJob
from jobs.prompts import LaunchAnswers
from jobs.statuses import JobKind, Status
from tests.factories.inventories import make_host, make_inventory
from tests.factories.jobs import make_job, make_job_template, make_project

pytestmark = pytest.mark.django_db

LIST = "/api/v2/projects/"
LIMITS = {
    "max_concurrent_calls": 3,
    "max_calls_per_second": 10,
    "breaker_threshold": 5,
    "breaker_cooldown": 30,
    "breaker_policy": "fail",
}
CLOSED = {
    "breaker": "closed",
    "since": None,
    "failures": 0,
    "reason": "",
    "half_opens": None,
    "calls_in_flight": 0,
    "calls_last_second": 0,
    "calls_waiting": 0,
}


def test_project_has_no_limits_unless_they_are_given(admin: APIClient) -> None:
    body = admin.post(LIST, {"name": "x"}).json()

    assert {name: body[name] for name in LIMITS} == {
        "max_concurrent_calls": 0,
        "max_calls_per_second": 0,
        "breaker_threshold": 0,
        "breaker_cooldown": 60,
        "breaker_policy": "wait",
    }
    assert not Service.objects.exists()
    assert admin.get(body["related"]["service"]).json() == CLOSED


def test_limits_come_back_as_they_were_sent(admin: APIClient) -> None:
    body = admin.post(LIST, {"name": "x", **LIMITS}).json()

    assert {name: body[name] for name in LIMITS} == LIMITS
    assert Service.objects.get().pk == body["id"]


@pytest.mark.parametrize(
    "sent",
    [
        {"max_concurrent_calls": -1},
        {"max_calls_per_second": "x"},
        {"breaker_threshold": 2**31},
        {"breaker_cooldown": 0},
        {"breaker_policy": "x"},
    ],
)
def test_nonsense_is_refused(admin: APIClient, sent: dict[str, Any]) -> None:
    project = make_project()

    answer = admin.patch(f"{LIST}{project.pk}/", {"max_concurrent_calls": 2, **sent})

    assert (answer.status_code, list(answer.json())) == (400, list(sent))
    assert Project.objects.get().max_concurrent_calls == 0


def test_limits_hold_for_runs_that_have_not_ended(admin: APIClient) -> None:
    project = make_project()
    template = make_job_template(project=project)
    active = [
        make_job(template, status=status) for status in (Status.PENDING, Status.WAITING, Status.RUNNING)
    ]
    active.append(make_job(template, status=Status.WAITING, inventory=make_inventory()))
    others = [
        make_job(template),
        make_job(status=Status.WAITING),
        make_job(template, status=Status.WAITING, kind=JobKind.PROJECT_UPDATE),
    ]
    path = f"{LIST}{project.pk}/"

    admin.patch(path, {"max_concurrent_calls": 1})
    assert services(active) == {project.pk}
    assert services(others) == {None}

    admin.patch(path, {"max_concurrent_calls": 0})
    assert services(active) == {None}


def services(jobs: list[UnifiedJob]) -> set[int | None]:
    ids = [job.pk for job in jobs]
    return set(UnifiedJob.objects.filter(pk__in=ids).values_list("service", flat=True))


def start(template: JobTemplate) -> UnifiedJob:
    template = JobTemplate.objects.get(pk=template.pk)
    return launch(template, user=None, answers=LaunchAnswers())


def test_launch_is_under_the_limits_of_its_project() -> None:
    project, free = make_project(max_calls_per_second=1), make_project()
    limits_changed(project)

    limited = start(make_job_template(project=project))
    with_hosts = start(make_job_template(project=project, inventory=make_inventory()))
    inventory = make_inventory()
    for name in ("one", "other"):
        make_host(inventory, name=name)
    sliced = make_job_template(project=project, inventory=inventory, job_slice_count=2)
    others = [start(sliced), start(make_job_template(project=free)), start(make_job_template())]

    assert limited.service_id == with_hosts.service_id == project.pk
    assert [run.service_id for run in others] == [None] * 3


def test_state_of_a_service_shows_why_its_breaker_is_open(admin: APIClient) -> None:
    project = make_project(breaker_threshold=2, breaker_cooldown=90)
    limits_changed(project)
    template = make_job_template(project=project)
    for status in (Status.RUNNING, Status.WAITING, Status.WAITING):
        make_job(template, status=status, service_id=project.pk)
    Service.objects.update(breaker="open", since="2030-01-01T00:00:00Z", failures=2, reason="It is down.")

    answer = admin.get(f"{LIST}{project.pk}/service/")

    assert answer.json() == CLOSED | {
        "breaker": "open",
        "since": "2030-01-01T00:00:00Z",
        "failures": 2,
        "reason": "It is down.",
        "half_opens": "2030-01-01T00:01:30Z",
        "calls_in_flight": 1,
        "calls_waiting": 2,
    }


def test_breaker_that_is_switched_off_is_closed(admin: APIClient) -> None:
    project = make_project(breaker_threshold=2)
    limits_changed(project)
    Service.objects.update(breaker="open", since="2030-01-01T00:00:00Z", failures=2, reason="It is down.")

    admin.patch(f"{LIST}{project.pk}/", {"breaker_threshold": 0})

    assert admin.get(f"{LIST}{project.pk}/service/").json() == CLOSED


def test_state_is_for_who_reads_the_project(admin: APIClient, stranger: APIClient, nobody: APIClient) -> None:
    project = make_project()
    path = f"{LIST}{project.pk}/service/"

    assert [client.get(path).status_code for client in (admin, stranger, nobody)] == [200, 403, 401]
    assert admin.get(f"{LIST}999999/service/").status_code == 404
    assert admin.post(path).status_code == 405


def test_copy_and_deletion_take_the_limits_along(admin: APIClient) -> None:
    project = make_project(catalog_url="/openapi.json", max_concurrent_calls=2)
    limits_changed(project)
    job = make_job(make_job_template(project=project), service_id=project.pk)

    copy = admin.post(f"{LIST}{project.pk}/copy/", {"name": "copy"}).json()
    assert (copy["max_concurrent_calls"], Service.objects.count()) == (2, 2)

    assert admin.delete(f"{LIST}{project.pk}/").status_code == 204
    assert services([job]) == {None}
