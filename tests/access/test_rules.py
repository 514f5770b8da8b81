"""What is open by default to users without roles: nothing."""

import pytest
from django.contrib.auth.models import AnonymousUser

from access.models import Organization
from access.rules import accessible, may_act, may_add, may_change, may_delete, may_read, means_true
from schedules.models import Schedule
from tests.factories.access import make_superuser, make_user
from tests.factories.schedules import make_schedule

pytestmark = pytest.mark.django_db


def permissions(asker: object, schedule: Schedule) -> list[bool]:
    return [
        may_read(asker, schedule),  # type: ignore[arg-type]
        may_add(asker, Schedule, {}),  # type: ignore[arg-type]
        may_change(asker, schedule, {}),  # type: ignore[arg-type]
        may_delete(asker, schedule),  # type: ignore[arg-type]
        may_act(asker, schedule, "launch"),  # type: ignore[arg-type]
    ]


def test_model_without_rules_is_closed() -> None:
    schedule = make_schedule()
    reading = make_superuser()
    reading.is_limited_to_reading = True

    table = {
        "superuser": permissions(make_superuser(), schedule),
        "superuser's reading token": permissions(reading, schedule),
        "auditor": permissions(make_user(is_system_auditor=True), schedule),
        "user": permissions(make_user(), schedule),
        "stranger": permissions(AnonymousUser(), schedule),
    }

    assert table == {
        "superuser": [True] * 5,
        "superuser's reading token": [True, False, False, False, False],
        "auditor": [True, False, False, False, False],
        "user": [False] * 5,
        "stranger": [False] * 5,
    }


def test_list_of_a_stranger_is_empty() -> None:
    Organization.objects.create(name="x")

    counts = [
        accessible(Organization.objects.all(), who).count() for who in (make_superuser(), AnonymousUser())
    ]

    assert counts == [1, 0]


@pytest.mark.parametrize(
    ("value", "truth"),
    [
        (True, True),
        ("ON", True),
        (1, True),
        ("y", True),
        (False, False),
        (None, False),
        ("no", False),
        ({}, False),
    ],
)
def test_truth_is_read_as_boolean_fields_do(value: object, truth: bool) -> None:
    assert means_true(value) is truth
