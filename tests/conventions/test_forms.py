"""The forms of the pages: what they show at first is accepted as it stands."""

import json
import re

import pytest
from django.test import Client

from tests.conventions.paths import LISTS
from tests.factories.access import client_of, make_superuser

HTML = {"Accept": "text/html"}
WITHOUT_VALUE = re.compile(r'<textarea name="(\w+)"[^>]*>\s*(null|\{\}|\[\])\s*</textarea>')


@pytest.mark.django_db
def test_json_that_nobody_filled_in_is_no_error() -> None:
    root = make_superuser()
    browser, client = Client(), client_of(root)
    browser.force_login(root)
    seen: set[str] = set()
    odd = []
    for route in LISTS:
        if "POST" not in route.methods or route.is_of_one_object:
            continue
        page = browser.get(f"/{route.text}", headers=HTML).content.decode()
        shown = {name: json.loads(text) for name, text in WITHOUT_VALUE.findall(page)}
        answer = client.post(f"/{route.text}", shown)
        errors = answer.json() if answer.status_code == 400 else {}
        odd += [(route.text, name, errors[name]) for name in shown if name in errors]
        seen |= shown.keys()

    assert odd == []
    assert {"http_headers", "success_json", "policy_instance_list"} <= seen
