"""`running → finished`: results are written in batches, each only if the run is still its engine's."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from jobs.breaker import Heard, says_failure
from jobs.catalogues import Found
from jobs.execution.breakers import hear
from jobs.inventory_feeds import Feed
from jobs.inventory_updates import apply_feed
from jobs.models import UnifiedJob
from jobs.signals import announce_finished
from jobs.statuses import JobKind, Outcome, Status

_STATUS_OF = {
    Outcome.SUCCESS: Status.SUCCESSFUL,
    Outcome.CANCELED: Status.CANCELED,
    # The call was not made, or nobody knows how it ended: the trouble is not the endpoint's.
    Outcome.FORBIDDEN_ADDRESS: Status.ERROR,
    Outcome.INVALID_REQUEST: Status.ERROR,
    Outcome.LOST: Status.ERROR,
}


def status_of(outcome: Outcome) -> Status:
    """How a run ends whose last attempt ended so."""
    return _STATUS_OF.get(outcome, Status.FAILED)


@dataclass(frozen=True, slots=True)
class Result:
    """How one attempt ended. `seconds` is its duration by a clock that does not step."""

    job_id: int
    number: int
    started: datetime
    seconds: float
    outcome: Outcome
    explanation: str = ""
    traceback: str = field(default="", repr=False)
    artifacts: dict[str, Any] = field(default_factory=dict, repr=False)
    request: dict[str, Any] = field(default_factory=dict, repr=False)
    response_status: int | None = None
    response_headers: dict[str, str] = field(default_factory=dict, repr=False)
    response_body: str = field(default="", repr=False)
    response_truncated: bool = False
    kind: str = JobKind.JOB
    # Whose limits held for the call.
    service: int | None = None
    # What an update of a project, or of an inventory, found.
    catalogue: Found | None = field(default=None, repr=False)
    feed: Feed | None = field(default=None, repr=False)

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
    SELECT * FROM unnest(
        %(id)s::bigint[], %(number)s::int[], %(status)s::text[], %(outcome)s::text[], %(reason)s::text[],
        %(explanation)s::text[], %(traceback)s::text[], %(artifacts)s::text[], %(finished)s::timestamptz[],
        %(elapsed)s::numeric[], %(request)s::text[], %(response_status)s::int[], %(headers)s::text[],
        %(body)s::text[], %(truncated)s::boolean[]
    ) AS r (id, number, status, outcome, reason, explanation, traceback, artifacts, finished, elapsed, request,
            response_status, headers, body, truncated)
), mine AS (
    SELECT job.id FROM jobs_unifiedjob AS job JOIN result ON result.id = job.id
    WHERE job.status = '{Status.RUNNING}' AND job.lease_owner = %(owner)s AND job.attempts_made = result.number
    ORDER BY job.id
    FOR UPDATE OF job
), ended AS (
    UPDATE jobs_unifiedjob AS job
    SET status = result.status, failure_reason = result.reason, job_explanation = result.explanation,
        result_traceback = result.traceback, artifacts = result.artifacts::jsonb, finished = result.finished,
        elapsed = result.elapsed, lease_owner = '', lease_expires_at = NULL, modified = statement_timestamp(),
        canceled_on = CASE result.status WHEN '{Status.CANCELED}' THEN result.finished ELSE job.canceled_on END
    FROM result JOIN mine ON mine.id = result.id
    WHERE job.id = result.id
    RETURNING job.id
), closed AS (
    UPDATE jobs_attempt AS attempt
    SET finished = result.finished, outcome = result.outcome, request = result.request::jsonb,
        response_status = result.response_status, response_headers = result.headers::jsonb,
        response_body = result.body, response_truncated = result.truncated,
        error = CASE result.outcome WHEN '{Outcome.SUCCESS}' THEN '' ELSE result.explanation END
    FROM result JOIN ended ON ended.id = result.id
    WHERE attempt.job_id = result.id AND attempt.finished IS NULL
)
SELECT id FROM ended ORDER BY id
"""  # noqa: S608 (only our own words are put in)


def record(owner: str, results: Sequence[Result]) -> list[int]:
    """End the runs of `results` that are still `owner`'s, in one statement; returns their ids.

    A run that another ended meanwhile is left as it is. `run_finished` is sent after the commit.
    """
    columns: dict[str, list[Any]] = {name: [] for name in _COLUMNS}
    for result in results:
        for name, value in _row(result).items():
            columns[name].append(value)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_RECORD, {**columns, "owner": owner})
        ended = [row[0] for row in cursor.fetchall()]
        mine = [result for result in results if result.job_id in set(ended)]
        _keep_catalogues(mine)
        _keep_feeds(mine)
        _tell_breakers(mine)
        announce_finished(ended)
    return ended


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
                "fetched": [result.started + timedelta(seconds=result.seconds) for result, _ in found],
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


def _tell_breakers(results: Sequence[Result]) -> None:
    heard: dict[int, list[Heard]] = {}
    for result in results:
        is_failure = says_failure(result.outcome, result.response_status)
        if result.service is not None and is_failure is not None:
            heard.setdefault(result.service, []).append(Heard(result.job_id, is_failure, result.explanation))
    if heard:
        hear(heard)


_COLUMNS = (
    "id",
    "number",
    "status",
    "outcome",
    "reason",
    "explanation",
    "traceback",
    "artifacts",
    "finished",
    "elapsed",
    "request",
    "response_status",
    "headers",
    "body",
    "truncated",
)


def _row(result: Result) -> dict[str, Any]:
    return {
        "id": result.job_id,
        "number": result.number,
        "status": status_of(result.outcome).value,
        "outcome": result.outcome.value,
        "reason": "" if result.outcome == Outcome.SUCCESS else result.outcome.value,
        "explanation": result.explanation,
        "traceback": result.traceback,
        "artifacts": json.dumps(result.artifacts),
        "finished": result.started + timedelta(seconds=result.seconds),
        "elapsed": round(result.seconds, 3),
        "request": json.dumps(result.request),
        "response_status": result.response_status,
        "headers": json.dumps(result.response_headers),
        "body": result.response_body,
        "truncated": result.response_truncated,
    }
