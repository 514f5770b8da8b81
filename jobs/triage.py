"""Why a run was not successful, most likely, and where to look next: rules from facts. Pure: no database, no clock.

Nothing is run again and nothing is changed, by intent: whether a run is repeated is decided by people.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from http import HTTPStatus
from statistics import quantiles
from typing import Literal

from jobs.overlap import REPLACED
from jobs.record import OUTCOMES, plain, stamp
from jobs.statuses import ACTIVE, Outcome, Status

# What of a text is quoted, in characters.
QUOTED = 300
# Of how many of its last successful runs the seconds are compared with the bound, and how near is near.
LAST_SUCCESSES = 10
NEAR = 0.8
# So many other runs have to fail before they speak against the service.
ENOUGH_OTHERS = 2


class Cause(StrEnum):
    NONE = "none"
    CANCELED = "canceled"
    REPLACED = "replaced"
    NOT_LAUNCHED = "not_launched"
    INVALID_REQUEST = "invalid_request"
    FORBIDDEN_ADDRESS = "forbidden_address"
    NAME_NOT_RESOLVED = "name_not_resolved"
    UNREACHABLE = "unreachable"
    TLS = "tls"
    TIMEOUT = "timeout"
    OUTGROWN_TIMEOUT = "outgrown_timeout"
    UNAUTHORIZED = "unauthorized"
    ENDPOINT_MISSING = "endpoint_missing"
    REQUEST_REFUSED = "request_refused"
    THROTTLED = "throttled"
    SERVICE_ERROR = "service_error"
    REDIRECTED = "redirected"
    UNEXPECTED_STATUS = "unexpected_status"
    UNEXPECTED_ANSWER = "unexpected_answer"
    REPORTED = "reported"
    NEVER_REPORTED = "never_reported"
    BREAKER_OPEN = "breaker_open"
    DEADLINE = "deadline"
    NEVER_BEGUN = "never_begun"
    LOST = "lost"
    SOME_HOSTS = "some_hosts"
    UNKNOWN = "unknown"


class LookAt(StrEnum):
    """Whose it is most likely to mend."""

    NOTHING = "nothing"
    # The service that is called.
    SERVICE = "service"
    # The run's own template, parameters, credentials, project or schedule.
    TEMPLATE = "template"
    # Belfry's workers or the settings of this installation.
    BELFRY = "belfry"
    # Somebody decided it.
    PERSON = "person"


_CAUSES: dict[Cause, tuple[LookAt, str]] = {
    Cause.CANCELED: (
        LookAt.PERSON,
        "The run was canceled: by somebody, with its workflow, or because a later run took its place.",
    ),
    Cause.REPLACED: (
        LookAt.TEMPLATE,
        "A later run of its template took its place, as the overlap policy says.",
    ),
    Cause.NOT_LAUNCHED: (
        LookAt.TEMPLATE,
        "The run was on record before it could be launched, and never was.",
    ),
    Cause.INVALID_REQUEST: (
        LookAt.TEMPLATE,
        "The request could not be made from the template, its parameters and its credentials.",
    ),
    Cause.FORBIDDEN_ADDRESS: (
        LookAt.BELFRY,
        "The address may not be called: it is private or reserved, and OUTBOUND_ALLOWED_NETWORKS does not list it.",
    ),
    Cause.NAME_NOT_RESOLVED: (
        LookAt.TEMPLATE,
        "The name of the host has no address: it is misspelled, or the name service does not know it.",
    ),
    Cause.UNREACHABLE: (LookAt.SERVICE, "No connection to the service could be made, or it broke."),
    Cause.TLS: (
        LookAt.SERVICE,
        "No trusted TLS connection could be made: most often the service's certificate is to blame.",
    ),
    Cause.TIMEOUT: (LookAt.SERVICE, "No whole answer came within the time that a call has."),
    Cause.OUTGROWN_TIMEOUT: (
        LookAt.TEMPLATE,
        "The call ran into its bound, which successful runs had come near to before: the work has outgrown it.",
    ),
    Cause.UNAUTHORIZED: (
        LookAt.TEMPLATE,
        "The service refused the caller: the credential is missing, wrong or expired, or may not do this.",
    ),
    Cause.ENDPOINT_MISSING: (LookAt.TEMPLATE, "The service does not know this endpoint, or not this method."),
    Cause.REQUEST_REFUSED: (LookAt.TEMPLATE, "The service refused the request as wrong."),
    Cause.THROTTLED: (LookAt.SERVICE, "The service is busy: it asked to be called later."),
    Cause.SERVICE_ERROR: (LookAt.SERVICE, "The service met an error of its own."),
    Cause.REDIRECTED: (LookAt.TEMPLATE, "The service answered with a redirect, which was not followed."),
    Cause.UNEXPECTED_STATUS: (LookAt.TEMPLATE, "The status of the answer is none that counts as success."),
    Cause.UNEXPECTED_ANSWER: (
        LookAt.SERVICE,
        "The service answered, but not what counts as success for this template.",
    ),
    Cause.REPORTED: (LookAt.SERVICE, "The endpoint accepted the call and reported later that it failed."),
    Cause.NEVER_REPORTED: (LookAt.SERVICE, "The endpoint accepted the call and never said how it ended."),
    Cause.BREAKER_OPEN: (
        LookAt.SERVICE,
        "The circuit breaker of the service was open after earlier failures, so nothing was called.",
    ),
    Cause.DEADLINE: (LookAt.SERVICE, "The run was not over by its deadline."),
    Cause.NEVER_BEGUN: (
        LookAt.BELFRY,
        "The deadline came before the run could begin: it waited for earlier runs, for limits or for a worker.",
    ),
    Cause.LOST: (
        LookAt.BELFRY,
        "The worker that made the call went away, so it is not known how the call ended: ask the service for it.",
    ),
    Cause.SOME_HOSTS: (LookAt.SERVICE, "Some hosts of the inventory failed, others did what they should."),
    Cause.UNKNOWN: (LookAt.TEMPLATE, "What is on record does not say why."),
}

# How a call went: here other jobs of the project and changes before the first failure say more.
_OF_CALLS = frozenset(_CAUSES) - {
    *(Cause.CANCELED, Cause.REPLACED, Cause.NOT_LAUNCHED, Cause.INVALID_REQUEST, Cause.FORBIDDEN_ADDRESS),
    *(Cause.BREAKER_OPEN, Cause.NEVER_BEGUN, Cause.LOST, Cause.SOME_HOSTS, Cause.UNKNOWN),
}
# What a change of settings may bring about: all of these, and what kept a call from being made.
_OF_SETTINGS = _OF_CALLS | {
    *(Cause.NOT_LAUNCHED, Cause.INVALID_REQUEST, Cause.FORBIDDEN_ADDRESS, Cause.SOME_HOSTS, Cause.UNKNOWN)
}
# What other jobs of a project may have a part in.
_SHARED = ("project", "credential")
_NOT_ALONE = (
    "Other jobs of the project failed at the same time, so the trouble is more likely the service, or what its jobs "
    "have in common, than this job."
)
_ALONE = (
    "Other jobs of the project were successful at the same time, so the trouble is more likely this job's own request "
    "than the service."
)


@dataclass(frozen=True, slots=True)
class Call:
    """The call that the run's end goes back to. `answer` is the beginning of what was answered."""

    number: int
    host: str = ""
    method: str = ""
    url: str = ""
    status: int | None = None
    seconds: float | None = None
    retry_after: str = ""
    answer: str = ""
    error: str = ""
    # Whether the endpoint took it, to report later how it ends.
    is_accepted: bool = False


