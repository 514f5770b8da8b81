"""Triggers keep the table by which schedules are searched."""

from datetime import UTC, datetime

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from schedules.models import Schedule, ScheduleText
from schedules.poller import launch_due
from tests.factories.schedules import make_schedule, make_template

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def stored() -> set[tuple[int, str, str]]:
    return set(ScheduleText.objects.values_list("schedule_id", "name", "description"))


def templates() -> dict[int, int]:
    return dict(ScheduleText.objects.values_list("schedule_id", "unified_job_template_id"))


def test_each_schedule_has_its_texts_there() -> None:
    one, other = make_schedule(name="One", description="first"), make_schedule(name="Other")

    assert stored() == {(one.pk, "One", "first"), (other.pk, "Other", "")}


def test_they_change_with_the_schedule() -> None:
    one, other = make_schedule(name="One"), make_schedule(name="Other")

    Schedule.objects.filter(pk=one.pk).update(name="Renamed")
    other.description = "described"
    other.save()

    assert stored() == {(one.pk, "Renamed", ""), (other.pk, "Other", "described")}


def test_the_template_beside_them_changes_with_the_schedule() -> None:
    one, other = make_schedule(), make_schedule()
    of_other, new = other.unified_job_template_id, make_template()
    assert templates() == {one.pk: one.unified_job_template_id, other.pk: of_other}

    one.unified_job_template = new
    one.save()
    assert templates() == {one.pk: new.pk, other.pk: of_other}

    Schedule.objects.update(unified_job_template=new)
    assert templates() == {one.pk: new.pk, other.pk: new.pk}


def test_when_it_was_made_and_changed_stands_beside_them() -> None:
    one, other = make_schedule(), make_schedule()

    one.enabled = False
    one.save()
    Schedule.objects.filter(pk=other.pk).update(created=NOON)

    columns = ("pk", "created", "modified")
    assert set(ScheduleText.objects.values_list(*columns)) == set(Schedule.objects.values_list(*columns))
    assert ScheduleText.objects.get(pk=one.pk).modified == one.modified > one.created
    assert ScheduleText.objects.get(pk=other.pk).created == NOON


def test_whether_it_is_enabled_stands_beside_them() -> None:
    one, other = make_schedule(), make_schedule(enabled=False)
    assert dict(ScheduleText.objects.values_list("pk", "enabled")) == {one.pk: True, other.pk: False}

    Schedule.objects.filter(pk=one.pk).update(enabled=False)
    other.enabled = True
    other.save()

    assert dict(ScheduleText.objects.values_list("pk", "enabled")) == {one.pk: False, other.pk: True}


def test_a_template_has_no_two_schedules_of_one_name() -> None:
    template = make_template()
    one, other = make_schedule(template=template, name="One"), make_schedule(template=template, name="Other")
    make_schedule(name="One")

    one.validate_constraints()
    other.name = "One"
    with pytest.raises(ValidationError, match="with this Unified job template and Name already exists"):
        other.validate_constraints()
    with pytest.raises(IntegrityError, match="schedule_text_name_unique"), transaction.atomic():
        other.save()
    with pytest.raises(IntegrityError, match="schedule_text_name_unique"), transaction.atomic():
        make_schedule(template=template, name="One")

    assert sorted(name for _, name, _ in stored()) == ["One", "One", "Other"]


def test_they_go_with_the_schedule_and_with_its_template() -> None:
    template = make_template()
    make_schedule(template=template)
    make_schedule().delete()
    kept = make_schedule(name="Kept")

    template.delete()

    assert stored() == {(kept.pk, "Kept", "")}


def test_a_tick_does_not_write_them() -> None:
    make_schedule(now=NOON)
    versions = "SELECT ctid, schedule_id FROM schedules_scheduletext"
    with connection.cursor() as cursor:
        before = cursor.execute(versions).fetchall()
        Schedule.objects.update(next_run=NOON)

        assert launch_due(NOON).launched == 1

        assert cursor.execute(versions).fetchall() == before
