from typing import Any

import pytest
from rest_framework.test import APIClient

from jobs.models import Label
from tests.factories.access import client_of, make_organization, make_superuser, make_user
from tests.factories.jobs import make_job_template
from tests.factories.roles import give, holder
from tests.factories.workflows import make_node, make_step, make_workflow
from workflows.models import WorkflowApprovalTemplate, WorkflowJobTemplate

pytestmark = pytest.mark.django_db

WORKFLOWS = "/api/v2/workflow_job_templates/"


@pytest.fixture
def client() -> APIClient:
    return client_of(make_superuser())


def path_of(workflow: WorkflowJobTemplate, name: str = "") -> str:
    return f"{WORKFLOWS}{workflow.pk}/{name + '/' if name else ''}"


def test_what_is_written_comes_back_unchanged(client: APIClient) -> None:
    given = {
        "name": "Nightly",
        "description": "all of it",
        "organization": make_organization().pk,
        "extra_vars": "a: 1",
        "limit": "web*",
        "scm_branch": "main",
        "job_tags": "a",
        "skip_tags": "b",
        "allow_simultaneous": True,
        "survey_enabled": True,
        "webhook_service": "github",
        "ask_variables_on_launch": True,
        "ask_inventory_on_launch": True,
        "ask_scm_branch_on_launch": True,
        "ask_limit_on_launch": True,
        "ask_labels_on_launch": True,
        "ask_tags_on_launch": True,
        "ask_skip_tags_on_launch": True,
    }

    made = client.post(WORKFLOWS, given)
    shown = client.get(made["Location"]).json()
    cleared = client.patch(made["Location"], {"limit": None}).json()

    assert made.status_code == 201
    assert {name: shown[name] for name in given} == given
    assert cleared["limit"] is None
    assert shown["type"] == "workflow_job_template"
    assert client.get(shown["related"]["named_url"]).json()["id"] == shown["id"]


@pytest.mark.parametrize(
    ("given", "errors"),
    [
        ({}, {"name": ["This field is required."]}),
        ({"name": ""}, {"name": ["This field may not be blank."]}),
        ({"name": "x", "inventory": 9}, {"inventory": ['Invalid pk "9" - object does not exist.']}),
        ({"name": "x", "webhook_service": "y"}, {"webhook_service": ['"y" is not a valid choice.']}),
    ],
)
def test_bad_workflow_is_refused(client: APIClient, given: dict[str, Any], errors: dict[str, Any]) -> None:
    answer = client.post(WORKFLOWS, given)

    assert (answer.status_code, answer.json()) == (400, errors)


def test_roles_open_a_workflow() -> None:
    organization = make_organization()
    workflow = make_workflow(organization=organization)
    stranger, admin = make_user(), holder(organization, "workflow_admin_role")
    given = {"name": "x", "organization": organization.pk}

    refused = client_of(stranger).post(WORKFLOWS, given)
    made = client_of(admin).post(WORKFLOWS, given)

    assert (refused.status_code, refused.json()) == (403, {})
    assert made.status_code == 201
    assert client_of(stranger).get(path_of(workflow)).status_code == 403
    assert client_of(admin).patch(path_of(workflow), {"description": "x"}).status_code == 200
    reader = holder(workflow, "approval_role")
    capabilities = client_of(reader).get(path_of(workflow)).json()["summary_fields"]["user_capabilities"]
    assert not any(capabilities.values())
    assert client_of(reader).post(path_of(workflow, "launch"), {}).status_code == 403
    assert client_of(holder(workflow, "execute_role")).post(path_of(workflow, "launch")).status_code == 201


def test_object_roles_and_access_list_are_there(client: APIClient) -> None:
    workflow = make_workflow(organization=make_organization())

    roles = client.get(path_of(workflow, "object_roles")).json()["results"]
    access = client.get(path_of(workflow, "access_list"))

    assert [role["name"] for role in roles] == ["Admin", "Execute", "Read", "Approve"]
    assert access.json()["count"] == 1


def test_labels_are_attached(client: APIClient) -> None:
    workflow = make_workflow()
    label = Label.objects.create(name="nightly", organization=make_organization())

    answer = client.post(path_of(workflow, "labels"), {"id": label.pk})

    assert answer.status_code == 204
    shown = client.get(path_of(workflow)).json()
    assert shown["summary_fields"]["labels"]["count"] == 1


def test_workflows_of_an_organization_are_listed_and_made(client: APIClient) -> None:
    organization = make_organization()
    make_workflow()
    path = f"/api/v2/organizations/{organization.pk}/workflow_job_templates/"

    made = client.post(path, {"name": "Made"})

    assert (made.status_code, made.json()["organization"]) == (201, organization.pk)
    assert [one["name"] for one in client.get(path).json()["results"]] == ["Made"]


def test_workflows_are_among_all_templates(client: APIClient) -> None:
    workflow = make_workflow()
    make_step(workflow)
    make_job_template()

    found = client.get("/api/v2/unified_job_templates/?type=workflow_job_template").json()

    assert [one["id"] for one in found["results"]] == [workflow.pk]
    # A step for approval is its node's alone.
    assert client.get("/api/v2/unified_job_templates/").json()["count"] == 2


