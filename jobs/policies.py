"""A run's policy: within which bounds it goes on, and which failures it tries again after how long. Pure: no clock.

A policy is resolved when a run is launched (template, then schedule) and kept with it, in `request["policy"]`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Self

from jobs.execution.outcome import StatusCodes, parse_success_status
from jobs.statuses import Completion, Outcome

# What `retry_on` may name beside statuses.
RETRYABLE = (Outcome.CONNECT, Outcome.TLS, Outcome.TIMEOUT, Outcome.ASSERTION, Outcome.REPORTED, Outcome.LOST)
RETRY_ON = "connect,408,425,429,500-599"

# Seconds that a call may take whose template says nothing (0), and the most that it may say.
DEFAULT_TIMEOUT = 1800
MAX_TIMEOUT = 7 * 24 * 3600
MAX_SECONDS = 30 * 24 * 3600
MAX_ATTEMPTS = 100
MAX_BACKOFF = 10.0


@dataclass(frozen=True, slots=True)
class RetryOn:
    outcomes: frozenset[str]
    statuses: StatusCodes


@dataclass(frozen=True, slots=True)
class RunPolicy:
    """Times are in seconds; for `read_timeout`, `deadline` and `retry_max_age` 0 is no bound."""

    connect_timeout: int = 10
    read_timeout: int = 0
    deadline: int = 0
    max_attempts: int = 1
    retry_initial_interval: int = 1
    retry_backoff: float = 2.0
    retry_max_interval: int = 300
    retry_max_age: int = 0
    retry_on: str = RETRY_ON
    completion: str = Completion.RESPONSE.value
    heartbeat_timeout: int = 300

    @classmethod
    def of_template(cls, template: object, overrides: Mapping[str, Any]) -> Self:
        """The template's own, but for what its schedule says otherwise."""
        own = cls(**{name: getattr(template, name) for name in POLICY_FIELDS})
        return replace(own, **overrides)

    @classmethod
    def of_run(cls, request: Mapping[str, Any]) -> Self:
        """As it was resolved when the run was launched, by the run's `request`."""
        kept = request.get("policy")
        known = kept if isinstance(kept, dict) else {}
        return cls(**{name: known[name] for name in POLICY_FIELDS if name in known})

    def as_dict(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in POLICY_FIELDS}

    @property
    def attempts(self) -> int:
        """How often a run calls at most."""
        return self.max_attempts if self.retry_on else 1

    @property
    def awaits_reports(self) -> bool:
        return self.completion == Completion.CALLBACK

    def deadline_from(self, launched: datetime) -> datetime | None:
        return launched + timedelta(seconds=self.deadline) if self.deadline else None

    def retries(self, outcome: str, status: int | None) -> bool:
        """Whether an attempt that ended so is worth another; `status` is that of the answer, if there was one."""
        wanted = parse_retry_on(self.retry_on)
        if outcome == Outcome.HTTP_STATUS:
            return status is not None and status in wanted.statuses
        return outcome in wanted.outcomes

    def ceiling(self, failures: int) -> float:
        """The longest wait, in seconds, after so many attempts have failed."""
        grown = float(self.retry_initial_interval * self.retry_backoff ** (failures - 1))
        return min(grown, float(self.retry_max_interval))

    def in_words(self) -> str:
        """The policy as a person would say it."""
        sentences = [
            self._attempts_in_words(),
            f"A connection must be there within {span(self.connect_timeout)}.",
        ]
        if self.read_timeout:
            sentences.append(f"An answer may be silent for {span(self.read_timeout)}.")
        if self.deadline:
            sentences.append(f"The whole run must be over {span(self.deadline)} after its launch.")
        if self.awaits_reports:
            sentences.append(
                "An endpoint that answers 202, or takes the message of a queue, reports how it ends; "
                f"it may be silent for {span(self.heartbeat_timeout)}."
            )
        return " ".join(sentences)

    def _attempts_in_words(self) -> str:
        if self.attempts == 1:
            return "One attempt."
        first, ceiling = self.ceiling(1), float(self.retry_max_interval)
        growing = f", then {self.retry_backoff:g} times as long each time, up to {span(ceiling)}"
        age = f", none later than {span(self.retry_max_age)} after the first" if self.retry_max_age else ""
        return (
            f"At most {self.max_attempts} attempts{age}: after {self.retry_on.replace(',', ', ')} another follows "
            f"within {span(first)}{growing if ceiling > first and self.retry_backoff > 1 else ''}."
        )


