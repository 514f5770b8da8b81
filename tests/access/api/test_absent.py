import pytest

from tests.factories.access import client_of, make_superuser, make_user

pytestmark = pytest.mark.django_db

LISTS = (
    "ad_hoc_commands",
    "constructed_inventories",
    "receptor_addresses",
    "role_definitions",
    "role_user_assignments",
)
CLOSED = ("host_metrics", "host_metric_summary_monthly", "mesh_visualizer", "analytics", "service-index")


@pytest.mark.parametrize("name", LISTS)
def test_absent_resource_is_an_empty_list(name: str) -> None:
    client = client_of(make_user())

    page = client.get(f"/api/v2/{name}/?order_by=id&id__gt=3").json()

    assert page == {"count": 0, "next": None, "previous": None, "results": []}
    assert client.get(f"/api/v2/{name}/?nothing=1").status_code == 400
    assert client_of(None).get(f"/api/v2/{name}/").status_code == 401


@pytest.mark.parametrize("name", CLOSED)
def test_what_is_about_the_system_is_for_those_who_read_all(name: str) -> None:
    path = f"/api/v2/{name}/"

    statuses = [
        client_of(user).get(path).status_code
        for user in (make_superuser(), make_user(is_system_auditor=True), make_user(), None)
    ]

    assert statuses == [200, 200, 403, 401]


def test_ad_hoc_command_is_refused() -> None:
    root, path = client_of(make_superuser()), "/api/v2/ad_hoc_commands/"
    whole = {"inventory": 1, "credential": 1, "module_args": "uptime"}

    assert root.post(path, {}).json() == {
        "inventory": ["No valid inventory."],
        "credential": ["This field cannot be blank."],
        "module_args": ["No argument passed to command module."],
    }
    assert root.post(path, whole).json() == {"detail": "Belfry runs no ad hoc commands."}
    assert client_of(make_user()).post(path, whole).status_code == 403
    missing = root.get(f"{path}5/")
    assert (missing.status_code, missing.json()) == (
        404,
        {"detail": "No AdHocCommand matches the given query."},
    )
