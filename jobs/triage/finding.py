"""Why a run was not successful, most likely, and what to read next: rules from facts. Pure: no database, no clock.

Nothing is run again and nothing is changed, by intent: whether a run is repeated is decided by people.
"""

from dataclasses import dataclass
from typing import Literal

from jobs.statuses import Status
from jobs.triage.causes import CAUSES, OF_CALLS, OF_SETTINGS, Cause, LookAt, cause_of
from jobs.triage.evidence import changed, evidence_of
from jobs.triage.facts import SETTING, Change, Facts

# What the jobs of a project have in common, or may have.
_SHARED = ("project", "credential", "credential_input_source", "inventory", "host", "group", SETTING)
_NOT_ALONE = (
    "Other jobs of the project failed at the same time, so the trouble is more likely the service, or what its jobs "
    "have in common, than this job."
)
_ALONE = (
    "Other jobs of the project were successful at the same time, so the trouble is more likely this job's own request "
    "than the service."
)


@dataclass(frozen=True, slots=True)
class Step:
    """What to read next: a path of this API."""

    path: str
    why: str
    method: Literal["GET"] = "GET"

    @property
    def command(self) -> str:
        """For a shell that has AWX's own variables."""
        return f'curl -s -H "Authorization: Bearer $CONTROLLER_OAUTH_TOKEN" "$CONTROLLER_HOST{self.path}"'


@dataclass(frozen=True, slots=True)
class Finding:
    cause: Cause
    look_at: LookAt
    summary: str
    evidence: tuple[str, ...]
    next: Step


def find(facts: Facts) -> Finding:
    """The most likely cause, what speaks for it, and the one thing to read next."""
    cause = cause_of(facts)
    if cause == Cause.NONE:
        return _nothing(facts)
    look_at, sentence = CAUSES[cause]
    suspect = _suspect(cause, facts)
    others = facts.others
    if suspect:
        look_at = LookAt.BELFRY if suspect.kind == SETTING else LookAt.TEMPLATE
        sentence = f"{sentence} It has failed since {changed(suspect)}."
    elif others and others.fail and cause in OF_CALLS:
        look_at = LookAt.SERVICE
        sentence = f"{sentence} {_NOT_ALONE}"
    elif others and others.succeed and cause in OF_CALLS:
        look_at = LookAt.TEMPLATE
        sentence = f"{sentence} {_ALONE}"
    step = _next(cause, facts, suspect)
    return Finding(cause, look_at, sentence, tuple(evidence_of(facts)), step)


def _suspect(cause: Cause, facts: Facts) -> Change | None:
    """The last change before the first failure, where it may have brought it about.

    A change that other jobs have no part in does not explain that they fail, too.
    """
    if cause not in OF_SETTINGS:
        return None
    others_fail = facts.others is not None and facts.others.fail
    return next((one for one in facts.changes if not others_fail or one.kind in _SHARED), None)


def _nothing(facts: Facts) -> Finding:
    job = f"/api/v2/jobs/{facts.job}/"
    if facts.status == Status.SUCCESSFUL:
        summary, why = "The run was successful: there is nothing to explain.", "what it did"
        step = Step(f"{job}stdout/?format=txt", why)
    else:
        summary = f"The run has not ended: it is {facts.status}."
        step = Step(job, "its state as it is then")
    return Finding(Cause.NONE, LookAt.NOTHING, summary, tuple(evidence_of(facts)), step)


def _next(cause: Cause, facts: Facts, suspect: Change | None) -> Step:
    job = f"/api/v2/jobs/{facts.job}/"
    if suspect:
        entry = f"/api/v2/activity_stream/{suspect.entry}/"
        return Step(entry, "what was changed before it began to fail, and by whom")
    if facts.others and facts.others.fail and facts.project and cause in OF_CALLS:
        return Step(
            f"/api/v2/jobs/?project={facts.project}&failed=true&order_by=-finished",
            "which other jobs of the project failed, and how",
        )
    if facts.template:
        template = f"/api/v2/job_templates/{facts.template}/"
        match cause:
            case Cause.OUTGROWN_TIMEOUT | Cause.DEADLINE:
                return Step(f"{template}statistics/?days=30", "how long its runs take")
            case Cause.REPLACED | Cause.NEVER_BEGUN:
                return Step(
                    f"{template}jobs/?order_by=-id", "which runs of the template went before and after it"
                )
    match cause:
        case Cause.BREAKER_OPEN if facts.project:
            service = f"/api/v2/projects/{facts.project}/service/"
            return Step(service, "whether the breaker is still open, and why it opened")
        case Cause.SOME_HOSTS:
            return Step(f"{job}job_host_summaries/?failed=true", "which hosts failed")
        case Cause.CANCELED:
            return Step(f"{job}activity_stream/", "who canceled it, and when")
        case Cause.LOST:
            return Step("/api/v2/ping/", "which workers live")
    if facts.call and cause in OF_CALLS:
        return Step(f"{job}attempts/{facts.call.number}/", "what exactly was sent and what came back")
    return Step(f"{job}stdout/?format=txt", "the whole record of the run")
