from typing import Any

import pytest
from rest_framework.test import APIClient

from credentials.encryption import decrypt
from jobs.launching import launch
from jobs.models import UnifiedJob
from jobs.prompts import accept
from jobs.survey_specs import to_store
from tests.factories.access import client_of, make_organization, make_superuser, make_user
from tests.factories.jobs import make_job_template
from tests.factories.roles import give, holder
from tests.factories.workflows import make_node, make_step, make_workflow
from workflows.advancing import advance_due
from workflows.models import WorkflowApprovalTemplate, WorkflowJobTemplate, WorkflowJobTemplateNode

pytestmark = pytest.mark.django_db

NODES = "/api/v2/workflow_job_template_nodes/"


@pytest.fixture
def client() -> APIClient:
    return client_of(make_superuser())


def path_of(node: WorkflowJobTemplateNode, name: str = "") -> str:
    return f"{NODES}{node.pk}/{name + '/' if name else ''}"


def test_node_is_made_with_what_it_launches(client: APIClient) -> None:
    workflow, template = make_workflow(), make_job_template()

    answer = client.post(
        NODES,
        {"workflow_job_template": workflow.pk, "unified_job_template": template.pk, "identifier": "first"},
    )

    assert answer.status_code == 201
    shown = answer.json()
    assert (shown["identifier"], shown["success_nodes"], shown["extra_data"], shown["limit"]) == (
        "first",
        [],
        {},
        None,
    )
    assert shown["summary_fields"]["unified_job_template"]["unified_job_type"] == "job"
    assert shown["related"]["unified_job_template"] == f"/api/v2/job_templates/{template.pk}/"
    assert client.get(shown["related"]["named_url"]).json()["id"] == shown["id"]


def test_unknown_keys_are_ignored_and_an_identifier_is_given(client: APIClient) -> None:
    answer = client.post(
        NODES, {"workflow_job_template": make_workflow().pk, "type": "x", "state": "present"}
    )

    assert (answer.status_code, len(answer.json()["identifier"])) == (201, 36)


@pytest.mark.parametrize(
    ("given", "errors"),
    [
        ({}, {"workflow_job_template": ["This field is required."]}),
        (
            {"workflow_job_template": 999999},
            {"workflow_job_template": ['Invalid pk "999999" - object does not exist.']},
        ),
    ],
)
def test_bad_node_is_refused(client: APIClient, given: dict[str, Any], errors: dict[str, Any]) -> None:
    answer = client.post(NODES, given)

    assert (answer.status_code, answer.json()) == (400, errors)


def test_prompt_that_is_not_asked_for_is_refused(client: APIClient) -> None:
    given = {"workflow_job_template": make_workflow().pk, "unified_job_template": make_job_template().pk}

    answer = client.post(NODES, given | {"limit": "x"})

    assert answer.json() == {"limit": ["Field is not configured to prompt on launch."]}


def test_prompts_that_are_asked_for_come_back_unchanged(client: APIClient) -> None:
    template = make_job_template(ask_limit_on_launch=True, ask_variables_on_launch=True)
    given = {"unified_job_template": template.pk, "limit": "x", "extra_data": {"a": 1}}

    made = client.post(NODES, given | {"workflow_job_template": make_workflow().pk}).json()

    shown = client.get(made["url"]).json()
    assert {name: shown[name] for name in given} == given


def test_second_node_of_an_identifier_is_refused(client: APIClient) -> None:
    workflow = make_workflow()
    make_node(workflow, identifier="one")

    answer = client.post(NODES, {"workflow_job_template": workflow.pk, "identifier": "one"})

    text = "Workflow job template node with this Identifier and Workflow job template already exists."
    assert (answer.status_code, answer.json()) == (400, {"__all__": [text]})


def test_node_stays_in_its_workflow(client: APIClient) -> None:
    node = make_node(make_workflow())

    client.patch(path_of(node), {"workflow_job_template": make_workflow().pk, "identifier": "new"})

    node.refresh_from_db()
    assert node.identifier == "new"
    assert node.workflow_job_template == WorkflowJobTemplate.objects.earliest("pk")


def test_paths_are_drawn_and_removed(client: APIClient) -> None:
    workflow = make_workflow()
    first, second = make_node(workflow), make_node(workflow)

    drawn = client.post(path_of(first, "success_nodes"), {"id": second.pk})
    shown = client.get(path_of(first)).json()
    removed = client.post(path_of(first, "success_nodes"), {"id": second.pk, "disassociate": True})

    assert (drawn.status_code, removed.status_code) == (204, 204)
    assert shown["success_nodes"] == [second.pk]
    assert client.get(path_of(first, "success_nodes")).json()["count"] == 0


def test_new_node_is_made_behind_another(client: APIClient) -> None:
    first, template = make_node(make_workflow()), make_job_template()

    made = client.post(path_of(first, "always_nodes"), {"unified_job_template": template.pk})

    assert made.status_code == 201
    assert made.json()["workflow_job_template"] == first.workflow_job_template_id
    assert client.get(path_of(first)).json()["always_nodes"] == [made.json()["id"]]


def test_second_path_between_two_nodes_is_refused(client: APIClient) -> None:
    workflow = make_workflow()
    first, second = make_node(workflow), make_node(workflow)
    first.success_nodes.add(second)

    answer = client.post(path_of(first, "failure_nodes"), {"id": second.pk})
    again = client.post(path_of(first, "success_nodes"), {"id": second.pk})

    assert (answer.status_code, answer.json()) == (400, {"Error": "Relationship not allowed."})
    assert again.status_code == 204


