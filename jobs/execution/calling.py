"""One attempt: the call is made, the answer judged, and all of it put in the form in which it is recorded."""

import asyncio
import logging
import random
import time
from collections.abc import Callable
from dataclasses import replace
from enum import Enum
from typing import Any

from credentials.exceptions import UnusableCredential
from credentials.injection import Injection, injection_of, looked_up
from jobs.catalogues import Found, InvalidCatalogue, read_catalogue
from jobs.execution.calls.base import Call
from jobs.execution.calls.choice import call_of
from jobs.execution.claiming import ClaimedRun
from jobs.execution.database import DatabaseThread
from jobs.execution.masking import Secrets
from jobs.execution.outcome import Judgement, judge
from jobs.execution.request import MAX_RECORDED, InvalidRequest, timeout_of
from jobs.execution.results import Result
from jobs.execution.shared import Shared
from jobs.execution.tidying import tidy_up
from jobs.housekeeping import InvalidDays
from jobs.inventory_feeds import Feed, FeedRules, InvalidFeed, read_feed
from jobs.policies import Failure, late, retry_in
from jobs.statuses import JobKind, Outcome
from observability.logs import about
from outbound.exceptions import CallFailed
from outbound.messages import Response
from outbound.urls import masked_url

logger = logging.getLogger(__name__)

MAX_HEADER = 8 * 1024  # characters of one header's value
MAX_HEADERS = 200
ACCEPTED = 202


class Cut(Enum):
    """Why a call in flight is ended from this side."""

    CANCELED = "canceled"
    STOPPED = "stopped"
    NO_LONGER_MINE = "no longer mine"


class Flight:
    """A call between its claim and the record of its result. `result` is there once it has landed."""

    def __init__(self, run: ClaimedRun) -> None:
        self.run = run
        self.begun = time.monotonic()
        self.task: asyncio.Task[Result] | None = None
        self.cut: Cut | None = None
        self.result: Result | None = None
        self._recorded: dict[str, Any] = {}

    async def fly(self, shared: Shared) -> Result:
        """Call the run's endpoint, or tidy up. Whatever goes wrong is a result."""
        with about(job_id=self.run.id, run_id=str(self.run.run_id)):
            result = await self._flown(shared)
            logger.info(
                "Attempt %s of job %s ended: %s.",
                result.number,
                self.run.id,
                result.outcome.value,
                extra={
                    "action": "call",
                    "outcome": result.outcome.value,
                    "seconds": round(result.seconds, 3),
                },
            )
        return result

    async def _flown(self, shared: Shared) -> Result:
        try:
            result = await self._attempt_in_time(shared)
        except Exception as error:  # an error of Belfry's own must cost one run, not the engine
            logger.exception(
                "Job %s met an error of Belfry's own.",
                self.run.id,
                extra={"action": "call"},
            )
            result = self._ended(
                Outcome.LOST,
                f"Belfry itself failed ({type(error).__name__}); the worker's log has the details.",
            )
        return self._decided(result)

    def end(self, why: Cut) -> None:
        """End the call, if it is still under way. The first reason counts."""
        if self.result is None and self.cut is None and self.task is not None:
            self.cut = why
            self.task.cancel()

    def cut_result(self) -> Result:
        """What is recorded of a call that was ended from this side."""
        if self.run.kind == JobKind.SYSTEM_JOB:
            outcome = Outcome.CANCELED if self.cut is Cut.CANCELED else Outcome.LOST
            return self._ended(
                outcome, f"The job was {self.cut and self.cut.value}: what it removed is gone."
            )
        if self.cut is Cut.CANCELED:
            return self._ended(Outcome.CANCELED, "The job was canceled while its call was in flight.")
        return self._decided(
            self._ended(
                Outcome.LOST, "The worker was stopped before the call ended, so it is not known how it ended."
            )
        )

    def _decided(self, result: Result) -> Result:
        """With what the run's policy makes of it: whether, and when, it is tried again."""
        return (
            result if result.outcome == Outcome.SUCCESS else replace(result, retry_in=self._retry_in(result))
        )

    def _retry_in(self, result: Result) -> float | None:
        failure = Failure(result.finished, result.outcome, result.response_status, result.retry_after)
        return retry_in(self.run.policy, self.run.progress, failure, chance=random.random())  # noqa: S311

    async def _attempt_in_time(self, shared: Shared) -> Result:
        """The attempt, or what is recorded of it where the whole run's time is over."""
        deadline = self.run.deadline_at
        left = None
        if deadline is not None:
            # From the claim on, so that of a run with an inventory no call is past it before the run is.
            left = (deadline - self.run.started).total_seconds() - (time.monotonic() - self.begun)
        try:
            async with asyncio.timeout(left) as bound:
                return await self._attempt(shared)
        except TimeoutError:
            if not bound.expired():
                raise
            return self._ended(Outcome.DEADLINE, late(self.run.policy))

    def _ended(self, outcome: Outcome, explanation: str, **details: Any) -> Result:
        return Result(
            job_id=self.run.id,
            run_id=self.run.run_id,
            number=self.run.number,
            started=self.run.started,
            seconds=time.monotonic() - self.begun,
            outcome=outcome,
            explanation=explanation,
            request=self._recorded,
            kind=self.run.kind,
            may_be_reported=self.run.awaits_report,
            heartbeat_timeout=self.run.policy.heartbeat_timeout,
            service=self.run.service,
            **details,
        )

    async def _attempt(self, shared: Shared) -> Result:
        if self.run.kind == JobKind.SYSTEM_JOB:
            return await self._tidy(shared.tidying)
        return await self._call(shared)

    async def _tidy(self, database: DatabaseThread) -> Result:
        try:
            done = await tidy_up(self.run, database)
        except InvalidDays as error:
            return self._ended(Outcome.INVALID_REQUEST, str(error))
        return self._ended(Outcome.SUCCESS, "", artifacts=done)

    async def _call(self, shared: Shared) -> Result:
        call: Call | None = None
        injection = Injection()
        try:
            kind = call_of(self.run)
            credentials = await looked_up(
                self.run.credentials, shared.client, shared.lookups, within=timeout_of(self.run)
            )
            injection = injection_of(credentials)
            call = await kind.prepare(self.run, injection, shared)
            self._recorded = call.recorded
            response = await call.send(shared)
        except (InvalidRequest, UnusableCredential) as error:
            return self._ended(Outcome.INVALID_REQUEST, str(error))
        except CallFailed as error:
            secrets = call.secrets if call else Secrets.of(injection.secrets)
            return self._ended(Outcome(error.reason), secrets.masked(str(error)))
        return self._taken() if response is None else await self._concluded(call, response)

    def _taken(self) -> Result:
        """What was sent is in somebody's keeping, who does not answer; a consumer may report later."""
        self._recorded |= {"taken": True}
        return replace(self._ended(Outcome.SUCCESS, ""), is_accepted=self.run.awaits_report)

    async def _concluded(self, call: Call, response: Response) -> Result:
        judgement = self._judged(response)
        if response.status == ACCEPTED and self.run.awaits_report:
            judgement = replace(judgement, outcome=Outcome.SUCCESS, explanation="")
            return replace(self._answered(call, response, judgement, None), is_accepted=True)
        found: Found | Feed | None = None
        if self.run.kind in _READERS and judgement.outcome == Outcome.SUCCESS:
            # A long document takes a while, in which other calls go on.
            judgement, found = await asyncio.to_thread(_read, self.run, response)
        return self._answered(call, response, judgement, found)

    def _judged(self, response: Response) -> Judgement:
        return judge(
            response.status,
            response.body,
            truncated=response.truncated,
            success_status=str(self.run.request.get("success_status") or ""),
            success_json=_mapping(self.run.request.get("success_json")),
        )

    def _answered(
        self, call: Call, response: Response, judgement: Judgement, found: Found | Feed | None
    ) -> Result:
        body = _text(response, call.secrets)
        if response.redirects:
            self._recorded |= {
                "redirects": [call.secrets.masked(masked_url(url)) for url in response.redirects]
            }
        return self._ended(
            judgement.outcome,
            call.secrets.masked(judgement.explanation),
            artifacts=call.secrets.masked_json(judgement.artifacts),
            response_status=response.status,
            retry_after=_header(response, "Retry-After"),
            response_headers=_headers(response, call.secrets),
            response_body=body[:MAX_RECORDED],
            response_truncated=response.truncated or len(body) > MAX_RECORDED,
            catalogue=found if isinstance(found, Found) else None,
            feed=found if isinstance(found, Feed) else None,
        )