@dataclass(frozen=True, slots=True)
class EndedRun:
    """Another run of the template; `elapsed` in seconds."""

    id: int
    status: str
    created: datetime
    begun: datetime
    finished: datetime
    elapsed: float


@dataclass(frozen=True, slots=True)
class Others:
    """Runs of the project's other templates that ended at about the same time, canceled ones left out."""

    unsuccessful: int
    of: int
    hours: int

    @property
    def fail(self) -> bool:
        return self.unsuccessful >= ENOUGH_OTHERS and self.unsuccessful * 2 >= self.of

    @property
    def succeed(self) -> bool:
        return self.unsuccessful * 2 < self.of


@dataclass(frozen=True, slots=True)
class Change:
    """An entry of the activity stream: `fields` of an object of this kind were changed."""

    entry: int
    at: datetime
    kind: str
    id: int
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class History:
    """The last runs of the template up to the run, itself among them. Times are None where there is no such run."""

    last_successful: EndedRun | None
    first_unsuccessful: EndedRun | None
    unsuccessful_in_a_row: int
    # What 95 of a hundred of the successful ones took at most, and the longest of the last of them.
    usual_seconds: float | None
    lately_seconds: float | None
    looked_at: int


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is on record and open to the asker; ids of what he may not read are None."""

    job: int
    status: str
    reason: str
    explanation: str
    attempts_made: int
    attempts_allowed: int
    has_begun: bool
    # Seconds that one call may take.
    bound: float
    history: History
    template: int | None = None
    project: int | None = None
    call: Call | None = None
    hosts_failed: int = 0
    hosts: int = 0
    others: Others | None = None
    changes: tuple[Change, ...] = ()


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


def history_of(runs: Sequence[EndedRun]) -> History:
    """Of runs of one template, the last first. Canceled ones say nothing of success or failure."""
    judged = [run for run in runs if run.status != Status.CANCELED]
    successes = [run for run in judged if run.status == Status.SUCCESSFUL]
    in_a_row = next(
        (place for place, run in enumerate(judged) if run.status == Status.SUCCESSFUL), len(judged)
    )
    lately = [run.elapsed for run in successes[:LAST_SUCCESSES]]
    return History(
        last_successful=successes[0] if successes else None,
        first_unsuccessful=judged[in_a_row - 1] if in_a_row else None,
        unsuccessful_in_a_row=in_a_row,
        usual_seconds=_p95([run.elapsed for run in successes]),
        lately_seconds=max(lately, default=None),
        looked_at=len(runs),
    )


def _p95(seconds: Sequence[float]) -> float | None:
    """As PostgreSQL's percentile_cont has it."""
    if len(seconds) < 2:
        return seconds[0] if seconds else None
    return round(quantiles(seconds, n=20, method="inclusive")[-1], 3)


