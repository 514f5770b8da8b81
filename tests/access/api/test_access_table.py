"""Who may do what with each resource: kinds of user by requests → status."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from rest_framework.test import APIClient

from access.models import Organization, Team, User
from credentials.models import Credential
from jobs.models import JobTemplate, Project, UnifiedJob
from jobs.statuses import Status
from schedules.calendars import Calendar, CalendarEntry
from schedules.models import Schedule
from tests.factories.access import client_of, make_organization, make_superuser, make_user
from tests.factories.credentials import make_credential
from tests.factories.jobs import BEGIN, make_job, make_job_template, make_project
from tests.factories.roles import holder, make_team
from tests.factories.schedules import HOURLY, make_calendar, make_entry, make_schedule

pytestmark = pytest.mark.django_db


class World:
    """One object of each kind in one organization, and one user of each kind."""

    def __init__(self) -> None:
        self.organization: Organization = make_organization("Org")
        self.project: Project = make_project(organization=self.organization)
        self.template: JobTemplate = make_job_template(organization=self.organization, project=self.project)
        self.schedule: Schedule = make_schedule(template=self.template)
        self.calendar: Calendar = make_calendar(self.organization)
        self.entry: CalendarEntry = make_entry(self.calendar, BEGIN.date())
        self.job: UnifiedJob = make_job(self.template)
        self.pending: UnifiedJob = make_job(self.template, status=Status.PENDING)
        self.team: Team = make_team(organization=self.organization)
        self.member: User = holder(self.organization, "member_role")
        self.credential: Credential = make_credential(organization=self.organization)

        users: dict[str, User] = {
            "normal": make_user(),
            "reader": holder(self.template, "read_role"),
            "executor": holder(self.template, "execute_role"),
            "jtadmin": holder(self.template, "admin_role"),
            "orgadmin": holder(self.organization, "admin_role"),
            "auditor": make_user(is_system_auditor=True),
            "root": make_superuser(),
        }
        self._users = {kind: user.pk for kind, user in users.items()}

    def user(self, kind: str) -> User | None:
        """As he is in the database, so that no test sees what another's user remembers."""
        return None if kind == "stranger" else User.objects.get(pk=self._users[kind])

    def path(self, pattern: str) -> str:
        names = (
            "organization",
            "project",
            "template",
            "schedule",
            "job",
            "pending",
            "team",
            "member",
            "credential",
            "calendar",
            "entry",
        )
        return "/api/v2/" + pattern.format(**{name: getattr(self, name).pk for name in names})

    def body(self, given: dict[str, Any] | None) -> dict[str, Any] | None:
        ids = {
            "$template": self.template,
            "$organization": self.organization,
            "$project": self.project,
            "$credential": self.credential,
            "$calendar": self.calendar,
        }
        return (
            {k: ids[v].pk if isinstance(v, str) and v in ids else v for k, v in given.items()}
            if given
            else given
        )