def test_circle_that_a_run_could_enter_is_refused(client: APIClient) -> None:
    workflow = make_workflow()
    first, second, third = (make_node(workflow) for _ in range(3))
    first.success_nodes.add(second)
    second.success_nodes.add(third)

    own = client.post(path_of(second, "always_nodes"), {"id": second.pk})
    around = client.post(path_of(third, "failure_nodes"), {"id": second.pk})

    assert own.json() == around.json() == {"Error": "Cycle detected."}
    assert client.get(path_of(third)).json()["failure_nodes"] == []


def test_node_of_another_workflow_is_forbidden(client: APIClient) -> None:
    answer = client.post(
        path_of(make_node(make_workflow()), "success_nodes"), {"id": make_node(make_workflow()).pk}
    )

    assert answer.status_code == 403


def test_approval_is_made_for_a_node_in_place_of_another(client: APIClient) -> None:
    node = make_step(make_workflow())
    before = node.unified_job_template_id

    made = client.post(path_of(node, "create_approval_template"), {"name": "Approve", "timeout": 60})

    assert (made.status_code, made.json()["timeout"]) == (201, 60)
    shown = client.get(path_of(node)).json()
    assert shown["unified_job_template"] == made.json()["id"]
    assert shown["summary_fields"]["unified_job_template"]["timeout"] == 60
    assert client.get(f"/api/v2/workflow_approval_templates/{before}/").status_code == 404
    changed = client.patch(made.json()["url"], {"timeout": 5})
    assert (changed.status_code, changed.json()["timeout"]) == (200, 5)


def test_approval_without_a_name_is_refused(client: APIClient) -> None:
    node = make_node(make_workflow())

    answer = client.post(path_of(node, "create_approval_template"), {})

    assert answer.json() == {"name": ["This field is required."]}
    assert client.get(path_of(node, "create_approval_template")).json() == {}


@pytest.mark.parametrize("what", ["node", "workflow", "template"])
def test_step_for_approval_goes_with_its_node(client: APIClient, what: str) -> None:
    node = make_step(make_workflow())

    match what:
        case "node":
            answer = client.delete(path_of(node))
        case "workflow":
            answer = client.delete(f"/api/v2/workflow_job_templates/{node.workflow_job_template_id}/")
        case _:
            answer = client.patch(path_of(node), {"unified_job_template": make_job_template().pk})

    assert answer.status_code in (200, 204)
    assert not WorkflowApprovalTemplate.objects.exists()


def test_steps_for_approval_have_no_list(client: APIClient) -> None:
    assert client.get("/api/v2/workflow_approval_templates/").status_code == 404


def test_strangers_see_and_change_nothing() -> None:
    node = make_node(make_workflow())
    stranger = client_of(make_user())

    assert stranger.get(NODES).json()["count"] == 0
    assert stranger.get(path_of(node)).status_code == 403
    assert stranger.patch(path_of(node), {"identifier": "x"}).status_code == 403
    assert stranger.delete(path_of(node)).status_code == 403
    given = {"workflow_job_template": node.workflow_job_template_id}
    assert stranger.post(NODES, given).status_code == 403
    assert stranger.post(path_of(node, "create_approval_template"), {"name": "x"}).status_code == 403


def test_administrator_launches_only_what_he_may_launch() -> None:
    workflow, template = make_workflow(), make_job_template()
    user = holder(workflow, "admin_role")
    given = {"workflow_job_template": workflow.pk, "unified_job_template": template.pk}

    refused = client_of(user).post(NODES, given)
    give(template, "execute_role", user)
    made = client_of(user).post(NODES, given)

    assert (refused.status_code, made.status_code) == (403, 201)


def test_nodes_take_a_constant_number_of_statements(
    client: APIClient, django_assert_max_num_queries: Any
) -> None:
    workflow = make_workflow(organization=make_organization())
    for number in range(3):
        make_node(workflow, make_job_template()).success_nodes.add(make_node(workflow))
        make_step(workflow)
        if number == 0:
            client.get(NODES)

    with django_assert_max_num_queries(12):
        assert client.get(NODES).json()["count"] == 9


def test_answer_to_a_password_question_is_kept_encrypted(client: APIClient) -> None:
    question = {"variable": "key", "type": "password", "question_name": "Key", "required": True}
    spec = to_store({"name": "", "description": "", "spec": [question]}, {})
    template = make_job_template(survey_enabled=True, survey_spec=spec)
    workflow = make_workflow()
    given = {"workflow_job_template": workflow.pk, "unified_job_template": template.pk}

    without = client.post(NODES, given)
    made = client.post(NODES, given | {"extra_data": {"key": "s3cret"}}).json()
    client.patch(made["url"], {"extra_data": {"key": "$encrypted$"}, "identifier": "again"})

    assert without.status_code == 201
    node = WorkflowJobTemplateNode.objects.get(pk=made["id"])
    assert made["extra_data"] == {"key": "$encrypted$"}
    assert "s3cret" not in str(node.extra_data)
    assert decrypt(node.extra_data["key"]) == "s3cret"
    job = launch(workflow, user=None, answers=accept(workflow))
    advance_due()
    launched = UnifiedJob.objects.get(unified_job_node__identifier="again")
    assert launched.secret_variables == ["key"]
    assert decrypt(launched.extra_vars["key"]) == "s3cret"
    assert "s3cret" not in str(client.get(f"/api/v2/workflow_jobs/{job.pk}/workflow_nodes/").json())
