from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from access.runtime_settings import write
from jobs.models import JobTemplate, UnifiedJob
from schedules import expected_runs
from schedules.poller import launch_due
from tests.factories.access import client_of, make_superuser, make_user
from tests.factories.jobs import make_job, make_organization, make_project
from tests.factories.roles import holder
from tests.factories.schedules import exclude, make_schedule, make_template
from tests.factories.workflows import make_workflow

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]

FORECAST, CLASHES, QUIET = ("/api/v2/forecast/", "/api/v2/forecast/clashes/", "/api/v2/forecast/quiet/")
MIDNIGHT = datetime(2030, 1, 1, tzinfo=UTC)
NOW = MIDNIGHT - timedelta(hours=1)
DAILY = "DTSTART:20300101T{time}Z RRULE:FREQ=DAILY;INTERVAL=1"


@pytest.fixture
def frozen() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def root() -> APIClient:
    return client_of(make_superuser())


def daily(time: str, template: Any = None, **values: Any) -> Any:
    return make_schedule(DAILY.format(time=time), now=NOW, template=template, **values)


def measured(seconds: float, **values: Any) -> JobTemplate:
    """A template of which one run took so long."""
    template = make_template(**values)
    make_job(template, finished=NOW - timedelta(days=1), elapsed=seconds)
    return template


def test_forecast_shows_each_launch_to_come(root: APIClient) -> None:
    project = make_project(name="Billing")
    template = measured(90, name="Invoices", project=project)
    schedule = daily("020000", template, name="Nightly", jitter_seconds=600)

    answer = root.get(FORECAST).json()

    launch_at = MIDNIGHT + timedelta(hours=2) + schedule.slot
    assert answer == {
        "count": 1,
        "next": None,
        "previous": None,
        "results": [
            {
                "launch_at": f"{launch_at:%Y-%m-%dT%H:%M:%SZ}",
                "scheduled_for": "2030-01-01T02:00:00Z",
                "schedule": schedule.pk,
                "unified_job_template": template.pk,
                "outcome": "forecast",
                "reason": "",
                "expected_seconds": 90,
                "expected_end": f"{launch_at + timedelta(seconds=90):%Y-%m-%dT%H:%M:%SZ}",
                "summary_fields": {
                    "schedule": {"id": schedule.pk, "name": "Nightly", "description": ""},
                    "unified_job_template": {
                        "id": template.pk,
                        "name": "Invoices",
                        "description": "",
                        "unified_job_type": "job",
                    },
                    "project": {
                        "id": project.pk,
                        "name": "Billing",
                        "description": "",
                        "status": "ok",
                        "scm_type": "",
                        "allow_override": False,
                    },
                },
            }
        ],
        "from": "2029-12-31T23:00:00Z",
        "until": "2030-01-01T23:00:00Z",
        "shortened": False,
    }


def test_forecast_says_what_is_not_launched_and_why(root: APIClient) -> None:
    daily("010000", paused_until=MIDNIGHT + timedelta(hours=2))
    exclude(daily("020000"), MIDNIGHT + timedelta(hours=2), MIDNIGHT + timedelta(hours=3), name="holiday")
    write("SYSTEM_PAUSED", value=True)
    daily("030000")

    rows = root.get(FORECAST).json()["results"]

    assert [row["outcome"] for row in rows] == ["paused", "excluded", "forecast"]
    assert "holiday" in rows[1]["reason"]
    assert rows[2]["reason"].startswith("The system is paused.")


def test_forecast_is_what_then_happens(root: APIClient) -> None:
    for schedule in (make_schedule(now=NOW), make_schedule(now=NOW, jitter_seconds=1200)):
        exclude(schedule, MIDNIGHT + timedelta(hours=3), MIDNIGHT + timedelta(hours=5))

    expected = root.get(FORECAST, {"until": "2030-01-01T08:00:00Z"}).json()["results"]
    for row in expected:
        launch_due(datetime.fromisoformat(row["launch_at"]))

    launched = [row["scheduled_for"] for row in expected if row["outcome"] == "forecast"]
    runs = UnifiedJob.objects.order_by("id").values_list("scheduled_for", flat=True)
    assert [datetime.fromisoformat(instant) for instant in launched] == list(runs)
    assert len(expected) == 16


def test_window_is_chosen(root: APIClient) -> None:
    make_schedule(now=NOW)

    answer = root.get(FORECAST, {"from": "2030-01-05T14:00:00Z", "until": "2030-01-05T16:00:00+00:00"}).json()

    assert [row["launch_at"] for row in answer["results"]] == ["2030-01-05T14:00:00Z", "2030-01-05T15:00:00Z"]


