from typing import Any

import pytest
from rest_framework.test import APIClient

from tests.factories.jobs import make_job_template
from tests.factories.workflows import make_workflow

LIMITS = ("successful_history_limit", "failed_history_limit")


@pytest.mark.parametrize("resource", ["job_templates", "workflow_job_templates"])
def test_limits_are_set_shown_copied_and_taken_back(admin: APIClient, resource: str) -> None:
    template = make_job_template() if resource == "job_templates" else make_workflow()
    path = f"/api/v2/{resource}/{template.pk}/"
    assert [admin.get(path).json()[name] for name in LIMITS] == [None, None]

    changed = admin.patch(path, {"successful_history_limit": 3, "failed_history_limit": 0})
    copied = admin.post(f"{path}copy/", {"name": "A copy"})
    found = admin.get(f"/api/v2/{resource}/?successful_history_limit=3").json()
    emptied = admin.patch(path, {"successful_history_limit": None})

    assert [changed.json()[name] for name in LIMITS] == [3, 0]
    assert [copied.json()[name] for name in LIMITS] == [3, 0]
    assert found["count"] == 2
    assert [emptied.json()[name] for name in LIMITS] == [None, 0]
    actions = admin.options(path).json()["actions"]["PUT"]
    assert {(actions[name]["type"], actions[name]["min_value"]) for name in LIMITS} == {("integer", 0)}


@pytest.mark.parametrize("value", [-1, "x", 2**31, 1.5, [], True])
def test_what_is_no_limit_is_refused(admin: APIClient, value: Any) -> None:
    path = f"/api/v2/job_templates/{make_job_template().pk}/"

    answer = admin.patch(path, {"failed_history_limit": value})

    assert (answer.status_code, list(answer.json())) == (400, ["failed_history_limit"])
