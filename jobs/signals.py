"""What other apps may hear of runs."""

from collections.abc import Sequence

from django.db import transaction
from django.dispatch import Signal

# Sent after the commit, with `job_ids`: the runs that a batch has ended, in whatever way. It is a hint like every
# message: who must not miss one reads the table. Receivers run in the engine's thread and hand longer work on.
run_finished = Signal()


def announce_finished(job_ids: Sequence[int]) -> None:
    """Send `run_finished` once the present transaction is committed. A receiver that fails is logged."""
    if job_ids:
        transaction.on_commit(lambda: _send(list(job_ids)), robust=True)


def _send(job_ids: list[int]) -> None:
    run_finished.send_robust(sender=None, job_ids=job_ids)
