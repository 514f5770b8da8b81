"""The objects that a page's form lets its reader choose from, where there are not too many of them."""

from typing import Any

from django.db.models import QuerySet

from api.fields import PrimaryKeyField
from api.readable import Readable

MOST_OFFERED = 100
# What objects are called by, the first that a model has.
NAMES = ("name", "username")


def offer_objects(serializer: Any, user: Any) -> None:
    """Let foreign keys be chosen by name among all that `user` may read: one statement each, of few rows."""
    shown = serializer.data
    for name, field in serializer.fields.items():
        if not isinstance(field, PrimaryKeyField) or field.read_only:
            continue
        objects: Any = field.get_queryset()
        readable = _names_of(Readable.rows(objects.order_by(), user))
        if readable is not None:
            field.offer(_with_present(readable, shown.get(name), field))


def _names_of(rows: QuerySet[Any]) -> dict[str, str] | None:
    """By id, in the order of the names; None where there are too many, or they have none."""
    columns = {field.name for field in rows.model._meta.fields}
    column = next((name for name in NAMES if name in columns), None)
    if column is None:
        return None
    found = list(rows.values_list(column, "pk")[: MOST_OFFERED + 1])
    if len(found) > MOST_OFFERED:
        return None
    return {str(pk): f"{name} ({pk})" for name, pk in sorted(found)}


def _with_present(readable: dict[str, str], present: Any, field: PrimaryKeyField) -> dict[str, str]:
    """With the value that is there, so that it can be kept, and nothing, so that it need not be answered."""
    kept = {} if present in (None, "") or str(present) in readable else {str(present): str(present)}
    nothing = {} if field.allow_null else {"": "--------"}
    return nothing | kept | readable
