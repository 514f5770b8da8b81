"""A service's circuit breaker: calls in, its next state out. Pure: no database, no clock."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from jobs.statuses import BreakerState, Outcome

MAX_REASON = 1000
SERVER_ERROR = 500
_UNREACHED = (Outcome.CONNECT, Outcome.TLS, Outcome.TIMEOUT)
_ANSWERED = (Outcome.SUCCESS, Outcome.HTTP_STATUS, Outcome.ASSERTION, Outcome.REPORTED)


@dataclass(frozen=True, slots=True)
class Heard:
    """What a call of a run says of the service."""

    job: int
    is_failure: bool
    explanation: str = ""


def says_failure(outcome: Outcome, status: int | None) -> bool | None:
    """Whether a call that ended so says that its service is down: it was not reached in time, or answered 5xx.

    None where it says nothing, as a call that was canceled or lost.
    """
    if outcome in _UNREACHED:
        return True
    if outcome not in _ANSWERED:
        return None
    return outcome == Outcome.HTTP_STATUS and (status or 0) >= SERVER_ERROR


@dataclass(frozen=True, slots=True)
class Breaker:
    """Closed, it counts the failures one after the other. Open, nothing is called until it has cooled down; then one
    call is let through, the `probe`, whose outcome closes the breaker or opens it again.
    """

    since: datetime | None = None
    state: BreakerState = BreakerState.CLOSED
    failures: int = 0
    reason: str = ""
    probe: int | None = None

    def half_opens(self, cooldown: timedelta) -> datetime | None:
        """When an open one lets the next call through."""
        return self.since + cooldown if self.state == BreakerState.OPEN and self.since else None

    def room(self, now: datetime, cooldown: timedelta, *, is_probing: bool) -> int | None:
        """How many calls may begin; None for any number. `is_probing`: whether its probe is still going."""
        match self.state:
            case BreakerState.CLOSED:
                return None
            case BreakerState.HALF_OPEN:
                return 0 if is_probing else 1
        half_opens = self.half_opens(cooldown)
        return 1 if half_opens is None or half_opens <= now else 0

    def probing(self, job: int, now: datetime) -> "Breaker":
        """As it is when the call of `job` was let through."""
        return replace(self, state=BreakerState.HALF_OPEN, since=now, probe=job)

    def after(self, calls: Iterable[Heard], *, threshold: int, now: datetime) -> "Breaker":
        """As it is after calls that ended in this order; `threshold` failures open it.

        While it is not closed only the probe counts: the others began before it opened.
        """
        breaker = self
        for call in calls:
            if breaker.state == BreakerState.CLOSED or call.job == breaker.probe:
                breaker = breaker._after(call, threshold, now)
        return breaker

    def _after(self, call: Heard, threshold: int, now: datetime) -> "Breaker":
        if not call.is_failure:
            return self if self.state == BreakerState.CLOSED and not self.failures else Breaker(since=now)
        failures = self.failures + 1
        if self.state == BreakerState.CLOSED and failures < threshold:
            return replace(self, failures=failures)
        reason = f"Calls failed one after the other: {failures}. The last was of job {call.job}: {call.explanation}"
        return Breaker(now, BreakerState.OPEN, failures, reason[:MAX_REASON])
