"""What an endpoint reports of a run that it has accepted."""

from typing import Any

from rest_framework import serializers

from jobs.execution.reports import Reported

LONGEST = 64 * 1024  # characters that are taken; fewer are kept


class ReportSerializer(serializers.Serializer[Any]):
    status = serializers.ChoiceField(
        choices=[(status.value, status.value.title()) for status in Reported],
        help_text="RUNNING is a sign of life, SUCCESS and FAILED end the run.",
    )
    progress = serializers.IntegerField(
        required=False, allow_null=True, min_value=0, max_value=100, help_text="How much is done, in percent."
    )
    message = serializers.CharField(
        required=False, allow_null=True, allow_blank=True, max_length=LONGEST, help_text="For people."
    )
    error = serializers.CharField(
        required=False,
        allow_null=True,
        allow_blank=True,
        max_length=LONGEST,
        help_text="Why it failed.",
    )

    def to_internal_value(self, data: Any) -> Any:
        values = super().to_internal_value(data)
        return values | {"status": Reported(values["status"])}
