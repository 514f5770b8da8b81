"""What schedules do when runs have ended, and when the system is no longer paused."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.utils import timezone

from access.runtime_settings import Setting, is_paused
from jobs.many import each_of
from jobs.signals import run_finished
from schedules.backfilling import hint
from schedules.backfills import BackfillPlace
from schedules.planning import plan_poll


@receiver(run_finished)
def _go_on_with_backfills(job_ids: Sequence[int], **_: Any) -> None:
    if BackfillPlace.objects.filter(job__in=each_of(job_ids)).exists():
        hint()


@receiver([post_save, post_delete], sender=Setting)
def _launch_what_a_pause_held_back(instance: Setting, **_: Any) -> None:
    if instance.key == "SYSTEM_PAUSED" and not is_paused():
        transaction.on_commit(lambda: plan_poll(timezone.now()))