POLICY_FIELDS = tuple(field.name for field in fields(RunPolicy))


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is: `attempts` were begun of those `allowed`, the first of them at `started`."""

    attempts: int
    allowed: int
    started: datetime
    deadline: datetime | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """How an attempt ended that was no success. `retry_after` is the header's text, if the answer had it."""

    ended: datetime
    outcome: str
    status: int | None = None
    retry_after: str = ""


def retry_in(policy: RunPolicy, progress: Progress, failure: Failure, *, chance: float) -> float | None:
    """Seconds from the failure to the next attempt; None where the run ends with it.

    `chance`, from 0 to 1, is what of the ceiling is waited: full jitter. What `Retry-After` asks for is waited too,
    as long as it is below the longest interval.
    """
    left = progress.allowed - progress.attempts
    if left <= 0 or not policy.retries(failure.outcome, failure.status):
        return None
    wait = policy.ceiling(max(1, policy.max_attempts - left)) * chance
    asked = seconds_of_retry_after(failure.retry_after, failure.ended)
    wait = max(wait, min(asked, float(policy.retry_max_interval)))
    return wait if may_begin(policy, progress, failure.ended + timedelta(seconds=wait)) else None


def may_begin(policy: RunPolicy, progress: Progress, at: datetime) -> bool:
    """Whether another attempt may begin at a time: before the deadline, and not too long after the first."""
    if progress.deadline is not None and at >= progress.deadline:
        return False
    return not policy.retry_max_age or at <= progress.started + timedelta(seconds=policy.retry_max_age)


def seconds_of_call(timeout: int, default: int = DEFAULT_TIMEOUT) -> float:
    """Seconds that a call may take whose run has this `timeout`."""
    return float(min(timeout, MAX_TIMEOUT) if timeout > 0 else default)


def late(policy: RunPolicy) -> str:
    """Why a run past its deadline was ended."""
    return f"The job was not over {span(policy.deadline)} after its launch."


def silent(policy: RunPolicy) -> str:
    """Why a run whose endpoint was to report was ended."""
    return f"The endpoint accepted the job and then was silent for {span(policy.heartbeat_timeout)}."


def seconds_of_retry_after(text: str, now: datetime) -> float:
    """What a `Retry-After` asks for, which is a number of seconds or an HTTP date; 0 for anything else."""
    text = text.strip()
    if text.isascii() and text.isdigit():
        return float(min(int(text[:12]), MAX_SECONDS))
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return 0.0
    # A date without a zone is in UTC (RFC 9110, section 5.6.7).
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max(0.0, (moment - now).total_seconds()), float(MAX_SECONDS))


def parse_retry_on(text: str) -> RetryOn:
    """`connect,429,500-599`. Raises ValueError, whose message may be shown to the client."""
    parts = [part.strip() for part in text.split(",")] if text.strip() else []
    words = frozenset(part for part in parts if part in RETRYABLE)
    ranges: list[tuple[int, int]] = []
    for part in parts:
        if part not in words:
            try:
                ranges.extend(parse_success_status(part).ranges)
            except ValueError as error:
                known = ", ".join(RETRYABLE)
                raise ValueError(f"{error} Nor is it one of {known}.") from None
    return RetryOn(words, StatusCodes(tuple(ranges)))


def span(seconds: float) -> str:
    """Seconds in the largest unit that fits: 90 → 90 s, 120 → 2 min."""
    for size, unit in ((86400, "days"), (3600, "h"), (60, "min")):
        if seconds > size and seconds % size == 0:
            return f"{seconds / size:g} {unit}"
    return f"{seconds:g} s"