def _read_catalogue(_: ClaimedRun, response: Response) -> Found:
    return read_catalogue(response.body, truncated=response.truncated)


def _read_feed(run: ClaimedRun, response: Response) -> Feed:
    rules = FeedRules(**_mapping(run.request.get("feed")))
    return read_feed(response.body, rules=rules, truncated=response.truncated)


# What is read from the answer to a run of these kinds.
_READERS: dict[str, Callable[[ClaimedRun, Response], Found | Feed]] = {
    JobKind.PROJECT_UPDATE: _read_catalogue,
    JobKind.INVENTORY_UPDATE: _read_feed,
}


def _read(run: ClaimedRun, response: Response) -> tuple[Judgement, Found | Feed | None]:
    try:
        found = _READERS[run.kind](run, response)
    except (InvalidCatalogue, InvalidFeed) as error:
        return Judgement(Outcome.INVALID_DOCUMENT, str(error)), None
    return Judgement(Outcome.SUCCESS, "", found.summary()), found


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(response: Response, secrets: Secrets) -> str:
    """The body as UTF-8 text that PostgreSQL takes; what is not text is replaced."""
    return secrets.masked(response.body.decode(errors="replace").replace("\x00", ""))


def _headers(response: Response, secrets: Secrets) -> dict[str, str]:
    # aiohttp keeps bytes that are no UTF-8 as half surrogate pairs, which JSON in PostgreSQL cannot hold.
    shown = secrets.masked_headers(
        (_clean(name), _clean(value)[:MAX_HEADER]) for name, value in response.headers[:MAX_HEADERS]
    )
    return dict(shown)


def _header(response: Response, name: str) -> str:
    """The value of a header; empty where the answer does not have it."""
    return next((value for key, value in response.headers if key.lower() == name.lower()), "")


def _clean(text: str) -> str:
    return text.encode(errors="replace").decode().replace("\x00", "")
