from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from access.activity import ActivityStream
from access.models import AccessToken, Application, RefreshToken
from access.roles import grant, role_of
from tests.factories.access import (
    bearer,
    client_of,
    make_application,
    make_organization,
    make_superuser,
    make_token,
    make_user,
)

pytestmark = pytest.mark.django_db

APPLICATIONS = "/api/v2/applications/"
CALLBACK = "https://robot.example/callback"
CENSORED = "************"


def body_of(**changed: Any) -> dict[str, Any]:
    given = {
        "name": "Robot",
        "description": "It acts.",
        "client_type": "confidential",
        "authorization_grant_type": "authorization-code",
        "redirect_uris": f"{CALLBACK} http://localhost:9000/ http://robot/x?y=1",
        "skip_authorization": True,
    } | changed
    return {name: value for name, value in given.items() if value is not None}


@pytest.fixture
def root() -> APIClient:
    return client_of(make_superuser())


def test_application_is_made_and_its_secret_shown_once(root: APIClient) -> None:
    organization = make_organization()

    made = root.post(APPLICATIONS, body_of(organization=organization.pk), format="json")
    body = made.json()

    assert (made.status_code, made["Location"]) == (201, body["url"])
    assert body == body | body_of(organization=organization.pk) | {"type": "o_auth2_application"}
    assert body["summary_fields"]["tokens"] == {"count": 0, "results": []}
    assert len(body["client_secret"]) > 40
    assert body["client_secret"] not in str(list(Application.objects.values()))
    shown = [
        root.get(body["url"]).json(),
        root.get(APPLICATIONS).json()["results"][0],
        root.patch(body["url"], {"description": "New"}, format="json").json(),
        root.get(f"/api/v2/organizations/{organization.pk}/applications/").json()["results"][0],
    ]
    assert [row["client_secret"] for row in shown] == [CENSORED] * 4


def test_public_client_has_no_secret(root: APIClient) -> None:
    body = root.post(
        APPLICATIONS, body_of(organization=make_organization().pk, client_type="public"), format="json"
    ).json()

    assert "client_secret" not in body
    assert "client_secret" not in root.get(body["url"]).json()


def test_ids_and_secrets_are_not_chosen(root: APIClient) -> None:
    given = body_of(organization=make_organization().pk, client_id="mine", client_secret="mine")

    made = root.post(APPLICATIONS, given, format="json").json()
    changed = root.patch(made["url"], {"client_id": "mine", "client_secret": "mine"}, format="json").json()

    assert "mine" not in (made["client_id"], made["client_secret"], changed["client_id"])


@pytest.mark.parametrize(
    ("changed", "errors"),
    [
        ({"name": None}, {"name": ["This field is required."]}),
        ({"client_type": None}, {"client_type": ["This field is required."]}),
        ({"client_type": "x"}, {"client_type": ['"x" is not a valid choice.']}),
        (
            {"authorization_grant_type": "implicit"},
            {"authorization_grant_type": ['"implicit" is not a valid choice.']},
        ),
        (
            {"redirect_uris": ""},
            {"__all__": ["redirect_uris cannot be empty with grant_type authorization-code"]},
        ),
        ({"redirect_uris": f"{CALLBACK} nonsense"}, {"__all__": ["Enter a valid URL."]}),
        ({"redirect_uris": "javascript:alert(1)"}, {"__all__": ["Enter a valid URL."]}),
        ({"redirect_uris": "ftp://robot/"}, {"__all__": ["Unauthorized redirect scheme: ftp"]}),
        (
            {"redirect_uris": f"{CALLBACK}#x"},
            {"__all__": ["Redirect URIs must not contain fragments"]},
        ),
        ({"redirect_uris": "http://[/"}, {"__all__": ["Enter a valid URL."]}),
        ({"organization": 999_999}, {"organization": ['Invalid pk "999999" - object does not exist.']}),
    ],
)
def test_bad_input_is_refused(root: APIClient, changed: dict[str, Any], errors: dict[str, Any]) -> None:
    given = body_of(organization=make_organization().pk) | changed

    answer = root.post(
        APPLICATIONS, {name: value for name, value in given.items() if value is not None}, format="json"
    )

    assert (answer.status_code, answer.json()) == (400, errors)
    assert not Application.objects.exists()


