"""Indexes of foreign keys that most rows of a large table do not have."""

from collections.abc import Mapping

from django.db.models import Index, Q


def indexes_where_set(names: Mapping[str, str]) -> list[Index]:
    """For each field an index, by its name, of the rows that have another object there: the others cost it nothing."""
    return [
        Index(fields=[field], condition=Q(**{f"{field}__isnull": False}), name=name)
        for field, name in names.items()
    ]
