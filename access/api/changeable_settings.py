"""What may be written to each setting that superusers change, and how OPTIONS describes it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from access.runtime_settings import DEFAULTS, values_now

LONGEST_TIMEOUT = 7 * 24 * 3600
BOUNDS = ("min_value", "max_value", "max_length")


@dataclass(frozen=True, slots=True)
class Changeable:
    category: str
    type: str
    field: serializers.Field[Any, Any, Any, Any]
    label: str
    help_text: str


def _timeout(label: str, what: str, usual: str) -> Changeable:
    text = f"Seconds that {what} may take that has no timeout of its own; 0 for {usual}."
    field = serializers.IntegerField(min_value=0, max_value=LONGEST_TIMEOUT)
    return Changeable("jobs", "integer", field, label, text)


CHANGEABLE = {
    "AUTH_BASIC_ENABLED": Changeable(
        "authentication",
        "boolean",
        serializers.BooleanField(),
        "Enable HTTP Basic Auth",
        "Whether requests may come with a user's name and password.",
    ),
    "SESSION_COOKIE_AGE": Changeable(
        "authentication",
        "integer",
        serializers.IntegerField(min_value=60, max_value=30_000_000_000),
        "Idle Time Force Log Out",
        "Seconds after which a session ends; for those that begin from now on.",
    ),
    "CUSTOM_LOGIN_INFO": Changeable(
        "system",
        "string",
        serializers.CharField(allow_blank=True, max_length=10_000),
        "Custom Login Info",
        "Text for everybody who is about to log in.",
    ),
    "SYSTEM_PAUSED": Changeable(
        "jobs",
        "boolean",
        serializers.BooleanField(),
        "System Paused",
        "While this is on, schedules launch nothing and no run begins; runs that have begun go on.",
    ),
    "DEFAULT_JOB_TIMEOUT": _timeout("Default Job Timeout", "a job", "half an hour"),
    "DEFAULT_PROJECT_UPDATE_TIMEOUT": _timeout(
        "Default Project Update Timeout", "an update of a project", "a minute"
    ),
    "DEFAULT_INVENTORY_UPDATE_TIMEOUT": _timeout(
        "Default Inventory Update Timeout", "an update of an inventory", "a minute"
    ),
}


def values_of(category: str) -> dict[str, Any]:
    """What holds now of a category, or of `all`."""
    now = values_now()
    return {key: now[key] for key, one in CHANGEABLE.items() if category in ("all", one.category)}


def checked(given: Mapping[str, Any]) -> dict[str, Any]:
    """The values as they are stored. Raises ValidationError."""
    values, errors = {}, {}
    for key, value in given.items():
        try:
            values[key] = CHANGEABLE[key].field.run_validation(value)
        except ValidationError as error:
            errors[key] = error.detail
    if errors:
        raise ValidationError(errors)
    return values


def described(key: str, categories: Mapping[str, str]) -> dict[str, Any]:
    one = CHANGEABLE[key]
    info = {
        "type": one.type,
        "label": one.label,
        "help_text": one.help_text,
        "category": categories[one.category],
        "category_slug": one.category,
        "default": DEFAULTS[key],
    }
    bounds = {bound: getattr(one.field, bound, None) for bound in BOUNDS}
    return info | {bound: value for bound, value in bounds.items() if value is not None}
