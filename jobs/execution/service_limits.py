"""How many calls of services with limits may begin now, for all workers together; to hosts: see permits.py.

A claim locks what it may take from: the row of each service for which a run waits. What it reads after that is true
until it commits. Services that another claim has locked are left to that one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from access.runtime_settings import is_paused
from jobs.breaker import Breaker
from jobs.execution.breakers import STATE, read, write
from jobs.locks import LET_GO_WHEN_IDLE
from jobs.signals import announce_finished
from jobs.statuses import BreakerPolicy, BreakerState, Outcome, Status

SECOND = timedelta(seconds=1)
ENDED_AT_ONCE = 500  # runs of one service


@dataclass(frozen=True, slots=True)
class Limited:
    """A service for which runs wait, as a claim has locked it. `recent`: when the calls of the last second began."""

    id: int
    at: datetime
    concurrent: int
    per_second: int
    threshold: int
    cooldown: timedelta
    policy: BreakerPolicy
    breaker: Breaker
    recent: tuple[datetime, ...]
    in_flight: int = 0
    is_probing: bool = False

    def room(self, limit: int) -> int:
        """How many calls may begin now, at most `limit`."""
        rooms = [limit]
        if self.concurrent:
            rooms.append(self.concurrent - self.in_flight)
        if self.per_second:
            rooms.append(self.per_second - len(self.recent))
        if self.threshold:
            by_breaker = self.breaker.room(self.at, self.cooldown, is_probing=self.is_probing)
            rooms += [] if by_breaker is None else [by_breaker]
        return max(min(rooms), 0)

    @property
    def is_open(self) -> bool:
        """Whether its breaker lets nothing through until its time is over."""
        half_opens = self.breaker.half_opens(self.cooldown) if self.threshold else None
        return half_opens is not None and half_opens > self.at

    def has_begun(self, jobs: Sequence[int]) -> "Limited":
        """As it is when the calls of these runs have begun."""
        after = self
        if self.per_second:
            after = replace(after, recent=(*self.recent, *(self.at for _ in jobs)))
        if jobs and self.threshold and self.breaker.state != BreakerState.CLOSED:
            after = replace(after, breaker=self.breaker.probing(jobs[0], self.at), is_probing=True)
        return after

    def seconds_until_room(self) -> float | None:
        """After how many seconds time alone makes room; None where only the end of a call does."""
        half_opens = self.breaker.half_opens(self.cooldown)
        if self.is_open and half_opens is not None:
            return (half_opens - self.at).total_seconds()
        if self.threshold and self.breaker.state == BreakerState.HALF_OPEN:
            return None
        if self.per_second and len(self.recent) >= self.per_second:
            return (min(self.recent) + SECOND - self.at).total_seconds()
        return None


_SERVICES = f"""
SELECT service.project_id, coalesce(%(now)s, statement_timestamp()), project.max_concurrent_calls,
       project.max_calls_per_second, project.breaker_threshold, project.breaker_cooldown, project.breaker_policy,
       service.recent, {LET_GO_WHEN_IDLE}, {STATE}
FROM jobs_service AS service
JOIN jobs_project AS project ON project.template_id = service.project_id
"""  # noqa: S608 (only our own words are put in)

_WAITED_FOR = f"""
{_SERVICES}
WHERE EXISTS (
    SELECT 1 FROM jobs_unifiedjob AS job
    WHERE job.service_id = service.project_id AND job.status = '{Status.WAITING}'
      AND job.available_at <= coalesce(%(now)s, statement_timestamp())
)
ORDER BY service.project_id
"""  # noqa: S608 (only our own words are put in)

# A run is one call, but for one with an inventory: of that the calls to hosts that have begun.
_IN_FLIGHT = f"""
SELECT job.service_id, count(*), bool_or(job.id = service.probe)
FROM jobs_unifiedjob AS job
JOIN jobs_service AS service ON service.project_id = job.service_id
LEFT JOIN jobs_attempt AS call
  ON job.inventory_id IS NOT NULL AND call.job_id = job.id AND call.is_called AND call.finished IS NULL
WHERE job.status = '{Status.RUNNING}' AND job.service_id = ANY(%(services)s)
  AND (job.inventory_id IS NULL OR call.id IS NOT NULL)
