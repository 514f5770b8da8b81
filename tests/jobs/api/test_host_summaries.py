from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from inventories.models import Host, Inventory
from jobs.models import JobHostSummary, UnifiedJob
from jobs.statuses import Outcome, Status
from tests.factories.inventories import make_group, make_host, make_inventory
from tests.factories.jobs import make_attempt, make_job, make_job_template, make_project
from tests.factories.roles import holder
from tests.jobs.api.conftest import client_of

ENDS = {"good": Outcome.SUCCESS, "gone": Outcome.CONNECT, "slow": Outcome.TIMEOUT, "bad": Outcome.HTTP_STATUS}


def make_called(inventory: Inventory, **values: Any) -> UnifiedJob:
    """A run that called each host of ENDS, which ended so."""
    template = make_job_template(project=make_project(), inventory=inventory, endpoint="/jobs/x")
    job = make_job(template, status=Status.FAILED, inventory=inventory, **values)
    for name, outcome in ENDS.items():
        host, _ = Host.objects.get_or_create(inventory=inventory, name=name)
        make_attempt(job, host=host, host_name=name, outcome=outcome)
    return job


def rows(client: APIClient, path: str) -> list[dict[str, Any]]:
    answer = client.get(path)
    assert answer.status_code == 200, answer.json()
    found: list[dict[str, Any]] = answer.json()["results"]
    return found


def test_summaries_of_a_run(admin: APIClient) -> None:
    job = make_called(make_inventory())
    make_attempt(make_job())

    found = {one["host_name"]: one for one in rows(admin, f"/api/v2/jobs/{job.pk}/job_host_summaries/")}

    assert {
        name: (one["ok"], one["dark"], one["failures"], one["failed"]) for name, one in found.items()
    } == {
        "good": (1, 0, 0, False),
        "gone": (0, 1, 0, True),
        "slow": (0, 1, 0, True),
        "bad": (0, 0, 1, True),
    }
    good = found["good"]
    assert good["type"] == "job_host_summary"
    assert (good["job"], good["created"]) == (job.pk, "2030-01-01T00:00:01.250000Z")
    assert [good[name] for name in ("changed", "processed", "skipped", "ignored", "rescued")] == [0] * 5
    assert good["summary_fields"]["host"] == {"id": good["host"], "name": "good", "description": ""}
    assert good["summary_fields"]["job"]["job_template_id"] == job.unified_job_template_id
    assert admin.get(good["url"]).json() == good
    for path in good["related"].values():
        assert admin.get(path).status_code == 200, path


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("failed=true&order_by=host_name", ["bad", "gone", "slow"]),
        ("dark=1&order_by=-host_name", ["slow", "gone"]),
        ("host__name=bad", ["bad"]),
        ("ok__gt=0", ["good"]),
    ],
)
def test_summaries_are_filtered_and_ordered(admin: APIClient, query: str, names: list[str]) -> None:
    job = make_called(make_inventory())

    found = rows(admin, f"/api/v2/jobs/{job.pk}/job_host_summaries/?{query}")

    assert [one["host_name"] for one in found] == names


def test_summaries_of_a_host_and_of_a_group(admin: APIClient) -> None:
    inventory = make_inventory()
    first, second = make_called(inventory), make_called(inventory)
    good = Host.objects.get(name="good")
    below = make_group(inventory, hosts=(good, make_host(inventory)))
    above = make_group(inventory)
    above.children.add(below)

    of_host = rows(admin, f"/api/v2/hosts/{good.pk}/job_host_summaries/")
    of_group = rows(admin, f"/api/v2/groups/{above.pk}/job_host_summaries/?order_by=-id")

    assert [one["job"] for one in of_host] == [first.pk, second.pk]
    assert [one["job"] for one in of_group] == [second.pk, first.pk]


