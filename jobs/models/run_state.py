from datetime import datetime
from typing import Any

from jobs.statuses import NEVER_RUN

# A run or a schedule in brief, as the database wrote it; None where there is none.
Brief = dict[str, Any] | None


class WithRunState:
    """What AWX shows of the runs and schedules of a template that `with_run_state` read (jobs/querysets.py)."""

    current_job_data: Brief
    last_job_data: Brief
    next_schedule_data: Brief

    @property
    def last_job_run(self) -> datetime | None:
        return _time(self.last_job_data, "finished")

    @property
    def last_job_failed(self) -> bool:
        return bool(self.last_job_data and self.last_job_data["failed"])

    @property
    def next_job_run(self) -> datetime | None:
        return _time(self.next_schedule_data, "next_run")

    @property
    def status(self) -> str:
        run = self.current_job_data or self.last_job_data
        return str(run["status"]) if run else NEVER_RUN


def _time(brief: Brief, name: str) -> datetime | None:
    return datetime.fromisoformat(brief[name]) if brief and brief[name] else None
