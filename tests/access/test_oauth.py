"""The provider at /api/o/, over real HTTP: what an OAuth 2 client sends, and what a browser does in between."""

import base64
import hashlib
import re
import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import time_machine
from django.utils import timezone
from pytest_django.live_server_helper import LiveServer

from access.activity import ActivityStream
from access.models import AccessToken, Application, Grant, RefreshToken, User
from tests.factories.access import PASSWORD, make_application, make_token, make_user

pytestmark = pytest.mark.django_db(transaction=True)

CALLBACK = "http://127.0.0.1:9/callback?from=belfry"
ME = "/api/v2/me/"


@pytest.fixture
def http(live_server: LiveServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=live_server.url, headers={"Accept": "text/html"}, timeout=60) as client:
        yield client


@pytest.fixture
def user() -> User:
    return make_user("ada")


class Pkce:
    def __init__(self) -> None:
        self.verifier = secrets.token_urlsafe(48)
        digest = hashlib.sha256(self.verifier.encode()).digest()
        self.challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def log_in(http: httpx.Client) -> None:
    http.get("/api/login/")
    fields = {"username": "ada", "password": PASSWORD, "csrfmiddlewaretoken": http.cookies["csrftoken"]}
    assert http.post("/api/login/", data=fields).status_code == 302


def question(application: Application, pkce: Any = None, **changed: str) -> dict[str, str]:
    asked = {
        "response_type": "code",
        "client_id": application.client_id,
        "redirect_uri": CALLBACK,
        "scope": "write",
        "state": "xyz",
    }
    if pkce is not None:
        asked |= {"code_challenge": pkce.challenge, "code_challenge_method": "S256"}
    return asked | changed


def hidden_fields(page: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.replace("&amp;", "&")))


def authorize(http: httpx.Client, asked: dict[str, str], **answer: str) -> dict[str, list[str]]:
    """What the application is told after the user has answered."""
    page = http.get("/api/o/authorize/", params=asked)
    assert page.status_code == 200
    sent = http.post("/api/o/authorize/", params=asked, data=hidden_fields(page.text) | answer)
    assert (sent.status_code, sent.headers["Location"].partition("?")[0]) == (302, CALLBACK.partition("?")[0])
    return parse_qs(urlsplit(sent.headers["Location"]).query)


def token(http: httpx.Client, auth: Any = None, **fields: str) -> httpx.Response:
    return http.post("/api/o/token/", data=fields, auth=auth)


def asker(http: httpx.Client, access_token: str) -> str | int:
    answer = httpx.get(f"{http.base_url}{ME}", headers={"Authorization": f"Bearer {access_token}"})
    return answer.json()["results"][0]["username"] if answer.status_code == 200 else answer.status_code


def exchange(http: httpx.Client, application: Application, pkce: Pkce, code: str) -> httpx.Response:
    return token(
        http,
        grant_type="authorization_code",
        code=code,
        redirect_uri=CALLBACK,
        client_id=application.client_id,
        code_verifier=pkce.verifier,
    )


# -- the password grant, which is AWX's command line's -----------------------------------------------------


def test_password_grant_gives_a_token_that_works(http: httpx.Client, user: User) -> None:
    application, secret = make_application(grant="password")

    answer = token(
        http, (application.client_id, secret), grant_type="password", username="ada", password=PASSWORD
    )

    body = answer.json()
    assert answer.status_code == 200
    assert body == {
        "access_token": body["access_token"],
        "refresh_token": body["refresh_token"],
        "expires_in": 31_536_000_000,
        "token_type": "Bearer",
        "scope": "read write",
    }
    assert asker(http, body["access_token"]) == "ada"
    made = AccessToken.objects.get()
    assert made.application == application
    entry = ActivityStream.objects.get(object1="o_auth2_access_token")
    assert (entry.object1_pk, entry.actor, entry.operation) == (made.pk, user, "create")


def test_public_client_names_itself_only(http: httpx.Client, user: User) -> None:
    application, _ = make_application(grant="password", client_type="public")
    asked = {"grant_type": "password", "username": "ada", "password": PASSWORD, "scope": "read"}

    answer = token(http, client_id=application.client_id, **asked)

    assert (answer.status_code, answer.json()["scope"]) == (200, "read")


