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
    return DEFAULTS | {row.key: row.value for row in Setting.objects.filter(key__in=DEFAULTS)}


def write(key: str, value: Any) -> None:
    Setting.objects.update_or_create(key=key, defaults={"value": value})


def reset(keys: Iterable[str]) -> None:
    """Back to the defaults."""
    Setting.objects.filter(key__in=keys).delete()