def test_copy_has_nodes_paths_and_steps_of_its_own(client: APIClient) -> None:
    workflow, template = make_workflow(organization=make_organization()), make_job_template()
    first, step = make_node(workflow, template, identifier="a"), make_step(workflow, name="Step", timeout=7)
    first.success_nodes.add(step)

    may = client.get(path_of(workflow, "copy")).json()
    copied = client.post(path_of(workflow, "copy"), {"name": "Copy"})

    assert may == {
        "can_copy": True,
        "can_copy_without_user_input": True,
        "templates_unable_to_copy": [],
        "credentials_unable_to_copy": [],
        "inventories_unable_to_copy": [],
    }
    assert copied.status_code == 201
    nodes = client.get(copied.json()["related"]["workflow_nodes"]).json()["results"]
    assert [node["identifier"] for node in nodes] == ["a", step.identifier]
    assert nodes[0]["success_nodes"] == [nodes[1]["id"]]
    assert nodes[0]["unified_job_template"] == template.pk
    assert nodes[1]["summary_fields"]["unified_job_template"]["timeout"] == 7
    assert WorkflowApprovalTemplate.objects.count() == 2


def test_copy_lacks_what_the_user_may_not_launch() -> None:
    organization = make_organization()
    workflow, template = make_workflow(organization=organization), make_job_template(name="Secret")
    make_node(workflow, template)
    user = holder(organization, "workflow_admin_role")

    may = client_of(user).get(path_of(workflow, "copy")).json()
    copied = client_of(user).post(path_of(workflow, "copy"), {"name": "Copy"}).json()

    assert (may["can_copy_without_user_input"], may["templates_unable_to_copy"]) == (False, ["Secret"])
    node = client_of(user).get(copied["related"]["workflow_nodes"]).json()["results"][0]
    assert node["unified_job_template"] is None


def test_who_may_not_copy_is_told_so() -> None:
    workflow = make_workflow(organization=make_organization())
    user = holder(workflow, "read_role")

    may = client_of(user).get(path_of(workflow, "copy")).json()

    assert (may["can_copy"], may["templates_unable_to_copy"]) == (False, ["all"])
    assert client_of(user).post(path_of(workflow, "copy"), {"name": "Copy"}).status_code == 403


def test_launch_says_what_it_asks_for(client: APIClient) -> None:
    workflow = make_workflow(ask_limit_on_launch=True, limit="web", extra_vars="a: 1")
    without = make_node(workflow)
    rejected = make_node(workflow, make_job_template(), prompts={"limit": "x"})

    shown = client.get(path_of(workflow, "launch")).json()

    assert shown["node_templates_missing"] == [without.pk]
    assert shown["node_prompts_rejected"] == [rejected.pk]
    assert shown["defaults"]["limit"] == "web"
    assert shown["can_start_without_user_input"] is True
    options = client.options(f"{WORKFLOWS}1/launch/").json()
    assert options["actions"]["POST"]["extra_vars"]["type"] == "json"


def test_launch_takes_what_is_asked_for_and_ignores_the_rest(client: APIClient) -> None:
    workflow = make_workflow(ask_limit_on_launch=True)

    answer = client.post(path_of(workflow, "launch"), {"limit": "db", "extra_vars": {"a": 1}})

    shown = answer.json()
    assert (answer.status_code, shown["workflow_job"], shown["limit"]) == (201, shown["id"], "db")
    assert shown["ignored_fields"] == {"extra_vars": {"a": 1}}
    assert (shown["status"], shown["extra_vars"]) == ("pending", "{}")
    assert answer["Location"] == f"/api/v2/workflow_jobs/{shown['id']}/"


def test_workflow_with_a_run_on_its_way_is_not_deleted(client: APIClient) -> None:
    workflow = make_workflow()
    launched = client.post(path_of(workflow, "launch")).json()

    answer = client.delete(path_of(workflow))

    assert answer.status_code == 409
    assert answer.json()["active_jobs"] == [{"id": launched["id"], "type": "workflow_job"}]


def test_role_lets_a_user_read(client: APIClient) -> None:
    workflow, user = make_workflow(), make_user()
    give(workflow, "read_role", user)

    assert client_of(user).get(WORKFLOWS).json()["count"] == 1


def test_list_takes_a_constant_number_of_statements(
    client: APIClient, django_assert_max_num_queries: Any
) -> None:
    for _ in range(4):
        make_workflow(organization=make_organization())
        client.get(WORKFLOWS)

    with django_assert_max_num_queries(8):
        assert client.get(WORKFLOWS).json()["count"] == 4


def test_survey_asks_for_answers(client: APIClient) -> None:
    workflow = make_workflow(survey_enabled=True)
    question = {"variable": "day", "type": "text", "question_name": "Day", "required": True}
    survey = {"name": "", "description": "", "spec": [question]}

    assert client.get(path_of(workflow, "survey_spec")).json() == {}
    assert client.post(path_of(workflow, "survey_spec"), survey).status_code == 200
    preview = client.get(path_of(workflow, "launch")).json()
    refused = client.post(path_of(workflow, "launch"), {})
    launched = client.post(path_of(workflow, "launch"), {"extra_vars": {"day": "today"}})

    assert (preview["variables_needed_to_start"], preview["can_start_without_user_input"]) == (["day"], False)
    assert refused.json() == {"variables_needed_to_start": ["'day' value missing"]}
    assert launched.json()["extra_vars"] == '{"day": "today"}'
