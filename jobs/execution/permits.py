"""Calls to hosts are held to the limits of their service: each asks before it begins."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from jobs.execution.breakers import write
from jobs.execution.service_limits import lock_service
from jobs.statuses import BreakerPolicy

# Seconds until it is asked again where only the end of another worker's call makes room.
ASK_AGAIN = 0.25

TAKEN = "The job is no longer this worker's."


@dataclass(frozen=True, slots=True)
class Permit:
    """Given, unless `wait` says in how many seconds to ask again, or `refusal` why the call is not to be made."""

    wait: float | None = None
    refusal: str = ""


_CALLED = "UPDATE jobs_attempt SET is_called = true WHERE job_id = %s AND number = %s AND finished IS NULL"


@transaction.atomic
def ask(service_id: int, job: int, number: int, now: datetime | None = None) -> Permit:
    """Whether the call `number` of a run, which has been recorded, may begin; from then on it counts as in flight.

    Without `now` it is the database's time.
    """
    service = lock_service(service_id, now)
    if service is None:
        return Permit()
    if service.policy == BreakerPolicy.FAIL and service.is_open:
        return Permit(refusal=f"The circuit breaker of the service is open. {service.breaker.reason}")
    if not service.room(1):
        until_room = service.seconds_until_room()
        return Permit(wait=ASK_AGAIN if until_room is None else until_room)
    with connection.cursor() as cursor:
        cursor.execute(_CALLED, [job, number])
        if not cursor.rowcount:
            return Permit(refusal=TAKEN)
    after = service.has_begun([job])
    if after != service:
        write([(after.id, after.breaker, after.recent)])
    return Permit()
