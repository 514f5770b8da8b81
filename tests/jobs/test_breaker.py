from datetime import UTC, datetime, timedelta

import pytest

from jobs.breaker import Breaker, Heard, says_failure
from jobs.statuses import BreakerState, Outcome

CLOSED, OPEN, HALF_OPEN = BreakerState
AT = datetime(2030, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("outcome", "status", "expected"),
    [
        (Outcome.SUCCESS, 200, False),
        (Outcome.SUCCESS, 503, False),
        (Outcome.HTTP_STATUS, 404, False),
        (Outcome.HTTP_STATUS, 429, False),
        (Outcome.HTTP_STATUS, 499, False),
        (Outcome.HTTP_STATUS, 500, True),
        (Outcome.HTTP_STATUS, 503, True),
        (Outcome.ASSERTION, 200, False),
        (Outcome.TIMEOUT, None, True),
        (Outcome.CONNECT, None, True),
        (Outcome.TLS, None, True),
        (Outcome.REPORTED, 202, False),
        (Outcome.DEADLINE, None, None),
        (Outcome.CANCELED, None, None),
        (Outcome.LOST, None, None),
        (Outcome.FORBIDDEN_ADDRESS, None, None),
        (Outcome.INVALID_REQUEST, None, None),
    ],
)
def test_what_an_outcome_says_of_the_service(
    outcome: Outcome, status: int | None, expected: bool | None
) -> None:
    assert says_failure(outcome, status) is expected


def calls(text: str) -> list[Heard]:
    """`+` for a call that succeeded, `-` for one that failed; run ids from 1."""
    return [Heard(number, sign == "-", "down") for number, sign in enumerate(text, 1)]


@pytest.mark.parametrize(
    ("heard", "state", "failures"),
    [
        ("", CLOSED, 0),
        ("+++", CLOSED, 0),
        ("--", CLOSED, 2),
        ("--+", CLOSED, 0),
        ("--+--", CLOSED, 2),
        ("---", OPEN, 3),
        ("+---", OPEN, 3),
        # What began before it opened is heard no more.
        ("---+", OPEN, 3),
        ("------", OPEN, 3),
    ],
)
def test_failures_one_after_the_other_open_it(heard: str, state: BreakerState, failures: int) -> None:
    breaker = Breaker().after(calls(heard), threshold=3, now=AT)

    assert (breaker.state, breaker.failures) == (state, failures)


def test_opening_says_why_and_since_when() -> None:
    breaker = Breaker().after(calls("--"), threshold=2, now=AT)

    assert breaker == Breaker(
        AT, OPEN, 2, "Calls failed one after the other: 2. The last was of job 2: down", None
    )


@pytest.mark.parametrize(
    ("state", "after", "is_probing", "room"),
    [
        (CLOSED, timedelta(0), False, None),
        (OPEN, timedelta(0), False, 0),
        (OPEN, MINUTE - timedelta(seconds=1), False, 0),
        (OPEN, MINUTE, False, 1),
        (HALF_OPEN, timedelta(0), True, 0),
        (HALF_OPEN, 5 * MINUTE, True, 0),
        # The probe was lost or canceled.
        (HALF_OPEN, timedelta(0), False, 1),
    ],
)
def test_how_many_calls_it_lets_through(
    state: BreakerState, after: timedelta, is_probing: bool, room: int | None
) -> None:
    assert Breaker(AT, state, 3).room(AT + after, MINUTE, is_probing=is_probing) == room


@pytest.mark.parametrize(
    ("heard", "state", "failures"),
    [
        ([Heard(7, is_failure=False)], CLOSED, 0),
        ([Heard(7, is_failure=True)], OPEN, 4),
        ([Heard(8, is_failure=False)], HALF_OPEN, 3),
        ([Heard(8, is_failure=True)], HALF_OPEN, 3),
        ([Heard(8, is_failure=True), Heard(7, is_failure=False), Heard(9, is_failure=True)], CLOSED, 1),
    ],
)
def test_half_open_only_the_probe_decides(heard: list[Heard], state: BreakerState, failures: int) -> None:
    probing = Breaker(AT, OPEN, 3, "down").probing(7, AT + MINUTE)

    breaker = probing.after(heard, threshold=3, now=AT + 2 * MINUTE)

    assert (breaker.state, breaker.failures) == (state, failures)
    assert breaker.since == (AT + MINUTE if state == HALF_OPEN else AT + 2 * MINUTE)
