from datetime import timedelta

import pytest
from rest_framework.test import APIClient

from jobs.models import UnifiedJob
from jobs.statuses import Outcome, Status
from tests.factories.jobs import BEGIN, make_attempt, make_job


def path_of(job: UnifiedJob, tail: str) -> str:
    return f"/api/v2/jobs/{job.pk}/{tail}"


@pytest.fixture
def job(db: None) -> UnifiedJob:
    job = make_job()
    make_attempt(job)
    job.refresh_from_db()
    return job


def text_of(client: APIClient, path: str) -> str:
    answer = client.get(path, HTTP_ACCEPT="*/*")
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_stdout_is_plain_text(admin: APIClient, job: UnifiedJob) -> None:
    answer = admin.get(path_of(job, "stdout/?format=txt"), HTTP_ACCEPT="*/*")

    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    lines = answer.content.decode().splitlines()
    assert lines[0].startswith(f"Run {job.pk}: ")
    assert "POST http://127.0.0.1:9/jobs/x" in lines
    assert lines[-1] == f"Run {job.pk}: successful after 1.500 s, 1 attempt"


def test_stdout_with_colours_says_the_same(admin: APIClient, job: UnifiedJob) -> None:
    coloured = text_of(admin, path_of(job, "stdout/?format=ansi"))

    assert "\x1b[0;32mHTTP 200 OK after 1.250 s\x1b[0m" in coloured


@pytest.mark.parametrize(
    ("form", "name"), [("txt_download", "job_{}.txt"), ("ansi_download", "job_{}.ansi.txt")]
)
def test_stdout_can_be_saved(admin: APIClient, job: UnifiedJob, form: str, name: str) -> None:
    answer = admin.get(path_of(job, f"stdout/?format={form}"), HTTP_ACCEPT="*/*")

    assert answer["Content-Type"].startswith("text/plain")
    assert answer["Content-Disposition"] == f'attachment; filename="{name.format(job.pk)}"'


def test_stdout_as_a_page_escapes_everything(admin: APIClient) -> None:
    job = make_job(name="<script>alert(1)</script>")
    make_attempt(job, response_body="<img src=x onerror=alert(1)>", response_headers={"X-A": "<b>"})

    answer = admin.get(path_of(job, "stdout/?format=html"), HTTP_ACCEPT="text/html")

    page = answer.content.decode()
    assert answer["Content-Type"] == "text/html; charset=utf-8"
    assert "<script>" not in page
    assert "<img" not in page
    assert "<b>" not in page
    assert "&lt;img src=x onerror=alert(1)&gt;" in page


def test_stdout_for_a_browser_is_belfrys_page(admin: APIClient, job: UnifiedJob) -> None:
    answer = admin.get(path_of(job, "stdout/"), HTTP_ACCEPT="text/html")

    assert answer.status_code == 200
    assert "HTTP 200 OK" in answer.content.decode()


def test_stdout_as_json_is_in_pieces(admin: APIClient, job: UnifiedJob) -> None:
    whole = admin.get(path_of(job, "stdout/?format=json")).json()
    total = whole["range"]["absolute_end"]

    piece = admin.get(path_of(job, "stdout/?format=json&start_line=1&end_line=3")).json()

    assert whole["range"] == {"start": 0, "end": total, "absolute_end": total}
    assert len(whole["content"].splitlines()) == total
    assert piece["range"] == {"start": 1, "end": 3, "absolute_end": total}
    assert piece["content"].splitlines() == whole["content"].splitlines()[1:3]


def test_stdout_of_a_run_that_was_not_begun_is_empty(admin: APIClient) -> None:
    job = make_job(status=Status.PENDING)

    assert admin.get(path_of(job, "stdout/?format=json")).json() == {
        "range": {"start": 0, "end": 0, "absolute_end": 0},
        "content": "",
    }
    assert text_of(admin, path_of(job, "stdout/?format=txt")) == ""


@pytest.mark.parametrize("query", ["start_line=x", "end_line=", "content_format=pdf"])
def test_bad_piece_is_refused(admin: APIClient, job: UnifiedJob, query: str) -> None:
    assert admin.get(path_of(job, f"stdout/?format=json&{query}")).status_code == 400


def test_unknown_format_is_404_and_one_that_was_not_accepted_406(admin: APIClient, job: UnifiedJob) -> None:
    assert admin.get(path_of(job, "stdout/?format=pdf")).status_code == 404
    assert admin.get(path_of(job, "stdout/?format=txt"), HTTP_ACCEPT="application/json").status_code == 406


