"""Whether somebody is told of failures, and the messages get there. Pure."""

from collections.abc import Iterator

from jobs.audit.facts import Channel, Facts
from jobs.audit.findings import Change, Finding, Gap, Verdict, found

_NOBODY = "Nobody is told of a failure."


def failure_alerting(facts: Facts) -> Finding:
    channels = facts.alerting.channels
    if not channels:
        url = f"{facts.url}notification_templates_error/"
        change = Change(url, "id", facts.alerting.candidate, _NOBODY, method="POST")
        return found((), [Gap(Verdict.NOT_FULFILLED, _NOBODY, change)], fulfilled="")
    works = any(one.ended and not one.last_failed for one in channels)
    gaps = [gap for one in channels if (gap := _gap(one, is_alone=not works))]
    return found(
        _told(facts), gaps, fulfilled="Somebody is told of a failure, and the last message got there."
    )


def _told(facts: Facts) -> Iterator[str]:
    for one in facts.alerting.channels:
        failed = f", of its last {one.ended} messages {one.failed} failed" if one.ended else ", never used"
        yield f"A notification template of the {one.of} tells of failures{failed}."


def _gap(channel: Channel, *, is_alone: bool) -> Gap | None:
    """What is amiss with one channel; `is_alone` if no other is known to work."""
    url = f"/api/v2/notification_templates/{channel.id}/"
    if channel.last_failed:
        verdict = Verdict.NOT_FULFILLED if is_alone else Verdict.IN_PART
        reason = "The last message to those who are told of failures could not be sent."
        change = Change(url, "notification_configuration", None, reason)
    elif not channel.ended and is_alone:
        verdict, reason = Verdict.IN_PART, "Nothing was ever sent to those who are told of failures."
        change = Change(f"{url}test/", None, None, reason, method="POST")
    else:
        return None
    return Gap(verdict, reason, change if channel.id is not None else None)
