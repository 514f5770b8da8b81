"""What roles imply, who can hold them, and what becomes of them."""

from typing import Any

import pytest

from access.exceptions import CannotGrant, LastSuperuser
from access.held import remembering
from access.models import Role
from access.roles import (
    JOB_TEMPLATE_ADMIN,
    ORGANIZATION_ROLES,
    ensure_system_roles,
    grant,
    holds,
    revoke,
    role_of,
)
from access.rules import accessible, may_act, may_change, may_read
from jobs.models import JobTemplate, Project
from tests.factories.access import make_organization, make_superuser, make_user
from tests.factories.jobs import make_job_template, make_project
from tests.factories.roles import give, holder, make_team

pytestmark = pytest.mark.django_db


def fields_of(kind: str, pk: int) -> list[str]:
    return list(Role.objects.filter(kind=kind, object_id=pk).values_list("role_field", flat=True))


def test_roles_come_and_go_with_their_object() -> None:
    template, organization = make_job_template(), make_organization()

    assert fields_of("job_template", template.pk) == ["admin_role", "execute_role", "read_role"]
    assert fields_of("organization", organization.pk) == list(ORGANIZATION_ROLES)

    template_id, organization_id = template.pk, organization.pk
    template.delete(), organization.delete()

    assert fields_of("job_template", template_id) + fields_of("organization", organization_id) == []


@pytest.mark.parametrize(
    ("role_field", "reads", "launches", "changes"),
    [
        ("admin_role", True, True, True),
        ("job_template_admin_role", True, True, True),
        ("execute_role", True, True, False),
        ("auditor_role", True, False, False),
        ("project_admin_role", False, False, False),
        ("member_role", False, False, False),
        ("read_role", False, False, False),
    ],
)
def test_roles_of_an_organization_open_its_templates(
    role_field: str, reads: bool, launches: bool, changes: bool
) -> None:
    organization = make_organization()
    inside, outside = make_job_template(organization=organization), make_job_template()
    user = holder(organization, role_field)

    found = (may_read(user, inside), may_act(user, inside, "launch"), may_change(user, inside, {}))

    assert found == (reads, launches, changes)
    assert list(accessible(JobTemplate.objects.all(), user)) == [inside] * reads
    assert not may_read(user, outside)


def test_project_roles_imply_reading() -> None:
    project = make_project()

    users = [holder(project, name) for name in ("admin_role", "use_role", "update_role", "read_role")]

    assert [may_read(user, project) for user in users] == [True] * 4
    assert [holds(user, project, "use_role") for user in users] == [True, True, False, False]
    assert list(accessible(Project.objects.all(), make_user())) == []


def test_team_passes_its_roles_on_to_members_and_to_those_who_rule_it() -> None:
    team, template = make_team(), make_job_template()
    give(template, "execute_role", team)
    member, admin = holder(team, "member_role"), holder(team, "admin_role")
    ruler, reader = holder(team.organization, "admin_role"), holder(team, "read_role")

    assert [may_act(user, template, "launch") for user in (member, admin, ruler, reader)] == [
        True,
        True,
        True,
        False,
    ]


def test_revocation_takes_effect() -> None:
    team, template = make_team(), make_job_template()
    user = holder(team, "member_role")
    give(template, "read_role", team)
    assert may_read(user, template)

    revoke(role_of(team, "member_role"), user)
    assert not may_read(user, template)

    give(team, "member_role", user)
    revoke(role_of(template, "read_role"), team)
    assert not may_read(user, template)


def test_deleted_team_leaves_nothing_behind() -> None:
    team, template = make_team(), make_job_template()
    user = holder(team, "member_role")
    give(template, "read_role", team)

    team.delete()

    assert not may_read(user, template)


def test_teams_cannot_hold_what_is_for_users() -> None:
    team, other = make_team("a"), make_team("b")
    ensure_system_roles()

    for role in (
        role_of(team.organization, "admin_role"),
        role_of(team.organization, "member_role"),
        role_of(other, "admin_role"),
        Role.objects.get(role_field="system_administrator"),
    ):
        with pytest.raises(CannotGrant):
            grant(role, team)
    grant(role_of(team.organization, JOB_TEMPLATE_ADMIN), team)


def test_system_roles_are_flags_of_users() -> None:
    ensure_system_roles()
    administrator = Role.objects.get(role_field="system_administrator")
    make_superuser()
    user = make_user()

    grant(administrator, user)
    assert user.is_superuser
    revoke(administrator, user)
    assert not user.is_superuser


def test_last_superuser_keeps_his_role() -> None:
    ensure_system_roles()
    user = make_superuser()

    with pytest.raises(LastSuperuser):
        revoke(Role.objects.get(role_field="system_administrator"), user)


def test_what_is_remembered_answers_alike(django_assert_num_queries: Any) -> None:
    organization = make_organization()
    template = make_job_template(organization=organization)
    user = holder(organization, "execute_role")

    with remembering(), django_assert_num_queries(1):
        assert holds(user, template, "read_role")
        assert not holds(user, template, "admin_role")
    revoke(role_of(organization, "execute_role"), user)
    assert not holds(user, template, "read_role")
