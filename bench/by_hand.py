"""The floor of calls and launches: the least program that makes the same calls and leaves the same rows.

`python -m bench.by_hand NUMBER`, with DATABASE_URL in the environment: one event loop, one aiohttp session, plain SQL
in batches. It has no leases, retries, limits, credentials, groups, criteria of success, masking or guarded addresses,
and what fails ends it. Each call has a connection of its own, as Belfry's have; with `--keep` they are kept.

With `--launch` it first launches: it advances due schedules to their next times, which it takes for known, and writes
the ledger and the runs.
"""

import argparse
import asyncio
import json
import os
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import aiohttp
import psycopg

IN_FLIGHT = 2000
BATCH = 500
LOOK_EVERY = 0.02

_LAUNCH = """
WITH due AS (
    SELECT id, unified_job_template_id, next_run FROM schedules_schedule
    WHERE enabled AND next_run <= now() ORDER BY next_run, id LIMIT %(batch)s FOR UPDATE SKIP LOCKED
), run AS (
    INSERT INTO jobs_unifiedjob (
        kind, name, description, run_id, unified_job_template_id, launch_type, job_type, scheduled_for, extra_vars,
        request, preferred_groups, webhook_service, webhook_guid, prompts, timeout, allow_simultaneous, is_bulk_job,
        is_sliced_job, status, failure_reason, job_explanation, result_traceback, artifacts, report, created, modified,
        available_at, elapsed, cancel_requested, attempts_made, attempts_allowed, lease_owner, execution_node)
    SELECT 'job', template.name, '', gen_random_uuid(), template.id, 'scheduled', 'run', due.next_run, '{}',
        %(request)s::jsonb, '{}', '', '', '{}', 0, true, false, false, 'pending', '', '', '', '{}', '{}', now(), now(),
        now(), 0, false, 0, 1, '', ''
    FROM due JOIN jobs_unifiedjobtemplate AS template ON template.id = due.unified_job_template_id
    RETURNING id
), launched AS (
    SELECT due.*, run.id AS job_id
    FROM (SELECT *, row_number() OVER () AS place FROM due) AS due
    JOIN (SELECT *, row_number() OVER () AS place FROM run) AS run USING (place)
), ledger AS (
    INSERT INTO schedules_occurrence (schedule_id, scheduled_for, outcome, reason, recorded, job_id)
    SELECT id, next_run, 'launched', '', now(), job_id FROM launched
    ON CONFLICT (schedule_id, scheduled_for) DO NOTHING
)
UPDATE schedules_schedule AS schedule SET next_run = due.next_run + interval '1 day' FROM due WHERE schedule.id = due.id
"""
_CLAIM = """
WITH due AS (
    SELECT id FROM jobs_unifiedjob WHERE status = 'pending' AND kind NOT IN ('workflow_job', 'workflow_approval')
    ORDER BY id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
), claimed AS (
    UPDATE jobs_unifiedjob AS job
    SET status = 'running', started = now(), modified = now(), lease_owner = 'by hand', execution_node = 'by hand',
        lease_expires_at = now() + interval '1 hour', attempts_made = 1
    FROM due WHERE job.id = due.id
    RETURNING job.id, job.run_id::text, job.request ->> 'endpoint', job.scheduled_for, job.started
), begun AS (
    INSERT INTO jobs_attempt (job_id, number, worker, started, outcome, request, response_headers, response_body,
                              response_truncated, error, host_name)
    SELECT id, 1, 'by hand', started, '', '{}', '{}', '', false, '', '' FROM claimed
)
SELECT * FROM claimed
"""
_RECORD = """
WITH result AS (
    SELECT * FROM json_to_recordset(%s::json)
    AS r (id bigint, finished timestamptz, request jsonb, status int, headers jsonb, body text, artifacts jsonb)
), ended AS (
    UPDATE jobs_unifiedjob AS job
    SET status = 'successful', finished = result.finished, elapsed = extract(epoch FROM result.finished - job.started),
        artifacts = result.artifacts, lease_owner = '', lease_expires_at = NULL, modified = statement_timestamp()
    FROM result WHERE job.id = result.id
)
UPDATE jobs_attempt AS attempt
SET finished = result.finished, outcome = 'success', request = result.request, response_status = result.status,
    response_headers = result.headers, response_body = result.body
FROM result WHERE attempt.job_id = result.id AND attempt.finished IS NULL
"""