KINDS = ("stranger", "normal", "reader", "executor", "jtadmin", "orgadmin", "auditor", "root")
NEW_SCHEDULE = {"name": "new", "rrule": HOURLY}
NEW_USER = {"username": "new", "password": "correct horse battery"}
# fmt: off
TABLE: list[tuple[str, str, dict[str, Any] | None, list[int]]] = [
    #                                             stranger, normal, reader, executor, jtadmin, orgadmin, auditor, root
    ("get", "job_templates/{template}/", None,           [401, 403, 200, 200, 200, 200, 200, 200]),
    ("patch", "job_templates/{template}/", {"name": "x"},[401, 403, 403, 403, 200, 200, 403, 200]),
    ("delete", "job_templates/{template}/", None,        [401, 403, 403, 403, 409, 409, 403, 409]),
    ("post", "job_templates/", {"name": "n", "project": "$project", "endpoint": "/x"},
                                                         [401, 403, 403, 403, 403, 201, 403, 201]),
    ("post", "job_templates/", {"name": "n", "endpoint": "http://127.0.0.1/"},
                                                         [401, 403, 403, 403, 403, 403, 403, 201]),
    ("get", "job_templates/{template}/launch/", None,    [401, 403, 200, 200, 200, 200, 200, 200]),
    ("post", "job_templates/{template}/launch/", {},     [401, 403, 403, 201, 201, 201, 403, 201]),
    ("post", "job_templates/{template}/copy/", {"name": "c"}, [401, 403, 403, 403, 403, 201, 403, 201]),
    ("get", "job_templates/{template}/schedules/", None, [401, 403, 200, 200, 200, 200, 200, 200]),
    ("post", "job_templates/{template}/schedules/", NEW_SCHEDULE, [401, 403, 403, 201, 201, 201, 403, 201]),
    ("post", "job_templates/{template}/schedules/", {},  [401, 403, 403, 400, 400, 400, 403, 400]),
    ("get", "job_templates/{template}/jobs/", None,      [401, 403, 200, 200, 200, 200, 200, 200]),
    ("get", "job_templates/{template}/object_roles/", None, [401, 403, 200, 200, 200, 200, 200, 200]),
    ("get", "job_templates/{template}/access_list/", None,  [401, 403, 200, 200, 200, 200, 200, 200]),
    ("post", "job_templates/{template}/credentials/", {"id": "$credential"}, [401, 403, 403, 403, 403, 204, 403, 204]),
    ("get", "credentials/{credential}/", None,           [401, 403, 403, 403, 403, 200, 200, 200]),
    ("patch", "credentials/{credential}/", {"name": "x"}, [401, 403, 403, 403, 403, 200, 403, 200]),
    ("delete", "credentials/{credential}/", None,        [401, 403, 403, 403, 403, 204, 403, 204]),
    ("get", "credentials/{credential}/object_roles/", None, [401, 403, 403, 403, 403, 200, 200, 200]),
    ("get", "credentials/{credential}/access_list/", None,  [401, 403, 403, 403, 403, 200, 200, 200]),
    ("get", "credentials/{credential}/owner_teams/", None,  [401, 403, 403, 403, 403, 200, 200, 200]),
    ("get", "schedules/{schedule}/", None,               [401, 403, 200, 200, 200, 200, 200, 200]),
    ("post", "schedules/", NEW_SCHEDULE | {"unified_job_template": "$template"},
                                                         [401, 403, 403, 201, 201, 201, 403, 201]),
    ("post", "schedules/", {},                           [401, 403, 403, 400, 400, 400, 403, 400]),
    ("patch", "schedules/{schedule}/", {"description": "x"}, [401, 403, 403, 403, 200, 200, 403, 200]),
    ("patch", "schedules/{schedule}/", {"enabled": False},   [401, 403, 403, 200, 200, 200, 403, 200]),
    ("patch", "schedules/{schedule}/", {"enabled": False, "name": "x"}, [401, 403, 403, 403, 200, 200, 403, 200]),
    ("delete", "schedules/{schedule}/", None,            [401, 403, 403, 403, 204, 204, 403, 204]),
    ("get", "schedules/{schedule}/jobs/", None,          [401, 403, 200, 200, 200, 200, 200, 200]),
    ("get", "schedules/{schedule}/occurrences/?forecast=1", None, [401, 403, 200, 200, 200, 200, 200, 200]),
    # Whoever attaches a calendar must see it, so that an administrator of the template alone may not.
    ("post", "schedules/{schedule}/calendars/", {"id": "$calendar"}, [401, 403, 403, 403, 403, 204, 403, 204]),
    ("post", "calendars/", {"name": "n", "organization": "$organization"}, [401, 403, 403, 403, 403, 201, 403, 201]),
    ("patch", "calendars/{calendar}/", {"zone": "Europe/Berlin"}, [401, 403, 403, 403, 403, 200, 403, 200]),
    ("post", "calendars/{calendar}/import/", {},         [401, 403, 403, 403, 403, 400, 403, 400]),
    ("post", "calendars/{calendar}/entries/", {"name": "n", "first_day": "2030-01-01"},
                                                         [401, 403, 403, 403, 403, 201, 403, 201]),
    ("delete", "calendar_entries/{entry}/", None,        [401, 403, 403, 403, 403, 204, 403, 204]),
    ("get", "jobs/{job}/", None,                         [401, 403, 200, 200, 200, 200, 200, 200]),
    ("get", "jobs/{job}/stdout/?format=txt", None,       [401, 403, 200, 200, 200, 200, 200, 200]),
    ("post", "jobs/{job}/relaunch/", {},                 [401, 403, 403, 201, 201, 201, 403, 201]),
    ("post", "jobs/{job}/replay/", {},                   [401, 403, 403, 409, 409, 409, 403, 409]),
    ("post", "jobs/{job}/dismiss/", {},                  [401, 403, 403, 409, 409, 409, 403, 409]),
    ("post", "jobs/{pending}/cancel/", {},               [401, 403, 403, 403, 202, 202, 403, 202]),
    ("delete", "jobs/{job}/", None,                      [401, 403, 403, 403, 403, 204, 403, 204]),
    ("get", "projects/{project}/", None,                 [401, 403, 403, 403, 403, 200, 200, 200]),
    ("patch", "projects/{project}/", {"name": "x"},      [401, 403, 403, 403, 403, 200, 403, 200]),
    ("post", "projects/", {"name": "n", "organization": "$organization"}, [401, 403, 403, 403, 403, 201, 403, 201]),
    ("post", "projects/", {"name": "n"},                 [401, 403, 403, 403, 403, 403, 403, 201]),
    ("get", "projects/{project}/object_roles/", None,    [401, 403, 403, 403, 403, 200, 200, 200]),
    ("get", "projects/{project}/access_list/", None,     [401, 403, 403, 403, 403, 200, 200, 200]),
    ("get", "organizations/{organization}/", None,       [401, 403, 403, 403, 403, 200, 200, 200]),
    ("patch", "organizations/{organization}/", {"description": "x"}, [401, 403, 403, 403, 403, 200, 403, 200]),
    ("delete", "organizations/{organization}/", None,    [401, 403, 403, 403, 403, 204, 403, 204]),
    ("post", "organizations/", {"name": "n"},            [401, 403, 403, 403, 403, 403, 403, 201]),
    ("get", "organizations/{organization}/users/", None, [401, 403, 403, 403, 403, 200, 200, 200]),
    ("post", "organizations/{organization}/users/", NEW_USER, [401, 403, 403, 403, 403, 201, 403, 201]),
    ("get", "organizations/{organization}/admins/", None,     [401, 403, 403, 403, 403, 200, 200, 200]),
    ("get", "organizations/{organization}/teams/", None,      [401, 403, 403, 403, 403, 200, 200, 200]),
    ("post", "organizations/{organization}/teams/", {"name": "t"}, [401, 403, 403, 403, 403, 201, 403, 201]),
    ("get", "organizations/{organization}/object_roles/", None, [401, 403, 403, 403, 403, 200, 200, 200]),
    ("get", "organizations/{organization}/access_list/", None,  [401, 403, 403, 403, 403, 200, 200, 200]),
    ("get", "teams/{team}/", None,                       [401, 403, 403, 403, 403, 200, 200, 200]),
    ("patch", "teams/{team}/", {"description": "x"},     [401, 403, 403, 403, 403, 200, 403, 200]),
    ("delete", "teams/{team}/", None,                    [401, 403, 403, 403, 403, 204, 403, 204]),
    ("post", "teams/", {"name": "t", "organization": "$organization"}, [401, 403, 403, 403, 403, 201, 403, 201]),
    ("get", "teams/{team}/users/", None,                 [401, 403, 403, 403, 403, 200, 200, 200]),
    ("get", "teams/{team}/roles/", None,                 [401, 403, 403, 403, 403, 200, 200, 200]),
    ("get", "teams/{team}/object_roles/", None,          [401, 403, 403, 403, 403, 200, 200, 200]),
    ("get", "teams/{team}/access_list/", None,           [401, 403, 403, 403, 403, 200, 200, 200]),
    ("get", "users/{member}/", None,                     [401, 403, 403, 403, 403, 200, 200, 200]),
    ("patch", "users/{member}/", {"first_name": "x"},    [401, 403, 403, 403, 403, 200, 403, 200]),
    ("delete", "users/{member}/", None,                  [401, 403, 403, 403, 403, 204, 403, 204]),
    ("post", "users/", NEW_USER,                         [401, 403, 403, 403, 403, 403, 403, 201]),
    ("get", "users/{member}/roles/", None,               [401, 403, 403, 403, 403, 200, 200, 200]),
    ("get", "users/{member}/organizations/", None,       [401, 403, 403, 403, 403, 200, 200, 200]),
    ("get", "users/{member}/admin_of_organizations/", None, [401, 403, 403, 403, 403, 200, 200, 200]),
    ("get", "users/{member}/teams/", None,               [401, 403, 403, 403, 403, 200, 200, 200]),
    ("post", "roles/", {},                               [401, 405, 405, 405, 405, 405, 405, 405]),
]
# fmt: on


