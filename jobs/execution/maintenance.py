"""What each poll does for the engine, so that nothing depends on a message that may be lost."""

from datetime import datetime

from instances.heartbeat import sweep
from jobs.announcing import announce_work
from jobs.execution.reaping import reap
from jobs.models import UnifiedJob
from jobs.statuses import OF_WORKFLOWS, Status


def maintain(now: datetime | None = None) -> int:
    """End or put back the runs whose bound has passed, forget workers long gone, announce work if any run waits.

    Returns how many runs' bounds had passed.

    `now` stands for the database's time, by which leases are given, unless it is given.
    """
    reaped = reap(now)
    sweep()
    own = UnifiedJob.objects.exclude(kind__in=OF_WORKFLOWS)
    if own.filter(status__in=[Status.PENDING, Status.WAITING]).exists():
        announce_work()
    return reaped
