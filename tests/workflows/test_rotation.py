from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from credentials.encryption import decrypt, encrypt
from jobs.launching import launch
from jobs.prompts import accept
from tests.factories.workflows import make_node, make_workflow
from workflows.models import WorkflowJobNode

pytestmark = pytest.mark.django_db

OLD, NEW = (
    "an old key of more than fifty characters, which is to be given up",
    "a new key of more than fifty chars, " * 2,
)


def test_rotation_reaches_the_secrets_of_workflows(settings: Any) -> None:
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = OLD, []
    question = {"variable": "pw", "question_name": "", "type": "password", "default": encrypt("usual")}
    workflow = make_workflow(survey_spec={"name": "", "description": "", "spec": [question]})
    node = make_node(workflow, extra_data={"pw": encrypt("mine")}, secret_variables=["pw"])
    launch(workflow, user=None, answers=accept(workflow))

    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, [OLD]
    call_command("rotate_keys", stdout=StringIO())
    settings.SECRET_KEY_FALLBACKS = []

    workflow.refresh_from_db()
    node.refresh_from_db()
    stored = (node.extra_data["pw"], WorkflowJobNode.objects.get().extra_data["pw"])
    assert decrypt(workflow.survey_spec["spec"][0]["default"]) == "usual"
    assert [decrypt(value) for value in stored] == ["mine", "mine"]
