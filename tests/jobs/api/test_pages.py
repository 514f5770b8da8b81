"""The pages that a browser shows: their forms make and launch templates."""

import json
import re
from html import unescape
from typing import Any

import pytest
from rest_framework.test import APIClient

from jobs.models import JobTemplate, UnifiedJob
from tests.factories.credentials import make_credential
from tests.factories.jobs import make_job, make_job_template

LIST = "/api/v2/job_templates/"
FORM = "application/x-www-form-urlencoded"


def test_page_has_a_form_that_makes_a_template(admin: APIClient) -> None:
    page = admin.get(LIST, HTTP_ACCEPT="text/html").content.decode()
    assert 'name="endpoint"' in page

    answer = admin.post(
        LIST,
        "name=From+a+form&endpoint=http://127.0.0.1:9/x&http_method=GET&http_headers=%7B%22Accept%22%3A%22a/b%22%7D"
        "&http_body=&extra_vars=a:+1&verify_ssl=true&success_status=200",
        content_type=FORM,
        HTTP_ACCEPT="text/html",
    )

    assert answer.status_code == 201
    made = JobTemplate.objects.get()
    assert (made.name, made.http_method, made.http_headers) == ("From a form", "GET", {"Accept": "a/b"})
    assert (made.http_body, made.extra_vars, made.verify_ssl) == (None, "a: 1", True)


def test_page_shows_what_is_wrong(admin: APIClient) -> None:
    answer = admin.post(LIST, "name=&endpoint=ftp://x/", content_type=FORM, HTTP_ACCEPT="text/html")

    assert answer.status_code == 400
    assert "Enter a path, or a URL" in answer.content.decode()


def test_page_has_a_form_that_launches(admin: APIClient) -> None:
    template = make_job_template(ask_variables_on_launch=True)
    path = f"{LIST}{template.pk}/launch/"
    page = admin.get(path, HTTP_ACCEPT="text/html").content.decode()
    assert 'name="extra_vars"' in page

    answer = admin.post(
        path,
        "extra_vars=%7B%22a%22%3A1%7D&limit=&job_type=&verbosity=&forks=&timeout=&inventory=",
        content_type=FORM,
        HTTP_ACCEPT="text/html",
    )

    assert answer.status_code == 201
    assert UnifiedJob.objects.get().extra_vars == {"a": 1}


def fields_of(page: str) -> set[str]:
    """The names of what can be filled in, without the page's own."""
    names = set(re.findall(r'<(?:input|select|textarea)[^>]* name="(\w+)"', page))
    return names - {"csrfmiddlewaretoken", "_method", "_content"}


def texts_of(page: str) -> list[Any]:
    """What stands in the page's JSON fields."""
    texts = re.findall(r"<textarea[^>]*>(.*?)</textarea>", page, re.DOTALL)
    return [json.loads(unescape(text)) for text in texts]


def test_launch_form_has_what_the_template_asks_for(admin: APIClient) -> None:
    template = make_job_template(ask_limit_on_launch=True, ask_labels_on_launch=True)

    page = admin.get(f"{LIST}{template.pk}/launch/", HTTP_ACCEPT="text/html").content.decode()

    assert fields_of(page) == {"limit"}
    assert texts_of(page) == [{"limit": None, "labels": None}]


def test_launch_form_of_a_template_that_asks_nothing_is_a_button(admin: APIClient) -> None:
    path = f"{LIST}{make_job_template().pk}/launch/"
    page = admin.get(path, HTTP_ACCEPT="text/html").content.decode()

    assert fields_of(page) == set()
    assert texts_of(page) == [{}]
    assert admin.post(path, "", content_type=FORM, HTTP_ACCEPT="text/html").status_code == 201


def test_launch_form_begins_with_the_questions_of_the_survey(admin: APIClient) -> None:
    kinds = {"day": "text", "size": "integer", "pw": "password", "note": "textarea"}
    questions = [
        {"variable": name, "question_name": name, "type": kind, "required": name != "note"}
        for name, kind in kinds.items()
    ]
    questions[1]["default"], questions[2]["default"] = 5, "correct-horse-battery"
    template = make_job_template(survey_enabled=True)
    survey = {"name": "s", "description": "", "spec": questions}
    assert admin.post(f"{LIST}{template.pk}/survey_spec/", survey).status_code == 200
    path = f"{LIST}{template.pk}/launch/"

    page = admin.get(path, HTTP_ACCEPT="text/html").content.decode()
    refused = admin.post(path, "extra_vars=%7B%7D", content_type=FORM, HTTP_ACCEPT="text/html")

    answers = {"day": "", "size": 5, "pw": ""}
    assert texts_of(page) == [answers, {"extra_vars": answers}]
    assert "&#x27;day&#x27; value missing" in refused.content.decode()
    assert fields_of(refused.content.decode()) == {"extra_vars"}


