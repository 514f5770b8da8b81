"""A run with an inventory makes one call for each host: which calls those are, and how each ended, on record."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from inventories.targets import Target, targets_of
from jobs.execution.claiming import ClaimedRun
from jobs.execution.results import Result, tell_breakers
from jobs.statuses import Outcome, Status


@dataclass(frozen=True, slots=True)
class HostCall:
    """`number` is that of the attempt."""

    number: int
    target: Target


@dataclass(frozen=True, slots=True)
class Landed:
    """How one of a run's calls ended; `place` says how many of all its calls had ended before."""

    call: HostCall
    place: int
    result: Result


_MINE = f"""
SELECT 1 FROM jobs_unifiedjob
WHERE id = %(job)s AND status = '{Status.RUNNING}' AND lease_owner = %(owner)s AND attempts_made = %(round)s
FOR UPDATE
"""  # noqa: S608 (only our own words are put in)

# What an earlier try began without an answer to it was not called.
_FORGET = "DELETE FROM jobs_attempt WHERE job_id = %(job)s AND finished IS NULL"

_DONE = f"SELECT host_id FROM jobs_attempt WHERE job_id = %(job)s AND outcome = '{Outcome.SUCCESS}'"  # noqa: S608

_BEGIN = """
INSERT INTO jobs_attempt (job_id, number, host_id, host_name, worker, started, outcome, place, request,
                          response_headers, response_body, response_truncated, error)
SELECT %(job)s, made.number + host.place, host.id, host.name, %(node)s, %(started)s, '', NULL, '{}', '{}', '', false, ''
FROM unnest(%(ids)s::bigint[], %(names)s::text[]) WITH ORDINALITY AS host (id, name, place),
     (SELECT coalesce(max(number), 0) AS number FROM jobs_attempt WHERE job_id = %(job)s) AS made
RETURNING number
"""


def begin_calls(owner: str, node: str, run: ClaimedRun) -> list[HostCall]:
    """The calls that `run` makes, recorded before any is made; none where no host is left or the run is not `owner`'s.

    A later attempt leaves out the hosts on which an earlier one succeeded.
    Raises inventories.limit.InvalidLimit.
    """
    assert run.inventory is not None
    targets = run.slice.share(targets_of(run.inventory, run.limit))
    values: dict[str, Any] = {
        "job": run.id,
        "owner": owner,
        "round": run.number,
        "node": node,
        "started": run.started,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_MINE, values)
        if cursor.fetchone() is None:
            return []
        cursor.execute(_FORGET, values)
        if run.number > 1:
            cursor.execute(_DONE, values)
            done = {row[0] for row in cursor.fetchall()}
            targets = [target for target in targets if target.host not in done]
        cursor.execute(
            _BEGIN, {**values, "ids": [one.host for one in targets], "names": [one.name for one in targets]}
        )
        numbers = sorted(row[0] for row in cursor.fetchall())
    return [HostCall(number, target) for number, target in zip(numbers, targets, strict=True)]


_RECORD = f"""
WITH recorded AS (
    UPDATE jobs_attempt AS attempt
    SET started = landed.started, finished = landed.finished, outcome = landed.outcome, place = landed.place,
        request = landed.request::jsonb, response_status = landed.response_status,
        response_headers = landed.headers::jsonb, response_body = landed.body,
        response_truncated = landed.truncated, error = landed.error
    FROM unnest(
        %(job)s::bigint[], %(round)s::int[], %(number)s::int[], %(started)s::timestamptz[],
        %(finished)s::timestamptz[], %(outcome)s::text[], %(place)s::int[], %(request)s::text[],
        %(response_status)s::int[], %(headers)s::text[], %(body)s::text[], %(truncated)s::boolean[], %(error)s::text[]
    ) AS landed (job, round, number, started, finished, outcome, place, request, response_status, headers, body,
                 truncated, error)
    JOIN jobs_unifiedjob AS job
      ON job.id = landed.job AND job.status = '{Status.RUNNING}' AND job.lease_owner = %(owner)s
     AND job.attempts_made = landed.round
    WHERE attempt.job_id = landed.job AND attempt.number = landed.number
    RETURNING attempt.host_id, attempt.outcome <> '{Outcome.SUCCESS}' AS failed
), called AS (
    SELECT host.id, bool_or(recorded.failed) AS failed
    FROM recorded JOIN inventories_host AS host ON host.id = recorded.host_id
    GROUP BY host.id
    HAVING bool_or(recorded.failed) <> host.has_active_failures
    ORDER BY host.id
)
UPDATE inventories_host AS host SET has_active_failures = called.failed FROM called WHERE host.id = called.id
"""  # noqa: S608 (only our own words are put in)


def record_calls(owner: str, calls: Sequence[Landed]) -> None:
    """Write how calls ended whose runs are still `owner`'s and go on, and whether their hosts fail: one statement.

    Breakers of services hear of all.
    """
    columns: dict[str, Any] = {}
    for landed in calls:
        for name, value in _row(landed).items():
            columns.setdefault(name, []).append(value)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_RECORD, {**columns, "owner": owner})
        tell_breakers([landed.result for landed in calls])


def _row(landed: Landed) -> dict[str, object]:
    result = landed.result
    return {
        "job": result.job_id,
        "round": result.number,
        "number": landed.call.number,
        "started": result.started,
        "finished": result.finished,
        "outcome": result.outcome.value,
        "place": landed.place,
        "request": json.dumps(result.request),
        "response_status": result.response_status,
        "headers": json.dumps(result.response_headers),
        "body": result.response_body,
        "truncated": result.response_truncated,
        "error": "" if result.outcome == Outcome.SUCCESS else result.explanation,
    }
