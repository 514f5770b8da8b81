"""What AWX has and Belfry leaves empty."""

import pytest

from jobs.models import ProjectUpdate
from jobs.statuses import JobKind
from tests.factories.access import client_of, make_superuser, make_user
from tests.factories.jobs import make_job, make_project

pytestmark = pytest.mark.django_db

EMPTY: dict[str, object] = {"count": 0, "next": None, "previous": None, "results": []}


def test_projects_have_no_inventory_files() -> None:
    path = f"/api/v2/projects/{make_project().pk}/"
    root = client_of(make_superuser())

    listed = root.get(path).json()["related"]["inventory_files"]

    assert root.get(listed).json() == []
    assert client_of(make_user()).get(listed).status_code == 403


def test_updates_of_projects_start_none_of_inventories() -> None:
    update = make_job(kind=JobKind.PROJECT_UPDATE)
    root = client_of(make_superuser())

    listed = ProjectUpdate.objects.get(pk=update.pk)

    assert root.get(f"/api/v2/project_updates/{listed.pk}/scm_inventory_updates/").json() == EMPTY


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 1),
        ("job_tags__startswith=update_archive", 1),
        ("job_tags__startswith=update_git", 0),
        ("credential=5", 0),
        ("credential__isnull=true", 1),
    ],
)
def test_updates_of_projects_are_filtered_by_what_awx_has_as_columns(query: str, count: int) -> None:
    make_job(kind=JobKind.PROJECT_UPDATE)

    assert client_of(make_superuser()).get(f"/api/v2/project_updates/?{query}").json()["count"] == count