@pytest.mark.parametrize(
    ("changed", "status", "error"),
    [
        ({"password": "wrong"}, 400, "invalid_grant"),
        ({"username": "nobody"}, 400, "invalid_grant"),
        ({"username": "a\0da"}, 400, "invalid_grant"),
        ({"scope": "admin"}, 400, "invalid_scope"),
        ({"grant_type": "client_credentials"}, 400, "unauthorized_client"),
        ({"grant_type": "urn:ietf:params:oauth:grant-type:device_code"}, 400, "unsupported_grant_type"),
        ({"grant_type": "\0"}, 400, "unsupported_grant_type"),
        ({"grant_type": "refresh_token", "refresh_token": "x\0"}, 400, "invalid_grant"),
        ({"grant_type": "authorization_code", "code": "x\0"}, 400, "unauthorized_client"),
    ],
)
def test_bad_request_is_refused(
    http: httpx.Client, user: User, changed: dict[str, str], status: int, error: str
) -> None:
    application, secret = make_application(grant="password")
    fields = {"grant_type": "password", "username": "ada", "password": PASSWORD} | changed

    answer = token(http, (application.client_id, secret), **fields)

    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert not AccessToken.objects.exists()


@pytest.mark.parametrize("secret", ["", "wrong", "x\0"])
def test_confidential_client_needs_its_secret(http: httpx.Client, user: User, secret: str) -> None:
    application, _ = make_application(grant="password")
    asked = {"grant_type": "password", "username": "ada", "password": PASSWORD}

    answers = [
        token(http, (application.client_id, secret), **asked),
        token(http, client_id=application.client_id, client_secret=secret, **asked),
        token(http, client_id="\0", client_secret=secret, **asked),
        token(http, ("%00", secret), **asked),
        token(http, **asked),
    ]

    assert [(answer.status_code, answer.json()) for answer in answers] == [
        (401, {"error": "invalid_client"})
    ] * 5


def test_application_for_codes_gets_nothing_for_a_password(http: httpx.Client, user: User) -> None:
    application, secret = make_application(redirect_uris=CALLBACK)

    answer = token(
        http, (application.client_id, secret), grant_type="password", username="ada", password=PASSWORD
    )

    assert (answer.status_code, answer.json()["error"]) == (400, "unauthorized_client")


# -- the authorization code --------------------------------------------------------------------------------


def test_code_is_exchanged_by_a_public_client_with_pkce(http: httpx.Client, user: User) -> None:
    application, _ = make_application(client_type="public", redirect_uris=CALLBACK)
    log_in(http)
    pkce = Pkce()

    told = authorize(http, question(application, pkce), allow="true")
    answer = exchange(http, application, pkce, told["code"][0])

    assert (told["state"], told["from"]) == (["xyz"], ["belfry"])
    assert (answer.status_code, answer.json()["scope"]) == (200, "write")
    assert asker(http, answer.json()["access_token"]) == "ada"
    assert exchange(http, application, pkce, told["code"][0]).json()["error"] == "invalid_grant"


def test_confidential_client_needs_no_pkce(http: httpx.Client, user: User) -> None:
    application, secret = make_application(redirect_uris=CALLBACK)
    log_in(http)

    code = authorize(http, question(application), allow="true")["code"][0]
    answer = token(
        http,
        (application.client_id, secret),
        grant_type="authorization_code",
        code=code,
        redirect_uri=CALLBACK,
    )

    assert answer.status_code == 200


def test_code_is_worth_nothing_to_another(http: httpx.Client, user: User) -> None:
    application, _ = make_application(client_type="public", redirect_uris=CALLBACK)
    other, _ = make_application(client_type="public", redirect_uris=CALLBACK)
    log_in(http)
    pkce = Pkce()
    code = authorize(http, question(application, pkce), allow="true")["code"][0]

    answers = [
        exchange(http, other, pkce, code),
        exchange(http, application, Pkce(), code),
        exchange(http, application, pkce, Grant.objects.get().code),
    ]

    assert [answer.json()["error"] for answer in answers] == ["invalid_grant"] * 3
    assert not AccessToken.objects.exists()


def test_code_expires(http: httpx.Client, user: User) -> None:
    application, _ = make_application(client_type="public", redirect_uris=CALLBACK)
    log_in(http)
    pkce = Pkce()
    code = authorize(http, question(application, pkce), allow="true")["code"][0]

    Grant.objects.update(expires=timezone.now())

    assert exchange(http, application, pkce, code).json()["error"] == "invalid_grant"


def test_code_of_a_user_who_was_deactivated_since_is_worth_nothing(http: httpx.Client, user: User) -> None:
    application, _ = make_application(client_type="public", redirect_uris=CALLBACK)
    log_in(http)
    pkce = Pkce()
    code = authorize(http, question(application, pkce), allow="true")["code"][0]

    User.objects.update(is_active=False)

    assert exchange(http, application, pkce, code).json()["error"] == "invalid_grant"


