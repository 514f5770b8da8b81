from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from credentials.encryption import UndecryptableSecret, decrypt, encrypt
from jobs.models import JobTemplate, UnifiedJob
from tests.factories.credentials import make_credential
from tests.factories.jobs import make_job, make_job_template
from tests.factories.schedules import make_schedule

OLD, NEW = "the-old-key-of-this-test", "the-new-key-of-this-test"


@pytest.mark.django_db
def test_rotation_writes_every_secret_with_the_present_key(settings: object) -> None:
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = OLD, []  # type: ignore[attr-defined]
    credential = make_credential(inputs={"username": "u", "password": "pw-to-keep"})
    template = make_job_template(http_headers={"Authorization": encrypt("Bearer x"), "Accept": "a/b"})
    job = make_job(template)

    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, [OLD]  # type: ignore[attr-defined]
    call_command("rotate_keys", stdout=StringIO())
    settings.SECRET_KEY_FALLBACKS = []  # type: ignore[attr-defined]

    credential.refresh_from_db()
    assert credential.inputs["username"] == "u"
    assert decrypt(credential.inputs["password"]) == "pw-to-keep"
    headers = JobTemplate.objects.get().http_headers
    assert (decrypt(headers["Authorization"]), headers["Accept"]) == ("Bearer x", "a/b")
    assert decrypt(UnifiedJob.objects.get(pk=job.pk).request["headers"]["Authorization"]) == "Bearer x"


@pytest.mark.django_db
def test_rotation_names_what_no_key_opens_and_leaves_it(settings: object) -> None:
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = OLD, []  # type: ignore[attr-defined]
    credential = make_credential(inputs={"password": "pw-to-keep"})
    before = credential.inputs

    settings.SECRET_KEY = NEW  # type: ignore[attr-defined]
    with pytest.raises(CommandError, match=f"credential {credential.pk}"):
        call_command("rotate_keys")

    credential.refresh_from_db()
    assert credential.inputs == before
    with pytest.raises(UndecryptableSecret):
        decrypt(credential.inputs["password"])


@pytest.mark.django_db
def test_rotation_reaches_the_secrets_of_surveys_runs_and_schedules(settings: object) -> None:
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = OLD, []  # type: ignore[attr-defined]
    question = {"variable": "pw", "question_name": "", "type": "password", "required": True}
    spec = {"name": "", "description": "", "spec": [question | {"default": encrypt("usual")}]}
    template = make_job_template(survey_enabled=True, survey_spec=spec)
    job = make_job(
        template,
        extra_vars={"pw": encrypt("mine"), "x": "$encrypted$x"},
        request={"secret_variables": ["pw"]},
    )
    schedule = make_schedule(template=template, extra_data={"pw": encrypt("due")}, secret_variables=["pw"])

    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, [OLD]  # type: ignore[attr-defined]
    call_command("rotate_keys", stdout=StringIO())
    settings.SECRET_KEY_FALLBACKS = []  # type: ignore[attr-defined]

    for row in (template, job, schedule):
        row.refresh_from_db()
    stored = (template.survey_spec["spec"][0]["default"], job.extra_vars["pw"], schedule.extra_data["pw"])
    assert [decrypt(value) for value in stored] == ["usual", "mine", "due"]
    assert job.extra_vars["x"] == "$encrypted$x"
