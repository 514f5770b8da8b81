"""The forms of the pages: what they show at first is accepted as it stands, and is what holds where nothing is said."""

import json
import re
from typing import Any

import pytest
from django.core.exceptions import FieldDoesNotExist
from django.test import Client
from rest_framework import serializers
from rest_framework.fields import empty

from tests.conventions.paths import LISTS, ROUTES
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


def default_of(serializer: Any, field: Any) -> Any:
    """What holds where a request says nothing of a field; None where only the view knows."""
    if field.default is not empty:
        return field.default
    model = getattr(getattr(serializer, "Meta", None), "model", None)
    try:
        return model._meta.get_field(field.source).default if model is not None else None
    except FieldDoesNotExist:
        return None


def test_boxes_are_ticked_where_the_default_is_true() -> None:
    """A box that is not ticked is sent as false, so a form would change what a request without it leaves alone."""
    ticked, odd = set(), set()
    classes = {
        route.view.serializer_class
        for route in ROUTES
        if "POST" in route.methods and getattr(route.view, "serializer_class", None)
    }
    for serializer in (made() for made in classes):
        for name, field in serializer.fields.items():
            if isinstance(field, serializers.BooleanField) and not field.read_only:
                default = default_of(serializer, field)
                if default is True:
                    ticked.add(name)
                if default in (True, False) and field.get_initial() is not default:
                    odd.add((type(serializer).__name__, name))

    assert odd == set()
    assert ticked >= {"enabled", "verify_ssl", "dry_run"}
