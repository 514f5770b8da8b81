"""Whose credentials are, and what roles of them open."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from access.models import Team, User
from access.roles import role_of
from credentials.models import Credential
from tests.factories.access import client_of, make_organization, make_superuser, make_user
from tests.factories.credentials import make_credential, managed_type
from tests.factories.jobs import make_job_template
from tests.factories.roles import give, holder, make_team

LIST = "/api/v2/credentials/"

pytestmark = pytest.mark.django_db


def send(client: APIClient, path: str, body: dict[str, Any]) -> Any:
    return client.post(path, body, format="json")


def made_for(client: APIClient, **owner: int) -> Any:
    return send(client, LIST, {"name": "x", "credential_type": managed_type("ssh").pk, **owner})


def capabilities(user: User, credential: Credential) -> dict[str, bool] | None:
    answer = client_of(user).get(f"{LIST}{credential.pk}/")
    return answer.json()["summary_fields"]["user_capabilities"] if answer.status_code == 200 else None


def test_roles_open_what_they_say() -> None:
    credential = make_credential()
    organization = credential.organization
    assert organization is not None

    held = {
        "admin_role": {"edit": True, "delete": True, "copy": False, "use": True},
        "use_role": {"edit": False, "delete": False, "copy": False, "use": True},
        "read_role": {"edit": False, "delete": False, "copy": False, "use": False},
    }
    for role, expected in held.items():
        assert capabilities(holder(credential, role), credential) == expected, role
    above = {"credential_admin_role": True, "admin_role": True, "auditor_role": False}
    for role, edits in above.items():
        assert (capabilities(holder(organization, role), credential) or {})["edit"] is edits, role
    assert capabilities(holder(organization, "member_role"), credential) is None


def test_team_that_owns_uses_and_its_administrators_change() -> None:
    team = make_team()
    member, ruler = holder(team, "member_role"), holder(team, "admin_role")

    answer = made_for(client_of(ruler), team=team.pk)

    assert answer.status_code == 201
    credential = Credential.objects.get()
    assert credential.organization == team.organization
    assert answer.json()["related"]["team"] == f"/api/v2/teams/{team.pk}/"
    assert [(one["type"], one["id"]) for one in answer.json()["summary_fields"]["owners"]] == [
        ("team", team.pk),
        ("organization", team.organization_id),
    ]
    assert (capabilities(member, credential) or {})["edit"] is False
    assert (capabilities(member, credential) or {})["use"] is True
    assert (capabilities(ruler, credential) or {})["edit"] is True
    for path in (f"/api/v2/teams/{team.pk}/credentials/", f"/api/v2/users/{member.pk}/credentials/"):
        assert client_of(member).get(path).json()["count"] == 1
    assert [
        row["id"] for row in client_of(ruler).get(f"{LIST}{credential.pk}/owner_teams/").json()["results"]
    ] == [team.pk]
    listed = {
        row["id"]: [one["descendant_roles"] for one in row["summary_fields"]["direct_access"]]
        for row in client_of(make_superuser()).get(f"{LIST}{credential.pk}/access_list/").json()["results"]
    }
    assert listed[member.pk] == [["use_role", "read_role"]]
    assert ["admin_role", "use_role", "read_role"] in listed[ruler.pk]


def test_owner_has_to_be_his_to_give() -> None:
    user, other, team = make_user(), make_user(), make_team()

    assert made_for(client_of(user), user=user.pk).status_code == 201
    for owner in ({"user": other.pk}, {"team": team.pk}, {"organization": make_organization().pk}):
        assert made_for(client_of(user), **owner).status_code == 403, owner
    assert made_for(client_of(user)).status_code == 403
    assert Credential.objects.count() == 1


def test_private_credential_shows_whose_it_is() -> None:
    user = make_user(first_name="Ada", last_name="L")
    answer = made_for(client_of(user), user=user.pk).json()

    assert answer["related"]["user"] == f"/api/v2/users/{user.pk}/"
    assert answer["summary_fields"]["owners"] == [
        {
            "id": user.pk,
            "type": "user",
            "name": user.username,
            "description": "Ada L",
            "url": answer["related"]["user"],
        }
    ]
    assert client_of(user).get(f"{answer['url']}owner_users/").json()["count"] == 1


def outsider(credential: Credential) -> tuple[User, str]:
    return make_user(), "You cannot grant credential access to a user not in the credentials' organization"


def foreign_team(credential: Credential) -> tuple[Team, str]:
    return make_team(), (
        "You cannot grant credential access to a team when the Organization field isn't set, "
        "or belongs to a different organization"
    )


@pytest.mark.parametrize("make", [outsider, foreign_team])
def test_roles_stay_in_the_organization(make: Any) -> None:
    credential = make_credential()
    organization = credential.organization
    assert organization is not None
    to, words = make(credential)
    role = role_of(credential, "use_role")
    path = f"/api/v2/roles/{role.pk}/{'teams' if isinstance(to, Team) else 'users'}/"
    client = client_of(holder(organization, "admin_role"))

    refused = send(client, path, {"id": to.pk})

    assert (refused.status_code, refused.json()) == (400, {"msg": words})
    if isinstance(to, User):
        give(organization, "member_role", to)
        assert send(client, path, {"id": to.pk}).status_code == 204


def test_private_credential_is_not_shared() -> None:
    owner = make_user()
    credential = make_credential(organization=None)
    give(credential, "admin_role", owner)
    role = role_of(credential, "use_role")
    organization, fellow = make_organization(), make_user()
    for user in (owner, fellow):
        give(organization, "member_role", user)

    refused = send(client_of(owner), f"/api/v2/roles/{role.pk}/users/", {"id": fellow.pk})

    assert refused.json() == {"msg": "You cannot grant private credential access to another user"}


def test_use_is_needed_to_attach_and_not_to_detach() -> None:
    credential, template = make_credential(), make_job_template()
    user = holder(template, "admin_role")
    path = f"/api/v2/job_templates/{template.pk}/credentials/"
    client = client_of(user)

    assert send(client, path, {"id": credential.pk}).status_code == 403
    give(credential, "read_role", user)
    assert send(client, path, {"id": credential.pk}).status_code == 403
    give(credential, "use_role", user)
    assert send(client, path, {"id": credential.pk}).status_code == 204
    role_of(credential, "use_role").members.clear()
    assert send(client, path, {"id": credential.pk, "disassociate": True}).status_code == 204


def test_credential_moves_only_between_organizations_of_the_asker() -> None:
    credential, other = make_credential(), make_organization()
    organization = credential.organization
    assert organization is not None
    user = holder(organization, "credential_admin_role")
    path, client = f"{LIST}{credential.pk}/", client_of(user)

    assert client.patch(path, {"organization": other.pk}, format="json").status_code == 403
    give(other, "credential_admin_role", user)
    assert client.patch(path, {"organization": other.pk}, format="json").status_code == 200


def test_credential_is_named_by_name_type_and_organization(admin: APIClient) -> None:
    credential = make_credential(name="a+b", organization=make_organization("Acme"))

    answer = admin.get(f"{LIST}a[+]b++Machine+ssh++Acme/")

    assert answer.json()["id"] == credential.pk
    assert answer.json()["related"]["named_url"] == f"{LIST}a[+]b++Machine+ssh++Acme/"
    assert admin.get("/api/v2/credential_types/Machine+ssh/").json()["namespace"] == "ssh"
