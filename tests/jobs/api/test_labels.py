from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jobs.models import JobTemplate, Label, UnifiedJob
from tests.factories.access import client_of, make_organization, make_superuser, make_user
from tests.factories.jobs import make_job, make_job_template

pytestmark = pytest.mark.django_db

LABELS = "/api/v2/labels/"


def make_label(name: str = "nightly", **values: Any) -> Label:
    organization = values.pop("organization", None) or make_organization()
    return Label.objects.create(name=name, organization=organization, **values)


def labels_of(template: JobTemplate | UnifiedJob) -> str:
    kind = "jobs" if isinstance(template, UnifiedJob) else "job_templates"
    return f"/api/v2/{kind}/{template.pk}/labels/"


def test_label_is_made_and_changed_but_not_deleted() -> None:
    client, organization = client_of(make_superuser()), make_organization()

    made = client.post(LABELS, {"name": "nightly", "organization": organization.pk}, format="json")
    changed = client.patch(made["Location"], {"name": "daily"}, format="json")

    assert (made.status_code, changed.json()["name"]) == (201, "daily")
    assert "description" not in made.json()
    assert made.json()["summary_fields"]["organization"]["id"] == organization.pk
    assert client.delete(made["Location"]).status_code == 405


@pytest.mark.parametrize(
    ("given", "errors"),
    [
        ({}, {"name": ["This field is required."], "organization": ["This field is required."]}),
        ({"name": "x", "organization": None}, {"organization": ["This field may not be null."]}),
    ],
)
def test_bad_label_is_refused(given: dict[str, Any], errors: dict[str, Any]) -> None:
    answer = client_of(make_superuser()).post(LABELS, given, format="json")

    assert (answer.status_code, answer.json()) == (400, errors)


def test_second_label_of_a_name_is_refused() -> None:
    label = make_label()

    answer = client_of(make_superuser()).post(
        LABELS, {"name": label.name, "organization": label.organization_id}, format="json"
    )

    assert answer.json() == {"__all__": ["Label with this Name and Organization already exists."]}


def test_label_is_attached_and_detached() -> None:
    client, label, template = client_of(make_superuser()), make_label(), make_job_template()
    make_job(template).labels.add(label)
    path = labels_of(template)

    attached = client.post(path, {"id": label.pk}, format="json")

    assert (attached.status_code, attached.content) == (204, b"")
    assert [row["id"] for row in client.get(path).json()["results"]] == [label.pk]
    shown = client.get(f"/api/v2/job_templates/{template.pk}/").json()["summary_fields"]["labels"]
    assert shown == {"count": 1, "results": [{"id": label.pk, "name": "nightly"}]}
    assert client.get("/api/v2/job_templates/?labels__name=nightly").json()["count"] == 1
    assert client.post(path, {"id": label.pk, "disassociate": True}, format="json").status_code == 204
    assert client.get(path).json()["count"] == 0
    assert Label.objects.filter(pk=label.pk).exists()


def test_label_goes_with_its_last_object() -> None:
    client, label, template = client_of(make_superuser()), make_label(), make_job_template()
    template.labels.add(label)

    client.post(labels_of(template), {"id": label.pk, "disassociate": True}, format="json")

    assert not Label.objects.exists()


def test_new_label_is_made_and_attached_once() -> None:
    client, template, organization = client_of(make_superuser()), make_job_template(), make_organization()
    given = {"name": "fresh", "organization": organization.pk}

    made = client.post(labels_of(template), given, format="json")
    again = client.post(labels_of(template), given, format="json")

    assert (made.status_code, made.json()["name"], again.status_code) == (201, "fresh", 204)
    assert [label.name for label in template.labels.all()] == ["fresh"]


@pytest.mark.parametrize(
    ("given", "errors"),
    [
        ({"id": 999999}, {"detail": "Label matching query does not exist."}),
        ({"id": 2**70}, {"detail": "Label matching query does not exist."}),
        ({"id": "x"}, {"msg": '"id" field must be an integer.'}),
        ({"id": True}, {"msg": '"id" field must be an integer.'}),
        ({"disassociate": True}, {"msg": '"id" is required to disassociate'}),
        ({}, {"name": ["This field is required."], "organization": ["This field is required."]}),
    ],
)
def test_what_cannot_be_attached_is_refused(given: dict[str, Any], errors: dict[str, Any]) -> None:
    answer = client_of(make_superuser()).post(labels_of(make_job_template()), given, format="json")

    assert (answer.status_code, answer.json()) == (400, errors)


