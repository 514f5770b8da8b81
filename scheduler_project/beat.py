"""Beat as a thread of a worker: Celery's own `-B` would be a process as large as the worker."""

from typing import Any

from celery import bootsteps
from celery.beat import EmbeddedService


class BeatThread(bootsteps.StartStopStep):
    """A part of the worker where it is told in which file beat keeps its times."""

    requires = ("celery.worker.components:Pool",)
    conditional = True

    def __init__(self, parent: Any, beat_schedule: str | None = None, **options: Any) -> None:
        self.enabled = beat_schedule is not None
        self._schedule = beat_schedule
        super().__init__(parent, **options)

    def create(self, parent: Any) -> Any:
        return EmbeddedService(parent.app, thread=True, schedule_filename=self._schedule)
