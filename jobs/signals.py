"""What other apps may hear of runs."""

from collections.abc import Sequence

from django.db import transaction
from django.dispatch import Signal

# Sent after the commit, with `job_ids`: the runs that a batch has ended, in whatever way. It is a hint like every
# message: who must not miss one reads the table. Receivers run in the engine's thread and hand longer work on.
run_finished = Signal()

# Sent in the transaction that finds it, with `template_id`, `subject`, `text` and `is_over`. Whoever is told of this
# template's failed runs is to know it, though no run has failed; of trouble that is over, whoever hears of recoveries.
template_in_trouble = Signal()


def announce_finished(job_ids: Sequence[int]) -> None:
    """Send `run_finished` once the present transaction is committed. A receiver that fails is logged."""
    if job_ids:
        transaction.on_commit(lambda: _send(list(job_ids)), robust=True)


def announce_trouble(template_id: int, *, subject: str, text: str, is_over: bool = False) -> None:
    """Send `template_in_trouble`. A receiver that fails is logged."""
    template_in_trouble.send_robust(
        sender=None, template_id=template_id, subject=subject, text=text, is_over=is_over
    )


def _send(job_ids: list[int]) -> None:
    run_finished.send_robust(sender=None, job_ids=job_ids)
