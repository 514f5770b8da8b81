"""What a request changed: the view bases announce it in the request's own transaction, and apps to the right hear it.

Every signal is sent with `request`, `kind` (the AWX type of `obj`), `obj` and `changes`, whose values are those that
the API shows, with what is secret masked: `created` and `deleted` say all that can be written, `changed` pairs of
before and after. `attached` and `detached` come with `parent`, `parent_kind`, `child`, `child_kind` and `relation`.
"""

from dataclasses import dataclass
from typing import Any

from django.db.models import Model, QuerySet
from django.dispatch import Signal

from api.exposure import SECRET_NAMES, kind_of

MASK = "$encrypted$"

created = Signal()
changed = Signal()
deleted = Signal()
attached = Signal()
detached = Signal()


@dataclass(frozen=True)
class State:
    """An object at one time: what its API shows of what can be written, and the columns behind it."""

    shown: dict[str, Any]
    columns: dict[str, Any]


def lock(rows: QuerySet[Any]) -> None:
    """Before a state is read that is to be changed: whoever else changes the rows waits for the transaction's end."""
    list(rows.order_by("pk").select_for_update(no_key=True).values_list("pk"))


def state_of(serializer: Any) -> State:
    """The state of a serializer's instance."""
    obj: Model = serializer.instance
    data = serializer.data
    columns = {field.name: getattr(obj, field.attname) for field in obj._meta.concrete_fields}
    shown = {"id": obj.pk} | ({"name": columns["name"]} if "name" in columns else {})
    for name, field in serializer.fields.items():
        if field.read_only or name not in data:
            continue
        is_secret = field.write_only or {name, str(field.source)} & SECRET_NAMES
        shown[name] = MASK if is_secret else data[name]
    by_name = {name: columns.get(str(field.source)) for name, field in serializer.fields.items()}
    return State(shown, by_name)


def differences(before: State, after: State) -> dict[str, list[Any]]:
    """[before, after] of what differs; of a secret that differs twice the mask."""
    return {
        name: [before.shown.get(name), value]
        for name, value in after.shown.items()
        if before.shown.get(name) != value
        or (holds_secret(value) and before.columns.get(name) != after.columns.get(name))
    }


def holds_secret(value: Any) -> bool:
    return value == MASK or (isinstance(value, dict) and MASK in value.values())


def announce_created(request: Any, serializer: Any) -> None:
    obj = serializer.instance
    created.send(type(obj), request=request, kind=kind_of(obj), obj=obj, changes=state_of(serializer).shown)


def announce_changed(request: Any, serializer: Any, before: State) -> None:
    obj = serializer.instance
    found = differences(before, state_of(serializer))
    if found:
        changed.send(type(obj), request=request, kind=kind_of(obj), obj=obj, changes=found)


def announce_value(request: Any, obj: Model, name: str, before: Any, after: Any) -> None:
    """One value of `obj` was replaced, by a view that has no serializer of it."""
    if before != after:
        found = {name: [before, after]}
        changed.send(type(obj), request=request, kind=kind_of(obj), obj=obj, changes=found)


def announce_deleted(request: Any, obj: Model, before: State) -> None:
    """`obj` is gone, and its id is that of `before`."""
    deleted.send(type(obj), request=request, kind=kind_of(obj), obj=obj, changes=before.shown)


def announce_relation(signal: Signal, request: Any, parent: Model, child: Model, relation: str) -> None:
    signal.send(
        type(parent),
        request=request,
        parent=parent,
        parent_kind=kind_of(parent),
        child=child,
        child_kind=kind_of(child),
        relation=relation,
    )