def test_user_may_say_no(http: httpx.Client, user: User) -> None:
    application, _ = make_application(redirect_uris=CALLBACK)
    log_in(http)

    assert authorize(http, question(application))["error"] == ["access_denied"]
    assert not Grant.objects.exists()


def test_application_that_is_trusted_does_not_ask(http: httpx.Client, user: User) -> None:
    application, _ = make_application(redirect_uris=CALLBACK, skip_authorization=True)
    log_in(http)

    answer = http.get("/api/o/authorize/", params=question(application))

    assert (answer.status_code, "code=" in answer.headers["Location"]) == (302, True)


def test_page_is_protected(http: httpx.Client, user: User) -> None:
    application, _ = make_application(redirect_uris=CALLBACK, name="<Robot>")
    asked = question(application)
    stranger = http.get("/api/o/authorize/", params=asked)
    log_in(http)

    page = http.get("/api/o/authorize/", params=asked)
    forged = http.post("/api/o/authorize/", data=asked | {"allow": "true"})

    assert (stranger.status_code, stranger.headers["Location"].startswith("/api/login/?next=")) == (302, True)
    assert (page.headers["X-Frame-Options"], "no-store" in page.headers["Cache-Control"]) == ("DENY", True)
    assert ("&lt;Robot&gt;" in page.text, "<Robot>" in page.text) == (True, False)
    assert "/static/belfry/belfry.css" in page.text
    assert forged.status_code == 403
    assert not Grant.objects.exists()


@pytest.mark.parametrize(
    "changed",
    [
        {"redirect_uri": "http://127.0.0.1:9/callback"},
        {"redirect_uri": CALLBACK + "&more=1"},
        {"redirect_uri": CALLBACK.replace(":9", ":10")},
        {"redirect_uri": "https://evil.example/"},
        {"redirect_uri": "javascript:alert(1)"},
        {"client_id": "nobody"},
        {"client_id": "\0"},
        {"state": "\0"},
    ],
)
def test_request_that_may_be_an_attack_is_not_sent_back(
    http: httpx.Client, user: User, changed: dict[str, str]
) -> None:
    application, _ = make_application(redirect_uris=CALLBACK)
    log_in(http)

    answer = http.get("/api/o/authorize/", params=question(application, **changed))

    assert (answer.status_code, "Location" in answer.headers) == (400, False)


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"response_type": "token"}, "unauthorized_client"),
        ({"scope": "admin"}, "invalid_scope"),
        ({"code_challenge": ""}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
    ],
)
@pytest.mark.parametrize("trusted", [False, True])
def test_application_is_told_what_is_wrong(
    http: httpx.Client, user: User, changed: dict[str, str], error: str, trusted: bool
) -> None:
    application, _ = make_application(
        client_type="public", redirect_uris=CALLBACK, skip_authorization=trusted
    )
    log_in(http)
    asked = question(application, Pkce(), **changed)

    answer = http.get("/api/o/authorize/", params=asked)
    if answer.status_code == 200:
        fields = hidden_fields(answer.text) | {"allow": "true"}
        answer = http.post("/api/o/authorize/", params=asked, data=fields)

    assert parse_qs(urlsplit(answer.headers["Location"]).query)["error"] == [error]
    assert not Grant.objects.exists()


@pytest.mark.parametrize("changed", [{"client_id": "nobody"}, {"code_challenge": "x" * 200}])
def test_form_that_was_tampered_with_is_refused(
    http: httpx.Client, user: User, changed: dict[str, str]
) -> None:
    application, _ = make_application(client_type="public", redirect_uris=CALLBACK)
    log_in(http)
    asked = question(application, Pkce())
    fields = hidden_fields(http.get("/api/o/authorize/", params=asked).text)

    answer = http.post("/api/o/authorize/", params=asked, data=fields | {"allow": "true"} | changed)

    assert answer.status_code == 400
    assert not Grant.objects.exists()


# -- refreshing and revoking -------------------------------------------------------------------------------


def first_tokens(http: httpx.Client) -> tuple[tuple[str, str], dict[str, Any]]:
    application, secret = make_application(grant="password")
    client = (application.client_id, secret)
    return client, token(http, client, grant_type="password", username="ada", password=PASSWORD).json()


def refresh(http: httpx.Client, client: tuple[str, str], secret: str) -> httpx.Response:
    return token(http, client, grant_type="refresh_token", refresh_token=secret)


def test_refresh_token_gives_new_ones_and_ends_the_old(http: httpx.Client, user: User) -> None:
    client, first = first_tokens(http)

    second = refresh(http, client, first["refresh_token"]).json()

    assert asker(http, first["access_token"]) == 401
    assert asker(http, second["access_token"]) == "ada"
    assert second["scope"] == first["scope"]