def test_options_announce_the_id_to_attach() -> None:
    actions = client_of(make_superuser()).options(labels_of(make_job_template())).json()["actions"]

    assert actions["POST"]["id"]["type"] == "integer"
    assert "id" not in client_of(make_superuser()).options(LABELS).json()["actions"]["POST"]


def test_user_without_roles_attaches_nothing() -> None:
    label, template = make_label(), make_job_template()
    client = client_of(make_user())
    other = {"name": "x", "organization": label.organization_id}

    assert client.get(LABELS).json()["count"] == 0
    for path, body in (
        (labels_of(template), {"id": label.pk}),
        (labels_of(template), other),
        (LABELS, other),
    ):
        assert client.post(path, body, format="json").status_code == 403
    assert client.patch(f"{LABELS}{label.pk}/", {"name": "x"}, format="json").status_code == 403
    assert not template.labels.exists()


def test_auditor_attaches_nothing() -> None:
    label, template = make_label(), make_job_template()
    client = client_of(make_user(is_system_auditor=True))

    assert client.get(labels_of(template)).status_code == 200
    assert client.post(labels_of(template), {"id": label.pk}, format="json").status_code == 403
    assert (
        client.post(labels_of(template), {"name": "x", "organization": 1}, format="json").status_code == 403
    )


def test_labels_of_what_is_not_there() -> None:
    client = client_of(make_superuser())

    assert client.get("/api/v2/job_templates/999999/labels/").status_code == 404
    assert client.post("/api/v2/job_templates/999999/labels/", {"id": 1}, format="json").status_code == 404
    assert client.delete(labels_of(make_job_template())).status_code == 405
    assert client_of(None).post(labels_of(make_job_template()), {"id": 1}, format="json").status_code == 401


def test_run_has_the_labels_of_its_template() -> None:
    client, label, template = client_of(make_superuser()), make_label(), make_job_template()
    template.labels.add(label)

    job = client.post(f"/api/v2/job_templates/{template.pk}/launch/", {}, format="json").json()

    assert job["summary_fields"]["labels"]["results"] == [{"id": label.pk, "name": label.name}]
    assert client.get(job["related"]["labels"]).json()["count"] == 1
    assert client.post(job["related"]["labels"], {"id": label.pk}, format="json").status_code == 405


@pytest.mark.parametrize("asks", [True, False])
def test_launch_takes_labels_where_the_template_asks(asks: bool) -> None:
    client, label = client_of(make_superuser()), make_label()
    template = make_job_template(ask_labels_on_launch=asks)

    job = client.post(
        f"/api/v2/job_templates/{template.pk}/launch/", {"labels": [label.pk]}, format="json"
    ).json()

    assert job["summary_fields"]["labels"]["count"] == int(asks)
    assert job["ignored_fields"] == ({} if asks else {"labels": [label.pk]})


def test_copy_and_relaunch_keep_the_labels() -> None:
    client, label, template = client_of(make_superuser()), make_label(), make_job_template()
    template.labels.add(label)
    job = make_job(template)
    job.labels.add(label)

    copied = client.post(f"/api/v2/job_templates/{template.pk}/copy/", {"name": "second"}, format="json")
    again = client.post(f"/api/v2/jobs/{job.pk}/relaunch/", {}, format="json")

    for answer in (copied, again):
        assert answer.json()["summary_fields"]["labels"]["count"] == 1


@pytest.mark.parametrize("kind", ["labels", "jobs", "job_templates", "unified_jobs", "unified_job_templates"])
def test_labels_cost_lists_nothing_more(kind: str) -> None:
    client, label = client_of(make_superuser()), make_label()

    def queries() -> int:
        template = make_job_template()
        template.labels.add(label, make_label(f"of {template.pk}"))
        make_job(template).labels.add(label)
        with CaptureQueriesContext(connection) as captured:
            client.get(f"/api/v2/{kind}/")
        return len(captured)

    first = queries()
    queries()

    assert queries() == first
