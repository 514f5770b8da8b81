from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
import time_machine
from django.test import Client
from pytest_django import Settings

from access.activity import ActivityStream
from jobs.models import JobTemplate
from schedules.models import Schedule
from tests.factories.access import bearer, client_of, make_superuser, make_token, make_user
from tests.factories.jobs import make_job_template
from tests.factories.roles import holder

pytestmark = pytest.mark.django_db

PATH = "/api/v2/schedules/crontab/"
NOW = datetime(2030, 1, 15, 12, 0, 30, tzinfo=UTC)
SECRET = "hunter2"
NIGHTLY = f"30 2 * * * backup --password {SECRET}"


def send(body: Any, client: Any = None) -> Any:
    with time_machine.travel(NOW, tick=False):
        return (client or client_of(make_user())).post(PATH, body, format="json")


def jobs_of(crontab: str, **body: Any) -> Any:
    answer = send({"crontab": crontab} | body)
    assert answer.status_code == 200, answer.json()
    return answer.json()["jobs"]


def test_line_is_shown_with_its_schedule_and_a_proof() -> None:
    (job,) = jobs_of(NIGHTLY, timezone="America/New_York")

    assert job["next"]["local"][:2] == ["2030-01-16T02:30:00-05:00", "2030-01-17T02:30:00-05:00"]
    assert job["next"]["utc"][0] == "2030-01-16T07:30:00Z"
    assert (len(job["next"]["local"]), len(job["next"]["utc"])) == (10, 10)
    moved = job["proof"].pop("moved")
    assert [(each["cron"], each["schedule"]) for each in moved] == [
        ("2030-03-10T03:00:00-04:00", "2030-03-10T03:30:00-04:00"),
        ("2031-03-09T03:00:00-04:00", "2031-03-09T03:30:00-04:00"),
    ]
    assert "skips" in moved[0]["why"]
    assert job | {"next": None} == {
        "line": 1,
        "expression": "30 2 * * *",
        "timezone": "America/New_York",
        "schedules": [
            {
                "name": "crontab line 1: 30 2 * * *",
                "rrule": "DTSTART;TZID=America/New_York:20300101T000000 "
                "RRULE:FREQ=DAILY;INTERVAL=1;BYHOUR=2;BYMINUTE=30",
                "dst_gap": "shift",
                "dst_overlap": "first",
                "jitter_seconds": 0,
                "id": None,
                "url": None,
            }
        ],
        "next": None,
        "proof": {
            "from": "2030-01-15T12:01:00Z",
            "until": "2032-01-16T12:01:00Z",
            "times": 731,
            "missing": [],
            "doubled": [],
            "extra": [],
            "counts": {"moved": 2, "missing": 0, "doubled": 0, "extra": 0},
        },
        "notes": [],
        "error": "",
    }
    assert not Schedule.objects.exists()


def test_schedules_of_each_contract(settings: Settings) -> None:
    settings.AWX_CONTRACT = "documented"
    (documented,) = jobs_of("0 0 1,15 * mon x")
    settings.AWX_CONTRACT = "server"
    (server,) = jobs_of("0 0 1,15 * mon x")

    assert (len(documented["schedules"]), len(server["schedules"])) == (3, 1)
    assert documented["next"] == server["next"]
    assert documented["proof"] == server["proof"]
    assert server["proof"]["times"] == 144
    assert ["server" in note for note in documented["notes"]] == [False, True]
    assert len(server["notes"]) == 1


def test_time_that_comes_twice_when_the_clock_is_put_forward_is_told() -> None:
    (job,) = jobs_of("0 2,3 * * * x", timezone="America/New_York")

    missing = job["proof"]["missing"]
    assert [each["local"] for each in missing] == ["2030-03-10T03:00:00-04:00", "2031-03-09T03:00:00-04:00"]
    assert missing[0]["utc"] == "2030-03-10T07:00:00Z"
    assert missing[0]["why"]


def test_bad_lines_do_not_hide_the_others() -> None:
    jobs = jobs_of(f"@reboot {SECRET}\n0 25 * * * x\n@daily x\n0 0 30 2 * x")

    assert [(job["line"], job["error"], len(job["schedules"])) for job in jobs] == [
        (1, "Nothing is launched because a host has started (@reboot).", 0),
        (2, "The hour must be from 0 to 23.", 0),
        (3, "", 1),
        (4, "", 1),
    ]
    assert (jobs[0]["proof"], jobs[0]["next"]) == (None, {"local": [], "utc": []})
    assert jobs[3]["notes"] == ["These times do not come within two years."]


