"""System jobs in the engine: batch after batch, so that a cancellation is heeded in between."""

from collections import Counter
from typing import Any

from django.utils import timezone

from jobs.execution.claiming import ClaimedRun
from jobs.execution.database import DatabaseThread
from jobs.housekeeping import BATCH, Chore, chore_of, sweep_batch


async def tidy_up(run: ClaimedRun, database: DatabaseThread) -> dict[str, Any]:
    """Do what a system job is for; returns what it did, for the record. Raises housekeeping.InvalidDays."""
    chore: Chore = chore_of(run.job_type, run.extra_vars, now=timezone.now())
    total: Counter[str] = Counter()
    for sweep in chore.sweeps:
        while True:
            swept = await database.run(sweep_batch, sweep, chore.before)
            total.update(swept)
            if swept.total() < BATCH:
                break
    deleted = {name: count for name, count in total.items() if count}
    return {"deleted": deleted, "days": chore.days, "before": chore.before.isoformat()}
