from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from access.roles import revoke, role_of
from tests.factories.access import client_of, make_user
from tests.factories.jobs import make_job_template
from tests.factories.roles import give
from tests.factories.schedules import make_schedule


@pytest.mark.django_db
def test_a_request_that_reads_asks_once_what_its_user_holds() -> None:
    user, template = make_user(), make_job_template()
    give(template, "admin_role", user)
    make_schedule(template=template)
    client = client_of(user)

    with CaptureQueriesContext(connection) as captured:
        answer: Any = client.get(f"/api/v2/job_templates/{template.pk}/schedules/")

    assert answer.json()["results"][0]["summary_fields"]["user_capabilities"]["edit"]
    assert len([query for query in captured if "access_role_members" in query["sql"]]) == 1


@pytest.mark.django_db
def test_a_role_taken_away_counts_with_the_next_request() -> None:
    user, template = make_user(), make_job_template()
    give(template, "read_role", user)
    client = client_of(user)
    assert client.get("/api/v2/job_templates/").json()["count"] == 1

    revoke(role_of(template, "read_role"), user)

    assert client.get("/api/v2/job_templates/").json()["count"] == 0
