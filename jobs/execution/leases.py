"""A running run is its engine's as long as its lease is renewed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from jobs.statuses import Status

# Who owns a run whose endpoint has answered and will report: no engine, and no call is in flight.
AWAITING_REPORT = "callback"

# In the order of ids, as every statement that locks several runs: so none waits for another in a circle.
_RENEW = f"""
UPDATE jobs_unifiedjob AS job
SET lease_expires_at = statement_timestamp() + make_interval(secs => %(lease)s)
FROM (
    SELECT id FROM jobs_unifiedjob
    WHERE id = ANY(%(ids)s) AND status = '{Status.RUNNING}' AND lease_owner = %(owner)s
    ORDER BY id FOR UPDATE
) AS mine
WHERE job.id = mine.id
RETURNING job.id, job.cancel_requested
"""  # noqa: S608 (only our own words are put in)

_LOOK = f"""
SELECT id, cancel_requested FROM jobs_unifiedjob
WHERE id = ANY(%(ids)s) AND status = '{Status.RUNNING}' AND lease_owner = %(owner)s
"""  # noqa: S608 (only our own words are put in)


@dataclass(frozen=True, slots=True)
class Holding:
    """Of the runs asked about: which are still the asker's, and which of these shall be canceled."""

    mine: frozenset[int]
    cancel: frozenset[int]


def renew(owner: str, job_ids: Sequence[int], *, lease_seconds: float) -> Holding:
    """Lengthen `owner`'s leases to `lease_seconds` from now."""
    return _ask(_RENEW, {"owner": owner, "ids": list(job_ids), "lease": lease_seconds})


def look(owner: str, job_ids: Sequence[int]) -> Holding:
    """The same answer without a write."""
    return _ask(_LOOK, {"owner": owner, "ids": list(job_ids)})


def _ask(statement: str, values: dict[str, Any]) -> Holding:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows = cursor.fetchall()
    return Holding(mine=frozenset(row[0] for row in rows), cancel=frozenset(row[0] for row in rows if row[1]))
