from typing import Any

import pytest

from tests.factories.access import client_of, make_superuser
from tests.factories.jobs import make_attempt, make_job

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("forks=5", [1]),
        ("forks__gte=0&order_by=-forks", [1, 0]),
        ("not__forks=5", [0]),
        ("diff_mode=true", [1]),
        ("diff_mode=false", [0]),
        ("job_tags__icontains=ONE", [1]),
        ("playbook__in=/a,/b&order_by=playbook", [0, 1]),
        ("job_slice_count=1&order_by=id", [0, 1]),
    ],
)
def test_jobs_are_found_by_what_they_record(query: str, numbers: list[int]) -> None:
    prompts: list[dict[str, Any]] = [{}, {"forks": 5, "diff_mode": True, "job_tags": "one"}]
    jobs = [
        make_job(prompts=prompts[number], request={"endpoint": path})
        for number, path in enumerate(("/a", "/b"))
    ]

    rows = client_of(make_superuser()).get(f"/api/v2/jobs/?{query}").json()["results"]

    assert [row["id"] for row in rows] == [jobs[number].pk for number in numbers]


def test_event_is_found_by_its_number() -> None:
    job = make_job()
    make_attempt(job)
    root = client_of(make_superuser())
    event = root.get(f"/api/v2/jobs/{job.pk}/job_events/").json()["results"][-1]

    assert root.get(f"/api/v2/job_events/{event['id']}/").json()["uuid"] == event["uuid"]
    missing = root.get("/api/v2/job_events/999999/")
    assert (missing.status_code, missing.json()) == (404, {"detail": "No JobEvent matches the given query."})
