from typing import Any

import pytest
from rest_framework.test import APIClient

from access.activity import ActivityStream
from access.roles import EXECUTE
from credentials.encryption import MASK, decrypt
from jobs.models import JobTemplate, UnifiedJob
from tests.factories.access import client_of
from tests.factories.jobs import make_job_template
from tests.factories.roles import holder

pytestmark = pytest.mark.django_db

SECRET = "correct-horse-battery"
PASSWORD_QUESTION = {"variable": "pw", "question_name": "Password", "type": "password", "required": True}
SIZE_QUESTION = {"variable": "size", "question_name": "Size", "type": "integer", "required": True, "max": 9}


def survey(*questions: dict[str, Any]) -> dict[str, Any]:
    return {"name": "Survey", "description": "asks", "spec": list(questions)}


def path_of(template: JobTemplate, name: str = "survey_spec") -> str:
    return f"/api/v2/job_templates/{template.pk}/{name}/"


def test_a_survey_is_given_shown_and_taken_away(admin: APIClient) -> None:
    template = make_job_template()

    assert admin.get(path_of(template)).json() == {}
    given = admin.post(path_of(template), survey(SIZE_QUESTION))
    assert (given.status_code, given.content) == (200, b"")
    assert admin.get(path_of(template)).json() == survey(SIZE_QUESTION)
    summary = admin.get(f"/api/v2/job_templates/{template.pk}/").json()["summary_fields"]
    assert summary["survey"] == {"title": "Survey", "description": "asks"}
    assert admin.delete(path_of(template)).status_code == 200
    assert admin.get(path_of(template)).json() == {}
    assert admin.put(path_of(template), survey(SIZE_QUESTION)).status_code == 405


def test_a_refused_survey_leaves_the_old_one(admin: APIClient) -> None:
    template = make_job_template()
    admin.post(path_of(template), survey(SIZE_QUESTION))

    answer = admin.post(path_of(template), survey(SIZE_QUESTION, SIZE_QUESTION))

    assert answer.status_code == 400
    assert answer.json() == {"error": "'variable' 'size' duplicated in survey question 1."}
    assert admin.get(path_of(template)).json() == survey(SIZE_QUESTION)


@pytest.mark.parametrize("body", [[], "x", 5, None])
def test_a_body_that_is_no_survey_is_refused(admin: APIClient, body: Any) -> None:
    assert admin.post(path_of(make_job_template()), body).status_code == 400


def test_who_launches_a_template_reads_its_survey_and_changes_nothing(stranger: APIClient) -> None:
    template = make_job_template(survey_spec=survey(SIZE_QUESTION))
    executor = client_of(holder(template, EXECUTE))

    assert executor.get(path_of(template)).json() == survey(SIZE_QUESTION)
    assert executor.post(path_of(template), survey(PASSWORD_QUESTION)).status_code == 403
    assert executor.delete(path_of(template)).status_code == 403
    assert stranger.get(path_of(template)).status_code == 403
    template.refresh_from_db()
    assert template.survey_spec == survey(SIZE_QUESTION)


def test_options_name_the_methods_of_a_template_that_is_not_there(admin: APIClient) -> None:
    answer = admin.options("/api/v2/job_templates/999999/survey_spec/")

    assert set(answer["Allow"].split(", ")) == {"GET", "POST", "DELETE", "HEAD", "OPTIONS"}
    assert "GET" in answer.json()["actions"]


def test_secrets_of_surveys_and_answers_are_nowhere_to_be_read(admin: APIClient) -> None:
    template = make_job_template(survey_enabled=True)
    admin.post(path_of(template), survey({**PASSWORD_QUESTION, "default": SECRET}))

    launched = admin.post(path_of(template, "launch"), {"extra_vars": {"pw": SECRET + "!"}})

    assert launched.json()["extra_vars"] == '{"pw": "$encrypted$"}'
    job = UnifiedJob.objects.get(pk=launched.json()["id"])
    assert decrypt(job.extra_vars["pw"]) == SECRET + "!"
    assert admin.get(path_of(template)).json()["spec"][0]["default"] == MASK
    shown = [
        admin.get(f"/api/v2/{path}/").content
        for path in (
            f"jobs/{job.pk}",
            "jobs",
            "unified_jobs",
            f"job_templates/{template.pk}",
            "activity_stream",
        )
    ]
    assert not any(SECRET.encode() in text or job.extra_vars["pw"].encode() in text for text in shown)
    assert SECRET not in str(list(ActivityStream.objects.values_list("changes", flat=True)))


def test_a_relaunch_keeps_the_secret_answer(admin: APIClient) -> None:
    template = make_job_template(survey_enabled=True, survey_spec=survey(PASSWORD_QUESTION))
    first = admin.post(path_of(template, "launch"), {"extra_vars": {"pw": SECRET}}).json()

    again = admin.post(f"/api/v2/jobs/{first['id']}/relaunch/", {})

    assert again.status_code == 201
    assert decrypt(UnifiedJob.objects.get(pk=again.json()["id"]).extra_vars["pw"]) == SECRET


def test_somebody_elses_secret_answer_is_not_used_again(admin: APIClient) -> None:
    template = make_job_template(survey_enabled=True, survey_spec=survey(PASSWORD_QUESTION))
    executor = client_of(holder(template, EXECUTE))
    first = admin.post(path_of(template, "launch"), {"extra_vars": {"pw": SECRET}}).json()

    answer = executor.post(f"/api/v2/jobs/{first['id']}/relaunch/", {})

    assert answer.status_code == 403
    assert answer.json() == {"detail": "Job was launched with secret prompts provided by another user."}


def test_a_launch_says_beforehand_what_has_to_be_answered(admin: APIClient) -> None:
    template = make_job_template(survey_enabled=True, survey_spec=survey(SIZE_QUESTION))

    preview = admin.get(path_of(template, "launch")).json()

    assert preview["survey_enabled"] is True
    assert preview["variables_needed_to_start"] == ["size"]
    assert preview["can_start_without_user_input"] is False


@pytest.mark.parametrize(
    ("variables", "text"),
    [
        ({}, "'size' value missing"),
        ({"size": 10}, "'size' value 10 is too large (must be no more than 9)."),
    ],
)
def test_a_wrong_answer_ends_the_launch(admin: APIClient, variables: dict[str, Any], text: str) -> None:
    template = make_job_template(survey_enabled=True, survey_spec=survey(SIZE_QUESTION))

    answer = admin.post(path_of(template, "launch"), {"extra_vars": variables})

    assert (answer.status_code, answer.json()) == (400, {"variables_needed_to_start": [text]})
    assert not UnifiedJob.objects.exists()
