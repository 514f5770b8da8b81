"""The facts that speak for a cause, a line each, with figures and times. Secrets are masked in the record already."""

from collections.abc import Iterator

from jobs.record import NOT_CALLED, OUTCOMES, plain, stamp
from jobs.triage.facts import SETTING, Change, Facts

# What of a text is quoted, in characters.
QUOTED = 300


def evidence_of(facts: Facts) -> Iterator[str]:
    if facts.reason:
        made = f"{facts.attempts_made} of {facts.attempts_allowed} attempts were made"
        yield f"The run ended as {facts.status}, {made}: {OUTCOMES.get(facts.reason, facts.reason)}."
    if facts.explanation:
        yield _quoted(facts.explanation)
    if facts.hosts:
        yield f"{facts.hosts_failed} of {facts.hosts} hosts failed."
    yield from _of_call(facts)
    yield from _of_history(facts)
    if facts.others and facts.others.of:
        yield (
            f"Within {facts.others.hours} h around its end {facts.others.unsuccessful} of {facts.others.of} "
            "other runs of the project failed."
        )
    for change in facts.changes:
        yield f"Between the last success and the first failure {changed(change)}."


def _of_call(facts: Facts) -> Iterator[str]:
    call = facts.call
    if call is None:
        return
    called = plain(f"{call.host} {call.method} {call.url}".strip()) or f"call {call.number}"
    answered = "no answer" if call.status is None else f"HTTP {call.status}"
    if call.status is None and call.outcome in NOT_CALLED:
        yield f"{called}: {NOT_CALLED[call.outcome]}."
    elif call.is_accepted:
        yield f"{called} was accepted ({answered}), to be reported later."
    elif call.seconds is not None:
        yield f"{called}: {answered} after {call.seconds:.3f} s of the {facts.bound:g} s that a call may take."
    if call.retry_after:
        yield f"The answer asked to be called again after {_quoted(call.retry_after)} (Retry-After)."
    if call.answer:
        yield f"The answer began: {_quoted(call.answer)}"
    if call.error and call.error not in facts.explanation:
        yield _quoted(call.error)


def _of_history(facts: Facts) -> Iterator[str]:
    history = facts.history
    if history.last_successful:
        yield (
            f"The last successful run was job {history.last_successful.id}, "
            f"which ended at {stamp(history.last_successful.finished)}."
        )
    elif history.looked_at > 1:
        yield f"None of the last {history.looked_at} runs of its template was successful."
    if history.first_unsuccessful and history.unsuccessful_in_a_row > 1:
        since = stamp(history.first_unsuccessful.finished)
        yield f"{history.unsuccessful_in_a_row} runs in a row failed, the first at {since}."
    if history.usual_seconds is not None:
        yield (
            f"95 of 100 successful runs took at most {history.usual_seconds:g} s, "
            f"the longest of the last ones {history.lately_seconds:g} s."
        )


def changed(change: Change) -> str:
    fields = ", ".join(plain(name) for name in change.fields[:5])
    if change.kind == SETTING:
        return f"the setting {fields} was changed at {stamp(change.at)}"
    done = "was made" if change.is_new else f"was changed ({fields})"
    return f"{change.kind.replace('_', ' ')} {change.id} {done} at {stamp(change.at)}"


def _quoted(text: str) -> str:
    text = plain(text.strip())
    return text if len(text) <= QUOTED else f"{text[:QUOTED]}…"