def test_name_is_unique_in_its_organization(root: APIClient) -> None:
    application, _ = make_application(name="Robot")

    again = root.post(APPLICATIONS, body_of(organization=application.organization_id), format="json")
    elsewhere = root.post(APPLICATIONS, body_of(organization=make_organization().pk), format="json")

    assert (again.status_code, again.json()) == (
        400,
        {"__all__": ["Application with this Name and Organization already exists."]},
    )
    assert elsewhere.status_code == 201


def test_application_is_made_below_its_organization(root: APIClient) -> None:
    organization = make_organization()

    answer = root.post(f"/api/v2/organizations/{organization.pk}/applications/", body_of(), format="json")

    assert (answer.status_code, answer.json()["organization"]) == (201, organization.pk)


def test_application_goes_by_its_name(root: APIClient) -> None:
    application, _ = make_application(name="Robot", organization=make_organization("Works"))

    body = root.get(f"{APPLICATIONS}Robot++Works/").json()

    assert (body["id"], body["related"]["named_url"]) == (application.pk, f"{APPLICATIONS}Robot++Works/")


def test_members_see_applications_and_administrators_change_them() -> None:
    application, _ = make_application(redirect_uris=CALLBACK)
    organization, path = application.organization, f"{APPLICATIONS}{application.pk}/"
    member, admin, stranger = make_user(), make_user(), make_user()
    grant(role_of(organization, "member_role"), member)
    grant(role_of(organization, "admin_role"), admin)

    def answers(user: Any) -> list[int]:
        client = client_of(user)
        return [
            client.get(path).status_code,
            client.get(APPLICATIONS).json()["count"],
            client.post(APPLICATIONS, body_of(organization=organization.pk), format="json").status_code,
            client.patch(path, {"description": "x"}, format="json").status_code,
            client.patch(path, {"organization": make_organization().pk}, format="json").status_code,
            client.delete(path).status_code,
        ]

    assert answers(stranger) == [403, 0, 403, 403, 403, 403]
    assert answers(member) == [200, 1, 403, 403, 403, 403]
    assert answers(admin) == [200, 1, 201, 200, 403, 204]


def test_token_of_an_application_comes_with_a_refresh_token() -> None:
    application, _ = make_application()
    user = make_user()
    grant(role_of(application.organization, "member_role"), user)
    client = client_of(user)

    made = client.post(f"{APPLICATIONS}{application.pk}/tokens/", {"scope": "read"}, format="json")
    body = made.json()

    assert made.status_code == 201
    assert (body["application"], body["user"]) == (application.pk, user.pk)
    assert body["summary_fields"]["application"] == {"id": application.pk, "name": application.name}
    assert bearer(body["token"]).get("/api/v2/me/").status_code == 200
    assert RefreshToken.objects.filter(access_token=body["id"]).count() == 1
    shown = client.get(body["url"]).json()
    assert (shown["token"], shown["refresh_token"]) == (CENSORED, CENSORED)
    assert body["refresh_token"] not in str(list(RefreshToken.objects.values()))


def test_tokens_are_listed_where_they_belong() -> None:
    application, _ = make_application()
    user = make_superuser("ada")
    client = client_of(user)
    personal, _ = make_token(user)
    given = client.post("/api/v2/tokens/", {"application": application.pk}, format="json").json()["id"]
    more = client.post(
        "/api/v2/users/ada/authorized_tokens/", {"application": application.pk}, format="json"
    ).json()["id"]

    def listed(path: str) -> list[int]:
        return [row["id"] for row in client.get(path).json()["results"]]

    assert listed("/api/v2/tokens/") == [personal.pk, given, more]
    assert listed("/api/v2/users/ada/tokens/") == [personal.pk, given, more]
    assert listed("/api/v2/users/ada/personal_tokens/") == [personal.pk]
    assert listed("/api/v2/users/ada/authorized_tokens/") == [given, more]
    assert listed(f"{APPLICATIONS}{application.pk}/tokens/") == [given, more]
    assert client.get(f"{APPLICATIONS}{application.pk}/").json()["summary_fields"]["tokens"] == {
        "count": 2,
        "results": [{"id": pk, "token": CENSORED, "scope": "write"} for pk in (given, more)],
    }


