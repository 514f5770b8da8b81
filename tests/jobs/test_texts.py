"""Triggers note the names and descriptions by which runs are searched."""

import pytest

from jobs.inserting import RunWriter
from jobs.models import RunText, UnifiedJob
from tests.factories.jobs import make_job, make_job_template

pytestmark = pytest.mark.django_db


def stored() -> list[tuple[str, str]]:
    return sorted(RunText.objects.values_list("name", "description"))


def test_each_pair_of_name_and_description_is_there_once() -> None:
    template = make_job_template(name="Report")
    make_job(template)
    daily = {"name": "Report", "description": "daily"}

    RunWriter().insert(
        [UnifiedJob(**daily), UnifiedJob(**daily), UnifiedJob(name="Other"), UnifiedJob(name="Report")]
    )
    RunWriter().insert([UnifiedJob(**daily)])

    assert stored() == [("Other", ""), ("Report", ""), ("Report", "daily")]


def test_a_run_that_is_renamed_is_found_by_its_new_name() -> None:
    run = make_job(name="Before")

    UnifiedJob.objects.filter(pk=run.pk).update(name="After")
    UnifiedJob.objects.filter(pk=run.pk).update(name="After", description="")

    assert stored() == [("After", ""), ("Before", "")]
