"""Answers to surveys: what is refused, what stands for those that nobody gave, and what stays secret."""

from typing import Any

import pytest

from credentials.encryption import MASK, decrypt, is_encrypted
from jobs.exceptions import InvalidSurvey
from jobs.launching import launch
from jobs.models import JobTemplate, UnifiedJob
from jobs.prompts import accept
from jobs.survey_specs import shown, to_store
from jobs.surveys import problems_of
from tests.factories.jobs import make_job_template

SECRET = "correct-horse-battery"


def question(kind: str = "text", **values: Any) -> dict[str, Any]:
    named = {"variable": "colour", "question_name": "Colour", "type": kind, "required": True}
    return named | values


def survey(*questions: dict[str, Any]) -> dict[str, Any]:
    return {"name": "Survey", "description": "", "spec": list(questions)}


def asking(*questions: dict[str, Any], **values: Any) -> JobTemplate:
    return make_job_template(survey_enabled=True, survey_spec=to_store(survey(*questions), {}), **values)


@pytest.mark.parametrize(
    ("asked", "answer", "text"),
    [
        (question(min=2), "x", "'colour' value x is too small (length is 1 must be at least 2)."),
        (question(max=2), "xyz", "'colour' value xyz is too large (must be no more than 2)."),
        (question(), 5, "Value 5 for 'colour' expected to be a string."),
        (question("integer"), "5", "Value 5 for 'colour' expected to be an integer."),
        (question("integer"), True, "Value True for 'colour' expected to be an integer."),
        (question("integer", max=9), 10, "'colour' value 10 is too large (must be no more than 9)."),
        (question("float", min=1), 0.5, "'colour' value 0.5 is too small (must be at least 1)."),
        (question("float"), "x", "Value x for 'colour' expected to be a numeric type."),
        (
            question("multiplechoice", choices="a\nb"),
            "z",
            "Value z for 'colour' expected to be one of ['a', 'b'].",
        ),
        (question("multiselect", choices=["a"]), "a", "'colour' value is expected to be a list."),
        (
            question("multiselect", choices=["a"]),
            ["a", "z"],
            "Value z for 'colour' expected to be one of ['a'].",
        ),
        (question("password", max=2), "xyz", "'colour' value xyz is too large (must be no more than 2)."),
        (question("password"), MASK, "'colour' value missing"),
    ],
)
def test_a_wrong_answer_is_told_what_is_wrong(asked: dict[str, Any], answer: Any, text: str) -> None:
    assert problems_of(asked, {"colour": answer}) == [text]


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        (question(min=None, max=""), ""),
        (question("integer", min=1, max=1), 1),
        (question("float"), 1),
        (question("multiplechoice", choices="a\n\nb"), "b"),
        (question("multiselect", choices=["a", "b"]), []),
        (question("password", default="x"), MASK),
    ],
)
def test_a_right_answer_is_taken(asked: dict[str, Any], answer: Any) -> None:
    assert problems_of(asked, {"colour": answer}) == []


def test_an_optional_question_needs_no_answer() -> None:
    assert problems_of(question(required=False), {}) == []
    assert problems_of(question(), {}) == ["'colour' value missing"]


@pytest.mark.django_db
def test_defaults_fill_in_between_the_templates_parameters_and_the_answers() -> None:
    template = asking(
        question(default="red"),
        question(variable="size", type="integer", default=3),
        question(variable="odd", required=False, default="too long", max=2),
        extra_vars="colour: own\nplace: here",
    )

    answers = accept(template, extra_vars={"size": 5, "colour": "blue"})

    assert answers.errors == {}
    assert answers.variables(template) == {"colour": "blue", "place": "here", "size": 5}


@pytest.mark.django_db
def test_parameters_that_no_question_asks_for_are_ignored_and_wrong_answers_are_not() -> None:
    template = asking(question(min=2))

    answers = accept(template, extra_vars={"colour": "x", "other": 1})

    assert answers.ignored == {"extra_vars": {"other": 1}}
    assert answers.errors == {
        "variables_needed_to_start": ["'colour' value x is too small (length is 1 must be at least 2)."]
    }