def test_variables_are_answered_with_what_stands_for_them() -> None:
    answer = send({"crontab": f"MAILTO=ops@example.org\nKEY={SECRET}\n"}).json()

    assert answer["jobs"] == []
    assert [(each["line"], each["name"]) for each in answer["variables"]] == [(1, "MAILTO"), (2, "KEY")]
    assert "notification_templates_error" in answer["variables"][0]["note"]


def test_chosen_lines_are_compared_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("schedules.crontab_proof.MOST_COMPARED", 1_000)
    crontab = "CRON_TZ=Asia/Tokyo\n" + "* * * * * x\n" * 20
    first, *_ = jobs_of(crontab)
    (chosen,) = jobs_of(crontab, lines=[2])

    assert (first["proof"]["times"], chosen["proof"]["times"]) == (50, 1_000)
    assert "ends early" in chosen["notes"][0]
    assert chosen["timezone"] == "Asia/Tokyo"


def test_schedules_are_made_as_if_they_had_been_sent() -> None:
    template = make_job_template()
    user = holder(template, "execute_role")

    answer = send(
        {
            "crontab": f"RANDOM_DELAY=10\n{NIGHTLY}\n0 0 1,15 * mon x",
            "timezone": "Europe/Berlin",
            "unified_job_template": template.pk,
        },
        client_of(user),
    )

    assert answer.status_code == 201
    shown = [made for job in answer.json()["jobs"] for made in job["schedules"]]
    schedules = list(Schedule.objects.order_by("id"))
    assert len(schedules) == 4
    assert [(each["id"], each["name"], each["rrule"]) for each in shown] == [
        (schedule.pk, schedule.name, schedule.rrule) for schedule in schedules
    ]
    nightly = schedules[0]
    assert shown[0]["url"] == f"/api/v2/schedules/{nightly.pk}/"
    assert (nightly.created_by, nightly.unified_job_template_id) == (user, template.pk)
    assert (nightly.dst_gap, nightly.dst_overlap, nightly.jitter_seconds) == ("shift", "first", 600)
    assert nightly.next_occurrence == datetime(2030, 1, 16, 1, 30, tzinfo=UTC)
    assert ActivityStream.objects.filter(object1="schedule", operation="create").count() == 4


def refused(template: JobTemplate, crontab: str, client: Any = None, **body: Any) -> tuple[int, Any]:
    before = Schedule.objects.count()
    sent = {"crontab": crontab, "unified_job_template": template.pk} | body
    answer = send(sent, client or client_of(make_superuser()))
    assert Schedule.objects.count() == before
    return answer.status_code, answer.json()


def test_one_bad_line_and_nothing_is_made() -> None:
    status, answer = refused(make_job_template(), "@daily x\n@reboot x\n0 0 * * 8 x")

    assert (status, answer) == (
        400,
        {
            "crontab": [
                "Line 2: Nothing is launched because a host has started (@reboot).",
                "Line 3: The day of the week must be from 0 to 7, or sun to sat.",
            ]
        },
    )


def test_making_nothing_is_refused() -> None:
    assert refused(make_job_template(), "MAILTO=x\n# @daily x") == (400, {"crontab": ["No line has a job."]})


def test_bad_lines_that_are_not_chosen_do_not_matter() -> None:
    body = {"crontab": "@daily x\n@reboot x", "unified_job_template": make_job_template().pk, "lines": [1]}

    assert send(body, client_of(make_superuser())).status_code == 201


def test_crontab_is_imported_once() -> None:
    template = make_job_template()
    client = client_of(make_superuser())
    assert send({"crontab": NIGHTLY, "unified_job_template": template.pk}, client).status_code == 201

    status, answer = refused(template, f"{NIGHTLY}\n@daily x", client)

    assert status == 400
    taken = "Line 1: Schedule with this Unified job template and Name already exists."
    assert answer == {"crontab": [f"{taken} If it is the crontab of another host, say which: host."]}


def test_crontabs_of_several_hosts_are_told_apart_by_their_names() -> None:
    template = make_job_template()
    client = client_of(make_superuser())

    def names_for(host: str) -> list[str]:
        body = {"crontab": f"{NIGHTLY}\n0 0 1,15 * mon x", "unified_job_template": template.pk, "host": host}
        answer = send(body, client)
        assert answer.status_code == 201, answer.content
        return [made["name"] for job in answer.json()["jobs"] for made in job["schedules"]]

    plain, web1, web2 = map(names_for, ("", "web1", "web2.example.com"))

    assert plain[0] == "crontab line 1: 30 2 * * *"
    assert web1[:2] == [
        "crontab of web1, line 1: 30 2 * * *",
        "crontab of web1, line 2 (1 of 3): 0 0 1,15 * mon",
    ]
    assert web2[0] == "crontab of web2.example.com, line 1: 30 2 * * *"
    status, answer = refused(template, NIGHTLY, client, host="web1")
    assert (status, "already exists" in str(answer), "another host" in str(answer)) == (400, True, False)


