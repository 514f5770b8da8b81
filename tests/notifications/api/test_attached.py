import pytest
from rest_framework.test import APIClient

from access.activity import ActivityStream
from access.models import Organization, User
from jobs.models import SystemJobTemplate
from jobs.statuses import JobKind, TemplateKind
from notifications.models import NotificationTemplate, Subscription
from tests.factories.access import make_organization
from tests.factories.jobs import make_job, make_job_template, make_project
from tests.factories.notifications import make_notification, make_notification_template
from tests.factories.roles import give, holder
from tests.jobs.api.conftest import client_of


def test_template_is_attached_to_one_event_and_detached(admin: APIClient) -> None:
    told_by, path = make_notification_template(), f"/api/v2/job_templates/{make_job_template().pk}/"
    started, success = (f"{path}notification_templates_{event}/" for event in ("started", "success"))

    assert admin.post(started, {"id": told_by.pk}).status_code == 204
    assert admin.post(started, {"id": told_by.pk}).status_code == 204

    assert [one["id"] for one in admin.get(started).json()["results"]] == [told_by.pk]
    assert admin.get(success).json()["count"] == 0
    assert admin.get(path).json()["related"]["notification_templates_started"] == started
    assert admin.post(started, {"id": told_by.pk, "disassociate": True}).status_code == 204
    assert admin.get(started).json()["count"] == 0
    operations = ActivityStream.objects.filter(object_association="notification_templates_started")
    assert list(operations.values_list("operation", flat=True)) == ["associate", "disassociate"]


def test_new_template_is_made_and_attached(admin: APIClient) -> None:
    organization = make_organization()
    path = f"/api/v2/organizations/{organization.pk}/notification_templates_approvals/"
    given = {"name": "x", "organization": organization.pk, "notification_type": "slack"}

    made = admin.post(path, given | {"notification_configuration": {"token": "t", "channels": ["#a"]}})

    assert made.status_code == 201
    assert [one["id"] for one in admin.get(path).json()["results"]] == [made.json()["id"]]


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({"id": 999999}, {"detail": "NotificationTemplate matching query does not exist."}),
        ({"id": "x"}, {"msg": '"id" field must be an integer.'}),
        ({"disassociate": True}, {"msg": '"id" is required to disassociate'}),
    ],
)
def test_bad_body_is_refused(admin: APIClient, body: dict[str, object], problem: dict[str, str]) -> None:
    path = f"/api/v2/job_templates/{make_job_template().pk}/notification_templates_error/"

    answer = admin.post(path, body)

    assert (answer.status_code, answer.json()) == (400, problem)


def test_kinds_that_have_them(admin: APIClient) -> None:
    project = f"/api/v2/projects/{make_project().pk}/"
    values = {"name": "x", "job_type": "cleanup_tokens", "kind": TemplateKind.SYSTEM_JOB_TEMPLATE}
    housekeeping, _ = SystemJobTemplate.objects.get_or_create(job_type="cleanup_tokens", defaults=values)
    system = f"/api/v2/system_job_templates/{housekeeping.pk}/"

    for path in (project, system):
        related = admin.get(path).json()["related"]
        for event in ("started", "success", "error", "recovery"):
            assert admin.get(related[f"notification_templates_{event}"]).json()["count"] == 0
        assert "notification_templates_approvals" not in related


def notification_admin() -> tuple[User, NotificationTemplate, Organization]:
    organization = make_organization()
    user = holder(organization, "notification_admin_role")
    return user, make_notification_template(organization=organization), organization


@pytest.mark.django_db
def test_whoever_changes_a_template_attaches_it_to_what_he_reads() -> None:
    user, told_by, organization = notification_admin()
    template, project = make_job_template(), make_project()
    client = client_of(user)
    to_template = f"/api/v2/job_templates/{template.pk}/notification_templates_error/"
    to_project = f"/api/v2/projects/{project.pk}/notification_templates_error/"
    to_organization = f"/api/v2/organizations/{organization.pk}/notification_templates_error/"

    assert client.post(to_template, {"id": told_by.pk}).status_code == 403
    give(template, "read_role", user)
    give(project, "read_role", user)
    assert client.post(to_template, {"id": told_by.pk}).status_code == 204
    assert client.post(to_project, {"id": told_by.pk}).status_code == 403
    give(project, "admin_role", user)
    assert client.post(to_project, {"id": told_by.pk}).status_code == 204
    assert client.post(to_organization, {"id": told_by.pk}).status_code == 204
    assert client.post(to_template, {"id": make_notification_template().pk}).status_code == 403
    assert Subscription.objects.count() == 3


def test_run_lists_what_was_told_of_it(admin: APIClient) -> None:
    job, other = make_job(), make_job()
    told = make_notification(job=job)
    make_notification(job=other)

    answer = admin.get(f"/api/v2/jobs/{job.pk}/notifications/").json()

    assert [one["id"] for one in answer["results"]] == [told.pk]
    assert admin.get(f"/api/v2/project_updates/{job.pk}/notifications/").json() == {
        "detail": "No ProjectUpdate matches the given query."
    }
    update = make_job(kind=JobKind.PROJECT_UPDATE)
    assert admin.get(f"/api/v2/project_updates/{update.pk}/notifications/").json()["count"] == 0