def test_events_are_contiguous_and_add_up_to_the_stdout(admin: APIClient, job: UnifiedJob) -> None:
    body = admin.get(path_of(job, "job_events/?order_by=start_line&no_truncate=True")).json()

    events = body["results"]
    assert [event["counter"] for event in events] == [1, 2, 3, 4]
    assert events[0]["start_line"] == 0
    assert [event["start_line"] for event in events[1:]] == [event["end_line"] for event in events[:-1]]
    joined = "\n".join(event["stdout"] for event in events) + "\n"
    assert joined == text_of(admin, path_of(job, "stdout/?format=txt"))
    assert [event["event"] for event in events] == [
        "playbook_on_start",
        "playbook_on_play_start",
        "runner_on_ok",
        "playbook_on_stats",
    ]


def test_events_can_be_followed_while_the_run_goes_on(admin: APIClient) -> None:
    job = make_job(status=Status.RUNNING)
    seen = admin.get(path_of(job, "job_events/?order_by=start_line")).json()["results"]
    make_attempt(job, outcome=Outcome.HTTP_STATUS, response_status=500)
    UnifiedJob.objects.filter(pk=job.pk).update(
        status=Status.FAILED, finished=BEGIN + timedelta(seconds=2), lease_expires_at=None
    )

    following = admin.get(
        path_of(job, f"job_events/?order_by=start_line&start_line__gte={seen[-1]['end_line']}")
    ).json()["results"]

    assert [event["event"] for event in seen] == ["playbook_on_start"]
    assert [event["event"] for event in following] == [
        "playbook_on_play_start",
        "runner_on_failed",
        "playbook_on_stats",
    ]
    assert following[0]["start_line"] == seen[-1]["end_line"]
    assert admin.get(following[0]["url"]).json()["event"] == "playbook_on_play_start"


def test_events_are_paged_and_ordered(admin: APIClient, job: UnifiedJob) -> None:
    body = admin.get(path_of(job, "job_events/?order_by=-counter&page_size=3")).json()

    assert (body["count"], [event["counter"] for event in body["results"]]) == (4, [4, 3, 2])
    assert body["next"].startswith(path_of(job, "job_events/?"))


@pytest.mark.parametrize(
    ("query", "counters"),
    [
        ("counter__lt=3", [1, 2]),
        ("counter__in=1,4", [1, 4]),
        ("event=runner_on_ok", [3]),
        ("failed=true", []),
        ("event__in=playbook_on_stats,x", [4]),
    ],
)
def test_events_are_filtered(admin: APIClient, job: UnifiedJob, query: str, counters: list[int]) -> None:
    rows = admin.get(path_of(job, f"job_events/?{query}")).json()["results"]

    assert [row["counter"] for row in rows] == counters


@pytest.mark.parametrize(
    "query",
    ["nosuch=1", "start_line=x", "start_line__regex=1", "order_by=nosuch", "counter__in=x", "event__gt=a"],
)
def test_bad_query_of_events_is_refused(admin: APIClient, job: UnifiedJob, query: str) -> None:
    assert admin.get(path_of(job, f"job_events/?{query}")).status_code == 400


def test_long_output_of_an_event_is_cut_unless_asked_for(admin: APIClient) -> None:
    job = make_job()
    make_attempt(job, response_body="x" * 3000)

    cut = admin.get(path_of(job, "job_events/?event=runner_on_ok")).json()["results"][0]
    whole = admin.get(path_of(job, "job_events/?event=runner_on_ok&no_truncate=1")).json()["results"][0]

    assert len(cut["stdout"]) == 1025
    assert len(whole["stdout"]) > 3000


def test_attempts_tell_request_and_answer(admin: APIClient, job: UnifiedJob) -> None:
    attempt = admin.get(path_of(job, "attempts/")).json()["results"][0]

    assert (attempt["number"], attempt["outcome"], attempt["elapsed"]) == (1, "success", 1.25)
    assert attempt["request"]["headers"]["Authorization"] == "$encrypted$"
    assert attempt["response"] == {
        "status": 200,
        "headers": {"Content-Type": "application/json"},
        "body": '{"processed": 3}',
        "body_truncated": False,
    }
    assert admin.get(attempt["url"]).json() == attempt


def test_attempt_without_an_answer_has_no_response(admin: APIClient) -> None:
    job = make_job()
    make_attempt(job, response_status=None, outcome=Outcome.CONNECT)

    assert admin.get(path_of(job, "attempts/1/")).json()["response"] is None
    assert admin.get(path_of(job, "attempts/2/")).status_code == 404