def test_window_does_not_begin_in_the_past(root: APIClient) -> None:
    assert root.get(FORECAST, {"from": "2020-01-01T00:00:00Z"}).json()["from"] == "2029-12-31T23:00:00Z"


def test_forecast_comes_in_pages(root: APIClient) -> None:
    make_schedule(now=NOW)

    first = root.get(FORECAST, {"page_size": 20}).json()
    second = root.get(first["next"]).json()

    assert (first["count"], len(first["results"]), len(second["results"])) == (23, 20, 3)
    assert first["results"][-1]["launch_at"] < second["results"][0]["launch_at"]
    assert second["previous"] is not None


def test_forecast_of_one_project_template_or_organization(root: APIClient) -> None:
    organization, project = make_organization(), make_project()
    of_project = daily("010000", make_template(project=project))
    of_organization = daily("020000", make_template(organization=organization))
    both = daily("030000", make_template(project=project, organization=organization))

    def found(**query: int) -> list[int]:
        return [row["schedule"] for row in root.get(FORECAST, query).json()["results"]]

    assert found() == [of_project.pk, of_organization.pk, both.pk]
    assert found(project=project.pk) == [of_project.pk, both.pk]
    assert found(organization=organization.pk) == [of_organization.pk, both.pk]
    assert found(project=project.pk, organization=organization.pk) == [both.pk]
    assert found(unified_job_template=of_project.unified_job_template_id) == [of_project.pk]
    assert found(project=987654) == []


def test_forecast_shows_what_the_asker_may_read() -> None:
    template = make_template()
    daily("010000", template)
    daily("010000")
    reader, nobody = client_of(holder(template, "read_role")), client_of(make_user())

    assert [row["unified_job_template"] for row in reader.get(FORECAST).json()["results"]] == [template.pk]
    assert reader.get(QUIET).json()["count"] == 2
    assert nobody.get(FORECAST).json()["results"] == []
    assert nobody.get(CLASHES, {"at_once": 1}).json()["results"] == []
    assert reader.get(CLASHES, {"at_once": 1}).json()["results"] == []


def test_overlap_says_which_policy_decides(root: APIClient) -> None:
    template = measured(90 * 60, name="Long", project=make_project(), overlap_policy="skip")
    first = daily("010000", template, name="first")
    second = daily("020000", template, name="second", overlap_policy="replace")

    [clash] = root.get(CLASHES).json()["results"]

    summary = clash.pop("summary_fields")
    assert clash == {
        "kind": "overlap",
        "from": "2030-01-01T02:00:00Z",
        "until": "2030-01-01T02:30:00Z",
        "project": template.project_id,
        "unified_job_template": template.pk,
        "limit": 1,
        "at_once": 2,
        "launches": 2,
        "schedules": [
            {"id": first.pk, "name": "first", "overlap_policy": "skip"},
            {"id": second.pk, "name": "second", "overlap_policy": "replace"},
        ],
    }
    assert summary["unified_job_template"]["name"] == "Long"
    assert summary["project"]["id"] == template.project_id


@pytest.mark.parametrize(("allows", "policy"), [(True, "allow"), (False, "queue")])
def test_overlap_of_workflows(root: APIClient, allows: bool, policy: str) -> None:
    workflow = make_workflow(allow_simultaneous=allows)
    for _ in range(2):
        daily("010000", workflow)

    [clash] = root.get(CLASHES).json()["results"]

    assert (clash["kind"], clash["project"]) == ("overlap", None)
    assert [each["overlap_policy"] for each in clash["schedules"]] == [policy] * 2


def test_too_many_of_one_project_at_once_clash(root: APIClient) -> None:
    limited = make_project(max_concurrent_calls=3, max_calls_per_second=2)
    free = make_project()
    for project in (limited, free):
        for _ in range(8):
            daily("010000", make_template(project=project))

    def found(**query: int) -> list[tuple[Any, ...]]:
        rows = root.get(CLASHES, query).json()["results"]
        return [(row["kind"], row["project"], row["limit"], row["at_once"], row["launches"]) for row in rows]

    of_limits = [("concurrency", limited.pk, 3, 8, 8), ("rate", limited.pk, 2, 8, 8)]
    assert found() == of_limits
    assert found(at_once=7) == [*of_limits, ("concurrency", free.pk, 7, 8, 8)]
    [row] = root.get(CLASHES, {"at_once": 7, "project": free.pk}).json()["results"]
    assert len(row["schedules"]) == 5
    assert row["summary_fields"] == {"project": row["summary_fields"]["project"]}


