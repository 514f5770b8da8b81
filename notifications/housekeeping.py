from collections import Counter
from datetime import datetime

from notifications.models import Notification


def sweep_notifications(before: datetime, limit: int) -> Counter[str]:
    """Notifications from before an instant that nobody sends any more."""
    old = Notification.objects.filter(created__lt=before).exclude(status=Notification.Status.PENDING)
    keys = list(old.order_by("pk").values_list("pk", flat=True)[:limit])
    Notification.objects.filter(pk__in=keys).delete()
    return Counter(notifications=len(keys))
