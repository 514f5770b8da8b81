from typing import Any

import pytest
from rest_framework.test import APIClient

from jobs.models import JobTemplate, UnifiedJob
from jobs.statuses import Status
from tests.factories.jobs import make_job, make_job_template

LIST = "/api/v2/job_templates/"
CONTRADICTION = "`allow_simultaneous` and `overlap_policy` contradict each other."


def shown(body: dict[str, Any]) -> tuple[str, bool]:
    return body["overlap_policy"], body["allow_simultaneous"]


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({}, ("queue", False)),
        ({"allow_simultaneous": False}, ("queue", False)),
        ({"allow_simultaneous": True}, ("allow", True)),
        ({"overlap_policy": "allow"}, ("allow", True)),
        ({"overlap_policy": "skip"}, ("skip", False)),
        ({"overlap_policy": "skip", "allow_simultaneous": False}, ("skip", False)),
        ({"overlap_policy": "allow", "allow_simultaneous": True}, ("allow", True)),
        ({"overlap_policy": "allow", "allow_simultaneous": False}, ("allow", True)),
        ({"overlap_policy": "queue", "allow_simultaneous": True}, ("allow", True)),
    ],
)
def test_switch_and_policy_of_a_new_template(
    admin: APIClient, sent: dict[str, Any], expected: tuple[str, bool]
) -> None:
    answer = admin.post(LIST, {"name": "x", **sent})

    assert (answer.status_code, shown(answer.json())) == (201, expected)


@pytest.mark.parametrize(
    ("stored", "sent", "expected"),
    [
        ("skip", {"allow_simultaneous": False}, "skip"),
        ("skip", {"allow_simultaneous": True}, "allow"),
        ("allow", {"allow_simultaneous": False}, "queue"),
        ("allow", {"allow_simultaneous": True}, "allow"),
        ("allow", {"overlap_policy": "replace"}, "replace"),
        # A client that sends back all that it has read means what it changed.
        ("allow", {"overlap_policy": "allow", "allow_simultaneous": False}, "queue"),
        ("allow", {"overlap_policy": "skip", "allow_simultaneous": True}, "skip"),
        ("skip", {"overlap_policy": "skip", "allow_simultaneous": True}, "allow"),
        ("skip", {"overlap_policy": "allow", "allow_simultaneous": False}, "allow"),
        ("skip", {"overlap_policy": "replace", "allow_simultaneous": False}, "replace"),
    ],
)
def test_switch_and_policy_change_together(
    admin: APIClient, stored: str, sent: dict[str, Any], expected: str
) -> None:
    template = make_job_template(overlap_policy=stored, overlap_limit=3)

    answer = admin.patch(f"{LIST}{template.pk}/", sent)

    assert (answer.status_code, shown(answer.json())) == (200, (expected, expected == "allow"))
    assert answer.json()["overlap_limit"] == 3
    assert JobTemplate.objects.get(allow_simultaneous=expected == "allow").overlap_policy == expected


@pytest.mark.parametrize(
    ("sent", "errors"),
    [
        (
            {"overlap_policy": "replace", "allow_simultaneous": True},
            {"overlap_policy": [CONTRADICTION]},
        ),
        ({"overlap_policy": "x"}, {"overlap_policy": ['"x" is not a valid choice.']}),
        ({"overlap_policy": ""}, {"overlap_policy": ['"" is not a valid choice.']}),
        (
            {"overlap_limit": -1},
            {"overlap_limit": ["Ensure this value is greater than or equal to 0."]},
        ),
    ],
)
def test_nonsense_is_refused(admin: APIClient, sent: dict[str, Any], errors: Any) -> None:
    template = make_job_template(overlap_policy="skip")

    answer = admin.patch(f"{LIST}{template.pk}/", sent)

    assert (answer.status_code, answer.json()) == (400, errors)
    assert JobTemplate.objects.get().overlap_policy == "skip"


@pytest.mark.parametrize("on", [True, False])
def test_lists_are_filtered_by_either(admin: APIClient, on: bool) -> None:
    template = make_job_template(overlap_policy="allow" if on else "queue")
    make_job_template(overlap_policy="queue" if on else "allow")

    for query in (f"allow_simultaneous={on}", f"overlap_policy={template.overlap_policy}"):
        assert [one["id"] for one in admin.get(f"{LIST}?{query}").json()["results"]] == [template.pk]


def test_copy_has_the_policy(admin: APIClient) -> None:
    template = make_job_template(overlap_policy="allow", overlap_limit=2)

    copy = admin.post(f"{LIST}{template.pk}/copy/", {"name": "copy"}).json()

    assert (*shown(copy), copy["overlap_limit"]) == ("allow", True, 2)


@pytest.mark.parametrize("action", ["launch", "relaunch"])
def test_launch_that_the_policy_skips_is_a_conflict(admin: APIClient, action: str) -> None:
    template = make_job_template(overlap_policy="skip")
    last, going = make_job(template), make_job(template, status=Status.RUNNING)
    path = f"{LIST}{template.pk}/launch/" if action == "launch" else f"/api/v2/jobs/{last.pk}/relaunch/"

    answer = admin.post(path)

    assert (answer.status_code, answer.json()) == (
        409,
        {"detail": f"Job {going.pk} of this template is still going, and the overlap policy is to skip."},
    )
    assert UnifiedJob.objects.count() == 2
