import json
from typing import Any

import pytest

from jobs.execution.outcome import MAX_ARTIFACTS, judge, parse_success_status
from jobs.statuses import Outcome


def outcome_of(
    body: bytes, status: int = 200, *, truncated: bool = False, **criteria: Any
) -> tuple[Outcome, str]:
    criteria = {"success_status": "200-299", "success_json": {}} | criteria
    judgement = judge(status, body, truncated=truncated, **criteria)
    return judgement.outcome, judgement.explanation


def artifacts_of(body: bytes) -> dict[str, Any]:
    return judge(200, body, truncated=False, success_status="", success_json={}).artifacts


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("200-299", [200, 250, 299], [199, 300]),
        ("200", [200], [201]),
        (" 200, 204 , 300 - 399 ", [200, 204, 302], [201, 203, 400]),
    ],
)
def test_success_status(text: str, inside: list[int], outside: list[int]) -> None:
    codes = parse_success_status(text)

    assert all(status in codes for status in inside)
    assert not any(status in codes for status in outside)


@pytest.mark.parametrize(
    "text",
    [
        "",
        ",",
        "200,",
        "2xx",
        "99",
        "600",
        "299-200",
        "200-",
        "-200",
        "200-299-300",
        "\uff12\uff10\uff10",
        "1" * 99,
    ],
)
def test_malformed_success_status(text: str) -> None:
    with pytest.raises(ValueError, match=r"is neither|ends before"):
        parse_success_status(text)


@pytest.mark.parametrize(
    ("criteria", "expected"),
    [
        ({"status": "ok"}, None),
        ({"status": ["done", "ok"]}, None),
        ({"result.state": ["done", "skipped"]}, None),
        ({"items.1.id": 7}, None),
        ({"n": 1.0}, None),
        ({"status": "done"}, 'The answer has status = "ok"; success needs "done".'),
        ({"status": ["a", "b"]}, 'The answer has status = "ok"; success needs "a" or "b".'),
        ({"result.none": 1}, "The answer has no result.none; success needs 1."),
        ({"items.2.id": 1}, "The answer has no items.2.id; success needs 1."),
        ({"n": True}, "The answer has n = 1; success needs true."),
        ({"flag": 1}, "The answer has flag = true; success needs 1."),
        ({"status": []}, 'The answer has status = "ok"; success needs nothing.'),
    ],
)
def test_success_json(criteria: dict[str, Any], expected: str | None) -> None:
    body = json.dumps(
        {"status": "ok", "result": {"state": "done"}, "items": [{"id": 1}, {"id": 7}], "n": 1, "flag": True}
    ).encode()

    found = outcome_of(body, success_json=criteria)

    assert found == ((Outcome.SUCCESS, "") if expected is None else (Outcome.ASSERTION, expected))


def test_number_that_is_out_of_range_is_told_as_it_came() -> None:
    said = outcome_of(b'{"n": {"m": 1e999}}', success_json={"n": 1})[1]

    assert said == 'The answer has n = {"m": "1e999"}; success needs 1.'


def test_what_is_no_json_meets_no_json_criteria() -> None:
    assert outcome_of(b"<html>", success_json={"a": 1}) == (
        Outcome.ASSERTION,
        "The answer is not JSON, so a cannot be checked.",
    )
    assert outcome_of(b'{"a": 1', truncated=True, success_json={"a": 1})[1] == (
        "The answer is longer than what is read of it, so a cannot be checked."
    )


def test_wrong_status_says_what_was_expected() -> None:
    assert outcome_of(b"", 503) == (Outcome.HTTP_STATUS, "The endpoint answered 503; success is 200-299.")
    assert outcome_of(b"", 302)[1].endswith("The redirect was not followed.")


@pytest.mark.parametrize(
    ("body", "artifacts"),
    [
        (b'{"processed": 3}', {"processed": 3}),
        (b'{"a": NaN}', {}),
        (b'{"a": 1e999, "b": [-1e999, 1e-999, 2.5]}', {"a": "1e999", "b": ["-1e999", 0.0, 2.5]}),
        (b'{"a": ' + b"9" * 5000 + b"}", {}),
        (b"[1]", {}),
        (b"null", {}),
        (b"", {}),
        (b"\xff", {}),
        (b'{"a": "\\u0000\\ud800"}', {"a": "��"}),
        (b'{"a":' * 60 + b"1" + b"}" * 60, {}),
        (b"[" * 200_000, {}),
        (json.dumps({"a": "x" * MAX_ARTIFACTS}).encode(), {}),
    ],
)
def test_artifacts_are_what_the_database_can_hold(body: bytes, artifacts: dict[str, Any]) -> None:
    assert artifacts_of(body) == artifacts