@pytest.mark.django_db
def test_a_switched_off_survey_asks_nothing() -> None:
    template = asking(question())
    template.survey_enabled = False

    assert accept(template).errors == {}


@pytest.mark.django_db
def test_secret_answers_and_defaults_are_encrypted_in_the_run() -> None:
    template = asking(
        question("password", variable="given"),
        question("password", variable="usual", default=SECRET),
        question("password", variable="own", required=False),
        extra_vars=f"own: {SECRET}",
    )

    run = launch(template, user=None, answers=accept(template, extra_vars={"given": SECRET, "usual": MASK}))

    stored = UnifiedJob.objects.get(pk=run.pk)
    assert stored.secret_variables == ["given", "own", "usual"]
    assert all(is_encrypted(value) for value in stored.extra_vars.values())
    assert {decrypt(value) for value in stored.extra_vars.values()} == {SECRET}


@pytest.mark.django_db
def test_a_stored_secret_answer_that_is_wrong_is_not_repeated() -> None:
    template = asking(question("password"))
    sealed = accept(template, extra_vars={"colour": SECRET}).extra_vars
    template.survey_spec["spec"][0]["max"] = 3

    errors = accept(template, extra_vars=sealed, secrets=["colour"]).errors

    assert SECRET not in str(errors)
    assert list(errors) == ["variables_needed_to_start"]


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        ({}, "Field 'spec' is missing from survey spec."),
        (survey(), "'spec' doesn't contain any items."),
        ({**survey(question()), "name": 5}, "Expected string for field 'name', received int type."),
        (
            {**survey(), "spec": {}},
            "Expected list of items for field 'spec', received OrderedDict type.",
        ),
        (survey("x"), "Survey question 0 is not a json object."),  # type: ignore[arg-type]
        (survey({}), "'type' missing from survey question 0"),
        (survey(question(), question()), "'variable' 'colour' duplicated in survey question 1."),
        (survey(question(required="yes")), "'required' in survey question 0 expected to be boolean."),
        (survey(question(default=5)), "Default value 5 in survey question 0 expected to be string."),
        (survey(question(min="x")), "The min limit in survey question 0 expected to be integer."),
        (
            survey(question("multiplechoice")),
            "Survey question 0 of type multiplechoice must specify choices.",
        ),
        (
            survey(question("multiplechoice", choices="a\nb", default="a\nb")),
            "Multiple Choice (Single Select) can only have one default value.",
        ),
        (
            survey(question("multiselect", choices=["a"], default="a\nz")),
            "Default choice must be answered from the choices listed.",
        ),
        (
            survey(question(default=MASK)),
            "$encrypted$ is a reserved keyword for password question defaults, survey question 0 is type text.",
        ),
        (
            survey(question("password", default=MASK)),
            "$encrypted$ is a reserved keyword, may not be used for new default in position 0.",
        ),
    ],
)
def test_a_wrong_survey_is_refused(sent: dict[str, Any], text: str) -> None:
    with pytest.raises(InvalidSurvey) as refusal:
        to_store(sent, {})

    assert str(refusal.value) == text


def test_a_password_default_is_encrypted_hidden_and_kept_by_its_mask() -> None:
    first = to_store(survey(question("password", default=SECRET)), {})
    second = to_store(survey(question("password", default=MASK)), first)

    assert decrypt(first["spec"][0]["default"]) == SECRET
    assert shown(first)["spec"][0]["default"] == MASK
    assert second == first


def test_choices_and_defaults_lose_their_empty_lines() -> None:
    stored = to_store(survey(question("multiselect", choices="a\n\nb\n", default="b\n")), {})

    assert (stored["spec"][0]["choices"], stored["spec"][0]["default"]) == ("a\nb", "b")