def find(facts: Facts) -> Finding:
    """The most likely cause, what speaks for it, and the one thing to read next."""
    cause = cause_of(facts)
    if cause == Cause.NONE:
        return _nothing(facts)
    look_at, sentence = _CAUSES[cause]
    suspect = _suspect(cause, facts)
    others = facts.others
    if suspect:
        look_at = LookAt.TEMPLATE
        sentence = f"{sentence} It has failed since {_changed(suspect)}."
    elif others and others.fail and cause in _OF_CALLS:
        look_at = LookAt.SERVICE
        sentence = f"{sentence} {_NOT_ALONE}"
    elif others and others.succeed and cause in _OF_CALLS:
        look_at = LookAt.TEMPLATE
        sentence = f"{sentence} {_ALONE}"
    step = _next(cause, facts, suspect)
    return Finding(cause, look_at, sentence, tuple(_evidence(facts)), step)


def cause_of(facts: Facts) -> Cause:
    """By how the run ended, without what others did."""
    if facts.status == Status.SUCCESSFUL or facts.status in ACTIVE:
        return Cause.NONE
    if facts.status == Status.CANCELED:
        return Cause.REPLACED if facts.explanation == REPLACED else Cause.CANCELED
    if 0 < facts.hosts_failed < facts.hosts:
        return Cause.SOME_HOSTS
    match facts.reason:
        case Outcome.HTTP_STATUS:
            return _of_status(facts.call)
        case Outcome.CONNECT:
            return Cause.NAME_NOT_RESOLVED if _is_unresolved(facts) else Cause.UNREACHABLE
        case Outcome.TIMEOUT:
            return _of_timeout(facts)
        case Outcome.DEADLINE:
            return Cause.DEADLINE if facts.has_begun else Cause.NEVER_BEGUN
        case "":
            return Cause.UNKNOWN if facts.has_begun else Cause.NOT_LAUNCHED
        case _:
            return _OF_OUTCOMES.get(facts.reason, Cause.UNKNOWN)


_OF_OUTCOMES: dict[str, Cause] = {
    Outcome.ASSERTION: Cause.UNEXPECTED_ANSWER,
    Outcome.TLS: Cause.TLS,
    Outcome.FORBIDDEN_ADDRESS: Cause.FORBIDDEN_ADDRESS,
    Outcome.INVALID_REQUEST: Cause.INVALID_REQUEST,
    Outcome.LOST: Cause.LOST,
    Outcome.REPORTED: Cause.REPORTED,
    Outcome.CIRCUIT_OPEN: Cause.BREAKER_OPEN,
}


