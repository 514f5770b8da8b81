"""Many templates launched together, as the nodes of one workflow job."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from access.activity import ActivityStream
from access.rules import accessible
from jobs.models import Label, UnifiedJob
from jobs.statuses import JobKind
from jobs.system_jobs import make_missing_templates
from tests.factories.access import client_of, make_organization, make_superuser, make_user
from tests.factories.credentials import make_credential
from tests.factories.inventories import make_inventory
from tests.factories.jobs import make_job_template, make_project
from tests.factories.roles import give, holder
from tests.factories.workflows import make_node, make_workflow
from workflows.advancing import advance_due
from workflows.models import WorkflowJob, WorkflowJobNode

pytestmark = pytest.mark.django_db

LAUNCH = "/api/v2/bulk/job_launch/"


@pytest.fixture
def client() -> APIClient:
    return client_of(make_superuser())


def launch(client: APIClient, *jobs: dict[str, Any], **values: Any) -> Any:
    return client.post(LAUNCH, {"jobs": list(jobs), **values})


def refusal(client: APIClient, *jobs: dict[str, Any], **values: Any) -> Any:
    """The only text that such a request is refused with; nothing was made."""
    answer = launch(client, *jobs, **values)
    assert answer.status_code == 400
    assert not WorkflowJob.objects.exists()
    [text] = answer.json()["__all__"]
    return text


def test_templates_are_launched_together(client: APIClient) -> None:
    inventory, label = make_inventory(), Label.objects.create(name="x", organization=make_organization())
    credential = make_credential()
    asking = make_job_template(
        **{
            f"ask_{name}_on_launch": True
            for name in ("inventory", "labels", "credential", "limit", "forks", "variables")
        }
    )
    plain = make_job_template()

    answer = launch(
        client,
        {
            "unified_job_template": asking.pk,
            "identifier": "first",
            "inventory": inventory.pk,
            "labels": [label.pk],
            "credentials": [credential.pk],
            "forks": 3,
            "extra_data": {"a": 1},
        },
        {"unified_job_template": plain.pk, "limit": "not asked for"},
        name="Night",
        description="all of it",
        limit="web",
        extra_vars={"b": 2},
    )
    shown = answer.json()
    advance_due()
    first, second = client.get(shown["related"]["workflow_nodes"]).json()["results"]
    run = client.get(first["related"]["job"]).json()
    other = client.get(second["related"]["job"]).json()

    assert answer.status_code == 201
    names = ("type", "name", "description", "status", "launch_type", "limit", "extra_vars", "is_bulk_job")
    assert [shown[name] for name in names] == [
        *("workflow_job", "Night", "all of it", "pending", "manual", "web", '{"b": 2}', True)
    ]
    assert (shown["unified_job_template"], shown["workflow_job_template"]) == (None, None)
    assert (first["identifier"], first["inventory"], first["extra_data"]) == ("first", inventory.pk, {"a": 1})
    assert (second["limit"], second["success_nodes"]) == ("not asked for", [])
    assert (run["limit"], run["forks"], run["inventory"]) == ("web", 3, inventory.pk)
    assert run["extra_vars"] == '{"a": 1, "b": 2}'
    assert [one["id"] for one in run["summary_fields"]["credentials"]] == [credential.pk]
    assert run["summary_fields"]["labels"]["results"] == [{"id": label.pk, "name": "x"}]
    assert other["limit"] == ""
    entry = ActivityStream.objects.filter(object1="workflow_job").get()
    assert (entry.operation, entry.changes["name"]) == ("create", "Night")


def test_all_kinds_of_templates_are_launched(client: APIClient) -> None:
    workflow = make_workflow()
    make_node(workflow, make_job_template())

    answer = launch(
        client, {"unified_job_template": workflow.pk}, {"unified_job_template": make_project().pk}
    )
    advance_due()

    assert (answer.status_code, answer.json()["name"]) == (201, "Bulk Job Launch")
    nodes = WorkflowJobNode.objects.filter(workflow_job=answer.json()["id"])
    kinds = nodes.order_by("pk").values_list("job__kind", flat=True)
    assert list(kinds) == [JobKind.WORKFLOW_JOB, JobKind.PROJECT_UPDATE]


def test_launch_takes_as_many_statements_for_one_as_for_many(client: APIClient) -> None:
    template = make_job_template()
    counts = []
    for number in (1, 20):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert launch(client, *[{"unified_job_template": template.pk}] * number).status_code == 201
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_password_answers_are_stored_encrypted(client: APIClient) -> None:
    question = {"question_name": "Code", "variable": "code", "type": "password", "required": True}
    survey = {"name": "", "description": "", "spec": [question | {"default": "", "min": 0, "max": 20}]}
    template = make_job_template(survey_enabled=True, survey_spec=survey)

    shown = launch(client, {"unified_job_template": template.pk, "extra_data": {"code": "s3cret"}}).json()

    node = WorkflowJobNode.objects.get()
    [of_api] = client.get(shown["related"]["workflow_nodes"]).json()["results"]
    assert (node.secret_variables, of_api["extra_data"]) == (["code"], {"code": "$encrypted$"})
    assert "s3cret" not in str(node.extra_data)


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({}, {"jobs": ["This field is required."]}),
        ({"jobs": "x"}, {"jobs": {"__all__": ['Expected a list of items but got type "str".']}}),
        ({"jobs": []}, {"jobs": {"__all__": ["This list may not be empty."]}}),
        (
            {"jobs": [{"unified_job_template": 1}, {}]},
            {"jobs": [{}, {"unified_job_template": ["This field is required."]}]},
        ),
        (
            {"jobs": [{"unified_job_template": 1}], "organization": 987654},
            {"organization": ['Invalid pk "987654" - object does not exist.']},
        ),
    ],
)
def test_bad_bodies_are_refused(client: APIClient, body: Any, errors: Any) -> None:
    answer = client.post(LAUNCH, body)

    assert (answer.status_code, answer.json()) == (400, errors)


def test_what_cannot_be_launched_together_is_refused(client: APIClient) -> None:
    job = {"unified_job_template": make_job_template(ask_credential_on_launch=True).pk}
    make_missing_templates()
    system = client.get("/api/v2/system_job_templates/").json()["results"][0]["id"]
    first, second = 987_654_321, 987_654_322
    gone = f"{{{first}, {second}}} not found or you don't have permissions to access it"
    one = make_credential()
    two = make_credential(one.credential_type)

    too_many = refusal(client, *[job] * 101)
    twice = refusal(client, job | {"identifier": "a"}, job | {"identifier": "a"})
    kinds = refusal(client, job, {"unified_job_template": system})
    templates = refusal(client, {"unified_job_template": first}, {"unified_job_template": second})
    inventories = refusal(client, job | {"inventory": second}, job | {"inventory": first})
    credentials = refusal(client, job | {"credentials": [first, second]})
    alike = refusal(client, job | {"credentials": [one.pk, two.pk]})

    assert too_many == "Number of requested jobs exceeds system setting BULK_JOB_MAX_LAUNCH"
    assert twice == "Identifier a not unique"
    assert kinds == "Template types System Job Template not allowed in bulk jobs"
    assert templates == f"Unified Job Templates {gone}"
    assert (inventories, credentials) == (f"Inventories {gone}", f"Credentials {gone}")
    assert alike.startswith("Cannot assign multiple ")


def test_user_launches_what_he_may_and_sees_it() -> None:
    organization = make_organization()
    user, template = holder(organization, "member_role"), make_job_template(organization=organization)
    give(template, "execute_role", user)
    client, admin = client_of(user), client_of(holder(organization, "admin_role"))
    stranger = client_of(make_user())

    answer = launch(client, {"unified_job_template": template.pk})
    shown = answer.json()
    advance_due()
    nodes = client.get(shown["related"]["workflow_nodes"]).json()

    assert (answer.status_code, shown["organization"]) == (201, organization.pk)
    assert nodes["results"][0]["job"] == UnifiedJob.objects.get(kind=JobKind.JOB).pk
    assert client.get(shown["url"]).status_code == 200
    assert admin.get(shown["url"]).status_code == 200
    assert stranger.get(shown["url"]).status_code == 403
    assert stranger.post(f"{shown['url']}cancel/").status_code == 403
    assert client.post(f"{shown['url']}cancel/").status_code == 202


def test_only_lists_of_who_launched_in_bulk_ask_for_that() -> None:
    launcher, other = make_user("launcher"), make_user("other")
    run = UnifiedJob.objects.create(kind=JobKind.WORKFLOW_JOB, is_bulk_job=True, created_by=launcher)
    UnifiedJob.objects.create(kind=JobKind.WORKFLOW_JOB, created_by=launcher)

    with CaptureQueriesContext(connection) as of_launcher:
        assert list(accessible(UnifiedJob.objects.all(), launcher)) == [run]
    with CaptureQueriesContext(connection) as of_other:
        assert list(accessible(UnifiedJob.objects.all(), other)) == []

    assert " OR " in of_launcher[-1]["sql"]
    assert " OR " not in of_other[-1]["sql"]


def test_user_is_refused_what_he_may_not() -> None:
    organization = make_organization()
    user, template = holder(organization, "member_role"), make_job_template(ask_inventory_on_launch=True)
    client, job = client_of(user), {"unified_job_template": template.pk}
    closed = "not found or you don't have permissions to access it"
    inventory, other = make_inventory(), make_organization("Other")

    give(template, "read_role", user)
    of_template = refusal(client, job)
    give(template, "execute_role", user)
    of_inventory = refusal(client, job | {"inventory": inventory.pk})
    of_whole = refusal(client, job, inventory=inventory.pk)
    of_organization = refusal(client, job, organization=other.pk)
    give(other, "member_role", user)
    of_several = refusal(client, job)

    assert of_template == f"Job Templates {{{template.pk}}} {closed}"
    assert of_inventory == of_whole == f"Inventories {{{inventory.pk}}} {closed}"
    assert of_organization == f"Organization {other.pk} {closed}"
    assert (
        of_several == "User has permission to multiple Organizations, please set one of them in the request"
    )
    assert launch(client, job, organization=other.pk).status_code == 201


def test_user_of_no_organization_is_refused() -> None:
    template = make_job_template()

    text = refusal(client_of(holder(template, "execute_role")), {"unified_job_template": template.pk})

    assert (
        text == "User not part of any organization, please assign an organization to assign to the bulk job"
    )


def test_endpoint_is_for_whoever_is_logged_in(client: APIClient) -> None:
    text = "Specify a list of unified job templates to launch alongside their launchtime parameters"

    assert client_of(make_user()).get(LAUNCH).json() == {"detail": text}
    assert client_of(None).post(LAUNCH, {}).status_code == 401
    options = client.options(LAUNCH).json()["actions"]["POST"]
    assert (options["jobs"]["required"], options["jobs"]["type"]) == (True, "field")
    assert options["jobs"]["child"]["children"]["unified_job_template"]["required"]
