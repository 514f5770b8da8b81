"""What endpoints report of runs that they carry out after they have answered 202, or taken its message from a queue.

Between the answer and the last report a run is running without an engine: its lease is the endpoint's, which a
heartbeat lengthens and the reaper takes back. A report may come before the engine has recorded the answer; it is kept
then, and heeded with the record.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import connection, transaction

from jobs.announcing import announce_work
from jobs.callbacks import token_of
from jobs.exceptions import ReportRefused
from jobs.execution.leases import AWAITING_REPORT
from jobs.execution.masking import Secrets
from jobs.execution.settling import COLUMNS, Settlement, Unheld, failing, locked, settle, succeeding
from jobs.models import UnifiedJob
from jobs.statuses import FINISHED, Outcome, Status

if TYPE_CHECKING:
    from jobs.execution.results import Result

MAX_TEXT = 4096  # characters kept of what a report says


class Reported(StrEnum):
    RUNNING = "RUNNING"
    SUCCESS = "SUCCESS"
    FAILED = "FAILED"


LAST = (Reported.SUCCESS, Reported.FAILED)


@dataclass(frozen=True, slots=True)
class Report:
    status: Reported
    progress: int | None = None
    message: str = ""
    error: str = ""


def take(run_id: UUID, attempt: int, report: Report) -> str:
    """Do what the endpoint reports of an attempt; returns the run's status.

    A report that comes again changes nothing. Raises UnifiedJob.DoesNotExist, and ReportRefused where it is too late.
    """
    with transaction.atomic():
        job = UnifiedJob.objects.select_for_update(of=("self",)).get(run_id=run_id)
        if attempt != job.attempts_made:
            raise ReportRefused(f"This is not the attempt that the job is at: that is {job.attempts_made}.")
        if job.report.get("status") in LAST:
            if job.report["status"] != report.status:
                raise ReportRefused(f"The job has been reported as {job.report['status']} before.")
            return job.status
        if job.status != Status.RUNNING:
            ended = "has ended" if job.status in FINISHED else "is not running"
            raise ReportRefused(f"The job {ended}: it is {job.status}.")
        _keep(job, attempt, report)
        if job.lease_owner == AWAITING_REPORT:
            _heed_now(job)
            job.refresh_from_db(fields=["status"])
        return job.status


def _keep(job: UnifiedJob, attempt: int, report: Report) -> None:
    # An endpoint may say what it was given.
    secrets = Secrets.of([token_of(job.run_id, attempt)])
    progress = [number for number in (job.report.get("progress"), report.progress) if number is not None]
    job.report = {
        "status": report.status.value,
        # Reports may overtake each other.
        "progress": max(progress, default=None),
        "message": secrets.masked(report.message)[:MAX_TEXT],
        "error": secrets.masked(report.error)[:MAX_TEXT],
    }
    job.save(update_fields=["report"])


_HEARTBEAT = """
UPDATE jobs_unifiedjob SET lease_expires_at = least(statement_timestamp() + make_interval(secs => %s), deadline_at)
WHERE id = %s
"""


def _heed_now(job: UnifiedJob) -> None:
    """Lengthen the lease of a run that this transaction has locked, or settle it."""
    [run] = locked(f"{COLUMNS} WHERE id = %(id)s", {"id": job.pk, "now": None})
    settlement = as_reported(run)
    if settlement is None:
        with connection.cursor() as cursor:
            cursor.execute(_HEARTBEAT, [run.policy.heartbeat_timeout, run.id])
    else:
        settle([settlement])
        transaction.on_commit(announce_work)


def as_reported(run: Unheld) -> Settlement | None:
    """What becomes of a run by its endpoint's last report; None where there is none yet."""
    match run.report.get("status"):
        case Reported.SUCCESS:
            return succeeding(run)
        case Reported.FAILED:
            said = run.report.get("error") or run.report.get("message")
            text = f"The endpoint reported that it failed{f': {said}' if said else '.'}"
            return failing(run, Outcome.REPORTED, text)
        case _:
            return None


_REPORTED = f"""
{COLUMNS}
WHERE id = ANY(%(ids)s) AND status = '{Status.RUNNING}' AND lease_owner = %(owner)s
ORDER BY id
FOR UPDATE
"""


def heed(owner: str, results: "Sequence[Result]", now: datetime | None = None) -> "list[Result]":
    """The results of an engine's calls as their endpoints have reported them already, where they have.

    What was accepted of a run that is to be canceled is canceled. Locks the runs that may be reported.
    """
    ids = [result.job_id for result in results if result.may_be_reported]
    if not ids:
        return list(results)
    runs = {run.id: run for run in locked(_REPORTED, {"ids": ids, "owner": owner, "now": now})}
    return [_heeded(result, runs[result.job_id]) if result.job_id in runs else result for result in results]


def _heeded(result: "Result", run: Unheld) -> "Result":
    settlement = as_reported(run)
    if settlement is not None:
        after = settlement.next_attempt_at
        return replace(
            result,
            outcome=Outcome(settlement.outcome),
            explanation=settlement.explanation,
            retry_in=None if after is None else max(0.0, (after - result.finished).total_seconds()),
            is_accepted=False,
        )
    if result.is_accepted and run.cancel_requested:
        text = "The job was canceled while its endpoint was called, which has accepted it."
        return replace(result, outcome=Outcome.CANCELED, explanation=text, is_accepted=False)
    return result


_ACCEPT = f"""
WITH result AS (
    SELECT * FROM unnest(
        %(id)s::bigint[], %(number)s::int[], %(heartbeat)s::int[], %(artifacts)s::text[], %(request)s::text[],
        %(response_status)s::int[], %(headers)s::text[], %(body)s::text[], %(truncated)s::boolean[]
    ) AS r (id, number, heartbeat, artifacts, request, response_status, headers, body, truncated)
), accepted AS (
    UPDATE jobs_unifiedjob AS job
    SET lease_owner = '{AWAITING_REPORT}', artifacts = result.artifacts::jsonb,
        lease_expires_at = least(statement_timestamp() + make_interval(secs => result.heartbeat), deadline_at)
    FROM result
    WHERE job.id = result.id AND job.status = '{Status.RUNNING}' AND job.lease_owner = %(owner)s
      AND job.attempts_made = result.number
    RETURNING job.id
), noted AS (
    UPDATE jobs_attempt AS attempt
    SET request = result.request::jsonb, response_status = result.response_status,
        response_headers = result.headers::jsonb, response_body = result.body, response_truncated = result.truncated
    FROM result JOIN accepted ON accepted.id = result.id
    WHERE attempt.job_id = result.id AND attempt.number = result.number
)
SELECT id FROM accepted
"""  # noqa: S608 (only our own words are put in)


def accept(owner: str, results: "Sequence[Result]") -> list[int]:
    """Leave runs to their endpoints, which have accepted them, if they are still `owner`'s; returns their ids."""
    if not results:
        return []
    values: dict[str, Any] = {
        "owner": owner,
        "id": [result.job_id for result in results],
        "number": [result.number for result in results],
        "heartbeat": [result.heartbeat_timeout for result in results],
        "artifacts": [json.dumps(result.artifacts) for result in results],
        "request": [json.dumps(result.request) for result in results],
        "response_status": [result.response_status for result in results],
        "headers": [json.dumps(result.response_headers) for result in results],
        "body": [result.response_body for result in results],
        "truncated": [result.response_truncated for result in results],
    }
    with connection.cursor() as cursor:
        cursor.execute(_ACCEPT, values)
        return [row[0] for row in cursor.fetchall()]
