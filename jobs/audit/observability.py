"""Whether what was run, and what came of it, can be read afterwards. Pure.

Start, end, duration and outcome of each run are on record anyway, as long as runs are kept.
"""

from collections.abc import Iterator

from jobs.audit.facts import Answers, Call, Facts
from jobs.audit.findings import Change, Finding, Gap, Verdict, found
from jobs.endpoints import Means

# How many runs a template keeps of whom we propose to keep any.
KEPT = 20


def observability(facts: Facts) -> Finding:
    gaps = [*_of_history(facts), *_of_schedules(facts)]
    if facts.call is not None and facts.call.means == Means.HTTP:
        gaps += _of_answers(facts.call, facts.answers)
    return found(_told(facts), gaps, fulfilled="Start, end, duration and outcome of its runs are on record.")


def _told(facts: Facts) -> Iterator[str]:
    for how, limit in (
        ("successful", facts.successful_history_limit),
        ("failed", facts.failed_history_limit),
    ):
        yield f"Of its {how} runs {'all' if limit is None else limit} are kept."
    answers = facts.answers
    if facts.call is not None:
        yield (
            f"Of its last {answers.runs} successful runs {answers.with_status} answered a status, "
            f"{answers.with_processed} processed, {answers.with_duration} durationMs."
        )
    idle = sum(not one.has_next_run for one in facts.schedules)
    quarantined = sum(one.is_quarantined for one in facts.schedules)
    yield (
        f"Schedules that are looked at: {len(facts.schedules)}; without a next run: {idle}, of these quarantined: "
        f"{quarantined}, the others switched off or over."
    )


def _of_history(facts: Facts) -> Iterator[Gap]:
    if facts.failed_history_limit == 0:
        reason = "No failed run is kept: nobody can read why it failed."
        yield Gap(Verdict.NOT_FULFILLED, reason, Change(facts.url, "failed_history_limit", KEPT, reason))
    if facts.successful_history_limit == 0:
        reason = "No successful run is kept: nobody can read when it last went well, and how long it took."
        yield Gap(Verdict.IN_PART, reason, Change(facts.url, "successful_history_limit", KEPT, reason))


def _of_schedules(facts: Facts) -> Iterator[Gap]:
    for one in facts.schedules:
        if one.is_quarantined:
            reason = "A schedule is quarantined, so it launches nothing: its quarantine_reason says why."
            yield Gap(Verdict.NOT_FULFILLED, reason, Change(one.url, "rrule", None, reason))


def _of_answers(call: Call, answers: Answers) -> Iterator[Gap]:
    if answers.runs and not answers.say_something:
        reason = "The service answers nothing of what it did: neither status, nor processed, nor durationMs."
        yield Gap(Verdict.IN_PART, reason)
    if answers.with_status and "status" not in call.success_json:
        reason = "The service answers a status, which is not looked at: a run counts as successful whatever it says."
        one = answers.statuses[0] if len(answers.statuses) == 1 else None
        wanted = None if one is None else {**call.success_json, "status": one}
        yield Gap(Verdict.IN_PART, reason, Change(call.url, "success_json", wanted, reason))