@pytest.fixture(scope="module", name="world")
def made_world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """It is made once: what a test changes is undone."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield World()
        transaction.set_rollback(True)


def send(client: APIClient, method: str, path: str, body: dict[str, Any] | None) -> int:
    answer = (
        getattr(client, method)(path, body, format="json")
        if body is not None
        else getattr(client, method)(path)
    )
    return int(answer.status_code)


@pytest.mark.parametrize(("method", "pattern", "body", "expected"), TABLE, ids=lambda value: str(value)[:40])
@pytest.mark.parametrize("number", range(len(KINDS)), ids=KINDS)
def test_cell(
    number: int,
    method: str,
    pattern: str,
    body: dict[str, Any] | None,
    expected: list[int],
    *,
    world: World,
) -> None:
    client = client_of(world.user(KINDS[number]))

    assert send(client, method, world.path(pattern), world.body(body)) == expected[number]


@pytest.mark.parametrize(
    ("path", "counts"),
    [
        ("job_templates", [0, 1, 1, 1, 1, 1, 1]),
        ("unified_job_templates", [0, 1, 1, 1, 2, 2, 2]),
        ("schedules", [0, 1, 1, 1, 1, 1, 1]),
        ("jobs", [0, 2, 2, 2, 2, 2, 2]),
        ("unified_jobs", [0, 2, 2, 2, 2, 2, 2]),
        ("projects", [0, 0, 0, 0, 1, 1, 1]),
        ("organizations", [0, 0, 0, 0, 1, 1, 1]),
        ("teams", [0, 0, 0, 0, 1, 1, 1]),
    ],
)
def test_lists_show_what_is_readable(world: World, path: str, counts: list[int]) -> None:
    found = [client_of(world.user(kind)).get(f"/api/v2/{path}/").json()["count"] for kind in KINDS[1:]]

    assert found == counts


def test_capabilities_are_what_may_be_done(world: World) -> None:
    def capabilities(kind: str, path: str) -> dict[str, bool]:
        body = client_of(world.user(kind)).get(world.path(path)).json()
        found: dict[str, bool] = body["summary_fields"]["user_capabilities"]
        return found

    template, schedule, job = "job_templates/{template}/", "schedules/{schedule}/", "jobs/{job}/"
    launching = {"edit": False, "delete": False, "start": True, "schedule": True, "copy": False}
    assert capabilities("reader", template) == dict.fromkeys(launching, False)
    assert capabilities("executor", template) == launching
    assert capabilities("jtadmin", template) == launching | {"edit": True, "delete": True}
    assert capabilities("orgadmin", template) == dict.fromkeys(launching, True)
    assert capabilities("executor", schedule) == {"edit": False, "delete": False}
    assert capabilities("jtadmin", schedule) == {"edit": True, "delete": True}
    assert capabilities("executor", job) == {"delete": False, "start": True}
    assert capabilities("orgadmin", job) == {"delete": True, "start": True}


def test_author_of_a_schedule_changes_it_while_he_may_launch(world: World) -> None:
    user = world.user("executor")
    client = client_of(user)
    body = NEW_SCHEDULE | {"unified_job_template": world.template.pk}

    path = client.post("/api/v2/schedules/", body, format="json").json()["url"]

    assert client.patch(path, {"description": "x"}, format="json").status_code == 200
    other = make_job_template()
    assert client.patch(path, {"unified_job_template": other.pk}, format="json").status_code == 403
    assert client.patch(path, {"unified_job_template": float(other.pk)}, format="json").status_code == 403
    assert user is not None
    user.roles.clear()
    assert client.patch(path, {"description": "y"}, format="json").status_code == 403


def test_who_makes_a_template_administers_it(world: World) -> None:
    user = holder(world.project, "use_role")
    client = client_of(user)

    made = client.post(
        "/api/v2/job_templates/",
        {"name": "own", "project": world.project.pk, "endpoint": "/x"},
        format="json",
    )

    assert made.status_code == 201
    assert made.json()["summary_fields"]["user_capabilities"]["edit"]
    assert client.delete(made.json()["url"]).status_code == 204


def test_template_does_not_move_to_a_project_that_is_closed(world: World) -> None:
    client = client_of(world.user("jtadmin"))
    closed = make_project()
    path = world.path("job_templates/{template}/")

    for given in (closed.pk, str(closed.pk), float(closed.pk)):
        assert client.patch(path, {"project": given}, format="json").status_code == 403
    assert client.patch(path, {"organization": make_organization().pk}, format="json").status_code == 403
