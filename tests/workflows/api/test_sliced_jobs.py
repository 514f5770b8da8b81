import pytest
from rest_framework.test import APIClient

from jobs.models import JobTemplate
from tests.factories.access import client_of, make_superuser, make_user
from tests.factories.inventories import make_host, make_inventory
from tests.factories.jobs import make_job_template
from tests.factories.roles import holder
from tests.factories.workflows import make_workflow
from workflows.advancing import advance_due

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> APIClient:
    return client_of(make_superuser())


@pytest.fixture
def path() -> str:
    inventory = make_inventory()
    for number in range(4):
        make_host(inventory, name=f"host{number}")
    return f"/api/v2/job_templates/{make_job_template(job_slice_count=2, inventory=inventory).pk}/"


def test_launch_answers_with_the_workflow_job(client: APIClient, path: str) -> None:
    answer = client.post(f"{path}launch/", {"limit": "x"})

    made = answer.json()
    assert answer.status_code == 201
    assert answer.headers["Location"] == made["url"] == f"/api/v2/workflow_jobs/{made['id']}/"
    assert (made["workflow_job"], made["type"], made["ignored_fields"]) == (
        made["id"],
        "workflow_job",
        {"limit": "x"},
    )
    assert "job" not in made
    shown = client.get(made["url"]).json()
    template = int(path.split("/")[-2])
    assert (shown["is_sliced_job"], shown["job_template"], shown["workflow_job_template"]) == (
        True,
        template,
        None,
    )
    assert shown["related"]["job_template"] == path
    assert shown["summary_fields"]["job_template"]["id"] == template
    assert "workflow_job_template" not in shown["related"]


def test_slices_are_listed_and_found(client: APIClient, path: str) -> None:
    made = client.post(f"{path}launch/").json()
    advance_due()

    listed = client.get(client.get(path).json()["related"]["slice_workflow_jobs"]).json()
    nodes = client.get(f"{made['url']}workflow_nodes/").json()["results"]
    jobs = client.get(f"{path}jobs/?order_by=id").json()["results"]

    assert [one["id"] for one in listed["results"]] == [made["id"]]
    assert [node["summary_fields"]["job"]["id"] for node in nodes] == [job["id"] for job in jobs]
    assert [(job["job_slice_number"], job["job_slice_count"]) for job in jobs] == [(1, 2), (2, 2)]
    for query in ("is_sliced_job=true", f"job_template={path.split('/')[-2]}"):
        assert client.get(f"/api/v2/workflow_jobs/?{query}").json()["count"] == 1
    assert client.get("/api/v2/workflow_jobs/?job_template__isnull=true").json()["count"] == 0
    assert client_of(make_user()).get(f"{path}slice_workflow_jobs/").status_code == 403


def test_relaunch_makes_the_same_slices_or_is_refused(client: APIClient, path: str) -> None:
    made = client.post(f"{path}launch/").json()

    again = client.post(f"{made['url']}relaunch/")
    client.patch(path, {"job_slice_count": 3})
    refused = client.post(f"{made['url']}relaunch/")
    client.delete(path)

    assert again.status_code == 201
    assert (again.json()["is_sliced_job"], again.json()["launch_type"]) == (True, "relaunch")
    assert client.get(f"{again.json()['url']}workflow_nodes/").json()["count"] == 2
    words = "Cannot relaunch sliced workflow job after slice count has changed."
    assert (refused.status_code, refused.json()) == (400, {"detail": [words]})
    assert client.post(f"{made['url']}relaunch/").status_code == 400


def test_who_may_launch_the_template_launches_and_cancels_its_slices(path: str) -> None:
    template = JobTemplate.objects.get(pk=int(path.split("/")[-2]))
    user = client_of(holder(template, "execute_role"))

    made = user.post(f"{path}launch/")
    url = made.json()["url"]

    assert made.status_code == 201
    assert user.get(url).status_code == 200
    assert user.post(f"{url}cancel/").status_code == 202
    assert client_of(make_user()).get(url).status_code == 403


def test_workflows_are_shown_as_ever(client: APIClient) -> None:
    workflow = make_workflow()

    made = client.post(f"/api/v2/workflow_job_templates/{workflow.pk}/launch/").json()

    assert (made["is_sliced_job"], made["job_template"], made["workflow_job_template"]) == (
        False,
        None,
        workflow.pk,
    )
