from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from jobs.models import Attempt, UnifiedJob
from jobs.record import Event, events_of
from jobs.statuses import Outcome, Status
from jobs.stdout import as_ansi, as_html, as_page, as_text, lines_of
from tests.factories.jobs import BEGIN

REQUEST: dict[str, Any] = {
    "method": "POST",
    "url": "http://127.0.0.1:9/x",
    "headers": {"Accept": "*/*", "X-Token": "plain"},
    "body": '{"a":1}',
}


RUN_ID = "6b1f0a4e-0000-4000-8000-000000000000"


def run(status: Status, **values: Any) -> UnifiedJob:
    return UnifiedJob(pk=7, run_id=RUN_ID, name="Nightly", status=status, started=BEGIN, **values)


def call(number: int = 1, **values: Any) -> Attempt:
    values = {"started": BEGIN, "request": REQUEST} | values
    return Attempt(number=number, **values)


def answered(number: int = 1, **values: Any) -> Attempt:
    values = {
        "finished": BEGIN + timedelta(seconds=1.25),
        "outcome": Outcome.SUCCESS,
        "response_status": 200,
        "response_headers": {"Set-Cookie": "plain"},
        "response_body": '{"processed":3}',
    } | values
    return call(number, **values)


def names(events: list[Event]) -> list[str]:
    return [event.name for event in events]


@pytest.mark.parametrize("status", [Status.NEW, Status.PENDING, Status.WAITING])
def test_run_that_was_not_begun_has_no_record(status: Status) -> None:
    assert events_of(run(status), []) == []


def test_record_only_grows_while_the_run_goes_on() -> None:
    stages = [
        events_of(run(Status.RUNNING), [call(request={})]),
        events_of(run(Status.RUNNING), [call()]),
        events_of(run(Status.RUNNING), [answered()]),
        events_of(run(Status.SUCCESSFUL, attempts_made=1), [answered()]),
    ]

    assert [len(stage) for stage in stages] == [1, 2, 3, 4]
    for earlier, later in pairwise(stages):
        assert later[: len(earlier)] == earlier
    assert names(stages[-1]) == [
        "playbook_on_start",
        "playbook_on_play_start",
        "runner_on_ok",
        "playbook_on_stats",
    ]


def test_lines_are_contiguous_from_zero() -> None:
    events = events_of(
        run(Status.FAILED, attempts_made=2), [answered(1), answered(2, outcome=Outcome.HTTP_STATUS)]
    )

    assert [event.counter for event in events] == [1, 2, 3, 4, 5, 6]
    assert events[0].start_line == 0
    for earlier, later in pairwise(events):
        assert later.start_line == earlier.end_line > earlier.start_line
    assert len(lines_of(events)) == events[-1].end_line


def test_record_tells_the_call_and_its_answer_in_plain_lines() -> None:
    job = run(Status.SUCCESSFUL, attempts_made=1, elapsed=1.25)

    assert as_text(lines_of(events_of(job, [answered()]))).splitlines() == [
        "Run 7: Nightly (manual)",
        f"Run id {RUN_ID}",
        "",
        "Attempt 1, 2030-01-01T00:00:00.000Z",
        "POST http://127.0.0.1:9/x",
        "  Accept: */*",
        "  X-Token: $encrypted$",
        "",
        "  {",
        '    "a": 1',
        "  }",
        "",
        "HTTP 200 OK after 1.250 s",
        "  Set-Cookie: $encrypted$",
        "",
        "  {",
        '    "processed": 3',
        "  }",
        "Outcome: the endpoint answered as expected",
        "",
        "Run 7: successful after 1.250 s, 1 attempt",
    ]


def test_failure_is_said_in_words() -> None:
    attempt = call(finished=BEGIN + timedelta(seconds=2), outcome=Outcome.TIMEOUT, error="No answer in 2 s.")
    job = run(Status.FAILED, attempts_made=1, failure_reason=Outcome.TIMEOUT, job_explanation="Gave up.")

    text = as_text(lines_of(events_of(job, [attempt])))

    assert "No answer after 2.000 s\nOutcome: no whole answer came in time\nNo answer in 2 s.\n" in text
    assert text.endswith("Reason: no whole answer came in time\nGave up.\n")


def test_what_an_endpoint_says_cannot_steer_a_terminal_or_a_page() -> None:
    hostile = "\x1b[2J\x9b<script>alert(1)</script>\u202e\r\nnext"
    events = events_of(run(Status.SUCCESSFUL, attempts_made=1), [answered(response_body=hostile)])
    lines = lines_of(events)

    assert "\ufffd[2J\ufffd<script>alert(1)</script>\ufffd\n  next\n" in as_text(lines)
    assert "\x1b[2J" not in as_ansi(lines)
    assert "<script>" not in as_html(lines)
    assert "&lt;script&gt;" in as_html(lines)
    assert "<b>" not in as_page(lines, title="<b>")


def test_name_of_a_run_stays_on_its_line() -> None:
    assert events_of(UnifiedJob(pk=1, name="a\nb", status=Status.RUNNING, started=BEGIN), [])[0].lines[
        0
    ].text == ("Run 1: a b (manual)")


def test_long_body_is_cut_and_says_so() -> None:
    events = events_of(run(Status.RUNNING), [answered(response_body="x\n" * 5000)])

    assert len(events[-1].lines) < 1100
    assert "… (the rest is not shown)" in events[-1].stdout


@pytest.mark.parametrize("body", ['{"n":1e999}', '{"n":[-1E400]}', '{"n":NaN}'])
def test_body_with_a_number_that_is_out_of_range_is_shown_as_it_is(body: str) -> None:
    events = events_of(run(Status.RUNNING), [answered(response_body=body)])

    assert body in events[-1].stdout


def test_body_that_is_nested_without_end_is_shown_as_it_is() -> None:
    events = events_of(run(Status.RUNNING), [answered(response_body="[" * 20000)])

    assert "[[[[" in events[-1].stdout
