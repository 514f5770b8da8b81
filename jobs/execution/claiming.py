"""`waiting → running`: runs are claimed in batches under a lease, and each attempt is on record before its call.

Most runs are claimed in the order of their times; of those of services with limits as many as the limits leave.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from credentials.injection import OpenedCredential, opened
from instances.models import DEFAULT
from jobs.execution.service_limits import calls_began, end_refused, lock_limited
from jobs.policies import Progress, RunPolicy
from jobs.slices import WHOLE, Slice
from jobs.statuses import JobKind, Status


@dataclass(frozen=True, slots=True)
class ClaimedRun:
    """What the engine needs of a run. `number` is that of the attempt that has begun, `started` when it did."""

    id: int
    run_id: UUID
    job_type: str
    scheduled_for: datetime | None
    extra_vars: dict[str, Any] = field(repr=False)
    request: dict[str, Any] = field(repr=False)
    timeout: int
    number: int
    started: datetime
    allow_simultaneous: bool
    # In plain text, in the order in which they are applied.
    credentials: tuple[OpenedCredential, ...] = field(default=(), repr=False)
    kind: str = JobKind.JOB
    # Where it has an inventory, the call is made to each host that `limit` leaves, to `forks` at once.
    inventory: int | None = None
    limit: str = ""
    forks: int = 0
    # Of these hosts the run calls its share.
    slice: Slice = WHOLE
    policy: RunPolicy = field(default=RunPolicy())
    attempts_allowed: int = 1
    # When the run's first attempt began, if that was another, and when the run has to be over.
    first_started: datetime | None = None
    deadline_at: datetime | None = None
    # Whose limits hold for its call.
    service: int | None = None

    @property
    def awaits_report(self) -> bool:
        """Whether an endpoint that answers 202 has yet to report. One of several hosts would have nowhere to."""
        return self.policy.awaits_reports and self.inventory is None

    @property
    def progress(self) -> Progress:
        return Progress(
            self.number, self.attempts_allowed, self.first_started or self.started, self.deadline_at
        )


# A run without a timeout of its own has that which is set for its kind, such as DEFAULT_JOB_TIMEOUT.
_TIMEOUT = (
    "CASE job.timeout WHEN 0 THEN coalesce((SELECT (setting.value #>> '{}')::int FROM access_setting AS setting "
    "WHERE setting.key = 'DEFAULT_' || upper(job.kind) || '_TIMEOUT'), 0) ELSE job.timeout END AS timeout"
)
_COLUMNS = (
    f"job.id, job.kind, job.run_id, job.job_type, job.scheduled_for, job.extra_vars, job.request, {_TIMEOUT}, "
    # A claim is what modified a run last, when its attempt began.
    "job.attempts_made, job.modified, job.allow_simultaneous, job.inventory_id, job.prompts, "
    "job.attempts_allowed, job.started, job.deadline_at, job.service_id"
)

# Times are the database's: the clocks of workers may differ by more than a lease. The inner SELECT locks its rows and
# so settles their status; asking for it again outside would let a planner with old statistics join by the wrong index
# (350 ms instead of 19 for 500 of 10,000). The same holds for the other statements that change many runs.
# While the system is paused nobody gets anything, a disabled instance never does, and runs that name groups go to the
# instances of these.
_IS_DUE = """available_at <= coalesce(%(now)s, statement_timestamp())
      AND (deadline_at IS NULL OR deadline_at > coalesce(%(now)s, statement_timestamp()))
      AND coalesce((SELECT enabled FROM me), true)
      AND (preferred_groups = '{}' OR preferred_groups && (SELECT groups FROM mine))
      AND NOT %(paused)s
      AND NOT EXISTS (SELECT FROM access_setting WHERE key = 'SYSTEM_PAUSED' AND value = 'true')"""
_CLAIM = f"""
WITH me AS MATERIALIZED (
    SELECT id, enabled FROM instances_instance WHERE hostname = %(node)s
), mine AS MATERIALIZED (
    SELECT coalesce(array_agg(instance_group.id), '{{}}') AS groups,
           max(instance_group.id) FILTER (WHERE instance_group.name = '{DEFAULT}') AS usual
    FROM me
    JOIN instances_instancegroup_instances AS place ON place.instance_id = me.id
    JOIN instances_instancegroup AS instance_group ON instance_group.id = place.instancegroup_id
), free AS (
    SELECT id, available_at FROM jobs_unifiedjob
    WHERE status = '{Status.WAITING}' AND service_id IS NULL
      AND {_IS_DUE}
    ORDER BY available_at, id
    LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
), limited AS (
    SELECT own.id, own.available_at
    FROM unnest(%(services)s::bigint[], %(rooms)s::int[]) AS service (id, room)
    CROSS JOIN LATERAL (
        SELECT id, available_at FROM jobs_unifiedjob
        WHERE status = '{Status.WAITING}' AND service_id = service.id
          AND {_IS_DUE}
        ORDER BY available_at, id
        LIMIT service.room
        FOR UPDATE SKIP LOCKED
    ) AS own
), due AS (
    SELECT id FROM (SELECT * FROM free UNION ALL SELECT * FROM limited) AS waiting
    ORDER BY available_at, id
    LIMIT %(limit)s
), claimed AS (
    UPDATE jobs_unifiedjob AS job
    SET status = '{Status.RUNNING}', lease_owner = %(owner)s, execution_node = %(node)s,
        started = coalesce(job.started, %(now)s, statement_timestamp()),
        modified = coalesce(%(now)s, statement_timestamp()),
        lease_expires_at = coalesce(%(now)s, statement_timestamp()) + make_interval(secs => %(lease)s),
        attempts_made = attempts_made + 1, report = '{{}}',
        instance_group_id = coalesce(
            (SELECT preferred.id FROM unnest(job.preferred_groups) WITH ORDINALITY AS preferred (id, place)
             WHERE preferred.id = ANY((SELECT groups FROM mine)::bigint[]) ORDER BY preferred.place LIMIT 1),
            (SELECT usual FROM mine))
    FROM due
    WHERE job.id = due.id
    RETURNING {_COLUMNS}
), begun AS (
    INSERT INTO jobs_attempt (job_id, number, worker, started, outcome, request, response_headers, response_body,
                              response_truncated, error, host_name, place)
    SELECT id, attempts_made, %(node)s, modified, '', '{{}}', '{{}}', '', false, '', '', NULL FROM claimed
    WHERE inventory_id IS NULL
)
SELECT {_COLUMNS} FROM claimed AS job ORDER BY id
"""  # noqa: S608 (only our own words are put in)

_RECOVER = f"""
UPDATE jobs_unifiedjob AS job
SET lease_expires_at = statement_timestamp() + make_interval(secs => %(lease)s)
WHERE status = '{Status.RUNNING}' AND lease_owner = %(owner)s AND NOT (id = ANY(%(known)s))
RETURNING {_COLUMNS}
"""  # noqa: S608 (only our own words are put in)


def claim(
    owner: str, *, node: str, limit: int, lease_seconds: float, now: datetime | None = None
) -> list[ClaimedRun]:
    """At most `limit` waiting runs that are now `owner`'s, with one attempt begun for each: a constant number of
    statements, few where no service with limits has runs that wait.

    Ends the runs that the breaker of their service refuses. `node` is shown to people, `owner` is of one engine's
    life. Without `now` it is the database's time.
    """
    with transaction.atomic():
        services = lock_limited(now)
        end_refused(services)
        open_services = {service.id: room for service in services if (room := service.room(limit))}
        values = {"owner": owner, "node": node, "limit": limit, "lease": lease_seconds, "now": now}
        values["paused"] = settings.SYSTEM_PAUSED
        values |= {"services": list(open_services), "rooms": list(open_services.values())}
        rows = _rows(_CLAIM, values)
        # Calls to hosts begin later, each by a permit of its own.
        calls_began(services, [(row[16], row[0]) for row in rows if row[11] is None])
    return _opened(rows)


def recover(owner: str, known: Sequence[int], lease_seconds: float) -> list[ClaimedRun]:
    """The runs that are `owner`'s without its knowledge: their claim was committed, but its answer was lost."""
    return _opened(_rows(_RECOVER, {"owner": owner, "known": list(known), "lease": lease_seconds}))


