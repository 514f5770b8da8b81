"""Templates whose endpoint is a queue or a mail address, as clients make and launch them."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from jobs.models import UnifiedJob
from jobs.statuses import Status
from schedules.poller import launch_due
from tests.factories.inventories import make_inventory
from tests.factories.jobs import make_job_template, make_project
from tests.factories.schedules import make_schedule

pytestmark = pytest.mark.django_db
LIST = "/api/v2/job_templates/"
PROJECTS = "/api/v2/projects/"
BROKER = "amqp://mq.example.org/vhost"
MAIL = "mailto:ops@example.org?subject=Nightly"


def made(admin: APIClient, **values: Any) -> Any:
    return admin.post(LIST, {"name": "Nightly", **values})


def test_queue_is_launched_like_anything_else(admin: APIClient) -> None:
    project = admin.post(PROJECTS, {"name": "Broker", "scm_url": BROKER})
    assert project.status_code == 201, project.data

    template = made(admin, project=project.data["id"], endpoint="orders.nightly", completion="callback")
    assert template.status_code == 201, template.data
    assert template.data["playbook"] == "orders.nightly"
    launched = admin.post(f"{LIST}{template.data['id']}/launch/")

    assert launched.status_code == 201, launched.data
    request = UnifiedJob.objects.get(pk=launched.data["id"]).request
    assert (request["base_url"], request["endpoint"]) == (BROKER, "orders.nightly")


def test_mail_is_launched_without_a_project(admin: APIClient) -> None:
    template = made(admin, endpoint=MAIL)
    assert template.status_code == 201, template.data

    assert admin.post(f"{LIST}{template.data['id']}/launch/").status_code == 201


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"endpoint": "mailto:"}, "endpoint"),
        ({"playbook": "mailto:ops@example.org?subject=a%0D%0ABcc:eve@example.org"}, "playbook"),
        ({"endpoint": "mailto:ops@example.org?x=%00"}, "endpoint"),
        ({"endpoint": "amqp://mq.example.org/orders"}, "endpoint"),
        ({"endpoint": MAIL, "completion": "callback"}, "completion"),
        ({"endpoint": MAIL, "inventory": True}, "inventory"),
        ({"endpoint": "orders", "project": True, "inventory": True}, "inventory"),
        ({"endpoint": "x" * 256, "project": True}, "endpoint"),
    ],
)
def test_what_cannot_be_is_refused(admin: APIClient, values: dict[str, Any], field: str) -> None:
    if "project" in values:
        values = values | {"project": make_project(scm_url=BROKER).pk}
    if "inventory" in values:
        values = values | {"inventory": make_inventory().pk}

    answer = made(admin, **values)

    assert (answer.status_code, list(answer.data)) == (400, [field]), answer.data


@pytest.mark.parametrize(
    "values",
    [
        {"scm_url": "amqp://user:pass@mq.example.org"},
        {"scm_url": "amqp://mq.example.org/a/b"},
        {"scm_url": "redis://mq.example.org/one"},
        {"scm_url": "redis://mq.example.org?socket_timeout=1"},
        {"scm_url": "sqs://eu-west-1"},
        {"scm_url": BROKER, "scm_type": "git"},
        {"scm_url": BROKER, "catalog_url": "queues"},
    ],
)
def test_broker_that_cannot_be_is_refused(admin: APIClient, values: dict[str, Any]) -> None:
    answer = admin.post(PROJECTS, {"name": "Broker", **values})

    assert (answer.status_code, list(answer.data)) == (400, ["scm_url"]), answer.data


def test_catalogue_is_no_mail(admin: APIClient) -> None:
    answer = admin.post(PROJECTS, {"name": "Broker", "scm_url": BROKER, "catalog_url": MAIL})

    assert (answer.status_code, list(answer.data)) == (400, ["catalog_url"])


def test_inventory_that_comes_with_the_launch_is_refused(admin: APIClient) -> None:
    template = make_job_template(endpoint=MAIL, ask_inventory_on_launch=True)

    answer = admin.post(f"{LIST}{template.pk}/launch/", {"inventory": make_inventory().pk})

    assert (answer.status_code, list(answer.data)) == (400, ["inventory"])
    assert not UnifiedJob.objects.exists()


def test_project_that_became_a_broker_is_what_the_template_lacks(admin: APIClient) -> None:
    project = make_project()
    template = make_job_template(endpoint="orders", project=project, inventory=make_inventory())
    assert admin.patch(f"{PROJECTS}{project.pk}/", {"scm_url": BROKER}).status_code == 200

    answer = admin.post(f"{LIST}{template.pk}/launch/")

    assert (answer.status_code, list(answer.data)) == (400, ["resources_needed_to_start"])


def test_secret_headers_are_not_lent_to_a_broker(admin: APIClient) -> None:
    project = make_project(scm_url="https://service.example.org")
    secret = {"X-Api-Key": "s3cret"}
    template = made(admin, endpoint="orders", project=project.pk, http_headers=secret).data
    broker = make_project(scm_url=BROKER)

    answer = admin.patch(f"{LIST}{template['id']}/", {"project": broker.pk})

    assert (answer.status_code, list(answer.data)) == (400, ["http_headers"])


def test_schedule_launches_a_mail() -> None:
    schedule = make_schedule(template=make_job_template(endpoint=MAIL))
    assert schedule.next_run is not None

    launch_due(schedule.next_run)

    assert UnifiedJob.objects.get().status == Status.PENDING