def test_quiet_is_when_it_is_safe_to_deploy(root: APIClient) -> None:
    daily("010000", measured(3600))
    daily("140000", measured(60))
    daily("180000", paused_until=MIDNIGHT + timedelta(days=2))

    answer = root.get(QUIET).json()

    assert answer["results"] == [
        {"from": "2030-01-01T02:00:00Z", "until": "2030-01-01T14:00:00Z", "seconds": 43200},
        {"from": "2030-01-01T14:01:00Z", "until": "2030-01-01T23:00:00Z", "seconds": 32340},
        {"from": "2029-12-31T23:00:00Z", "until": "2030-01-01T01:00:00Z", "seconds": 7200},
    ]
    assert (answer["count"], answer["until"], answer["shortened"]) == (3, "2030-01-01T23:00:00Z", False)


@pytest.mark.parametrize("path", [FORECAST, CLASHES, QUIET])
def test_shortened_window_is_told_of(root: APIClient, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expected_runs, "MOST_RUNS", 2)
    make_schedule(now=NOW)

    answer = root.get(path).json()

    assert (answer["until"], answer["shortened"]) == ("2030-01-01T02:00:00Z", True)


@pytest.mark.parametrize("path", [FORECAST, CLASHES, QUIET])
def test_too_much_at_once_is_refused(root: APIClient, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expected_runs, "MOST_RUNS", 2)
    for _ in range(3):
        make_schedule(now=NOW)

    answer = root.get(path, {"from": "2030-01-01T00:00:00Z"})

    assert answer.status_code == 400
    assert answer.json()["detail"].startswith("Too much is due")


BAD_TIMES = ("x", "2030-13-01", "2030-01-01T00:00:00 02:00", "9" * 400, "2030-01-01\0", "-1", "²")
BAD_NUMBERS = ("x", "0", "-1", "1.5", "1\0", "9" * 19, "9" * 5000, "[1]", "²", "true")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((name, value) for name in ("from", "until") for value in BAD_TIMES),
        *(
            (name, value)
            for name in ("project", "organization", "unified_job_template")
            for value in BAD_NUMBERS
        ),
        ("until", "2029-12-31T23:00:00Z"),
        ("until", "2030-01-07T23:00:01Z"),
        ("until", "2020-01-01T00:00:00Z"),
        ("from", "9000-01-01T00:00:01Z"),
        ("from", "9999-12-31T23:59:59-14:00"),
        ("from", "0001-01-01T00:00:00+14:00"),
        ("nothing", "1"),
        ("at_once", "3"),
        ("order_by", "launch_at"),
    ],
)
def test_bad_questions_are_refused(root: APIClient, name: str, value: str) -> None:
    answer = root.get(FORECAST, {name: value})

    assert answer.status_code == 400
    assert list(answer.json()) == [name]


@pytest.mark.parametrize("value", [*BAD_NUMBERS, "10001"])
def test_bad_thresholds_are_refused(root: APIClient, value: str) -> None:
    answer = root.get(CLASHES, {"at_once": value})

    assert (answer.status_code, list(answer.json())) == (400, ["at_once"])


def test_forecast_is_read_only_and_in_the_root(root: APIClient) -> None:
    for path in (FORECAST, CLASHES, QUIET):
        assert [root.post(path).status_code, root.delete(path).status_code] == [405, 405]
        assert client_of(None).get(path).status_code == 401
        assert root.get(path, headers={"Accept": "text/html"}).status_code == 200
    assert root.get("/api/v2/").json()["forecast"] == FORECAST


@pytest.mark.parametrize("path", [FORECAST, CLASHES, QUIET])
def test_options_promise_no_filters(root: APIClient, path: str) -> None:
    fields = root.options(path).json()["actions"]["GET"]

    assert {field["filterable"] for field in fields.values()} == {False}


@pytest.mark.parametrize("path", [FORECAST, CLASHES, QUIET])
def test_statements_do_not_grow_with_schedules(path: str) -> None:
    organization = make_organization()
    client = client_of(holder(organization, "admin_role"))

    def grow(number: int) -> None:
        for _ in range(number):
            template = measured(7200, organization=organization, project=make_project())
            exclude(daily("010000", template), MIDNIGHT, MIDNIGHT + timedelta(hours=1))
            daily("020000", template)

    def statements() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(path).json()["count"] > 0
        return len(captured)

    grow(1)
    few = statements()
    grow(4)

    assert statements() == few
