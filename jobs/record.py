"""The readable record of a run: a list of events, each with the lines that it adds to what the run "printed".

The events are derived from the run and its attempts, not stored. While a run goes on its list only grows: an event
that was there keeps its number, its lines and their place (clients follow a run by `start_line`).
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from http import HTTPStatus
from typing import Any

from jobs.headers import masked
from jobs.models import Attempt, UnifiedJob
from jobs.policies import RunPolicy
from jobs.statuses import UNSTARTED, UNSUCCESSFUL, JobKind, Outcome, Status

MAX_BODY = 32 * 1024
MAX_BODY_LINES = 1000

# What a terminal would obey and what a page cannot show; tab and line feed are dealt with by themselves.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")

OUTCOMES: dict[str, str] = {
    Outcome.SUCCESS: "the endpoint answered as expected",
    Outcome.HTTP_STATUS: "the status of the answer is none of those that count as success",
    Outcome.ASSERTION: "the answer does not say what counts as success",
    Outcome.TIMEOUT: "no whole answer came in time",
    Outcome.CONNECT: "no connection could be made, or it broke",
    Outcome.TLS: "no trusted TLS connection could be made",
    Outcome.FORBIDDEN_ADDRESS: "the address may not be called",
    Outcome.INVALID_REQUEST: "the request could not be made from the template and its parameters",
    Outcome.INVALID_DOCUMENT: "the answer is not a document that can be used",
    Outcome.CANCELED: "the call was canceled",
    Outcome.CIRCUIT_OPEN: "the circuit breaker of the service is open, so no call was made",
    Outcome.LOST: "the worker that made the call went away, so nobody knows how it ended",
    Outcome.DEADLINE: "the run was not over in time",
    Outcome.REPORTED: "the endpoint reported that it failed",
}
TAKEN = "what was sent was taken"
# What is said of calls that were not made. A redirect may have led to an address that is refused.
NOT_CALLED: dict[str, str] = {
    Outcome.FORBIDDEN_ADDRESS: "nothing was sent to the forbidden address",
    Outcome.INVALID_REQUEST: "nothing was sent",
    Outcome.CIRCUIT_OPEN: "nothing was sent",
}


class Tone(StrEnum):
    """How a line is set off where colours are."""

    PLAIN = "plain"
    HEADING = "heading"
    GOOD = "good"
    BAD = "bad"
    FAINT = "faint"


@dataclass(frozen=True, slots=True)
class Line:
    text: str
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True, slots=True)
class Event:
    """`counter` is from 1; its lines are those from `start_line` (0 is the first) up to, without, `end_line`."""

    counter: int
    name: str
    display: str
    created: datetime
    failed: bool
    lines: tuple[Line, ...]
    start_line: int
    # The call that it is about; the row may have changed where the event has not.
    attempt: Attempt | None = field(compare=False)

    @property
    def end_line(self) -> int:
        return self.start_line + len(self.lines)

    @property
    def stdout(self) -> str:
        return "\n".join(line.text for line in self.lines)


@dataclass(frozen=True, slots=True)
class _Entry:
    name: str
    display: str
    created: datetime
    failed: bool
    lines: tuple[Line, ...]
    attempt: Attempt | None = None


def events_of(job: UnifiedJob, attempts: Iterable[Attempt]) -> list[Event]:
    """The record of `job` so far; `attempts` are its own, by number. A run that was not begun has none."""
    events: list[Event] = []
    position = 0
    for counter, entry in enumerate(_entries(job, attempts), start=1):
        events.append(
            Event(
                counter=counter,
                name=entry.name,
                display=entry.display,
                created=entry.created,
                failed=entry.failed,
                lines=entry.lines,
                start_line=position,
                attempt=entry.attempt,
            )
        )
        position += len(entry.lines)
    return events


def _entries(job: UnifiedJob, attempts: Iterable[Attempt]) -> Iterator[_Entry]:
    if job.status in UNSTARTED and not job.attempts_made:
        return
    # A system job calls nobody.
    alone, to_hosts = _parted(attempts if job.kind != JobKind.SYSTEM_JOB else ())
    yield _begin(job, (alone or to_hosts)[:1])
    for attempt in alone:
        if not attempt.request and attempt.finished is None:
            break
        yield _call(attempt)
        if is_accepted(job, attempt):
            yield _acceptance(attempt)
        if attempt.finished is None:
            break
        yield (
            _report(attempt, attempt.finished)
            if is_accepted(job, attempt)
            else _answer(attempt, attempt.finished)
        )
    # Several go on at once: each is told when it has ended, so that what is there keeps its place.
    for attempt in sorted((one for one in to_hosts if one.finished), key=_place):
        if attempt.request:
            yield _call(attempt)
        yield _answer(attempt, attempt.finished or attempt.started)
    if job.is_finished:
        yield _end(job)


def _parted(attempts: Iterable[Attempt]) -> tuple[list[Attempt], list[Attempt]]:
    """Calls that were made one after another, and those to hosts."""
    alone: list[Attempt] = []
    to_hosts: list[Attempt] = []
    for attempt in attempts:
        (to_hosts if attempt.host_name else alone).append(attempt)
    return alone, to_hosts


def _place(attempt: Attempt) -> tuple[bool, int, int]:
    """Those that were cut off with their run come last."""
    return attempt.place is None, attempt.place or 0, attempt.number


def _begin(job: UnifiedJob, first: Sequence[Attempt]) -> _Entry:
    lines = [Line(f"Run {job.pk}: {plain(job.name)} ({job.launch_type})", Tone.HEADING)]
    if job.scheduled_for:
        lines.append(Line(f"Scheduled for {stamp(job.scheduled_for)}", Tone.FAINT))
    lines.append(Line(f"Run id {job.run_id}", Tone.FAINT))
    created = first[0].started if first else job.started or job.finished or job.created
    return _Entry("playbook_on_start", "Run Started", created, failed=False, lines=tuple(lines))


def _call(attempt: Attempt) -> _Entry:
    request = attempt.request
    lines = [
        Line(""),
        Line(f"{_whose(attempt)}, {stamp(attempt.started)}", Tone.HEADING),
        Line(f"{plain(str(request.get('method', '')))} {plain(str(request.get('url', '')))}".strip()),
        *_headers(request.get("headers")),
        *_body(request.get("body")),
    ]
    return _Entry(
        "playbook_on_play_start",
        "Call Started",
        attempt.started,
        failed=False,
        lines=tuple(lines),
        attempt=attempt,
    )


def _whose(attempt: Attempt) -> str:
    return f"Host {plain(attempt.host_name)}" if attempt.host_name else f"Attempt {attempt.number}"


def _answer(attempt: Attempt, finished: datetime) -> _Entry:
    failed = attempt.outcome != Outcome.SUCCESS
    tone = Tone.BAD if failed else Tone.GOOD
    seconds = f"{(finished - attempt.started).total_seconds():.3f} s"
    lines = [Line("")]
    if attempt.host_name and not attempt.request:
        lines.append(Line(_whose(attempt), Tone.HEADING))
    if was_taken(attempt):
        lines.append(Line(f"Taken after {seconds}", tone))
    elif attempt.response_status is None:
        lines.append(Line(NOT_CALLED.get(attempt.outcome, f"no answer after {seconds}").capitalize(), tone))
    else:
        lines.extend(_redirects(attempt.request.get("redirects")))
        lines.append(Line(f"{_status_line(attempt.response_status)} after {seconds}", tone))
        lines.extend(_headers(attempt.response_headers))
        lines.extend(_body(attempt.response_body, truncated=attempt.response_truncated))
    return _outcome(attempt, finished, lines)


def _outcome(attempt: Attempt, finished: datetime, lines: list[Line]) -> _Entry:
    """The end of a call, below `lines`."""
    failed = attempt.outcome != Outcome.SUCCESS
    tone = Tone.BAD if failed else Tone.GOOD
    outcome = TAKEN if was_taken(attempt) and not failed else OUTCOMES.get(attempt.outcome, attempt.outcome)
    lines.append(Line(f"Outcome: {outcome}", tone))
    lines.extend(Line(text, tone) for text in _lines_of(attempt.error))
    if attempt.next_attempt_at is not None:
        lines.append(Line(f"Next attempt at {stamp(attempt.next_attempt_at)}", Tone.FAINT))
    return _Entry(
        "runner_on_failed" if failed else "runner_on_ok",
        "Call Failed" if failed else "Call OK",
        finished,
        failed=failed,
        lines=tuple(lines),
        attempt=attempt,
    )


def was_taken(attempt: Attempt) -> bool:
    """Whether what was sent is in the keeping of a broker or a mail server, which answer no more than that."""
    return attempt.request.get("taken") is True


def is_accepted(job: UnifiedJob, attempt: Attempt) -> bool:
    """Whether the endpoint answered that it reports later, or a queue has the message whose consumer does."""
    awaits_report = RunPolicy.of_run(job.request).awaits_reports and not attempt.host_name
    return awaits_report and (attempt.response_status == HTTPStatus.ACCEPTED or was_taken(attempt))


def _acceptance(attempt: Attempt) -> _Entry:
    lines = [
        Line(""),
        Line("Taken by the broker" if was_taken(attempt) else _status_line(HTTPStatus.ACCEPTED)),
        *_headers(attempt.response_headers),
        *_body(attempt.response_body, truncated=attempt.response_truncated),
        Line("The endpoint reports later how it ends"),
    ]
    return _Entry(
        "runner_on_start", "Call Accepted", attempt.started, failed=False, lines=tuple(lines), attempt=attempt
    )


def _report(attempt: Attempt, finished: datetime) -> _Entry:
    seconds = f"{(finished - attempt.started).total_seconds():.3f} s"
    return _outcome(attempt, finished, [Line(""), Line(f"After {seconds}")])


def _end(job: UnifiedJob) -> _Entry:
    failed = job.status in UNSUCCESSFUL
    verdict = f"Run {job.pk}: {Status(job.status).label.lower()} after {job.elapsed:.3f} s"
    if job.kind != JobKind.SYSTEM_JOB:
        calls = "1 attempt" if job.attempts_made == 1 else f"{job.attempts_made} attempts"
        verdict = f"{verdict}, {calls}"
    lines = [Line(""), Line(verdict, Tone.BAD if failed else Tone.GOOD)]
    if job.failure_reason:
        lines.append(Line(f"Reason: {OUTCOMES.get(job.failure_reason, job.failure_reason)}", Tone.BAD))
    lines.extend(Line(text) for text in _lines_of(job.job_explanation))
    if job.kind == JobKind.PROJECT_UPDATE:
        lines.extend(_catalogue(job.artifacts))
    if job.kind == JobKind.SYSTEM_JOB:
        lines.extend(_removed(job.artifacts))
    if job.kind == JobKind.INVENTORY_UPDATE and "host_count" in job.artifacts:
        hosts, groups = job.artifacts["host_count"], job.artifacts.get("group_count", 0)
        lines.append(Line(f"Found {hosts} hosts and {groups} groups"))
    return _Entry(
        "playbook_on_stats", "Run Finished", job.finished or job.modified, failed=failed, lines=tuple(lines)
    )


def _catalogue(artifacts: dict[str, Any]) -> Iterator[Line]:
    """What an update found."""
    found = artifacts.get("endpoints")
    if not isinstance(found, list):
        return
    count = artifacts.get("endpoint_count", len(found))
    yield Line(f"Revision {plain(str(artifacts.get('revision', '')))}", Tone.FAINT)
    yield Line(f"{count} {'endpoint' if count == 1 else 'endpoints'}:")
    for endpoint in found:
        yield Line(f"  {plain(str(endpoint))}")
    if count > len(found):
        yield Line("  … (the rest is not shown)", Tone.FAINT)


def _removed(artifacts: dict[str, Any]) -> Iterator[Line]:
    """What a system job removed."""
    deleted = artifacts.get("deleted")
    if not isinstance(deleted, dict):
        return
    yield Line(f"What ended before {plain(str(artifacts.get('before', '')))} is removed:")
    for name, count in deleted.items():
        yield Line(f"  {plain(str(name))}: {count} deleted")
    if not deleted:
        yield Line("  nothing was found")


def _redirects(urls: object) -> Iterator[Line]:
    if isinstance(urls, list):
        for url in urls:
            yield Line(f"Redirected to {plain(str(url))}", Tone.FAINT)


def _headers(headers: object) -> Iterator[Line]:
    if isinstance(headers, dict):
        for name, value in masked({str(name): str(value) for name, value in headers.items()}).items():
            yield Line(f"  {plain(name)}: {plain(value)}", Tone.FAINT)


def _body(body: object, *, truncated: bool = False) -> Iterator[Line]:
    """A body's first lines, indented; JSON is laid out."""
    text = body if isinstance(body, str) else "" if body is None else json.dumps(body, ensure_ascii=False)
    if not text:
        return
    text = text if truncated else _laid_out(text)
    lines = list(_lines_of(text[:MAX_BODY]))
    yield Line("")
    for line in lines[:MAX_BODY_LINES]:
        yield Line(f"  {line}" if line else "")
    if truncated or len(text) > MAX_BODY or len(lines) > MAX_BODY_LINES:
        yield Line("  … (the rest is not shown)", Tone.FAINT)


def _laid_out(text: str) -> str:
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False, allow_nan=False)
    except (ValueError, RecursionError):
        return text


def _status_line(status: int) -> str:
    try:
        return f"HTTP {status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"HTTP {status}"


def _lines_of(text: str) -> Iterator[str]:
    for line in text.replace("\r\n", "\n").rstrip("\n").split("\n") if text else ():
        yield plain(line)


def plain(text: str) -> str:
    """`text` on one line, with nothing in it that a terminal would obey."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text.replace("\t", "    ").replace("\n", " "))


def stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
