"""Settings that superusers change while everything runs, under AWX's names; the rest are environment variables.

They are read where they count, from the database: what is changed holds at once, for all processes.
"""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import models


class Setting(models.Model):
    """A value that was changed; the others are DEFAULTS."""

    key = models.CharField(max_length=100, primary_key=True)
    value = models.JSONField()

    def __str__(self) -> str:
        return self.key


DEFAULTS: dict[str, Any] = {
    "AUTH_BASIC_ENABLED": True,
    "SESSION_COOKIE_AGE": settings.SESSION_COOKIE_AGE,
    "CUSTOM_LOGIN_INFO": "",
    # schedules/poller.py and jobs/execution/claiming.py read it.
    "SYSTEM_PAUSED": False,
    # jobs/execution/claiming.py reads these. 0 stands for what a run of the kind may take anyway.
    "DEFAULT_JOB_TIMEOUT": 0,
    "DEFAULT_PROJECT_UPDATE_TIMEOUT": 0,
    "DEFAULT_INVENTORY_UPDATE_TIMEOUT": 0,
}


def value_of(key: str) -> Any:
    """What holds now."""
    row = Setting.objects.filter(key=key).first()
    return DEFAULTS[key] if row is None else row.value


def values_now() -> dict[str, Any]:
    """What holds now of all."""
    stored = {row.key: row.value for row in Setting.objects.filter(key__in=DEFAULTS)}
    forced = {"SYSTEM_PAUSED": True} if settings.SYSTEM_PAUSED else {}
    return DEFAULTS | stored | forced


def is_paused() -> bool:
    """Whether schedules launch nothing now, and workers begin nothing; the environment can say so, too."""
    return settings.SYSTEM_PAUSED or bool(value_of("SYSTEM_PAUSED"))


def write(key: str, value: Any) -> None:
    Setting.objects.update_or_create(key=key, defaults={"value": value})


def reset(keys: Iterable[str]) -> None:
    """Back to the defaults."""
    Setting.objects.filter(key__in=keys).delete()
