"""What a request changed: the view bases announce it in the request's own transaction, and apps to the right hear it.

Every signal's sender is the view's class. `view` is the view (its request says who asks), `obj` the object as it is
now, `before` the values of its columns as they were (`state_of`).
"""

from typing import Any

from django.db.models import Model
from django.dispatch import Signal

# With `view`, `obj`.
created = Signal()
# With `view`, `obj`, `before`.
changed = Signal()
# With `view`, `obj` (its id is gone), `before`.
deleted = Signal()
# With `view`, `parent`, `child`, `relation`: the name under which the parent has the child.
attached = Signal()
detached = Signal()


def state_of(obj: Model) -> dict[str, Any]:
    """The values of an object's columns by the names of its fields; of a relation the key."""
    return {field.name: getattr(obj, field.attname) for field in obj._meta.concrete_fields}
