"""The pages that browsers see, without JavaScript: forms are sent as a browser sends them."""

import json
import re
from html import unescape
from typing import Any

import pytest
from django.test import Client

from access.models import Organization, User
from access.roles import grant, role_of
from api.documentation import json_as_html
from api.offering import MOST_OFFERED
from instances.models import ExecutionEnvironment
from tests.factories.access import make_user

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


def options(page: str, name: str) -> list[tuple[str, str, str]]:
    """Value, mark and text of each choice."""
    [choices] = re.findall(rf'<select class="form-control" name="{name}">(.*?)</select>', page, re.DOTALL)
    return [
        (v, mark.strip(), t)
        for v, mark, t in re.findall(r'<option value="(.*?)" (.*?)>(.*?)</option>', choices)
    ]


def test_form_offers_by_name_what_its_reader_may_read(browser: Client) -> None:
    second, first = (Organization.objects.create(name=name) for name in ("b", "a<"))
    page = browser.get("/api/v2/teams/", headers=HTML).content.decode()
    reader = make_user("reader")
    grant(role_of(second, "admin_role"), reader)
    own = Client()
    own.force_login(reader)
    seen = own.get("/api/v2/teams/", headers=HTML).content.decode()

    nothing = ("", "selected", "--------")
    assert options(page, "organization") == [
        nothing,
        (str(first.pk), "", f"a&lt; ({first.pk})"),
        (str(second.pk), "", f"b ({second.pk})"),
    ]
    assert options(seen, "organization") == [nothing, (str(second.pk), "", f"b ({second.pk})")]


def test_form_keeps_what_its_reader_may_not_read(browser: Client) -> None:
    organization = Organization.objects.create(name="shared")
    environment = ExecutionEnvironment.objects.create(
        name="e", image="an/image", organization=Organization.objects.create(name="other")
    )
    organization.default_environment = environment
    organization.save()
    admin = make_user("admin")
    grant(role_of(organization, "admin_role"), admin)
    own = Client()
    own.force_login(admin)

    page = own.get(f"{LIST}{organization.pk}/", headers=HTML).content.decode()

    assert (str(environment.pk), "selected", str(environment.pk)) in options(page, "default_environment")


def test_form_of_what_there_is_too_much_of_is_a_number(browser: Client) -> None:
    Organization.objects.bulk_create(Organization(name=f"org {number}") for number in range(MOST_OFFERED + 1))

    page = browser.get("/api/v2/teams/", headers=HTML).content.decode()

    assert '<input name="organization" class="form-control" type="number"' in page


def test_form_with_an_odd_choice_says_so(browser: Client) -> None:
    Organization.objects.create(name="o")

    page = send(browser, "/api/v2/teams/", {"_content": '{"name": "x", "organization": {"a": [1]}}'})

    assert page.status_code == 400
    assert "Incorrect type. Expected pk value, received" in page.content.decode()


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


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (r'"a \"b\" c"', r"\&quot;b\&quot; c&quot;</span>"),
        (r'"\\"', r'<span class="json-text">&quot;\\&quot;</span>'),
        (
            r'{"a\"": "\\", "b": 1}',
            r'<span class="json-key">&quot;b&quot;</span>: <span class="json-number">1',
        ),
    ],
)
def test_quotes_and_backslashes_inside_a_text_do_not_end_it(text: str, shown: str) -> None:
    html = str(json_as_html(text))

    assert shown in html
    assert unescape(re.sub("<[^>]*>", "", html)) == text


def test_many_quotes_inside_a_text_are_read_once() -> None:
    text = json.dumps({"body": json.dumps({"a": ["b"] * 1000})})

    html = str(json_as_html(text))

    assert html.count("json-text") == 1
    assert unescape(re.sub(r"<[^>]*>", "", html)) == text