def test_refresh_token_used_twice_ends_what_came_of_it(http: httpx.Client, user: User) -> None:
    client, first = first_tokens(http)
    second = refresh(http, client, first["refresh_token"]).json()

    again = refresh(http, client, first["refresh_token"])

    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert asker(http, second["access_token"]) == 401
    assert refresh(http, client, second["refresh_token"]).json()["error"] == "invalid_grant"


def test_refresh_token_used_at_once_gives_one_token(http: httpx.Client, user: User) -> None:
    client, first = first_tokens(http)

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda _: refresh(http, client, first["refresh_token"]), range(2)))

    assert sorted(answer.status_code for answer in answers) == [200, 400]


def test_refresh_token_expires(http: httpx.Client, user: User) -> None:
    client, first = first_tokens(http)

    RefreshToken.objects.update(created=timezone.now() - timedelta(seconds=2_628_000))

    assert refresh(http, client, first["refresh_token"]).json()["error"] == "invalid_grant"


def test_refresh_token_of_an_inactive_user_is_worth_nothing(http: httpx.Client, user: User) -> None:
    client, first = first_tokens(http)

    User.objects.update(is_active=False)

    assert refresh(http, client, first["refresh_token"]).json()["error"] == "invalid_grant"


@pytest.mark.parametrize("revoked", ["access_token", "refresh_token"])
def test_revoking_one_ends_both(http: httpx.Client, user: User, revoked: str) -> None:
    client, first = first_tokens(http)

    answer = http.post("/api/o/revoke_token/", data={"token": first[revoked]}, auth=client)

    assert answer.status_code == 200
    assert asker(http, first["access_token"]) == 401
    assert refresh(http, client, first["refresh_token"]).json()["error"] == "invalid_grant"


def test_another_application_revokes_nothing(http: httpx.Client, user: User) -> None:
    _, first = first_tokens(http)
    other, secret = make_application(grant="password")
    _, personal = make_token(user)

    for revoked in (first["access_token"], first["refresh_token"], personal):
        http.post("/api/o/revoke_token/", data={"token": revoked}, auth=(other.client_id, secret))

    assert (asker(http, first["access_token"]), asker(http, personal)) == ("ada", "ada")


def test_deleting_the_application_ends_its_tokens(http: httpx.Client, user: User) -> None:
    client, first = first_tokens(http)

    Application.objects.all().delete()

    assert asker(http, first["access_token"]) == 401
    assert refresh(http, client, first["refresh_token"]).status_code == 401


def test_deleting_the_access_token_ends_its_refresh_token(http: httpx.Client, user: User) -> None:
    client, first = first_tokens(http)
    number = AccessToken.objects.get().pk

    httpx.delete(
        f"{http.base_url}/api/v2/tokens/{number}/",
        headers={"Authorization": f"Bearer {first['access_token']}"},
    )

    assert refresh(http, client, first["refresh_token"]).json()["error"] == "invalid_grant"


def test_no_secret_is_stored(http: httpx.Client, user: User) -> None:
    client, given = first_tokens(http)

    stored = str([list(model.objects.values()) for model in (Application, AccessToken, RefreshToken)])

    assert client[0] in stored
    assert not [s for s in (client[1], given["access_token"], given["refresh_token"]) if s in stored]


def test_token_for_one_resource_is_none_for_another(http: httpx.Client, user: User) -> None:
    application, secret = make_application(grant="password")
    fields = {"grant_type": "password", "username": "ada", "password": PASSWORD}

    given = token(
        http, (application.client_id, secret), resource=f"{http.base_url}/api/v2/me/", **fields
    ).json()

    path = f"{http.base_url}/api/v2/tokens/"
    other = httpx.get(path, headers={"Authorization": f"Bearer {given['access_token']}"})
    assert (asker(http, given["access_token"]), other.status_code) == ("ada", 401)


def test_wrong_passwords_are_bounded_here_too(http: httpx.Client, user: User, settings: Any) -> None:
    settings.LOGIN_FAILURES_PER_ACCOUNT = 2
    application, _ = make_application(grant="password", client_type="public")
    asked = {"grant_type": "password", "username": "ada", "client_id": application.client_id}

    with time_machine.travel(timezone.now(), tick=False):
        answers = [token(http, password=word, **asked) for word in ("a", "b", PASSWORD)]

    assert [answer.status_code for answer in answers] == [400, 400, 429]
    assert answers[2].headers["Retry-After"] == "300"
    assert not AccessToken.objects.exists()