def test_host_with_a_long_name_leaves_room_for_the_line() -> None:
    assert send({"crontab": NIGHTLY, "host": "x" * 254}).status_code == 400
    (job,) = jobs_of(NIGHTLY, host="x" * 253)
    assert job["schedules"][0]["name"].endswith(": 30 2 * * *")


def test_template_that_cannot_be_scheduled_is_refused_as_ever() -> None:
    template = make_job_template(
        survey_enabled=True,
        survey_spec={
            "name": "",
            "description": "",
            "spec": [{"question_name": "Day", "variable": "day", "type": "text", "required": True}],
        },
    )

    status, answer = refused(template, NIGHTLY)

    assert status == 400
    assert list(answer) == ["variables_needed_to_start"]


def test_making_is_for_who_may_make_schedules_of_the_template() -> None:
    template = make_job_template()

    assert refused(template, NIGHTLY, client_of(make_user()))[0] == 403
    assert refused(template, NIGHTLY, client_of(holder(template, "read_role")))[0] == 403
    assert refused(template, NIGHTLY, unified_job_template=10**6)[0] == 400
    assert send({"crontab": NIGHTLY, "unified_job_template": "x"}).status_code == 403


def test_secrets_are_neither_answered_nor_stored(caplog: pytest.LogCaptureFixture) -> None:
    crontab = f"KEY={SECRET}\n{NIGHTLY}\n@{SECRET}\n0 {SECRET} * * * x\nmysql -p{SECRET}\nCRON_TZ={SECRET}\n{NIGHTLY}"
    template = make_job_template()
    client = client_of(make_superuser())

    answers = [
        send({"crontab": crontab}),
        send({"crontab": crontab, "unified_job_template": template.pk}, client),
        send({"crontab": crontab, "unified_job_template": template.pk, "lines": [2]}, client),
    ]

    assert [answer.status_code for answer in answers] == [200, 400, 201]
    assert not any(SECRET in answer.content.decode() for answer in answers)
    (entry,) = ActivityStream.objects.filter(object1="schedule")
    assert SECRET not in repr((Schedule.objects.values().get(), entry.changes))
    assert SECRET not in caplog.text


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "crontab"),
        ({"crontab": None}, "crontab"),
        ({"crontab": ["@daily x"]}, "crontab"),
        ({"crontab": "@daily x\0"}, "crontab"),
        ({"crontab": "x" * 100_001}, "crontab"),
        ({"crontab": "\n" * 1_000}, "crontab"),
        ({"crontab": "@daily x\n" * 101}, "crontab"),
        ({"crontab": "0 0 */2 1-6 1 x\n" * 3}, "crontab"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"timezone": None}, "timezone"),
        ({"timezone": 10**400}, "timezone"),
        ({"has_users": "perhaps"}, "has_users"),
        ({"lines": [2]}, "lines"),
        ({"lines": [0]}, "lines"),
        ({"lines": [10**30]}, "lines"),
        ({"lines": "all"}, "lines"),
        ({"lines": [1] * 1_001}, "lines"),
    ],
)
def test_nonsense_is_a_400(body: dict[str, Any], field: str) -> None:
    answer = send(body if "crontab" in body or not body else {"crontab": "@daily x"} | body)

    assert (answer.status_code, list(answer.json())) == (400, [field])


def test_it_is_closed_to_strangers_and_reading_tokens_and_is_only_posted_to() -> None:
    _, reading = make_token(make_superuser(), scope="read")

    assert send({"crontab": NIGHTLY}, client_of(None)).status_code == 401
    assert bearer(reading).post(PATH, {"crontab": NIGHTLY}, format="json").status_code == 403
    assert client_of(make_user()).get(PATH).status_code == 405


def test_page_is_a_form_that_shows_what_lines_would_become() -> None:
    make_job_template(name="Nightly backup")
    browser = Client()
    browser.force_login(make_superuser())
    html = {"Accept": "text/html"}

    page = browser.get(PATH, headers=html).content.decode()
    fields = {"crontab": "@daily x\r\n0 25 * * * x\r\n", "timezone": "UTC", "unified_job_template": ""}
    answer = browser.post(PATH, urlencode(fields), "application/x-www-form-urlencoded", headers=html)

    assert '<textarea name="crontab"' in page
    assert "Nightly backup" in page
    assert answer.status_code == 200
    assert "The hour must be from 0 to 23." in answer.content.decode()


def test_page_of_schedules_leads_to_it() -> None:
    browser = Client()
    browser.force_login(make_superuser())

    page = browser.get("/api/v2/schedules/", headers={"Accept": "text/html"}).content.decode()

    assert f'<a href="{PATH}"><code>{PATH}</code></a>' in page