def test_authorized_token_needs_an_application() -> None:
    user = make_user("ada")

    answer = client_of(user).post("/api/v2/users/ada/authorized_tokens/", {}, format="json")

    assert (answer.status_code, answer.json()) == (400, {"application": ["This field is required."]})


def test_application_of_a_token_does_not_change(root: APIClient) -> None:
    application, _ = make_application()
    token, _ = make_token(make_user())

    answer = root.patch(f"/api/v2/tokens/{token.pk}/", {"application": application.pk}, format="json")

    assert (answer.status_code, answer.json()["application"]) == (200, None)


def test_stranger_gets_no_token_of_an_application() -> None:
    application, _ = make_application()
    client = client_of(make_user())

    answers = [
        client.post("/api/v2/tokens/", {"application": application.pk}, format="json"),
        client.post(f"{APPLICATIONS}{application.pk}/tokens/", {}, format="json"),
        client.get(f"{APPLICATIONS}{application.pk}/tokens/"),
    ]

    assert [answer.status_code for answer in answers] == [403] * 3
    assert not AccessToken.objects.exists()


def test_administrator_of_the_organization_revokes_tokens_of_its_applications() -> None:
    application, _ = make_application()
    admin, user = make_user(), make_user()
    grant(role_of(application.organization, "admin_role"), admin)
    grant(role_of(application.organization, "member_role"), user)
    given = client_of(user).post("/api/v2/tokens/", {"application": application.pk}, format="json").json()
    personal, _ = make_token(user)
    client = client_of(admin)

    assert [row["id"] for row in client.get("/api/v2/tokens/").json()["results"]] == [given["id"]]
    assert client.delete(f"/api/v2/tokens/{personal.pk}/").status_code == 403
    assert client.delete(given["url"]).status_code == 204
    assert bearer(given["token"]).get("/api/v2/me/").status_code == 401


def test_deletion_takes_the_tokens_along_and_leaves_personal_ones(root: APIClient) -> None:
    application, _ = make_application()
    user = make_superuser()
    _, personal = make_token(user)
    given = client_of(user).post("/api/v2/tokens/", {"application": application.pk}, format="json").json()

    assert root.delete(f"{APPLICATIONS}{application.pk}/").status_code == 204

    assert bearer(given["token"]).get("/api/v2/me/").status_code == 401
    assert bearer(personal).get("/api/v2/me/").status_code == 200
    assert not RefreshToken.objects.exists()


def test_no_secret_gets_into_the_activity_stream(root: APIClient) -> None:
    made = root.post(APPLICATIONS, body_of(organization=make_organization().pk), format="json").json()
    given = root.post("/api/v2/tokens/", {"application": made["id"]}, format="json").json()

    entries = str(list(ActivityStream.objects.values()))

    assert "o_auth2_application" in entries
    assert "o_auth2_access_token" in entries
    assert not [s for s in (made["client_secret"], given["token"], given["refresh_token"]) if s in entries]


@pytest.mark.parametrize("name", ["client_secret", "access_tokens__token", "access_tokens__token_checksum"])
def test_secrets_are_not_searched(root: APIClient, name: str) -> None:
    assert root.get(f"{APPLICATIONS}?{name}__startswith=a").status_code == 403


def test_list_costs_the_same_for_one_and_three(root: APIClient) -> None:
    def make() -> None:
        application, _ = make_application()
        root.post("/api/v2/tokens/", {"application": application.pk}, format="json")

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            root.get(APPLICATIONS), root.get("/api/v2/tokens/")
        return len(captured)

    make()
    one = queries()
    make()
    make()

    assert queries() == one


def test_stranger_and_wrong_method_are_refused(root: APIClient) -> None:
    assert APIClient().get(APPLICATIONS).status_code == 401
    assert root.put(APPLICATIONS, {}, format="json").status_code == 405
    assert APIClient().get("/api/o/").status_code == 200
