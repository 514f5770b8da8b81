import re
from typing import Any

import pytest
from rest_framework.test import APIClient

from credentials.models import CredentialType
from tests.factories.credentials import make_credential, make_type, managed_type

LIST = "/api/v2/credential_types/"
INPUTS = {"fields": [{"id": "a", "label": "A", "type": "string", "secret": True}], "required": ["a"]}


def test_type_is_made_changed_and_deleted(admin: APIClient) -> None:
    injectors = {"extra_vars": {"x": "{{ a }}"}, "headers": {"X-A": "v{{ a }}"}}

    made = admin.post(LIST, {"name": "x", "kind": "cloud", "inputs": INPUTS, "injectors": injectors})

    assert made.status_code == 201
    shown = made.json()
    assert (shown["inputs"], shown["injectors"]) == (INPUTS, injectors)
    assert (shown["managed"], shown["namespace"]) == (False, None)
    assert admin.patch(shown["url"], {"description": "y"}).json()["description"] == "y"
    assert admin.delete(shown["url"]).status_code == 204
    assert admin.get(shown["url"]).json() == {"detail": "No CredentialType matches the given query."}


def test_form_offers_the_kinds_that_users_may_make(admin: APIClient) -> None:
    page = admin.get(LIST, HTTP_ACCEPT="text/html").content.decode()

    assert re.findall(r'<option value="(\w+)"', page) == ["net", "cloud"]


@pytest.mark.parametrize(
    ("given", "errors"),
    [
        ({"kind": "ssh"}, {"kind": ["Must be 'cloud' or 'net', not ssh"]}),
        ({"kind": "x"}, {"kind": ['"x" is not a valid choice.']}),
        ({"inputs": "x"}, {"inputs": ["str provided, expected dict"]}),
        (
            {"inputs": {"fields": [{}]}},
            {"inputs": ["'id' is a required property", "'label' is a required property"]},
        ),
        (
            {"inputs": {"fields": [{"id": "a", "label": "A", "type": "bad"}]}},
            {"inputs": ["'bad' is not one of ['string', 'boolean']"]},
        ),
        (
            {"inputs": {"fields": [{"id": "a b", "label": "A"}]}},
            {"inputs": ["a b is an invalid variable name"]},
        ),
        (
            {"injectors": {"env": {"A": "{{ missing }}"}}},
            {"injectors": ["A uses an undefined field ('missing' is undefined)"]},
        ),
        ({"injectors": []}, {"injectors": ["list provided, expected dict"]}),
    ],
)
def test_bad_type_is_refused_in_words(
    admin: APIClient, given: dict[str, Any], errors: dict[str, Any]
) -> None:
    answer = admin.post(LIST, {"name": "x", "kind": "cloud"} | given)

    assert (answer.status_code, answer.json()) == (400, errors)
    assert not CredentialType.objects.filter(managed=False).exists()


@pytest.mark.parametrize(
    "template",
    [
        "{% debug %}",
        "{{ a.b }}",
        "{{ a|safe }}",
        "{{ '1' }}",
        "{% include 'x' %}",
        "{{ a",
        "{{ _a }}",
        "{{ }}",
    ],
)
def test_template_can_do_nothing_but_name_an_input(admin: APIClient, template: str) -> None:
    given = {"name": "x", "kind": "cloud", "inputs": INPUTS, "injectors": {"headers": {"X-A": template}}}

    answer = admin.post(LIST, given)

    # What is no template at all is text.
    assert answer.status_code == (201 if template == "{{ a" else 400), answer.json()


def test_files_cannot_be_injected(admin: APIClient) -> None:
    given = {"name": "x", "kind": "cloud", "injectors": {"file": {"template": "x"}}}

    answer = admin.post(LIST, given)

    assert answer.status_code == 400
    assert "files are not supported" in answer.json()["injectors"][0]


def test_managed_type_stays_as_it_is(admin: APIClient) -> None:
    path = f"{LIST}{managed_type('ssh').pk}/"

    changed = admin.patch(path, {"name": "x"})
    deleted = admin.delete(path)

    assert (changed.status_code, deleted.status_code) == (403, 403)
    assert changed.json() == {"detail": "Modifications not allowed for managed credential types"}
    assert deleted.json() == {"detail": "Deletion not allowed for managed credential types"}


def test_type_in_use_keeps_its_inputs(admin: APIClient) -> None:
    own = make_type()
    make_credential(own, inputs={"a": "x"})
    path = f"{LIST}{own.pk}/"

    assert admin.patch(path, {"inputs": {"fields": []}}).status_code == 403
    assert admin.patch(path, {"inputs": own.inputs}).status_code == 200
    assert admin.delete(path).status_code == 403


def test_everybody_reads_types_and_superusers_alone_write(stranger: APIClient, nobody: APIClient) -> None:
    own = make_type()
    path = f"{LIST}{own.pk}/"

    assert stranger.get(path).json()["summary_fields"]["user_capabilities"] == {
        "edit": False,
        "delete": False,
    }
    assert stranger.get(LIST).json()["results"][0]["name"] == "Amazon Web Services"
    assert stranger.post(LIST, {"name": "x", "kind": "cloud"}).status_code == 403
    assert stranger.patch(path, {"description": "x"}).status_code == 403
    assert stranger.delete(path).status_code == 403
    assert nobody.get(LIST).status_code == 401


def test_options_offers_the_kinds_that_users_may_make(admin: APIClient) -> None:
    actions = admin.options(LIST).json()["actions"]

    assert [value for value, _ in actions["POST"]["kind"]["choices"]] == ["net", "cloud"]
    assert len(actions["GET"]["kind"]["choices"]) == 12
