"""Triggers note the names and descriptions by which runs are searched."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import transaction
from django.utils import timezone

from jobs.housekeeping import chore_of, sweep_batch
from jobs.inserting import RunWriter
from jobs.models import RunText, UnifiedJob
from tests.factories.jobs import make_job, make_job_template
from tests.jobs.execution.conftest import eventually
from tests.schedules.test_backfilling import in_thread, somebody_waits_for_a_lock

pytestmark = pytest.mark.django_db


def stored() -> list[tuple[str, str]]:
    return sorted(RunText.objects.values_list("name", "description"))


def of_templates() -> set[tuple[int, str]]:
    return set(RunText.objects.values_list("unified_job_template_id", "name"))


def test_each_pair_of_name_and_description_is_there_once() -> None:
    template = make_job_template(name="Report")
    make_job(template)
    report = {"name": "Report", "unified_job_template": template}
    daily = report | {"description": "daily"}

    RunWriter().insert(
        [UnifiedJob(**daily), UnifiedJob(**daily), UnifiedJob(name="Other"), UnifiedJob(**report)]
    )
    RunWriter().insert([UnifiedJob(**daily), UnifiedJob(name="Other")])

    assert stored() == [("Other", ""), ("Report", ""), ("Report", "daily")]


def test_it_is_there_for_each_template_whose_runs_have_it() -> None:
    one, other = make_job(name="Report"), make_job(name="Report")
    RunWriter().insert([UnifiedJob(name="Report")])

    assert of_templates() == {
        (one.unified_job_template_id, "Report"),
        (other.unified_job_template_id, "Report"),
        (0, "Report"),
    }


def test_a_run_keeps_its_text_when_its_template_is_deleted() -> None:
    template = make_job_template()
    make_job(template, name="Report")
    before = of_templates()

    template.delete()

    assert UnifiedJob.objects.get().unified_job_template is None
    assert of_templates() == before
    assert RunText.objects.count() == 1


def test_a_run_that_gets_another_template_is_noted_for_it() -> None:
    run, new = make_job(name="Report"), make_job_template()
    old = run.unified_job_template_id

    UnifiedJob.objects.filter(pk=run.pk).update(unified_job_template=new)

    assert of_templates() == {(old, "Report"), (new.pk, "Report")}


def test_a_run_that_is_renamed_is_found_by_its_new_name() -> None:
    run = make_job(name="Before")

    UnifiedJob.objects.filter(pk=run.pk).update(name="After")
    UnifiedJob.objects.filter(pk=run.pk).update(name="After", description="")

    assert stored() == [("After", ""), ("Before", "")]


def sweep() -> int:
    # Texts go last: with the runs that had them.
    return sweep_batch(chore_of("cleanup_jobs", {}, now=timezone.now()).sweeps[-1], timezone.now()).total()


def test_texts_that_no_run_has_any_more_are_deleted() -> None:
    make_job(name="Kept")
    make_job(name="Gone").delete()
    make_job(name="Also gone", description="x").delete()

    assert sweep() == 2
    assert (stored(), sweep()) == ([("Kept", "")], 0)


@pytest.mark.django_db(transaction=True)
def test_texts_stay_while_a_run_that_may_have_them_is_being_inserted() -> None:
    template = make_job_template()
    make_job(template, name="Report").delete()

    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            make_job(template, name="Report")
            assert threads.submit(in_thread, sweep).result() == 0
        assert threads.submit(in_thread, sweep).result() == 0

    assert stored() == [("Report", "")]


@pytest.mark.django_db(transaction=True)
def test_a_run_that_is_inserted_while_texts_are_deleted_notes_its_own() -> None:
    make_job(name="Report").delete()

    def insert() -> int:
        return make_job(name="Report").pk

    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            assert sweep() == 1
            inserted = threads.submit(in_thread, insert)
            eventually(somebody_waits_for_a_lock)
        assert inserted.result()

    assert stored() == [("Report", "")]