def _of_status(call: Call | None) -> Cause:
    match call.status if call else None:
        case None:
            return Cause.UNKNOWN
        case HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN:
            return Cause.UNAUTHORIZED
        case HTTPStatus.NOT_FOUND | HTTPStatus.METHOD_NOT_ALLOWED | HTTPStatus.GONE:
            return Cause.ENDPOINT_MISSING
        case HTTPStatus.TOO_MANY_REQUESTS:
            return Cause.THROTTLED
        case HTTPStatus.SERVICE_UNAVAILABLE if call and call.retry_after:
            return Cause.THROTTLED
        case status if status >= 500:
            return Cause.SERVICE_ERROR
        case status if status >= 400:
            return Cause.REQUEST_REFUSED
        case status if status >= 300:
            return Cause.REDIRECTED
        case _:
            return Cause.UNEXPECTED_STATUS


# What outbound says of a name without an address.
_UNRESOLVED = re.compile(r"The name of \S+ cannot be resolved|^\S+ has no address\.$")


def _is_unresolved(facts: Facts) -> bool:
    return _UNRESOLVED.search(facts.call.error if facts.call else facts.explanation) is not None


def _of_timeout(facts: Facts) -> Cause:
    if facts.call and facts.call.is_accepted:
        return Cause.NEVER_REPORTED
    lately = facts.history.lately_seconds
    return Cause.TIMEOUT if lately is None or lately < NEAR * facts.bound else Cause.OUTGROWN_TIMEOUT


def _suspect(cause: Cause, facts: Facts) -> Change | None:
    """The last change before the first failure, where it may have brought it about.

    A change that other jobs have no part in does not explain that they fail, too.
    """
    if cause not in _OF_SETTINGS:
        return None
    others_fail = facts.others is not None and facts.others.fail
    return next((one for one in facts.changes if not others_fail or one.kind in _SHARED), None)


def _changed(change: Change) -> str:
    fields = ", ".join(plain(name) for name in change.fields[:5])
    kind = change.kind.replace("_", " ")
    return f"{kind} {change.id} was changed ({fields}) at {stamp(change.at)}"


def _nothing(facts: Facts) -> Finding:
    job = f"/api/v2/jobs/{facts.job}/"
    if facts.status == Status.SUCCESSFUL:
        summary, why = "The run was successful: there is nothing to explain.", "what it did"
        step = Step(f"{job}stdout/?format=txt", why)
    else:
        summary = f"The run has not ended: it is {facts.status}."
        step = Step(job, "its state as it is then")
    return Finding(Cause.NONE, LookAt.NOTHING, summary, tuple(_evidence(facts)), step)


def _next(cause: Cause, facts: Facts, suspect: Change | None) -> Step:
    job = f"/api/v2/jobs/{facts.job}/"
    if suspect:
        entry = f"/api/v2/activity_stream/{suspect.entry}/"
        return Step(entry, "what was changed before it began to fail, and by whom")
    if facts.others and facts.others.fail and facts.project and cause in _OF_CALLS:
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
    if facts.call and cause in _OF_CALLS:
        return Step(f"{job}attempts/{facts.call.number}/", "what exactly was sent and what came back")
    return Step(f"{job}stdout/?format=txt", "the whole record of the run")


def _evidence(facts: Facts) -> Iterator[str]:
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
        yield f"Between the last success and the first failure {_changed(change)}."


def _of_call(facts: Facts) -> Iterator[str]:
    call = facts.call
    if call is None:
        return
    called = plain(f"{call.host} {call.method} {call.url}".strip()) or f"call {call.number}"
    answered = "no answer" if call.status is None else f"HTTP {call.status}"
    if call.is_accepted:
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
    elif history.looked_at:
        runs = "run" if history.looked_at == 1 else f"{history.looked_at} runs"
        yield f"None of the last {runs} of its template was successful."
    if history.first_unsuccessful and history.unsuccessful_in_a_row > 1:
        since = stamp(history.first_unsuccessful.finished)
        yield f"{history.unsuccessful_in_a_row} runs in a row failed, the first at {since}."
    if history.usual_seconds is not None:
        yield (
            f"95 of 100 successful runs took at most {history.usual_seconds:g} s, "
            f"the longest of the last {LAST_SUCCESSES} took {history.lately_seconds:g} s."
        )


def _quoted(text: str) -> str:
    text = plain(text.strip())
    return text if len(text) <= QUOTED else f"{text[:QUOTED]}…"
