"""Objects that a path may name instead of numbering them (AWX's named URLs)."""

import uuid
from typing import TypeVar

from django.db.models import Model, QuerySet
from django.http import Http404

from api.root import install_uuid

Row = TypeVar("Row", bound=Model)

# Longer numbers are no ids of the database, and too long ones no numbers to Python.
LONGEST_ID = 18


def find(rows: QuerySet[Row], key: str, *, field: str) -> Row:
    """The object of this id or, where it is no number, of this name. Raises Http404 in AWX's words.

    A plus sign, which joins the parts of longer names, is written as `[+]`.
    """
    row: Row | None = None
    if is_number(key):
        row = rows.filter(pk=int(key)).first() if len(key) <= LONGEST_ID else None
    elif "\0" not in key:
        row = rows.filter(**{field: key.replace("[+]", "+")}).first()
    if row is None:
        raise Http404(f"No {rows.model.__name__} matches the given query.")
    return row


def is_number(key: str) -> bool:
    return key.isascii() and key.isdecimal()


def resource_summary(obj: Model, resource_type: str) -> dict[str, str]:
    """What AWX says of objects that several of its products share: an id that never changes, and a kind."""
    name = f"{resource_type}/{obj.pk}"
    return {
        "ansible_id": str(uuid.uuid5(uuid.UUID(install_uuid()), name)),
        "resource_type": f"shared.{resource_type}",
    }