def test_host_shows_its_last_runs(admin: APIClient) -> None:
    inventory = make_inventory()
    first, last = make_called(inventory), make_called(inventory, name="nightly")
    host = Host.objects.get(name="good")
    make_attempt(make_job(status=Status.RUNNING), host=host, host_name="good", finished=None, outcome="")

    shown = admin.get(f"/api/v2/hosts/{host.pk}/").json()

    summary = shown["summary_fields"]
    assert shown["last_job"] == last.pk
    assert summary["last_job"]["name"] == "nightly"
    assert summary["last_job"]["finished"] == "2030-01-01T00:00:01.5Z"
    assert summary["last_job_host_summary"] == {"id": shown["last_job_host_summary"], "failed": False}
    assert [run["id"] for run in summary["recent_jobs"]] == [last.pk, first.pk]
    assert admin.get(shown["related"]["last_job_host_summary"]).json()["job"] == last.pk
    assert admin.get("/api/v2/hosts/?name=good").json()["results"][0]["summary_fields"] == summary


def test_who_sees_the_run_sees_its_summaries_and_calls(admin: APIClient) -> None:
    inventory = make_inventory()
    job = make_called(inventory)
    template = job.unified_job_template.as_job_template  # type: ignore[union-attr]
    reader = client_of(holder(template, "read_role"))
    other = client_of(holder(inventory, "read_role"))
    path = f"/api/v2/jobs/{job.pk}/"
    summary = JobHostSummary.objects.filter(host_name="good").get()

    assert len(rows(reader, f"{path}job_host_summaries/")) == 4
    assert len(rows(reader, f"{path}attempts/")) == 4
    assert reader.get(f"/api/v2/job_host_summaries/{summary.pk}/").status_code == 200
    assert reader.get(f"/api/v2/hosts/{summary.host_id}/job_host_summaries/").status_code == 403
    assert other.get(f"{path}job_host_summaries/").status_code == 403
    assert other.get(f"/api/v2/job_host_summaries/{summary.pk}/").status_code == 403
    assert rows(other, f"/api/v2/hosts/{summary.host_id}/job_host_summaries/") == []


def test_unknown_summary_is_a_404(admin: APIClient) -> None:
    alone = make_attempt(make_job())

    answer = admin.get(f"/api/v2/job_host_summaries/{alone.pk}/")

    assert (answer.status_code, answer.json()) == (
        404,
        {"detail": "No JobHostSummary matches the given query."},
    )


def test_job_counts_its_hosts(admin: APIClient) -> None:
    job = make_called(make_inventory())

    shown = admin.get(f"/api/v2/jobs/{job.pk}/").json()

    assert shown["host_status_counts"] == {"ok": 1, "dark": 2, "failures": 1}
    assert shown["related"]["job_host_summaries"] == f"/api/v2/jobs/{job.pk}/job_host_summaries/"


def test_relaunch_on_failed_hosts(admin: APIClient) -> None:
    job = make_called(make_inventory(), prompts={"limit": "all"})
    path = f"/api/v2/jobs/{job.pk}/relaunch/"

    assert admin.get(path).json()["retry_counts"] == {"all": 4, "failed": 3}
    failed = admin.post(path, {"hosts": "failed"})
    whole = admin.post(path, {"hosts": "all"})

    assert (failed.status_code, failed.json()["limit"]) == (201, "gone,slow,bad")
    assert (whole.status_code, whole.json()["limit"]) == (201, "all")


def test_relaunch_on_failed_hosts_needs_some(admin: APIClient) -> None:
    job = make_called(make_inventory())
    job.attempts.exclude(outcome=Outcome.SUCCESS).delete()

    answer = admin.post(f"/api/v2/jobs/{job.pk}/relaunch/", {"hosts": "failed"})

    assert (answer.status_code, answer.json()) == (
        400,
        {"hosts": ["Cannot relaunch because previous job had 0 failed hosts."]},
    )


def test_lists_take_a_constant_number_of_queries(admin: APIClient) -> None:
    inventory = make_inventory()
    job = make_called(inventory)

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            rows(admin, f"/api/v2/jobs/{job.pk}/job_host_summaries/")
            rows(admin, f"/api/v2/inventories/{inventory.pk}/hosts/")
        return len(queries)

    before = cost()
    for _ in range(5):
        make_attempt(job, host=make_host(inventory), host_name="more")
    assert cost() == before
