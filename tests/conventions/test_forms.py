"""The forms of the pages: what they show at first is accepted as it stands, and is what holds where nothing is said."""

import json
import re
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.exceptions import FieldDoesNotExist
from django.test import Client
from rest_framework import serializers
from rest_framework.fields import empty

from access.models import User
from inventories.models import Host
from jobs.models import SystemJobTemplate
from jobs.system_jobs import make_missing_templates
from tests.conventions.paths import LISTS, ROUTES
from tests.factories.access import client_of, make_superuser
from tests.factories.credentials import make_type
from tests.factories.inventories import make_host, make_inventory
from tests.factories.workflows import make_node, make_workflow

HTML = {"Accept": "text/html"}
FORM = "application/x-www-form-urlencoded"
WITHOUT_VALUE = re.compile(r'<textarea name="(\w+)"[^>]*>\s*(null|\{\}|\[\])\s*</textarea>')


@pytest.fixture
def root(db: None) -> User:
    return make_superuser()


@pytest.fixture
def browser(root: User) -> Client:
    browser = Client()
    browser.force_login(root)
    return browser


def send(browser: Client, path: str, fields: dict[str, str]) -> int:
    return browser.post(path, urlencode(fields), FORM, headers=HTML).status_code


def test_json_that_nobody_filled_in_is_no_error(root: User, browser: Client) -> None:
    client = client_of(root)
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


def test_json_that_was_emptied_is_empty(browser: Client) -> None:
    made = make_type(injectors={"extra_vars": {"x": "y"}})
    fields = {"_method": "PUT", "name": made.name, "kind": made.kind, "inputs": "{}", "injectors": ""}

    status = send(browser, f"/api/v2/credential_types/{made.pk}/", fields)

    made.refresh_from_db()
    assert (status, made.injectors) == (200, {})


def test_variables_of_a_clean_up_may_be_left_empty(browser: Client) -> None:
    make_missing_templates()
    template = SystemJobTemplate.objects.earliest("pk")

    assert send(browser, f"/api/v2/system_job_templates/{template.pk}/launch/", {"extra_vars": ""}) == 201


def test_forms_of_sub_lists_make_what_they_say(browser: Client) -> None:
    host = make_host(make_inventory())
    node = make_node(make_workflow())
    below_inventory = f"/api/v2/inventories/{host.inventory_id}/hosts/"

    assert send(browser, below_inventory, {"name": "by form", "description": "d"}) == 201
    assert (
        send(browser, f"/api/v2/workflow_job_template_nodes/{node.pk}/success_nodes/", {"identifier": "next"})
        == 201
    )

    assert Host.objects.filter(inventory=host.inventory, name="by form", description="d").exists()
    assert node.success_nodes.filter(identifier="next").exists()


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
