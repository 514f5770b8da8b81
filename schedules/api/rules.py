"""A recurrence rule in a request, and what is shown of it."""

from typing import Any

from django.conf import settings
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.fields import empty

from schedules.recurrence import Contract, InvalidRule, parse

HELP = (
    "An RFC 5545 recurrence set: DTSTART with a zone, and RRULE with an INTERVAL, such as "
    "`DTSTART;TZID=Europe/Berlin:20300101T020000 RRULE:FREQ=DAILY;INTERVAL=1`"
)

# The fields of a schedule that say, beside its rule, when it launches.
TIMING_FIELDS = {
    "dst_gap": {"help_text": "What becomes of a local time that the clock skips when summer time begins."},
    "dst_overlap": {"help_text": "What becomes of a local time that comes twice when summer time ends."},
    "jitter_seconds": {
        "help_text": "Each launch is up to so many seconds later than its time, always as many for one schedule."
    },
}


class RruleField(serializers.CharField):
    """A recurrence set. null and other empty values are refused like a text without rules (AWX's way)."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"help_text": HELP} | kwargs)

    def run_validation(self, data: Any = empty) -> Any:
        if data is not empty and not isinstance(data, str) and not data:
            return self.to_internal_value("")
        return super().run_validation(data)

    def to_internal_value(self, data: Any) -> str:
        text = str(super().to_internal_value(data))
        try:
            parse(text, contract=Contract(settings.AWX_CONTRACT))
        except InvalidRule as error:
            raise ValidationError(error.messages) from None
        return text
