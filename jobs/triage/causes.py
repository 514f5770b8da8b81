"""What may have been the cause of a run's end, and by what it is told. Pure: no database, no clock."""

import re
from enum import StrEnum
from http import HTTPStatus

from jobs.overlap import REPLACED
from jobs.statuses import ACTIVE, Outcome, Status
from jobs.triage.facts import Call, Facts

# Successful runs that took this part of the bound came near to it.
NEAR = 0.8


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


CAUSES: dict[Cause, tuple[LookAt, str]] = {
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

# How a call went: here the project's other jobs say more.
OF_CALLS = frozenset(CAUSES) - {
    *(Cause.CANCELED, Cause.REPLACED, Cause.NOT_LAUNCHED, Cause.INVALID_REQUEST, Cause.FORBIDDEN_ADDRESS),
    *(Cause.BREAKER_OPEN, Cause.NEVER_BEGUN, Cause.LOST, Cause.SOME_HOSTS, Cause.UNKNOWN),
}
# What a change of its template and its like may have brought about.
OF_SETTINGS = OF_CALLS | {
    *(Cause.NOT_LAUNCHED, Cause.INVALID_REQUEST, Cause.FORBIDDEN_ADDRESS, Cause.SOME_HOSTS, Cause.UNKNOWN)
}


def cause_of(facts: Facts) -> Cause:
    """By how the run ended, without what others did."""
    if facts.status == Status.SUCCESSFUL or facts.status in ACTIVE:
        return Cause.NONE
    if facts.status == Status.CANCELED:
        return Cause.REPLACED if facts.explanation == REPLACED else Cause.CANCELED
    if 0 < facts.hosts_failed < facts.hosts and facts.reason not in _OF_THE_WHOLE:
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


# What ends a run itself, whatever its hosts did.
_OF_THE_WHOLE = (Outcome.LOST, Outcome.DEADLINE)
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
