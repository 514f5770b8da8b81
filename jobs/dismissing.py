"""Dead letters are dismissed: they stay as they are, and nobody is asked to look at them any more."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from jobs.models import UnifiedJob

DISMISSIBLE = Q(dead_letter=True, dismissed__isnull=True)


@transaction.atomic
def dismiss(ids: Sequence[int], *, now: datetime) -> list[UnifiedJob]:
    """Mark those of the runs that are dead letters and not yet dismissed; returns them as they are then, by id."""
    runs = list(UnifiedJob.objects.filter(DISMISSIBLE, pk__in=ids).order_by("pk").select_for_update())
    UnifiedJob.objects.filter(pk__in=[run.pk for run in runs]).update(dismissed=now)
    for run in runs:
        run.dismissed = now
    return runs
