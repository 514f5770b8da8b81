"""The endpoints of roles, teams and memberships."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from access.models import Role, Team, User
from access.roles import ensure_system_roles, role_of
from access.rules import may_read
from tests.factories.access import bearer, client_of, make_organization, make_superuser, make_token, make_user
from tests.factories.jobs import make_job_template, make_project
from tests.factories.roles import give, holder, make_team
from tests.factories.schedules import make_schedule

pytestmark = pytest.mark.django_db

DENIED = {"detail": "You do not have permission to perform this action."}


def post(client: APIClient, path: str, body: Any) -> tuple[int, Any]:
    answer = client.post(f"/api/v2/{path}/", body, format="json")
    return answer.status_code, answer.json() if answer.content else None


def ids(client: APIClient, path: str) -> list[int]:
    return [row["id"] for row in client.get(f"/api/v2/{path}/").json()["results"]]


def test_roles_of_a_template_read_as_awx_writes_them() -> None:
    template = make_job_template(name="Nightly")

    body = client_of(make_superuser()).get(f"/api/v2/job_templates/{template.pk}/object_roles/").json()

    role = role_of(template, "admin_role")
    assert [row["name"] for row in body["results"]] == ["Admin", "Execute", "Read"]
    assert body["results"][0] == {
        "id": role.pk,
        "type": "role",
        "url": f"/api/v2/roles/{role.pk}/",
        "related": {
            "users": f"/api/v2/roles/{role.pk}/users/",
            "teams": f"/api/v2/roles/{role.pk}/teams/",
            "job_template": f"/api/v2/job_templates/{template.pk}/",
        },
        "summary_fields": {
            "resource_name": "Nightly",
            "resource_type": "job_template",
            "resource_type_display_name": "Job Template",
            "resource_id": template.pk,
        },
        "name": "Admin",
        "description": "Can manage all aspects of the job template",
    }


@pytest.mark.parametrize("way", ["role", "user"])
def test_role_is_given_and_taken_either_way(way: str) -> None:
    template, user = make_job_template(), make_user()
    role = role_of(template, "execute_role")
    client = client_of(make_superuser())
    path, key = (f"roles/{role.pk}/users", user.pk) if way == "role" else (f"users/{user.pk}/roles", role.pk)

    assert post(client, path, {"id": key, "associate": True}) == (204, None)
    assert ids(client, f"roles/{role.pk}/users") == [user.pk]
    assert ids(client, f"users/{user.username}/roles") == [role.pk]
    assert may_read(user, template)
    assert post(client, path, {"id": key, "disassociate": True}) == (204, None)
    assert ids(client, path) == []
    assert not may_read(user, template)


@pytest.mark.parametrize("way", ["role", "team"])
def test_team_gets_a_role_either_way(way: str) -> None:
    template, team = make_job_template(), make_team()
    role = role_of(template, "execute_role")
    client = client_of(make_superuser())
    path, key = (f"roles/{role.pk}/teams", team.pk) if way == "role" else (f"teams/{team.pk}/roles", role.pk)

    assert post(client, path, {"id": key}) == (204, None)
    assert ids(client, f"roles/{role.pk}/teams") == [team.pk]
    assert ids(client, f"teams/{team.pk}/roles") == [role.pk]
    assert post(client, path, {"id": key, "disassociate": True}) == (204, None)
    assert ids(client, path) == []


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        ({}, {"msg": '"id" field is missing.'}),
        ({"disassociate": True}, {"msg": '"id" is required to disassociate'}),
        ({"id": "x"}, {"msg": '"id" field must be an integer.'}),
        ({"id": True}, {"msg": '"id" field must be an integer.'}),
        ({"id": 999999}, {"detail": "User matching query does not exist."}),
        ({"id": 10**30}, {"detail": "User matching query does not exist."}),
    ],
)
def test_bad_attachment_is_refused(body: dict[str, Any], answer: dict[str, Any]) -> None:
    role = role_of(make_job_template(), "read_role")

    assert post(client_of(make_superuser()), f"roles/{role.pk}/users", body) == (400, answer)


def test_who_administers_the_object_gives_its_roles() -> None:
    organization = make_organization()
    template = make_job_template(organization=organization)
    role, other = role_of(template, "read_role"), holder(organization, "member_role")
    path = f"roles/{role.pk}/users"

    answers = [
        post(client_of(user), path, {"id": other.pk})[0]
        for user in (
            make_user(),
            holder(template, "execute_role"),
            make_user(is_system_auditor=True),
            holder(organization, "admin_role"),
        )
    ]

    assert answers == [403, 403, 403, 204]
    _, secret = make_token(make_superuser(), scope="read")
    assert post(bearer(secret), path, {"id": other.pk}) == (403, DENIED)


def test_nobody_but_superusers_gives_the_system_away() -> None:
    ensure_system_roles()
    role, user = (
        Role.objects.get(role_field="system_administrator"),
        holder(make_organization(), "admin_role"),
    )

    assert post(client_of(user), f"roles/{role.pk}/users", {"id": user.pk})[0] == 403
    assert post(client_of(user), f"users/{user.pk}/roles", {"id": role.pk})[0] == 403
    assert post(client_of(make_superuser()), f"users/{user.pk}/roles", {"id": role.pk})[0] == 204
    assert User.objects.get(pk=user.pk).is_superuser
    assert role.pk in ids(client_of(make_superuser()), f"users/{user.pk}/roles")


def test_team_is_refused_what_is_for_users() -> None:
    team = make_team()
    role = role_of(team.organization, "member_role")

    assert post(client_of(make_superuser()), f"teams/{team.pk}/roles", {"id": role.pk}) == (
        400,
        {"msg": "You cannot assign an Organization participation role as a child role for a Team."},
    )


def test_organization_takes_in_only_whom_its_administrator_may_change() -> None:
    organization = make_organization()
    client = client_of(holder(organization, "admin_role"))
    free, taken = make_user(), holder(make_organization(), "member_role")
    powerful, root = holder(make_job_template(), "admin_role"), make_superuser()
    path = f"organizations/{organization.pk}/users"

    answers = [post(client, path, {"id": user.pk})[0] for user in (free, taken, powerful, root)]

    assert answers == [204, 403, 403, 403]
    assert ids(client, path) == [free.pk]
    assert ids(client, f"users/{free.pk}/organizations") == [organization.pk]
    assert post(client, f"organizations/{organization.pk}/admins", {"id": free.pk})[0] == 204
    assert ids(client, f"users/{free.pk}/admin_of_organizations") == [organization.pk]


def test_new_account_below_an_organization_is_its_member() -> None:
    organization = make_organization()
    client = client_of(holder(organization, "admin_role"))
    body = {"username": "new", "password": "correct horse battery"}
    path = f"organizations/{organization.name}/users"

    status, made = post(client, path, body)

    assert (status, made["username"]) == (201, "new")
    assert ids(client, path) == [made["id"]]
    assert post(client, path, {"username": "root2", "password": "x", "is_superuser": True})[0] == 403
    assert post(client, path, {"username": "new", "password": "x"})[0] == 400


def test_team_members() -> None:
    team, user = make_team(), make_user()
    client = client_of(make_superuser())

    assert post(client, f"teams/{team.pk}/users", {"id": user.pk}) == (204, None)
    assert ids(client, f"teams/{team.pk}/users") == [user.pk]
    assert ids(client, f"users/{user.pk}/teams") == [team.pk]


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({}, {"name": ["This field is required."], "organization": ["This field is required."]}),
        ({"name": "x", "organization": None}, {"organization": ["This field may not be null."]}),
        (
            {"name": "x", "organization": 999999},
            {"organization": ['Invalid pk "999999" - object does not exist.']},
        ),
    ],
)
def test_bad_team_is_refused(body: dict[str, Any], errors: dict[str, list[str]]) -> None:
    assert post(client_of(make_superuser()), "teams", body) == (400, errors)


def test_team_s_name_is_its_organization_s_own() -> None:
    team = make_team("Ops")
    client = client_of(make_superuser())

    status, body = post(client, "teams", {"name": "Ops", "organization": team.organization_id})

    assert (status, list(body)) == (400, ["__all__"])
    assert post(client, "teams", {"name": "Ops", "organization": make_organization().pk})[0] == 201


def test_team_stays_in_its_organization() -> None:
    team = make_team()

    answer = client_of(make_superuser()).patch(
        f"/api/v2/teams/{team.pk}/", {"organization": make_organization().pk}, format="json"
    )

    assert (answer.status_code, answer.json()) == (
        403,
        {"detail": "Unable to change organization on a team."},
    )


def test_access_list_says_by_which_roles() -> None:
    team = make_team(organization=make_organization())
    template = make_job_template(organization=team.organization)
    give(template, "execute_role", team)
    root, auditor, _ = make_superuser("a"), make_user("b", is_system_auditor=True), make_user("nobody")
    direct = holder(template, "read_role", "c")
    above = holder(team.organization, "job_template_admin_role", "d")
    member = holder(team, "member_role", "e")
    ensure_system_roles()

    rows = client_of(root).get(f"/api/v2/job_templates/{template.pk}/access_list/").json()["results"]

    found = {
        row["id"]: [
            [(access["role"]["name"], access["role"].get("team_id")) for access in row["summary_fields"][key]]
            for key in ("direct_access", "indirect_access")
        ]
        for row in rows
    }
    assert found == {
        root.pk: [[], [("System Administrator", None)]],
        auditor.pk: [[], [("System Auditor", None)]],
        direct.pk: [[("Read", None)], []],
        above.pk: [[], [("Job Template Admin", None)]],
        member.pk: [[("Execute", team.pk)], []],
    }


def test_summaries_and_metadata_name_the_roles() -> None:
    team = make_team()
    client = client_of(make_superuser())

    body = client.get(f"/api/v2/organizations/{team.organization_id}/").json()
    roles = body["summary_fields"]["object_roles"]

    assert roles["member_role"] == {
        "id": role_of(team.organization, "member_role").pk,
        "name": "Member",
        "description": "User is a member of the organization",
        "user_only": True,
    }
    assert len(roles) == 13
    assert client.options("/api/v2/teams/").json()["object_roles"] == [
        "admin_role",
        "member_role",
        "read_role",
    ]


def test_options_say_that_an_id_may_be_posted() -> None:
    team, user = make_team(), make_user()
    role = role_of(team, "member_role").pk
    client = client_of(make_superuser())

    for path in (
        f"users/{user.pk}/roles",
        f"teams/{team.pk}/roles",
        f"roles/{role}/users",
        f"roles/{role}/teams",
    ):
        assert client.options(f"/api/v2/{path}/").json()["actions"]["POST"]["id"]["type"] == "integer", path


def test_every_related_path_answers() -> None:
    team = make_team()
    client, user = client_of(make_superuser()), make_user()
    template, project = make_job_template(), make_project()
    paths = [
        f"organizations/{team.organization_id}",
        f"teams/{team.pk}",
        f"users/{user.pk}",
        f"job_templates/{template.pk}",
        f"projects/{project.pk}",
        f"roles/{role_of(team, 'read_role').pk}",
    ]

    related = [client.get(f"/api/v2/{path}/").json()["related"] for path in paths]

    missing = {url for urls in related for url in urls.values() if client.get(url).status_code != 200}
    assert missing == set()


def test_roles_are_filtered_as_awx_does() -> None:
    template = make_job_template()
    client = client_of(make_superuser())

    assert client.get("/api/v2/users/?roles__name=x").json() == {"detail": "Role has no field named 'name'"}
    query = f"?role_field=admin_role&content_type__model=jobtemplate&object_id={template.pk}"
    found = client.get(f"/api/v2/roles/{query}").json()["results"]
    assert [row["id"] for row in found] == [role_of(template, "admin_role").pk]


def test_user_without_roles_sees_no_role() -> None:
    make_job_template()

    assert ids(client_of(make_user()), "roles") == []


@pytest.mark.parametrize(
    "path",
    [
        "organizations",
        "teams",
        "users",
        "roles",
        "projects",
        "job_templates",
        "unified_job_templates",
        "schedules",
        "job_templates/{template}/access_list",
        "job_templates/{template}/object_roles",
        "organizations/{organization}/users",
        "organizations/{organization}/teams",
    ],
)
def test_lists_cost_the_same_for_few_and_many(path: str) -> None:
    organization = make_organization()
    asker = holder(organization, "admin_role")
    client = client_of(asker)

    def grow() -> Any:
        template = make_job_template(
            organization=organization, project=make_project(organization=organization)
        )
        make_schedule(template=template, created_by=asker, modified_by=asker)
        team = make_team(f"Team {Team.objects.count()}", organization=organization)
        give(template, "read_role", team)
        holder(team, "member_role"), holder(organization, "member_role"), holder(template, "read_role")
        return template

    def queries(template: Any) -> int:
        url = path.format(template=template.pk, organization=organization.pk)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(f"/api/v2/{url}/").status_code == 200
        return len(captured)

    template = grow()
    few = queries(template)
    for _ in range(3):
        grow()
        holder(template, "execute_role")

    assert queries(template) == few


@pytest.mark.parametrize("path", ["roles", "roles/{role}", "roles/{role}/users", "roles/{role}/teams"])
def test_roles_are_pages_too(path: str) -> None:
    role = role_of(make_job_template(), "read_role")

    answer = client_of(make_superuser()).get(
        f"/api/v2/{path.format(role=role.pk)}/", headers={"Accept": "text/html"}
    )

    assert (answer.status_code, answer["Content-Type"]) == (200, "text/html; charset=utf-8")


@pytest.mark.parametrize(
    ("method", "path"),
    [("delete", "roles/{role}/users"), ("put", "roles/{role}"), ("post", "teams/{team}/object_roles")],
)
def test_wrong_method_is_refused(method: str, path: str) -> None:
    team = make_team()
    url = f"/api/v2/{path.format(role=role_of(team, 'read_role').pk, team=team.pk)}/"

    assert getattr(client_of(make_superuser()), method)(url).status_code == 405


def test_migration_makes_the_system_s_roles() -> None:
    assert list(Role.objects.filter(kind="system").values_list("role_field", flat=True)) == [
        "system_administrator",
        "system_auditor",
    ]
