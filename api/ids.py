"""Ids that requests name: what a column of ids can hold, and no more."""

from typing import Any

from rest_framework import serializers

LARGEST_ID = 2**63 - 1


class IdField(serializers.IntegerField):
    """An id that is looked up later, with others of its kind or with the rest of a question."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=1, max_value=LARGEST_ID, **kwargs)
