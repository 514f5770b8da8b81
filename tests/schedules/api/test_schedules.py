from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from jobs.models import JobTemplate
from schedules.models import Schedule
from schedules.poller import launch_due
from tests.factories.access import client_of, make_superuser, make_user
from tests.factories.jobs import make_project
from tests.factories.schedules import HOURLY, make_schedule, make_template

pytestmark = pytest.mark.django_db

SCHEDULES = "/api/v2/schedules/"
MIDNIGHT = datetime(2030, 1, 1, tzinfo=UTC)
DAILY = "DTSTART;TZID=America/New_York:20300115T120000 RRULE:FREQ=DAILY;INTERVAL=1;COUNT=7"
ALREADY = "Schedule with this Unified job template and Name already exists."
NOT_ALLOWED = (
    "Variables a are not allowed on launch. Check the Prompt on Launch setting on the Job Template to include "
    "Extra Variables."
)
NO_TIME = (
    "Datetime has wrong format. Use one of these formats instead: "
    "YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z]."
)


@pytest.fixture
def client() -> APIClient:
    return client_of(make_superuser())


def post(client: APIClient, template: JobTemplate, **values: Any) -> Any:
    return client.post(
        SCHEDULES, {"name": "s", "rrule": DAILY, "unified_job_template": template.pk} | values, format="json"
    )


def test_create_answers_with_the_schedule_and_its_computed_times(client: APIClient) -> None:
    template = make_template(name="Nightly")

    answer = post(client, template, description="d")

    body = answer.json()
    assert (answer.status_code, answer["Location"]) == (201, f"{SCHEDULES}{body['id']}/")
    assert body == body | {
        "type": "schedule",
        "rrule": DAILY,
        "dtstart": "2030-01-15T17:00:00Z",
        "dtend": "2030-01-21T17:00:00Z",
        "next_run": "2030-01-15T17:00:00Z",
        "timezone": "America/New_York",
        "rrule_in_words": "Every day at 12:00, 7 times, America/New_York, from 2030-01-15 12:00",
        "until": "",
        "enabled": True,
        "extra_data": {},
        "limit": None,
        "unified_job_template": template.pk,
    }
    assert body["summary_fields"]["unified_job_template"]["unified_job_type"] == "job"
    assert client.get(body["related"]["unified_job_template"]).json()["name"] == "Nightly"


@pytest.mark.parametrize(
    ("given", "errors"),
    [
        ({"name": ""}, {"name": ["This field may not be blank."]}),
        ({"name": None}, {"name": ["This field cannot be blank."]}),
        ({"name": "taken"}, {"__all__": [ALREADY]}),
        ({"name": "n" * 513}, {"name": ["Ensure this field has no more than 512 characters."]}),
        ({"name": "n\x00"}, {"name": ["Null characters are not allowed."]}),
        (
            {"unified_job_template": 999999},
            {"unified_job_template": ['Invalid pk "999999" - object does not exist.']},
        ),
        (
            {"unified_job_template": "x"},
            {"unified_job_template": ["Incorrect type. Expected pk value, received str."]},
        ),
        ({"enabled": "x"}, {"enabled": ["Must be a valid boolean."]}),
        ({"rrule": DAILY.replace("DAILY", "SECONDLY")}, {"rrule": ["SECONDLY is not supported."]}),
        ({"extra_data": {"a": 1}}, {"extra_data": [NOT_ALLOWED]}),
        ({"extra_data": "a: 1"}, {"extra_data": [NOT_ALLOWED]}),
        ({"extra_data": None}, {"extra_data": ["This field may not be null."]}),
        ({"limit": "web*"}, {"limit": ["Field is not configured to prompt on launch."]}),
        ({"forks": -1}, {"forks": ["Ensure this value is greater than or equal to 0."]}),
        ({"job_type": "x"}, {"job_type": ['"x" is not a valid choice.']}),
        ({"inventory": 5}, {"inventory": ['Invalid pk "5" - object does not exist.']}),
        ({"missed_policy": "never"}, {"missed_policy": ['"never" is not a valid choice.']}),
        ({"missed_limit": 0}, {"missed_limit": ["Ensure this value is greater than or equal to 1."]}),
        ({"missed_limit": 101}, {"missed_limit": ["Ensure this value is less than or equal to 100."]}),
        (
            {"starting_deadline_seconds": 0},
            {"starting_deadline_seconds": ["Ensure this value is greater than or equal to 1."]},
        ),
        (
            {"paused_until": "tomorrow"},
            {"paused_until": [NO_TIME]},
        ),
    ],
)
def test_create_refuses_bad_input_in_awxs_words_and_saves_nothing(
    client: APIClient, given: dict[str, Any], errors: dict[str, list[str]]
) -> None:
    template = make_template()
    make_schedule(template=template, name="taken")

    answer = post(client, template, **given)

    assert (answer.status_code, answer.json()) == (400, errors)
    assert Schedule.objects.count() == 1


