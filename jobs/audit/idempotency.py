"""Whether a call that is made again can do harm. Pure.

What the endpoint makes of the key that all calls of a run carry is not on record: so only methods that HTTP calls
idempotent, and failures after which nothing can have been done, count as safe.
"""

from collections.abc import Iterator, Sequence

from jobs.audit.facts import Call, Facts, Setting, settings_of
from jobs.audit.findings import Finding, Gap, Verdict, found
from jobs.endpoints import Means
from jobs.policies import RETRYABLE, parse_retry_on
from jobs.statuses import Outcome

# RFC 9110, section 9.2.2.
METHODS = ("GET", "HEAD", "PUT", "DELETE")
# With these a service says that it has not begun, and without TLS nothing was sent.
NOT_BEGUN = (408, 425, 429, 503)
NOT_SENT = (Outcome.TLS,)
# The service may well have done all of it.
LIKELY_DONE = (Outcome.TIMEOUT, Outcome.LOST)

_FULFILLED = "No call is repeated that may already have done its work."


def idempotency(facts: Facts) -> Finding:
    if facts.call is None:
        gaps = [gap for call in facts.steps.calls for gap in _gaps(call, settings_of(call))]
        return found([facts.steps.in_words()], gaps, fulfilled=_FULFILLED)
    settings = settings_of(facts.call, facts.schedules)
    told = [_of_call(facts.call), *(_of_setting(setting) for setting in settings)]
    return found(told, list(_gaps(facts.call, settings)), fulfilled=_FULFILLED)


def _of_call(call: Call) -> str:
    match call.means:
        case Means.MAIL:
            return "A mail has no key by which its recipients could tell a second one from the first."
        case Means.QUEUE:
            return "Each message of a run carries the same key, by which its consumer can tell."
        case _:
            kind = "idempotent" if call.method in METHODS else "not idempotent"
            return f"{call.method} is {kind} by HTTP; all calls of a run carry the same Idempotency-Key."


def _of_setting(setting: Setting) -> str:
    policy = setting.policy
    again = f", after {policy.retry_on.replace(',', ', ')}" if policy.attempts > 1 else ""
    attempts = "one attempt" if policy.attempts == 1 else f"{policy.attempts} attempts at most"
    return f"{setting.url}: {attempts}{again}."


def _gaps(call: Call, settings: Sequence[Setting]) -> Iterator[Gap]:
    if call.means == Means.HTTP and call.method in METHODS:
        return
    what = {Means.MAIL: "A mail", Means.QUEUE: "A message"}.get(call.means, f"A {call.method}")
    for setting in settings:
        unsafe = _unsafe(call, setting) if setting.policy.attempts > 1 else []
        if not unsafe:
            continue
        likely = [name for name in unsafe if name in LIKELY_DONE]
        verdict = Verdict.NOT_FULFILLED if likely or call.means == Means.MAIL else Verdict.IN_PART
        reason = (
            f"{what} is repeated after {', '.join(likely or unsafe)}, when its work may "
            f"{'well ' if likely else ''}have been done: only an endpoint that heeds the key does it once."
        )
        yield Gap(verdict, reason, setting.change(*_safer(call, setting), reason))


def _unsafe(call: Call, setting: Setting) -> list[str]:
    """What of `retry_on` does not say that nothing was done."""
    wanted = parse_retry_on(setting.policy.retry_on)
    words = [name.value for name in RETRYABLE if name in wanted.outcomes and name not in NOT_SENT]
    if call.means != Means.HTTP:
        return words
    safe = set(NOT_BEGUN)
    ranges = [
        (low, high) for low, high in wanted.statuses.ranges if not safe.issuperset(range(low, high + 1))
    ]
    return words + [str(low) if low == high else f"{low}-{high}" for low, high in ranges]


def _safer(call: Call, setting: Setting) -> tuple[str, object]:
    """The field, and what would leave only the safe ones of what is tried again."""
    wanted = parse_retry_on(setting.policy.retry_on)
    kept = [name.value for name in NOT_SENT if name in wanted.outcomes]
    if call.means == Means.HTTP:
        kept += [str(status) for status in NOT_BEGUN if status in wanted.statuses]
    return ("retry_on", ",".join(kept)) if kept else ("max_attempts", 1)
