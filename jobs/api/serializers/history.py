"""The fields of how many ended runs of a template are kept."""

from typing import Any

from rest_framework import serializers

LARGEST = 2**31 - 1
HISTORY_FIELDS = ("successful_history_limit", "failed_history_limit")


def _limit(help_text: str) -> serializers.IntegerField:
    return serializers.IntegerField(
        required=False, allow_null=True, min_value=0, max_value=LARGEST, help_text=help_text
    )


class HistoryFields(serializers.Serializer[Any]):
    successful_history_limit = _limit("How many of its last successful runs are kept; null for all.")
    failed_history_limit = _limit(
        "How many of its last runs that failed or were canceled are kept; null for all."
    )