def test_create_for_a_template_without_endpoint_names_what_is_missing(client: APIClient) -> None:
    answer = post(client, make_template(endpoint=""))

    assert answer.status_code == 400
    assert answer.json() == {"resources_needed_to_start": ["Job Template endpoint is missing or undefined."]}


def test_create_for_a_project_is_refused(client: APIClient) -> None:
    answer = client.post(
        SCHEDULES, {"name": "s", "rrule": DAILY, "unified_job_template": make_project().pk}, format="json"
    )

    assert answer.status_code == 400
    assert list(answer.json()) == ["unified_job_template"]


def test_create_keeps_the_answers_that_the_template_asks_for(client: APIClient) -> None:
    template = make_template(
        ask_variables_on_launch=True, ask_limit_on_launch=True, ask_timeout_on_launch=True
    )

    body = post(client, template, extra_data="range: today", limit="web*", timeout=5, job_tags=None).json()

    assert body == body | {"extra_data": "range: today", "limit": "web*", "timeout": 5, "job_tags": None}


def test_create_below_a_template_takes_it_from_the_path(client: APIClient) -> None:
    template = make_template()

    answer = client.post(
        f"/api/v2/job_templates/{template.pk}/schedules/", {"name": "s", "rrule": DAILY}, format="json"
    )

    assert answer.status_code == 201
    assert answer.json()["unified_job_template"] == template.pk
    assert client.get(f"/api/v2/job_templates/{template.pk}/schedules/").json()["count"] == 1


def test_patch_of_one_field_leaves_the_rest(client: APIClient) -> None:
    template = make_template(ask_limit_on_launch=True, ask_forks_on_launch=True)
    created = post(client, template, limit="a", forks=3).json()

    answer = client.patch(created["url"], {"limit": "b"}, format="json")

    changed = answer.json()
    assert answer.status_code == 200
    assert {k: v for k, v in changed.items() if k not in ("modified", "limit")} == {
        k: v for k, v in created.items() if k not in ("modified", "limit")
    }
    assert changed["limit"] == "b"


def test_put_needs_all_required_fields(client: APIClient) -> None:
    schedule = make_schedule()

    answer = client.put(f"{SCHEDULES}{schedule.pk}/", {}, format="json")

    assert answer.status_code == 400
    assert sorted(answer.json()) == ["name", "rrule", "unified_job_template"]


@time_machine.travel(MIDNIGHT, tick=False)
def test_patch_of_enabled_clears_and_restores_next_run(client: APIClient) -> None:
    url = f"{SCHEDULES}{make_schedule(HOURLY).pk}/"

    off = client.patch(url, {"enabled": False}, format="json").json()
    on = client.patch(url, {"enabled": 1}, format="json").json()

    assert (off["enabled"], off["next_run"], off["rrule"]) == (False, None, HOURLY)
    assert (on["enabled"], on["next_run"]) == (True, "2030-01-01T01:00:00Z")


