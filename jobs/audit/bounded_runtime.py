"""Whether runs end by themselves, and before the next is due. Pure."""

from collections.abc import Iterator
from math import ceil

from jobs.audit.facts import Call, Facts, Setting, settings_of
from jobs.audit.findings import Change, Finding, Gap, Verdict, found
from jobs.policies import DEFAULT_TIMEOUT, MAX_TIMEOUT, seconds_of_call, span

# Runs that take this part of their bound will soon be cut off.
NEAR = 0.8
# Nothing shorter is proposed, unless launches follow each other more closely.
SHORTEST = 60


def bounded_runtime(facts: Facts) -> Finding:
    gaps = [*_outgrown(facts), *_of_steps(facts)]
    told = [*_figures(facts)]
    if facts.call is not None:
        for setting in settings_of(facts.call, facts.schedules):
            told.append(f"{setting.url}: {_in_words(longest(facts.call, setting))}.")
            gaps += _of_setting(facts.call, setting, facts.usual_seconds)
    return found(told, gaps, fulfilled="Each run ends by itself, and before the next is due.")


def longest(call: Call, setting: Setting) -> float | None:
    """Seconds that a run goes on at most, from its first call; None for any time."""
    policy = setting.policy
    if policy.deadline:
        return float(policy.deadline)
    if call.has_inventory or policy.awaits_reports:
        return None
    one = seconds_of_call(call.timeout)
    if policy.attempts == 1:
        return one
    all_of_them = policy.attempts * one + (policy.attempts - 1) * float(policy.retry_max_interval)
    return min(all_of_them, policy.retry_max_age + one) if policy.retry_max_age else all_of_them


def _in_words(bound: float | None) -> str:
    return "a run may go on for any time" if bound is None else f"a run goes on for {span(bound)} at most"


def _figures(facts: Facts) -> Iterator[str]:
    if facts.usual_seconds is None:
        yield "None of its runs ended in the last 30 days."
    else:
        yield f"95 of 100 of its last runs took at most {span(facts.usual_seconds)}."
    for one in facts.schedules:
        if one.interval is not None:
            yield f"{one.url}: launched every {span(one.interval)} at the closest."
        elif not one.is_asked:
            yield f"{one.url}: there was no time left to find out how often it launches."
    if facts.call is None:
        yield facts.steps.in_words()


def _outgrown(facts: Facts) -> Iterator[Gap]:
    for one in facts.schedules:
        if facts.outgrows(one.interval):
            reason = f"{facts.pace(one)}: one is not over when the next is due."
            yield Gap(Verdict.NOT_FULFILLED, reason, Change(one.url, "rrule", None, reason))


def _of_steps(facts: Facts) -> Iterator[Gap]:
    for pk in facts.steps.endless:
        reason = "An approval waits without end for somebody to decide."
        change = Change(f"/api/v2/workflow_approval_templates/{pk}/", "timeout", 24 * 3600, reason)
        yield Gap(Verdict.NOT_FULFILLED, reason, change)
    for call in facts.steps.calls:
        for setting in settings_of(call):
            yield from _of_setting(call, setting, None)


def _of_setting(call: Call, setting: Setting, usual: float | None) -> Iterator[Gap]:
    """What is amiss with a bound: the first of what may be."""
    bound, interval = longest(call, setting), setting.interval
    verdict = Verdict.IN_PART
    if bound is None:
        verdict = Verdict.NOT_FULFILLED
        why = "calls as many hosts as its inventory has" if call.has_inventory else "lasts while reports come"
        reason = f"A run has no deadline, and {why}."
    elif not call.timeout and not setting.policy.deadline:
        reason = f"Only Belfry's own bound ends a call: {span(DEFAULT_TIMEOUT)}."
    elif interval is not None and bound > interval:
        reason = f"A run may go on for {span(bound)}, and the next may be due after {span(interval)}."
    elif usual is not None and usual >= NEAR * bound:
        reason = f"Runs take up to {span(usual)}, near to the {span(bound)} after which they are cut off."
    else:
        return
    yield Gap(verdict, reason, _bounding(call, setting, usual, reason))


def _bounding(call: Call, setting: Setting, usual: float | None, why: str) -> Change:
    """Twice what runs take, as far as it is before the next. There is no such bound where they fill that time."""
    seconds = DEFAULT_TIMEOUT if usual is None else max(SHORTEST, ceil(2 * usual))
    if setting.interval is not None:
        seconds = min(seconds, int(setting.interval))
    bound = None if usual is not None and usual >= NEAR * seconds else min(seconds, MAX_TIMEOUT)
    by_deadline = (
        setting.own is not None
        or setting.policy.deadline
        or setting.policy.attempts > 1
        or call.has_inventory
        or setting.policy.awaits_reports
    )
    return setting.change("deadline" if by_deadline else "timeout", bound, why)