def _rows(statement: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [(*row[:6], _json(row[6]), *row[7:]) for row in cursor.fetchall()]


def _opened(rows: list[tuple[Any, ...]]) -> list[ClaimedRun]:
    by_id = opened(number for row in rows for number in _credential_ids(row[6]))
    return [
        ClaimedRun(
            id=row[0],
            kind=row[1],
            run_id=row[2],
            job_type=row[3],
            scheduled_for=row[4],
            extra_vars=_json(row[5]),
            request=row[6],
            timeout=row[7],
            number=row[8],
            started=row[9],
            allow_simultaneous=row[10],
            credentials=tuple(by_id[number] for number in _credential_ids(row[6])),
            inventory=row[11],
            limit=str(_json(row[12]).get("limit") or ""),
            forks=int(_json(row[12]).get("forks") or 0),
            slice=Slice.of(_json(row[12])),
            policy=RunPolicy.of_run(row[6]),
            attempts_allowed=row[13],
            first_started=row[14],
            deadline_at=row[15],
            service=row[16],
        )
        for row in rows
    ]


def _credential_ids(request: dict[str, Any]) -> list[int]:
    ids = request.get("credentials")
    return [number for number in ids if isinstance(number, int)] if isinstance(ids, list) else []


def _json(value: object) -> dict[str, Any]:
    # Django leaves jsonb as text in raw cursors.
    loaded = json.loads(value) if isinstance(value, str) else value
    return loaded if isinstance(loaded, dict) else {}
