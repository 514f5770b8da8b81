"""The pages that browsers see, without JavaScript: forms are sent as a browser sends them."""

import re
from typing import Any

import pytest
from django.test import Client

from access.models import Organization, User

LIST = "/api/v2/organizations/"
HTML = {"Accept": "text/html,application/xhtml+xml"}


@pytest.fixture
def browser(root: User) -> Client:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(root)
    return browser


def send(browser: Client, path: str, fields: dict[str, Any]) -> Any:
    page = browser.get(path, headers=HTML).content.decode()
    token = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[0]
    body = {"csrfmiddlewaretoken": token, **fields}
    return browser.post(path, "&".join(f"{k}={v}" for k, v in body.items()), FORM, headers=HTML)


FORM = "application/x-www-form-urlencoded"


def test_page_shows_the_answer_its_documentation_and_forms(browser: Client) -> None:
    page = browser.get(LIST, headers=HTML).content.decode()

    assert "<h1>Organizations</h1>" in page
    assert "The owners of templates" in page
    assert "Query parameters" in page
    assert 'name="description"' in page
    assert "https://" not in page


def test_form_creates_changes_and_deletes(browser: Client) -> None:
    assert send(browser, LIST, {"name": "by form", "max_hosts": "", "description": "d"}).status_code == 201
    made = Organization.objects.get()
    path = f"{LIST}{made.pk}/"

    assert (
        send(
            browser, path, {"_method": "PUT", "name": "by form", "description": "", "max_hosts": "7"}
        ).status_code
        == 200
    )
    made.refresh_from_db()
    assert (made.description, made.max_hosts) == ("", 7)

    assert send(browser, path, {"_method": "PATCH", "_content": '{"name": "by json"}'}).status_code == 200
    made.refresh_from_db()
    assert (made.name, made.max_hosts) == ("by json", 7)

    # A page needs a status that has content.
    assert send(browser, path, {"_method": "DELETE"}).status_code == 200
    assert not Organization.objects.exists()


def test_form_without_its_token_is_refused(browser: Client) -> None:
    response = browser.post(LIST, "name=x", FORM, headers=HTML)

    assert response.status_code == 403
    assert not Organization.objects.exists()


def test_form_says_what_is_wrong(browser: Client) -> None:
    response = send(browser, LIST, {"name": "x", "max_hosts": "many"})

    assert response.status_code == 400
    assert "A valid integer is required." in response.content.decode()


def test_answer_is_escaped(browser: Client) -> None:
    Organization.objects.create(name="<script>alert(1)</script>", description='"/api/"onmouseover="x')

    page = browser.get(LIST, headers=HTML).content.decode()

    assert "<script>" not in page
    assert 'onmouseover="' not in page


def test_stranger_sees_a_way_to_log_in(db: None) -> None:
    response = Client().get(LIST, headers=HTML)

    assert response.status_code == 401
    assert "/api/login/?next=/api/v2/organizations/" in response.content.decode().replace("%2F", "/")


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/api/login/", "/nothing"])
def test_other_pages_look_like_belfry(path: str) -> None:
    page = Client().get(path, headers=HTML).content.decode()

    assert "belfry/belfry.css" in page