def test_delete_takes_the_schedule_and_leaves_its_runs(client: APIClient) -> None:
    schedule = make_schedule(now=datetime(2029, 12, 31, 23, 30, tzinfo=UTC))
    launch_due(MIDNIGHT)
    [job] = client.get(f"{SCHEDULES}{schedule.pk}/jobs/").json()["results"]

    answer = client.delete(f"{SCHEDULES}{schedule.pk}/")

    assert (answer.status_code, answer.content) == (204, b"")
    assert client.get(f"{SCHEDULES}{schedule.pk}/").status_code == 404
    assert client.get(job["url"]).status_code == 200


def test_jobs_of_a_schedule_name_it(client: APIClient) -> None:
    schedule = make_schedule(now=datetime(2029, 12, 31, 23, 30, tzinfo=UTC))
    make_schedule(now=datetime(2029, 12, 31, 23, 30, tzinfo=UTC))
    launch_due(MIDNIGHT)

    [job] = client.get(f"{SCHEDULES}{schedule.pk}/jobs/").json()["results"]

    assert job["launch_type"] == "scheduled"
    assert job["summary_fields"]["schedule"]["id"] == schedule.pk
    assert job["related"]["schedule"] == f"{SCHEDULES}{schedule.pk}/"
    assert client.get(f"/api/v2/jobs/?schedule={schedule.pk}").json()["count"] == 1


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("order_by=-name", ["c", "b", "a"]),
        ("name=b", ["b"]),
        ("name__in=a,c&order_by=name", ["a", "c"]),
        ("search=second", ["b"]),
        ("enabled=false", ["c"]),
        ("next_run__isnull=true", ["c"]),
        ("unified_job_template__name=T", ["a", "b", "c"]),
        ("not__name=a&order_by=name", ["b", "c"]),
        ("or__name=a&or__name=c&order_by=name", ["a", "c"]),
    ],
)
def test_list_is_ordered_and_filtered(client: APIClient, query: str, names: list[str]) -> None:
    template = make_template(name="T")
    make_schedule(template=template, name="a", description="the first")
    make_schedule(template=template, name="b", description="the second")
    make_schedule(template=template, name="c", enabled=False)

    results = client.get(f"{SCHEDULES}?{query}").json()["results"]

    assert [schedule["name"] for schedule in results] == names


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("nosuch=1", "Schedule has no field named 'nosuch'"),
        ("verbosity=1", "Schedule has no field named 'verbosity'"),
    ],
)
def test_list_refuses_a_query_that_it_does_not_know(client: APIClient, query: str, words: str) -> None:
    answer = client.get(f"{SCHEDULES}?{query}")

    assert answer.status_code == 400
    assert words in answer.json()["detail"]


def test_list_needs_as_many_queries_for_thirty_as_for_one(client: APIClient) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(f"{SCHEDULES}?page_size=50").status_code == 200
        return len(captured)

    make_schedule()
    one = queries()
    for _ in range(29):
        make_schedule()

    assert queries() == one


@pytest.mark.parametrize(
    "path", [SCHEDULES, f"{SCHEDULES}1/", f"{SCHEDULES}preview/", f"{SCHEDULES}zoneinfo/"]
)
def test_strangers_are_asked_who_they_are(path: str) -> None:
    assert client_of(None).get(path).status_code == 401


def test_users_without_roles_see_and_change_nothing() -> None:
    schedule = make_schedule()
    client = client_of(make_user())

    assert client.get(SCHEDULES).json()["count"] == 0
    assert post(client, make_template()).status_code == 403
    assert client.get(f"{SCHEDULES}{schedule.pk}/").status_code == 403
    assert client.delete(f"{SCHEDULES}{schedule.pk}/").status_code == 403
    assert Schedule.objects.count() == 1


def test_methods_that_a_list_does_not_have_are_405(client: APIClient) -> None:
    answer = client.patch(SCHEDULES, {}, format="json")

    assert (answer.status_code, answer.json()) == (405, {"detail": 'Method "PATCH" not allowed.'})


def test_options_tells_clients_the_fields(client: APIClient) -> None:
    actions = client.options(SCHEDULES).json()["actions"]

    assert {name for name, field in actions["POST"].items() if field["required"]} == {
        "rrule", "name", "unified_job_template",
    }  # fmt: skip
    assert [choice[0] for choice in actions["POST"]["job_type"]["choices"]] == [None, "", "run", "check"]
    assert actions["GET"]["next_run"]["type"] == "datetime"