@dataclass(frozen=True, slots=True)
class Run:
    id: int
    run_id: str
    url: str
    scheduled_for: datetime | None
    started: datetime


class ByHand:
    def __init__(self, *, launches: str, keeps: bool) -> None:
        """`launches` is the endpoint of the runs that it makes itself; empty where they are there already."""
        self._launches = launches
        self._keeps = keeps
        self._flying = self._ended = 0
        self._landed: list[dict[str, Any]] = []

    async def work(self, number: int) -> None:
        """Until so many runs have ended. It says on the standard output when it begins to look for them."""
        connector = aiohttp.TCPConnector(limit=0, force_close=not self._keeps)
        async with aiohttp.ClientSession(connector=connector) as self._session:
            tasks = [asyncio.create_task(self._claim()), asyncio.create_task(self._record(number))]
            if self._launches:
                tasks.append(asyncio.create_task(self._launch()))
            sys.stdout.write("ready\n")
            sys.stdout.flush()
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                if task.done():
                    task.result()
                task.cancel()

    async def _launch(self) -> None:
        request = {"endpoint": self._launches, "method": "POST", "success_status": "200-299"}
        with _connected() as connection:
            while True:
                done = await asyncio.to_thread(
                    connection.execute, _LAUNCH, {"batch": BATCH, "request": json.dumps(request)}
                )
                if done.rowcount < BATCH:
                    await asyncio.sleep(LOOK_EVERY)

    async def _claim(self) -> None:
        flights: set[asyncio.Task[None]] = set()
        with _connected() as connection:
            while True:
                room = min(BATCH, IN_FLIGHT - self._flying)
                rows = (
                    (await asyncio.to_thread(connection.execute, _CLAIM, {"limit": room})).fetchall()
                    if room > 0
                    else []
                )
                for row in rows:
                    self._flying += 1
                    flight = asyncio.create_task(self._call(Run(*row)))
                    flights.add(flight)
                    flight.add_done_callback(flights.discard)
                if len(rows) < BATCH:
                    await asyncio.sleep(LOOK_EVERY)

    async def _call(self, run: Run) -> None:
        body = json.dumps({"runId": run.run_id, "dryRun": False, "scheduledFor": _z(run), "attempt": 1})
        headers = {
            "User-Agent": "Belfry/0.1 (+scheduler)",
            "Accept": "application/json, */*;q=0.5",
            "Content-Type": "application/json",
            "Idempotency-Key": run.run_id,
            "X-Belfry-Run-Id": run.run_id,
            "X-Belfry-Attempt": "1",
            "X-Belfry-Dry-Run": "false",
        }
        if run.scheduled_for is not None:
            headers["X-Belfry-Scheduled-For"] = _z(run) or ""
        async with self._session.post(run.url, data=body.encode(), headers=headers) as response:
            text = await response.text()
        request = {
            "method": "POST",
            "url": run.url,
            "headers": headers,
            "body": body,
            "body_truncated": False,
        }
        self._landed.append(
            {
                "id": run.id,
                "finished": datetime.now(UTC).isoformat(),
                "request": request,
                "status": response.status,
                "headers": dict(response.headers),
                "body": text,
                "artifacts": json.loads(text),
            }
        )
        self._flying -= 1

    async def _record(self, number: int) -> None:
        with _connected() as connection:
            while self._ended < number:
                landed, self._landed = self._landed[:BATCH], self._landed[BATCH:]
                if landed:
                    await asyncio.to_thread(connection.execute, _RECORD, [json.dumps(landed)])
                    self._ended += len(landed)
                if len(landed) < BATCH:
                    await asyncio.sleep(LOOK_EVERY)


def _connected() -> "psycopg.Connection[tuple[Any, ...]]":
    return psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)


def _z(run: Run) -> str | None:
    if run.scheduled_for is None:
        return None
    return run.scheduled_for.astimezone(UTC).isoformat().replace("+00:00", "Z")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("number", type=int)
    parser.add_argument("--launch", default="", help="the endpoint of what is launched")
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    asyncio.run(ByHand(launches=options.launch, keeps=options.keep).work(options.number))
    # Until nobody looks at this process any more.
    sys.stdin.read()


if __name__ == "__main__":
    main()