GROUP BY job.service_id
"""  # noqa: S608 (only our own words are put in)


_LOCK = f"{_WAITED_FOR} FOR NO KEY UPDATE OF service SKIP LOCKED"


def lock_limited(now: datetime | None) -> list[Limited]:
    """The services for which runs wait, locked until the end of the transaction. Without `now` the database's time."""
    return _locked(_LOCK, {"now": now})


_LOCK_ONE = f"{_SERVICES} WHERE service.project_id = %(service)s FOR NO KEY UPDATE OF service"


def lock_service(pk: int, now: datetime | None) -> Limited | None:
    """One service, whoever waits for it, locked until the end of the transaction; None where it has no limits."""
    return next(iter(_locked(_LOCK_ONE, {"service": pk, "now": now})), None)


def _locked(statement: str, values: dict[str, Any]) -> list[Limited]:
    """What is read after the lock is true until the transaction ends, hence two statements."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows = cursor.fetchall()
        if not rows:
            return []
        cursor.execute(_IN_FLIGHT, {"services": [row[0] for row in rows]})
        in_flight = {pk: (number, probing) for pk, number, probing in cursor.fetchall()}
    return [
        replace(_limited(row), in_flight=number, is_probing=bool(probing))
        for row in rows
        for number, probing in [in_flight.get(row[0], (0, False))]
    ]


def seconds_until_room(now: datetime | None = None) -> float | None:
    """After how many seconds time alone lets calls through for which runs wait; None where it does not."""
    with connection.cursor() as cursor:
        cursor.execute(_WAITED_FOR, {"now": now})
        waits = [_limited(row).seconds_until_room() for row in cursor.fetchall()]
    return min((seconds for seconds in waits if seconds is not None), default=None)


def _limited(row: Sequence[Any]) -> Limited:
    pk, at, concurrent, per_second, threshold, cooldown, policy, recent, _, *state = row
    return Limited(
        id=pk,
        at=at,
        concurrent=concurrent,
        per_second=per_second,
        threshold=threshold,
        cooldown=timedelta(seconds=cooldown),
        policy=BreakerPolicy(policy),
        breaker=read(state),
        recent=tuple(instant for instant in recent if instant > at - SECOND),
    )


def calls_began(services: Sequence[Limited], claimed: Iterable[tuple[int | None, int]]) -> None:
    """Store what the claimed runs, given as (service or None, run), change."""
    jobs: dict[int, list[int]] = {}
    for service, job in claimed:
        if service is not None:
            jobs.setdefault(service, []).append(job)
    after = [service.has_begun(jobs.get(service.id, [])) for service in services]
    changed = [new for old, new in zip(services, after, strict=True) if new != old]
    if changed:
        write([(service.id, service.breaker, service.recent) for service in changed])


_END = f"""
WITH refused AS (
    SELECT waiting.id, service.explanation
    FROM unnest(%(services)s::bigint[], %(explanations)s::text[]) AS service (id, explanation)
    CROSS JOIN LATERAL (
        SELECT job.id FROM jobs_unifiedjob AS job
        WHERE job.service_id = service.id AND job.status = '{Status.WAITING}' AND job.available_at <= %(at)s
        ORDER BY job.available_at, job.id
        LIMIT %(limit)s
        FOR UPDATE SKIP LOCKED
    ) AS waiting
)
UPDATE jobs_unifiedjob AS job
SET status = '{Status.FAILED}', failure_reason = '{Outcome.CIRCUIT_OPEN}', job_explanation = refused.explanation,
    finished = %(at)s, modified = %(at)s
FROM refused
WHERE job.id = refused.id
RETURNING job.id
"""  # noqa: S608 (only our own words are put in)


def end_refused(services: Sequence[Limited]) -> list[int]:
    """End what waits for services whose breaker is open, where that is their policy; returns the runs' ids.

    Nothing while the system is paused.
    """
    refusing = [service for service in services if service.policy == BreakerPolicy.FAIL and service.is_open]
    if not refusing or is_paused():
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            _END,
            {
                "services": [service.id for service in refusing],
                "explanations": [
                    f"The circuit breaker of the service is open. {service.breaker.reason}"
                    for service in refusing
                ],
                "at": refusing[0].at,
                "limit": ENDED_AT_ONCE,
            },
        )
        ended = [row[0] for row in cursor.fetchall()]
    announce_finished(ended)
    return ended
