"""The main job, with real processes: a schedule is posted, and at its time a real endpoint is called."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.e2e.receiver import Receiver
from tests.e2e.system import System


def once_at(moment: datetime) -> str:
    return f"DTSTART:{moment:%Y%m%dT%H%M%SZ} RRULE:FREQ=DAILY;INTERVAL=1;COUNT=1"


def make_template(system: System, receiver: Receiver, **values: Any) -> dict[str, Any]:
    return system.create(
        "job_templates/", **{"name": receiver.url, "endpoint": receiver.url + "/jobs/x", **values}
    )


def test_schedule_fires_at_its_time_although_the_beat_is_every_thirty_seconds(
    system: System, receiver: Receiver
) -> None:
    template = make_template(
        system,
        receiver,
        extra_vars='{"range": "previous_day"}',
        http_headers={"Authorization": "Bearer s3cret-of-the-test"},
    )
    # Time enough to post all before the first is due.
    first = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=12)
    moments = [first + timedelta(seconds=offset) for offset in (0, 1, 2, 5)]
    schedules = [
        system.create(
            "schedules/", name=f"at {moment}", rrule=once_at(moment), unified_job_template=template["id"]
        )
        for moment in moments
    ]

    jobs = [system.wait_for_jobs(f"schedules/{schedule['id']}/jobs/", 1)[0] for schedule in schedules]

    starts = [datetime.fromisoformat(job["started"]) for job in jobs]
    lateness = [(start - moment).total_seconds() for start, moment in zip(starts, moments, strict=True)]
    assert [job["status"] for job in jobs] == ["successful"] * 4
    assert [job["artifacts"] for job in jobs] == [{"status": "ok", "processed": 3}] * 4
    # A second as a rule; a busy machine may be late, but not by a beat.
    assert min(lateness) < 3, lateness
    assert all(0 <= late < 10 for late in lateness), lateness
    # Where it is late two may be called together.
    calls = sorted(receiver.calls, key=lambda call: call.body["scheduledFor"])
    assert [call.body["scheduledFor"] for call in calls] == [
        f"{moment:%Y-%m-%dT%H:%M:%SZ}" for moment in moments
    ]
    assert {call.headers["Idempotency-Key"] for call in calls} == {job["run_id"] for job in jobs}
    call = calls[0]
    assert call.headers["Authorization"] == "Bearer s3cret-of-the-test"
    assert (call.body["range"], call.body["dryRun"], call.body["attempt"]) == ("previous_day", False, 1)
    assert call.body["runId"] == call.headers["Idempotency-Key"]
    assert "s3cret" not in system.api.get(jobs[0]["related"]["stdout"] + "?format=txt").text


def test_launch_calls_at_once_with_parameters(system: System, receiver: Receiver) -> None:
    template = make_template(system, receiver, ask_variables_on_launch=True)

    launched = system.api.post(
        f"job_templates/{template['id']}/launch/", json={"extra_vars": {"range": "today"}}
    )

    assert launched.status_code == 201
    [job] = system.wait_for_jobs(f"job_templates/{template['id']}/jobs/", 1)
    assert job["status"] == "successful"
    assert receiver.calls[0].body["range"] == "today"


def test_cancel_ends_a_call_in_flight(system: System) -> None:
    with Receiver(delay=20) as slow:
        template = make_template(system, slow)
        job = system.create(f"job_templates/{template['id']}/launch/")
        while not slow.calls:
            assert not system.api.get(f"jobs/{job['id']}/").json()["finished"]

        answer = system.api.post(f"jobs/{job['id']}/cancel/")

        assert answer.status_code == 202
        [canceled] = system.wait_for_jobs(f"job_templates/{template['id']}/jobs/", 1)
        assert canceled["status"] == "canceled"


def test_disabled_schedule_does_not_fire(system: System, receiver: Receiver) -> None:
    template = make_template(system, receiver)
    moment = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=8)
    schedule = system.create(
        "schedules/", name="off", rrule=once_at(moment), unified_job_template=template["id"]
    )
    other = system.create(
        "schedules/",
        name="on",
        rrule=once_at(moment + timedelta(seconds=1)),
        unified_job_template=template["id"],
    )

    answer = system.api.patch(f"schedules/{schedule['id']}/", json={"enabled": False})

    assert (answer.status_code, answer.json()["next_run"]) == (200, None)
    system.wait_for_jobs(f"schedules/{other['id']}/jobs/", 1)
    assert system.api.get(f"schedules/{schedule['id']}/jobs/").json()["count"] == 0