def test_page_of_an_object_is_called_by_its_name(browser: Client) -> None:
    made = Organization.objects.create(name="Night & day")

    page = browser.get(f"{LIST}{made.pk}/", headers=HTML).content.decode()

    assert "<h1>Organization: Night &amp; day</h1>" in page
    assert "<title>Organization: Night &amp; day · Belfry</title>" in page


def test_crumbs_tell_which_object_a_page_is_about(browser: Client) -> None:
    made = Organization.objects.create(name="Night")

    page = browser.get(f"{LIST}{made.pk}/users/", headers=HTML).content.decode()

    assert f'<a href="{LIST}{made.pk}/">Organization {made.pk}</a>' in page
    assert f'<a href="{LIST}">Organizations</a>' in page


@pytest.mark.parametrize(
    ("path", "called"),
    [
        ("jobs", "Jobs"),
        ("project_updates", "Project updates"),
        ("inventory_updates", "Inventory updates"),
        ("system_jobs", "System jobs"),
        ("workflow_jobs", "Workflow jobs"),
        ("workflow_approvals", "Workflow approvals"),
        ("calendar_entries", "Calendar entries"),
        ("me", "Me"),
        ("organizations/1/admins", "Admins"),
        ("organizations/1/access_list", "Access list"),
        ("job_templates/1/jobs", "Jobs"),
        ("groups/1/job_host_summaries", "Job host summaries"),
        ("projects/1/scm_inventory_sources", "SCM inventory sources"),
        ("instances/1/health_check", "Health check"),
        ("projects/1/update", "Project update"),
    ],
)
def test_pages_are_called_as_people_call_them(browser: Client, path: str, called: str) -> None:
    page = browser.get(f"/api/v2/{path}/", headers=HTML).content.decode()

    assert f"<h1>{called}</h1>" in page


def test_path_that_is_only_posted_to_is_its_form(browser: Client, root: User) -> None:
    opened = browser.get("/api/v2/schedules/preview/", headers=HTML)
    page = opened.content.decode()

    assert opened.status_code == 405
    assert 'name="rrule"' in page
    assert "not allowed" not in page
    assert "Valid DTSTART" in send(browser, "/api/v2/schedules/preview/", {"rrule": "x"}).content.decode()


def test_forms_mark_names_in_help_texts_as_code(browser: Client) -> None:
    page = browser.get("/api/v2/dead_letters/replay/", headers=HTML).content.decode()

    assert "Instead of <code>ids</code>: all dead letters" in page
    assert "`" not in page


def test_dead_letters_lead_to_what_can_be_done_with_many(browser: Client) -> None:
    page = browser.get("/api/v2/dead_letters/", headers=HTML).content.decode()

    for path in ("/api/v2/dead_letters/replay/", "/api/v2/dead_letters/dismiss/"):
        assert f'<a href="{path}"><code>{path}</code></a>' in page


def test_page_of_what_is_not_there_has_no_forms(browser: Client) -> None:
    page = browser.get(f"{LIST}987654321/", headers=HTML).content.decode()

    assert "No Organization matches the given query." in page
    assert "Yes, delete" not in page
    assert 'name="description"' not in page


def test_json_and_search_keep_the_question(browser: Client) -> None:
    page = browser.get(f"{LIST}?order_by=-name&page_size=3&search=x", headers=HTML).content.decode()

    assert 'href="/api/v2/organizations/?format=json&amp;order_by=-name&amp;page_size=3&amp;search=x"' in page
    assert '<input type="hidden" name="order_by" value="-name">' in page
    assert '<input type="hidden" name="search"' not in page


def test_stranger_sees_a_way_to_log_in(db: None) -> None:
    response = Client().get(LIST, headers=HTML)

    assert response.status_code == 401
    assert "/api/login/?next=/api/v2/organizations/" in response.content.decode().replace("%2F", "/")


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/api/login/", "/nothing"])
def test_other_pages_look_like_belfry(path: str) -> None:
    page = Client().get(path, headers=HTML).content.decode()

    assert "belfry/belfry.css" in page
