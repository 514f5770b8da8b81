from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from access.rules import accessible
from schedules.models import Schedule
from tests.factories.access import make_user
from tests.factories.roles import give
from tests.factories.schedules import make_schedule


@pytest.mark.django_db
def test_what_somebody_may_read_is_found_once_for_all_statements_of_a_list(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    user: Any = make_user()
    make_schedule()
    schedule = make_schedule()
    give(schedule.unified_job_template.as_job_template, "read_role", user)
    rows = accessible(Schedule.objects.all(), user)

    with django_assert_num_queries(4):
        assert list(rows.order_by("name")) == [schedule]
        assert rows.count() == 1
        assert list(rows.filter(enabled=True)) == [schedule]
