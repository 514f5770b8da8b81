"""What schedules do when runs have ended."""

from collections.abc import Sequence
from typing import Any

from django.dispatch import receiver

from jobs.many import each_of
from jobs.signals import run_finished
from schedules.backfilling import hint
from schedules.backfills import BackfillPlace


@receiver(run_finished)
def _go_on_with_backfills(job_ids: Sequence[int], **_: Any) -> None:
    if BackfillPlace.objects.filter(job__in=each_of(job_ids)).exists():
        hint()