@pytest.mark.parametrize(
    ("policy", "limit"), [("", None), ("skip", None), ("queue", 0), ("queue", 3), ("replace", None)]
)
def test_overlap_policy_comes_back_as_it_was_sent(client: APIClient, policy: str, limit: int | None) -> None:
    sent = {"overlap_policy": policy, "overlap_limit": limit}

    body = post(client, make_template(), **sent).json()

    assert {name: body[name] for name in sent} == sent


@pytest.mark.parametrize("sent", [{"overlap_policy": "x"}, {"overlap_policy": None}, {"overlap_limit": -1}])
def test_bad_overlap_policy_is_refused(client: APIClient, sent: dict[str, Any]) -> None:
    answer = post(client, make_template(), **sent)

    assert (answer.status_code, list(answer.json())) == (400, list(sent))
    assert not Schedule.objects.exists()


POLICY: dict[str, Any] = {
    "missed_policy": "all",
    "missed_limit": 3,
    "starting_deadline_seconds": 600,
    "paused_until": "2030-01-02T00:00:00Z",
    "pause_note": "maintenance of the shop",
}


def test_policy_of_missed_times_has_defaults_and_survives_what_does_not_name_it(client: APIClient) -> None:
    template = make_template()
    made = post(client, template).json()
    changed = client.patch(made["url"], POLICY, format="json").json()

    put = {"name": "s", "rrule": DAILY, "unified_job_template": template.pk}
    after = client.put(made["url"], put, format="json").json()

    assert {name: made[name] for name in POLICY} == {
        "missed_policy": "latest",
        "missed_limit": 10,
        "starting_deadline_seconds": None,
        "paused_until": None,
        "pause_note": "",
    }
    assert {name: changed[name] for name in POLICY} == {name: after[name] for name in POLICY} == POLICY


def test_options_describe_the_policy_of_missed_times(client: APIClient) -> None:
    fields = client.options(SCHEDULES).json()["actions"]["POST"]

    assert {name: fields[name]["type"] for name in POLICY} == {
        "missed_policy": "choice",
        "missed_limit": "integer",
        "starting_deadline_seconds": "integer",
        "paused_until": "datetime",
        "pause_note": "string",
    }
    assert all(fields[name]["help_text"] for name in POLICY)
    assert not any(fields[name]["required"] for name in POLICY)
    assert [value for value, _ in fields["missed_policy"]["choices"]] == ["latest", "skip", "all"]


def test_policies_for_changes_of_the_clock_and_jitter_are_awxs_unless_given(client: APIClient) -> None:
    names = ("dst_gap", "dst_overlap", "jitter_seconds")
    path = post(client, make_template()).json()["url"]

    shown = [client.get(path).json()]
    shown.append(
        client.patch(
            path, {"dst_gap": "shift", "dst_overlap": "both", "jitter_seconds": 60}, format="json"
        ).json()
    )
    # a client of AWX's knows none of them
    shown.append(
        client.put(
            path,
            {"name": "s", "rrule": DAILY, "unified_job_template": shown[0]["unified_job_template"]},
            format="json",
        ).json()
    )

    assert [[each[name] for name in names] for each in shown] == [
        ["skip", "first", 0],
        ["shift", "both", 60],
        ["shift", "both", 60],
    ]


@time_machine.travel(datetime(2030, 3, 10, 0, tzinfo=UTC), tick=False)
def test_a_change_of_the_policy_is_a_change_of_the_times(client: APIClient) -> None:
    rule = "DTSTART;TZID=America/New_York:20300309T023000 RRULE:FREQ=DAILY;INTERVAL=1;COUNT=2"
    schedule = make_schedule(rule, now=datetime(2030, 3, 10, 0, tzinfo=UTC))
    assert schedule.next_run is None

    changed = client.patch(f"{SCHEDULES}{schedule.pk}/", {"dst_gap": "shift"}, format="json").json()

    assert changed["next_run"] == changed["dtend"] == "2030-03-10T07:30:00Z"