@pytest.mark.parametrize(("kind", "default"), [("integer", 0), ("float", 0.0)])
def test_launch_form_begins_with_a_default_of_zero(admin: APIClient, kind: str, default: float) -> None:
    asked = {"variable": "n", "question_name": "n", "type": kind, "required": True, "default": default}
    survey = {"name": "s", "description": "", "spec": [asked]}
    path = f"{LIST}{make_job_template(survey_enabled=True, survey_spec=survey).pk}/launch/"

    page = admin.get(path, HTTP_ACCEPT="text/html").content.decode()
    answer = admin.post(path, texts_of(page)[-1])

    assert texts_of(page) == [{"n": default}, {"extra_vars": {"n": default}}]
    assert answer.status_code == 201, answer.content
    assert UnifiedJob.objects.get().extra_vars == {"n": default}


def test_what_no_form_can_ask_is_asked_as_json(admin: APIClient) -> None:
    labels = admin.get(
        f"{LIST}{make_job_template(ask_labels_on_launch=True).pk}/launch/", HTTP_ACCEPT="text/html"
    ).content.decode()
    bulk = admin.get("/api/v2/bulk/job_launch/", HTTP_ACCEPT="text/html").content.decode()

    assert "<details open><summary>As JSON" in labels
    assert fields_of(labels) == set()
    assert "<details open><summary>As JSON" in bulk
    assert fields_of(bulk) == set()


def test_form_of_a_relaunch_asks_for_hosts_alone(admin: APIClient) -> None:
    path = f"/api/v2/jobs/{make_job().pk}/relaunch/"

    page = admin.get(path, HTTP_ACCEPT="text/html").content.decode()
    answer = admin.post(path, "hosts=&credential_passwords=", content_type=FORM, HTTP_ACCEPT="text/html")

    assert fields_of(page) == {"hosts"}
    assert texts_of(page) == [{"hosts": None, "credential_passwords": {}}]
    assert answer.status_code == 201, answer.content


@pytest.mark.parametrize("passwords", ["x", ["x"], {"ssh_password": []}])
def test_passwords_of_a_relaunch_are_texts_by_name(admin: APIClient, passwords: Any) -> None:
    answer = admin.post(f"/api/v2/jobs/{make_job().pk}/relaunch/", {"credential_passwords": passwords})

    assert (answer.status_code, [*answer.json()]) == (400, ["credential_passwords"])


def test_survey_is_changed_as_the_json_that_it_is(admin: APIClient) -> None:
    path = f"{LIST}{make_job_template().pk}/survey_spec/"
    empty = admin.get(path, HTTP_ACCEPT="text/html").content.decode()
    question = {"variable": "day", "question_name": "Day", "type": "text", "required": True}
    survey = {"name": "s", "description": "", "spec": [question]}

    assert texts_of(empty) == [{"name": "", "description": "", "spec": []}]
    assert admin.post(path, survey).status_code == 200
    assert texts_of(admin.get(path, HTTP_ACCEPT="text/html").content.decode()) == [survey]
    assert admin.get(f"{LIST}999/survey_spec/", HTTP_ACCEPT="text/html").status_code == 404


def test_form_leaves_the_template_its_credentials_and_shows_none_of_others(admin: APIClient) -> None:
    template = make_job_template(ask_credential_on_launch=True)
    template.credentials.add(make_credential(name="its own"))
    make_credential(name="of another")
    path = f"{LIST}{template.pk}/launch/"

    page = admin.get(path, HTTP_ACCEPT="text/html").content.decode()
    answer = admin.post(path, "limit=", content_type=FORM, HTTP_ACCEPT="text/html")

    assert "of another" not in page
    assert answer.status_code == 201, answer.content
    assert [one.name for one in UnifiedJob.objects.get().credentials.all()] == ["its own"]


def test_raw_json_form_launches_too(admin: APIClient) -> None:
    template = make_job_template()

    answer = admin.post(
        f"{LIST}{template.pk}/launch/", "_content=%7B%7D", content_type=FORM, HTTP_ACCEPT="text/html"
    )

    assert answer.status_code == 201
