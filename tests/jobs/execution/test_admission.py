import pytest
from django.db import connection, connections

from jobs.execution.admission import GATE, admit
from jobs.models import UnifiedJob
from jobs.statuses import Status
from tests.factories.runs import make_job_template, make_run

pytestmark = pytest.mark.django_db


def statuses() -> list[str]:
    return list(UnifiedJob.objects.order_by("pk").values_list("status", flat=True))


def test_oldest_of_a_template_is_admitted_alone() -> None:
    template = make_job_template()
    for _ in range(3):
        make_run(unified_job_template_id=template.pk)

    assert (admit(), admit()) == (1, 0)
    assert statuses() == ["waiting", "pending", "pending"]


@pytest.mark.parametrize("status", [Status.SUCCESSFUL, Status.FAILED, Status.ERROR, Status.CANCELED])
def test_next_is_admitted_when_the_first_has_ended(status: Status) -> None:
    template = make_job_template()
    make_run(unified_job_template_id=template.pk, status=status)
    make_run(unified_job_template_id=template.pk)

    assert admit() == 1


def test_younger_run_on_its_way_holds_back_an_older_one() -> None:
    template = make_job_template()
    make_run(unified_job_template_id=template.pk)
    make_run(unified_job_template_id=template.pk, status=Status.WAITING)

    assert admit() == 0


def test_other_templates_and_runs_without_one_are_free() -> None:
    for template in (make_job_template(), make_job_template()):
        make_run(unified_job_template_id=template.pk)
    make_run()
    make_run()

    assert admit() == 4


def test_simultaneous_runs_are_free() -> None:
    template = make_job_template()
    for _ in range(3):
        make_run(unified_job_template_id=template.pk, allow_simultaneous=True)

    assert admit() == 3


def test_limit_takes_the_oldest() -> None:
    for _ in range(3):
        make_run()

    assert admit(limit=2) == 2
    assert statuses() == ["waiting", "waiting", "pending"]


def test_limit_holds_where_statistics_are_of_a_table_with_one_row() -> None:
    make_run(status=Status.SUCCESSFUL)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE jobs_unifiedjob")
        for way in ("hashjoin", "mergejoin", "indexscan", "bitmapscan", "material", "memoize"):
            cursor.execute(f"SET LOCAL enable_{way} = off")
    for _ in range(3):
        make_run()

    assert admit(limit=2) == 2


@pytest.mark.django_db(transaction=True)
def test_only_one_decides_at_a_time() -> None:
    make_run()
    other = connections.create_connection("default")
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [GATE])

    refused = admit()
    other.close()

    assert refused is None
    assert connection.in_atomic_block is False
