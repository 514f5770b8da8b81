import pytest

from access.roles import grant, role_of
from jobs.models import JobTemplate, Project
from tests.factories.access import client_of, make_organization, make_superuser, make_user
from tests.factories.jobs import make_job_template, make_project
from tests.factories.roles import holder, make_team

pytestmark = pytest.mark.django_db


def test_organization_lists_its_projects_and_takes_new_ones() -> None:
    organization, other = make_organization(), make_organization()
    make_project(organization=other)
    path = f"/api/v2/organizations/{organization.pk}/projects/"
    admin = client_of(holder(organization, "admin_role"))

    made = admin.post(path, {"name": "Ours", "organization": other.pk, "scm_url": "http://127.0.0.1:9/"})

    assert made.status_code == 201
    assert Project.objects.get(name="Ours").organization == organization
    assert [row["name"] for row in admin.get(path).json()["results"]] == ["Ours"]
    assert client_of(make_user()).post(path, {"name": "Theirs"}).status_code == 403


def test_organization_lists_its_job_templates_and_takes_new_ones() -> None:
    organization = make_organization()
    project = make_project(organization=organization)
    path = f"/api/v2/organizations/{organization.pk}/job_templates/"
    root = client_of(make_superuser())

    made = root.post(path, {"name": "Ours", "project": project.pk, "endpoint": "/jobs/x"})

    assert made.status_code == 201
    assert JobTemplate.objects.get(name="Ours").organization == organization
    assert root.get(path).json()["count"] == 1


def test_organization_counts_what_is_in_it() -> None:
    organization = make_organization()
    make_team("A", organization=organization)
    project = make_project(organization=organization)
    for _ in range(2):
        make_job_template(organization=organization, project=project)
    admin = holder(organization, "admin_role")
    holder(organization, "member_role")

    counts = [
        client_of(user)
        .get(f"/api/v2/organizations/{organization.pk}/")
        .json()["summary_fields"]["related_field_counts"]
        for user in (admin, holder(organization, "member_role"))
    ]

    everything = {
        "inventories": 0,
        "hosts": 0,
        "teams": 1,
        "job_templates": 2,
        "projects": 1,
        "users": 2,
        "admins": 1,
    }
    assert counts[0] == everything | {"users": 2}
    assert (counts[1]["projects"], counts[1]["job_templates"]) == (0, 0)


def test_teams_and_users_have_the_projects_that_they_may_read() -> None:
    team, user = make_team(), make_user()
    for_team, for_user, nobodys = make_project(), make_project(), make_project()
    grant(role_of(for_team, "use_role"), team)
    grant(role_of(for_user, "read_role"), user)
    root = client_of(make_superuser())

    of_team = root.get(f"/api/v2/teams/{team.pk}/projects/").json()["results"]
    of_user = root.get(f"/api/v2/users/{user.pk}/projects/").json()["results"]

    assert [row["id"] for row in of_team] == [for_team.pk]
    assert [row["id"] for row in of_user] == [for_user.pk]
    for project, teams in ((for_team, [team.pk]), (nobodys, [])):
        rows = root.get(f"/api/v2/projects/{project.pk}/teams/").json()["results"]
        assert [row["id"] for row in rows] == teams
