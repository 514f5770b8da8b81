"""`running → finished`: results are written in batches, each only if the run is still its engine's."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from jobs.breaker import Heard, says_failure
from jobs.catalogues import Found
from jobs.execution.breakers import hear
from jobs.execution.outcome import status_of
from jobs.execution.reports import accept, heed
from jobs.execution.settling import PLACE_OF_CUT
from jobs.inventory_feeds import Feed
from jobs.inventory_updates import apply_feed
from jobs.models import UnifiedJob
from jobs.signals import announce_finished
from jobs.statuses import JobKind, Outcome, Status


@dataclass(frozen=True, slots=True)
class Result:
    """How one attempt ended. `seconds` is its duration by a clock that does not step."""

    job_id: int
    run_id: UUID
    number: int
    started: datetime
    seconds: float
    outcome: Outcome
    explanation: str = ""
    traceback: str = field(default="", repr=False)
    artifacts: dict[str, Any] = field(default_factory=dict, repr=False)
    request: dict[str, Any] = field(default_factory=dict, repr=False)
    response_status: int | None = None
    # What the answer's header said.
    retry_after: str = ""
    response_headers: dict[str, str] = field(default_factory=dict, repr=False)
    response_body: str = field(default="", repr=False)
    response_truncated: bool = False
    kind: str = JobKind.JOB
    # Whose limits held for the call.
    service: int | None = None
    # What an update of a project, or of an inventory, found.
    catalogue: Found | None = field(default=None, repr=False)
    feed: Feed | None = field(default=None, repr=False)
    # Whether its endpoint may report how it ends, and whether it has answered that it will.
    may_be_reported: bool = False
    is_accepted: bool = False
    heartbeat_timeout: int = 0
    # Seconds from its end to the run's next attempt; None where the run ends with it.
    retry_in: float | None = None

    @property
    def finished(self) -> datetime:
        return self.started + timedelta(seconds=self.seconds)

    @property
    def next_attempt_at(self) -> datetime | None:
        return None if self.retry_in is None else self.finished + timedelta(seconds=self.retry_in)

    def without_details(self) -> "Result":
        """The same end without whatever the database may have refused."""
        # A document that cannot be stored was not fetched.
        found_nothing = self.catalogue is None and self.feed is None
        outcome = self.outcome if found_nothing else Outcome.INVALID_DOCUMENT
        return replace(
            self,
            outcome=outcome,
            catalogue=None,
            feed=None,
            explanation="The details of this attempt could not be stored.",
            traceback="",
            artifacts={},
            request={},
            response_headers={},
            response_body="",
            response_truncated=True,
        )


_RECORD = f"""
WITH result AS (
    SELECT * FROM json_to_recordset(%(results)s::json) AS r (
        id bigint, number int, status text, outcome text, reason text, explanation text, traceback text,
        artifacts jsonb, finished timestamptz, next_attempt_at timestamptz, request jsonb, response_status int,
        headers jsonb, body text, truncated boolean)
), mine AS (
    SELECT job.id, CASE WHEN result.next_attempt_at IS NULL THEN result.status
                        WHEN job.cancel_requested THEN '{Status.CANCELED}' ELSE '{Status.WAITING}' END AS status
    FROM jobs_unifiedjob AS job JOIN result ON result.id = job.id
    WHERE job.status = '{Status.RUNNING}' AND job.lease_owner = %(owner)s AND job.attempts_made = result.number
    ORDER BY job.id
    FOR UPDATE OF job
), ended AS (
    UPDATE jobs_unifiedjob AS job
    SET status = mine.status, job_explanation = result.explanation, result_traceback = result.traceback,
        failure_reason = CASE mine.status WHEN '{Status.WAITING}' THEN '' WHEN '{Status.CANCELED}'
                                          THEN '{Outcome.CANCELED}' ELSE result.reason END,
        -- A later attempt calls only the hosts that are left.
        artifacts = CASE WHEN job.inventory_id IS NULL OR job.attempts_made = 1 THEN result.artifacts
                    ELSE jsonb_build_object('hosts', coalesce(job.artifacts -> 'hosts', '{{}}')
                                                     || coalesce(result.artifacts -> 'hosts', '{{}}')) END,
        finished = CASE mine.status WHEN '{Status.WAITING}' THEN NULL ELSE result.finished END,
        available_at = CASE mine.status WHEN '{Status.WAITING}' THEN result.next_attempt_at ELSE job.available_at END,
        elapsed = greatest(extract(epoch FROM result.finished - job.started), 0),
        lease_owner = '', lease_expires_at = NULL, modified = statement_timestamp(),
        canceled_on = CASE mine.status WHEN '{Status.CANCELED}' THEN result.finished ELSE job.canceled_on END
    FROM result JOIN mine ON mine.id = result.id
    WHERE job.id = result.id
    RETURNING job.id, job.status
), closed AS (
    UPDATE jobs_attempt AS attempt
    SET finished = result.finished, outcome = result.outcome, request = result.request,
        response_status = result.response_status, response_headers = result.headers,
        response_body = result.body, response_truncated = result.truncated, place = {PLACE_OF_CUT},
        next_attempt_at = CASE ended.status WHEN '{Status.WAITING}' THEN result.next_attempt_at END,
        error = CASE result.outcome WHEN '{Outcome.SUCCESS}' THEN '' ELSE result.explanation END
    FROM result JOIN ended ON ended.id = result.id
    WHERE attempt.job_id = result.id AND attempt.finished IS NULL
)
SELECT id, status FROM ended ORDER BY id
"""  # noqa: S608 (only our own words are put in)


def record(owner: str, results: Sequence[Result]) -> list[int]:
    """End the runs of `results` that are still `owner`'s, in one statement; returns their ids.

    One that is to be tried again waits for it, one whose endpoint reports later is left to that. A run that another
    ended meanwhile is left as it is. `run_finished` is sent after the commit.
    """
    with transaction.atomic():
        results = heed(owner, results)
        accepted = accept(owner, [result for result in results if result.is_accepted])
        tell_breakers([result for result in results if result.job_id in accepted])
        return accepted + _end(owner, [result for result in results if not result.is_accepted])


def _end(owner: str, results: Sequence[Result]) -> list[int]:
    if not results:
        return []
    # One document: arrays of texts that hold JSON would be quoted character by character.
    rows = json.dumps([_row(result) for result in results])
    with connection.cursor() as cursor:
        cursor.execute(_RECORD, {"results": rows, "owner": owner})
        status_by_id = dict(cursor.fetchall())
        mine = [result for result in results if result.job_id in status_by_id]
        _keep_catalogues(mine)
        _keep_feeds(mine)
        tell_breakers(mine)
        announce_finished([pk for pk, status in status_by_id.items() if status != Status.WAITING])
    return list(status_by_id)


_KEEP_STATUS = """
UPDATE jobs_project AS project
SET update_status = result.status, scm_revision = coalesce(result.revision, project.scm_revision)
FROM unnest(%(id)s::bigint[], %(status)s::text[], %(revision)s::text[]) AS result (id, status, revision)
JOIN jobs_unifiedjob AS job ON job.id = result.id
WHERE project.template_id = job.unified_job_template_id
"""

_KEEP_ENDPOINTS = """
INSERT INTO jobs_catalogue (project_id, endpoints, fetched)
SELECT DISTINCT ON (project.template_id) project.template_id, result.endpoints::jsonb, result.fetched
FROM unnest(%(id)s::bigint[], %(endpoints)s::text[], %(fetched)s::timestamptz[]) AS result (id, endpoints, fetched)
JOIN jobs_unifiedjob AS job ON job.id = result.id
JOIN jobs_project AS project ON project.template_id = job.unified_job_template_id
ORDER BY project.template_id, result.id DESC
ON CONFLICT (project_id) DO UPDATE SET endpoints = excluded.endpoints, fetched = excluded.fetched
"""


def _keep_catalogues(results: Sequence[Result]) -> None:
    """Put on the projects how their updates ended, and what those found: in the transaction that ends the runs."""
    updates = [result for result in results if result.kind == JobKind.PROJECT_UPDATE]
    found = [(result, result.catalogue) for result in updates if result.catalogue is not None]
    if not updates:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            _KEEP_STATUS,
            {
                "id": [result.job_id for result in updates],
                "status": [status_of(result.outcome).value for result in updates],
                "revision": [result.catalogue and result.catalogue.revision for result in updates],
            },
        )
        if not found:
            return
        cursor.execute(
            _KEEP_ENDPOINTS,
            {
                "id": [result.job_id for result, _ in found],
                "endpoints": [json.dumps(catalogue.endpoints) for _, catalogue in found],
                "fetched": [result.finished for result, _ in found],
            },
        )


def _keep_feeds(results: Sequence[Result]) -> None:
    """Bring inventories up to date with what their sources' updates found, in the transaction that ends the runs."""
    found = {result.job_id: result.feed for result in results if result.feed is not None}
    if not found:
        return
    runs = UnifiedJob.objects.filter(pk__in=found).order_by("pk")
    for pk, source in runs.values_list("pk", "unified_job_template"):
        if source is not None:
            apply_feed(source, found[pk])


def tell_breakers(results: Sequence[Result]) -> None:
    """Let the breakers of services know how calls ended: in the transaction that records it."""
    heard: dict[int, list[Heard]] = {}
    for result in results:
        is_failure = says_failure(result.outcome, result.response_status)
        if result.service is not None and is_failure is not None:
            heard.setdefault(result.service, []).append(Heard(result.job_id, is_failure, result.explanation))
    if heard:
        hear(heard)


def _row(result: Result) -> dict[str, Any]:
    return {
        "id": result.job_id,
        "number": result.number,
        "status": status_of(result.outcome).value,
        "outcome": result.outcome.value,
        "reason": "" if result.outcome == Outcome.SUCCESS else result.outcome.value,
        "explanation": result.explanation,
        "traceback": result.traceback,
        "artifacts": result.artifacts,
        "finished": result.finished.isoformat(),
        "next_attempt_at": result.next_attempt_at and result.next_attempt_at.isoformat(),
        "request": result.request,
        "response_status": result.response_status,
        "headers": result.response_headers,
        "body": result.response_body,
        "truncated": result.response_truncated,
    }
