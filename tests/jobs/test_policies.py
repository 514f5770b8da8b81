from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from jobs.policies import (
    Failure,
    Progress,
    RunPolicy,
    parse_retry_on,
    retry_in,
    seconds_of_retry_after,
)
from jobs.statuses import Outcome

AT = datetime(2030, 1, 1, 12, tzinfo=UTC)
FIVE = {"max_attempts": 5, "retry_initial_interval": 10}


def wait(policy: dict[str, Any], attempts: int = 1, chance: float = 1.0, **failure: Any) -> float | None:
    """Seconds until the next attempt of a run that began a minute before its failure."""
    made = RunPolicy(**policy)
    started = AT - timedelta(seconds=60)
    progress = Progress(attempts, made.max_attempts, started, made.deadline_from(started))
    given: dict[str, Any] = {"ended": AT, "outcome": Outcome.HTTP_STATUS, "status": 503} | failure
    return retry_in(made, progress, Failure(**given), chance=chance)


@pytest.mark.parametrize(
    ("outcome", "status", "is_retried"),
    [
        (Outcome.CONNECT, None, True),
        (Outcome.HTTP_STATUS, 408, True),
        (Outcome.HTTP_STATUS, 425, True),
        (Outcome.HTTP_STATUS, 429, True),
        (Outcome.HTTP_STATUS, 500, True),
        (Outcome.HTTP_STATUS, 599, True),
        (Outcome.HTTP_STATUS, 400, False),
        (Outcome.HTTP_STATUS, 404, False),
        (Outcome.HTTP_STATUS, 302, False),
        (Outcome.TIMEOUT, None, False),
        (Outcome.TLS, None, False),
        (Outcome.ASSERTION, 200, False),
        (Outcome.REPORTED, 202, False),
        (Outcome.LOST, None, False),
        (Outcome.DEADLINE, None, False),
        (Outcome.FORBIDDEN_ADDRESS, None, False),
        (Outcome.INVALID_REQUEST, None, False),
    ],
)
def test_default_retries_what_may_pass(outcome: str, status: int | None, is_retried: bool) -> None:
    assert (wait(FIVE, outcome=outcome, status=status) is not None) == is_retried


@pytest.mark.parametrize("outcome", ["connect", "tls", "timeout", "assertion", "reported", "lost"])
def test_policy_may_name_outcomes(outcome: str) -> None:
    policy = FIVE | {"retry_on": f" {outcome}, 404 "}

    assert wait(policy, outcome=outcome) is not None
    assert wait(policy, status=404) is not None
    assert wait(policy, status=503) is None


@pytest.mark.parametrize(
    ("policy", "attempts", "chance", "expected"),
    [
        (FIVE, 1, 1.0, 10),
        (FIVE, 2, 1.0, 20),
        (FIVE, 3, 1.0, 40),
        (FIVE, 4, 1.0, 80),
        (FIVE, 5, 1.0, None),
        (FIVE, 3, 0.25, 10),
        (FIVE, 3, 0.0, 0),
        ({"max_attempts": 1}, 1, 1.0, None),
        (FIVE | {"retry_backoff": 1.0}, 4, 1.0, 10),
        (FIVE | {"retry_max_interval": 30}, 4, 1.0, 30),
        ({"max_attempts": 100, "retry_backoff": 10.0}, 99, 1.0, 300),
        (FIVE | {"retry_max_age": 70}, 1, 1.0, 10),
        (FIVE | {"retry_max_age": 69}, 1, 1.0, None),
        (FIVE | {"deadline": 71}, 1, 1.0, 10),
        (FIVE | {"deadline": 70}, 1, 1.0, None),
    ],
)
def test_wait_grows_up_to_its_bounds(
    policy: dict[str, Any], attempts: int, chance: float, expected: float | None
) -> None:
    assert wait(policy, attempts, chance) == expected


def test_replayed_run_begins_with_the_first_interval_again() -> None:
    progress = Progress(attempts=6, allowed=10, started=AT)

    assert retry_in(RunPolicy(**FIVE), progress, Failure(AT, Outcome.CONNECT), chance=1.0) == 10  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", 0),
        ("0", 0),
        (" 120 ", 120),
        ("1" * 400, 30 * 24 * 3600),
        ("-5", 0),
        ("1.5", 0),
        ("\u0663", 0),
        ("soon", 0),
        ("Tue, 01 Jan 2030 12:01:30 GMT", 90),
        ("Tuesday, 01-Jan-30 12:01:30 GMT", 90),
        ("Tue Jan  1 12:01:30 2030", 90),
        ("Tue, 01 Jan 2030 14:01:30 +0200", 90),
        ("Tue, 01 Jan 2030 11:00:00 GMT", 0),
        ("Tue, 99 Jan 2030 11:00:00 GMT", 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 30 * 24 * 3600),
    ],
)
def test_retry_after_is_a_number_or_a_date(text: str, expected: float) -> None:
    assert seconds_of_retry_after(text, AT) == expected


@pytest.mark.parametrize(
    ("policy", "retry_after", "expected"),
    [(FIVE, "7", 10), (FIVE, "60", 60), (FIVE, "3600", 300), (FIVE | {"deadline": 100}, "60", None)],
)
def test_retry_after_lengthens_the_wait_within_its_bounds(
    policy: dict[str, Any], retry_after: str, expected: float | None
) -> None:
    assert wait(policy, retry_after=retry_after) == expected


@pytest.mark.parametrize("text", ["success", "5xx", "600", "connect timeout", "connect,,429", "500-400"])
def test_unknown_outcome_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is"):
        parse_retry_on(text)


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        ({}, "One attempt. A connection must be there within 10 s."),
        (
            {"max_attempts": 3, "retry_on": "connect,429", "deadline": 7200, "read_timeout": 120},
            (
                "At most 3 attempts: after connect, 429 another follows within 1 s, then 2 times as long each time, "
                "up to 5 min. A connection must be there within 10 s. An answer may be silent for 2 min. "
                "The whole run must be over 2 h after its launch."
            ),
        ),
        (
            {"max_attempts": 2, "retry_max_interval": 1, "retry_on": "500", "completion": "callback"},
            (
                "At most 2 attempts: after 500 another follows within 1 s. A connection must be there within 10 s. "
                "An endpoint that answers 202, or takes the message of a queue, reports how it ends; it may be silent "
                "for 5 min."
            ),
        ),
    ],
)
def test_policy_is_told_in_words(policy: dict[str, Any], words: str) -> None:
    assert RunPolicy(**policy).in_words() == words
