"""Whether a template's runs keep out of each other's way. Pure."""

from collections.abc import Iterator

from jobs.audit.facts import Facts, ScheduleFacts
from jobs.audit.findings import Change, Finding, Gap, Verdict, found
from jobs.statuses import OverlapPolicy, TemplateKind

_WORDS = {
    OverlapPolicy.ALLOW: "a run goes beside others",
    OverlapPolicy.SKIP: "a run is not launched while another is going",
    OverlapPolicy.QUEUE: "a run waits until the others have ended",
    OverlapPolicy.REPLACE: "a run ends the one before it",
}


def singleton(facts: Facts) -> Finding:
    own = [one for one in facts.schedules if one.overlap_policy]
    policies = [
        (facts.url, facts.overlap_policy, facts.interval),
        *((one.url, OverlapPolicy(one.overlap_policy), one.interval) for one in own),
    ]
    gaps = [gap for url, policy, interval in policies for gap in _of_policy(facts, url, policy, interval)]
    gaps += [gap for one in facts.schedules for gap in _of_queue(facts, one)]
    told = [f"{url}: {_WORDS[policy]}." for url, policy, _ in policies]
    return found(told, gaps, fulfilled="No two of its runs go at once.")


def _of_policy(facts: Facts, url: str, policy: OverlapPolicy, interval: float | None) -> Iterator[Gap]:
    if policy == OverlapPolicy.ALLOW:
        verdict, reason = Verdict.NOT_FULFILLED, "Runs may go at once: the overlap policy is to allow it."
    elif policy == OverlapPolicy.REPLACE:
        verdict = Verdict.IN_PART
        reason = "A run ends the one before it here, but its service may go on with what it was called for."
    else:
        return
    # A queue of runs that last longer than the time between them only grows.
    better = OverlapPolicy.SKIP if facts.outgrows(interval) else OverlapPolicy.QUEUE
    change = Change(url, "overlap_policy", better.value, reason)
    if facts.kind == TemplateKind.WORKFLOW_JOB_TEMPLATE and url == facts.url:
        change = Change(url, "allow_simultaneous", value=False, why=reason)
    yield Gap(verdict, reason, change)


def _of_queue(facts: Facts, schedule: ScheduleFacts) -> Iterator[Gap]:
    """A queue without a limit that its runs outgrow."""
    policy = schedule.overlap_policy or facts.overlap_policy
    limit = facts.overlap_limit if schedule.overlap_limit is None else schedule.overlap_limit
    if policy == OverlapPolicy.QUEUE and not limit and facts.outgrows(schedule.interval):
        reason = f"{facts.pace(schedule)}: the queue of those that wait has no limit, and grows."
        yield Gap(Verdict.IN_PART, reason, Change(schedule.url, "overlap_limit", 1, reason))
