import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from credentials.encryption import encrypt
from jobs.execution.calls.http import HttpCall
from jobs.execution.claiming import ClaimedRun
from jobs.execution.request import InvalidRequest, url_of
from jobs.policies import DEFAULT_TIMEOUT

RUN_ID = UUID("12345678-1234-5678-1234-567812345678")
AT = datetime(2030, 1, 15, 17, tzinfo=UTC)


def claimed(**values: Any) -> ClaimedRun:
    request = {"endpoint": "http://a.example/b", "method": "POST"} | values.pop("request", {})
    defaults: dict[str, Any] = {
        "id": 1,
        "run_id": RUN_ID,
        "job_type": "run",
        "scheduled_for": AT,
        "extra_vars": {"month": "2030-01"},
        "timeout": 0,
        "number": 1,
        "started": AT,
        "allow_simultaneous": False,
    }
    return ClaimedRun(request=request, **defaults | values)


@pytest.mark.parametrize(
    ("base", "endpoint", "url"),
    [
        ("", "https://a.example/b", "https://a.example/b"),
        ("http://ignored", "HTTPS://a.example/b", "HTTPS://a.example/b"),
        ("http://a.example", "b", "http://a.example/b"),
        ("http://a.example/api/", "/b?c=d", "http://a.example/api/b?c=d"),
        ("http://a.example/api?x=y", "b", "http://a.example/api/b"),
        ("http://a.example/api", "//evil.example/b", "http://a.example/api/evil.example/b"),
        ("http://a.example/api", "?c=d", "http://a.example/api?c=d"),
        ("http://a.example/api", "ftp://b", "ftp://b"),
    ],
)
def test_url(base: str, endpoint: str, url: str) -> None:
    assert url_of(base, endpoint) == url


def test_path_without_base_is_invalid() -> None:
    with pytest.raises(InvalidRequest):
        url_of("", "/b")


def test_default_body_has_the_parameters_and_the_run() -> None:
    call = HttpCall.of(claimed(extra_vars={"month": "2030-01", "runId": "mine"}, job_type="check"))

    assert json.loads(call.request.body or b"") == {
        "month": "2030-01",
        "runId": str(RUN_ID),
        "dryRun": True,
        "scheduledFor": "2030-01-15T17:00:00Z",
        "attempt": 1,
    }


def test_headers() -> None:
    headers = HttpCall.of(claimed()).request.headers

    assert headers == {
        "User-Agent": "Belfry/0.1 (+scheduler)",
        "Accept": "application/json, */*;q=0.5",
        "Content-Type": "application/json",
        "Idempotency-Key": str(RUN_ID),
        "X-Belfry-Run-Id": str(RUN_ID),
        "X-Belfry-Attempt": "1",
        "X-Belfry-Dry-Run": "false",
        "X-Belfry-Scheduled-For": "2030-01-15T17:00:00Z",
    }


def test_user_headers_win_except_over_reserved_ones() -> None:
    mine = {
        "content-type": "text/plain",
        "USER-AGENT": "me",
        "idempotency-key": "mine",
        "x-belfry-anything": "mine",
        "Content-Length": "5",
        "Transfer-Encoding": "chunked",
        "X-A": "one",
        "x-a": "two",
        "X-N": 5,
    }

    headers = HttpCall.of(claimed(request={"headers": mine})).request.headers

    assert (headers["content-type"], headers["USER-AGENT"], headers["x-a"], headers["X-N"]) == (
        "text/plain",
        "me",
        "two",
        "5",
    )
    assert headers["Idempotency-Key"] == str(RUN_ID)
    assert not {"x-belfry-anything", "Content-Length", "Transfer-Encoding", "X-A", "Content-Type"} & set(
        headers
    )


@pytest.mark.parametrize(
    ("method", "body", "sent"),
    [
        ("GET", None, None),
        ("HEAD", None, None),
        ("GET", "text", b"text"),
        ("POST", "text", b"text"),
        ("POST", "", b""),
        ("POST", {"ä": [1, None]}, '{"ä": [1, null]}'.encode()),
        ("POST", [1], b"[1]"),
        ("POST", False, b"false"),
    ],
)
def test_body(method: str, body: object, sent: bytes | None) -> None:
    assert HttpCall.of(claimed(request={"method": method, "body": body})).request.body == sent


def test_body_that_is_no_text_is_invalid() -> None:
    with pytest.raises(InvalidRequest):
        HttpCall.of(claimed(request={"body": "\ud800"}))


@pytest.mark.parametrize(
    ("given", "seconds"), [(0, DEFAULT_TIMEOUT), (-1, DEFAULT_TIMEOUT), (7, 7), (10**9, 604800)]
)
def test_timeout(given: int, seconds: float) -> None:
    assert HttpCall.of(claimed(timeout=given)).request.timeout == seconds


def test_secret_is_sent_and_not_recorded() -> None:
    call = HttpCall.of(
        claimed(
            request={
                "headers": {"Authorization": encrypt("Bearer tok-en-1"), "X-Tenant": encrypt("ten-ant")}
            },
            extra_vars={"echo": "tok-en-1"},
        )
    )

    assert call.request.headers["Authorization"] == "Bearer tok-en-1"
    assert "tok-en-1" not in repr(call)
    assert "tok-en-1" not in json.dumps(call.recorded)
    assert (call.recorded["headers"]["Authorization"], call.recorded["headers"]["X-Tenant"]) == (
        "$encrypted$",
    ) * 2


def test_secret_of_another_key_is_invalid() -> None:
    with pytest.raises(InvalidRequest, match="SECRET_KEY"):
        HttpCall.of(claimed(request={"headers": {"Authorization": "$encrypted$Z0FBQUFB"}}))
