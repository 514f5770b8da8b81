"""The circuit breakers of services, as all workers share them: they hear how calls ended."""

import json
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from jobs.breaker import Breaker, Heard
from jobs.locks import LET_GO_WHEN_IDLE
from jobs.signals import announce_trouble
from jobs.statuses import BreakerState

logger = logging.getLogger(__name__)

# The columns of a breaker, as `read` takes them.
STATE = "service.breaker, service.since, service.failures, service.reason, service.probe"


def read(row: Sequence[Any]) -> Breaker:
    state, since, failures, reason, probe = row
    return Breaker(since, BreakerState(state), failures, reason, probe)


_WRITE = """
UPDATE jobs_service AS service
SET breaker = state.breaker, since = state.since, failures = state.failures, reason = state.reason, probe = state.probe,
    recent = CASE WHEN state.recent IS NULL THEN service.recent
                  ELSE ARRAY(SELECT jsonb_array_elements_text(state.recent::jsonb)::timestamptz) END
FROM unnest(%(id)s::bigint[], %(breaker)s::text[], %(since)s::timestamptz[], %(failures)s::int[], %(reason)s::text[],
            %(probe)s::bigint[], %(recent)s::text[]) AS state (id, breaker, since, failures, reason, probe, recent)
WHERE service.project_id = state.id
"""


def write(states: Sequence[tuple[int, Breaker, Sequence[datetime] | None]]) -> None:
    """Store breakers, and when calls began where that is given."""
    with connection.cursor() as cursor:
        cursor.execute(
            _WRITE,
            {
                "id": [pk for pk, _, _ in states],
                "breaker": [breaker.state.value for _, breaker, _ in states],
                "since": [breaker.since for _, breaker, _ in states],
                "failures": [breaker.failures for _, breaker, _ in states],
                "reason": [breaker.reason for _, breaker, _ in states],
                "probe": [breaker.probe for _, breaker, _ in states],
                "recent": [
                    None if recent is None else json.dumps([instant.isoformat() for instant in recent])
                    for _, _, recent in states
                ],
            },
        )


_LOCK = f"""
SELECT service.project_id, statement_timestamp(), project.breaker_threshold, {LET_GO_WHEN_IDLE}, {STATE}
FROM jobs_service AS service
JOIN jobs_project AS project ON project.template_id = service.project_id
WHERE service.project_id = ANY(%(services)s) AND project.breaker_threshold > 0
ORDER BY service.project_id
FOR NO KEY UPDATE OF service
"""  # noqa: S608 (only our own words are put in)


def hear(heard: Mapping[int, Sequence[Heard]]) -> None:
    """Let the breakers of services, by id, know how calls ended: in the transaction that records that."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, {"services": list(heard)})
        rows = cursor.fetchall()
    changed: list[tuple[int, Breaker, None]] = []
    for pk, now, threshold, _, *state in rows:
        before = read(state)
        after = before.after(heard[pk], threshold=threshold, now=now)
        if after != before:
            changed.append((pk, after, None))
        if after.state != before.state:
            _tell(pk, after)
    if changed:
        write(changed)


def _tell(service: int, breaker: Breaker) -> None:
    """Log it, and have people told; both once it is committed."""
    is_open = breaker.state == BreakerState.OPEN
    announce_trouble(
        service,
        subject=f"The circuit breaker of project {service} is {breaker.state.value}",
        text=breaker.reason or "The service answers again.",
        is_over=not is_open,
    )
    extra = {"action": "breaker", "project_id": service, "breaker": breaker.state.value}
    transaction.on_commit(
        lambda: logger.log(
            logging.WARNING if is_open else logging.INFO,
            "The circuit breaker of project %s is %s. %s",
            service,
            breaker.state.value,
            breaker.reason,
            extra=extra,
        )
    )
