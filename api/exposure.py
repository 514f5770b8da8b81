"""What queries may reach: the models that are resources of the API, and of these the fields that it shows.

A router exposes each viewset that it is given. A model that no viewset serves cannot be reached through any relation,
a column that no serializer shows cannot be filtered by, and what is secret is refused by name, whoever shows it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, TypeAlias

from django.conf import settings
from django.core.exceptions import FieldDoesNotExist, PermissionDenied
from django.db.models import Field, Model
from django.db.models.fields.reverse_related import ForeignObjectRel

# Relations that one path may cross; beyond that a lookup costs more than any answer is worth.
MAX_RELATIONS = 5

SECRET_NAMES = frozenset(
    {
        "password",
        "token_checksum",
        "token",
        "refresh_token",
        "client_secret",
        "secret",
        "inputs",
        "http_headers",
        "host_config_key",
        "webhook_key",
        "survey_spec",
    }
)

ModelField: TypeAlias = "Field[Any, Any] | ForeignObjectRel"
Converter: TypeAlias = Callable[[str], str]


class BadLookup(Exception):
    """A query names what is not there or cannot be compared that way; the message is AWX's."""


@dataclass(frozen=True)
class Target:
    """Where a query's name leads: the ORM path, its last field, and whether one object may have several of it.

    `crossed` are the relations on the way whose objects the asker must be able to read.
    """

    path: str
    field: ModelField
    to_many: bool
    convert: Converter | None = None
    crossed: tuple[tuple[str, type[Model]], ...] = ()


# What a row shows of the object that it refers to anyway, in its `summary_fields`: this says nothing new of it.
SUMMARIZED = frozenset({"pk", "id", "name", "description", "username", "first_name", "last_name", "kind"})


@dataclass
class Exposure:
    """What the viewsets of one model say about queries."""

    aliases: dict[str, str] = field(default_factory=dict)
    values: dict[str, Converter] = field(default_factory=dict)
    shown: set[str] = field(default_factory=set)
    hidden: set[str] = field(default_factory=set)
    secrets: set[str] = field(default_factory=set)
    encrypted: set[str] = field(default_factory=set)


_viewsets: dict[type[Model], list[type[Any]]] = {}
_exposures: dict[type[Model], Exposure] = {}


def expose(viewset: type[Any]) -> None:
    """Let queries reach the model that a viewset serves."""
    queryset = getattr(viewset, "queryset", None)
    if queryset is None:
        return
    known = _viewsets.setdefault(queryset.model, [])
    if viewset not in known:
        known.append(viewset)
        _exposures.pop(queryset.model, None)


def _load_paths() -> None:
    """Filters of hosts name what the API shows in processes, too, that do not serve it."""
    import_module(settings.ROOT_URLCONF)


def is_exposed(model: object) -> bool:
    return model in _viewsets


def object_type_of(viewset: type[Any]) -> str:
    """AWX's type of the objects that a view shows; empty where it shows several types, or none."""
    return str(getattr(getattr(viewset, "serializer_class", None), "object_type", ""))


def kinds() -> dict[str, type[Model]]:
    """The models that are resources, by AWX's types of their objects."""
    return {kind: model for model in _viewsets for kind in [type_of(model)] if kind}


def type_of(model: type[Model]) -> str:
    """AWX's type of a model's objects; empty where they are no resource."""
    return next(filter(None, map(object_type_of, _viewsets.get(model, []))), "")


def kind_of(obj: Model) -> str:
    """AWX's type of an object; of what is no resource its model's name."""
    return type_of(type(obj)) or str(obj._meta.model_name)


def _serializer_fields(viewset: type[Any]) -> Iterable[tuple[str, str]]:
    """(name, ORM path) of the fields that a viewset's serializer shows."""
    serializer_class = getattr(viewset, "serializer_class", None)
    # Others are of no model.
    if serializer_class is None or not hasattr(serializer_class, "Meta"):
        return
    for name, shown in serializer_class().fields.items():
        source = shown.source or name
        if source != "*" and not shown.write_only:
            yield name, source.replace(".", "__")


def _has_path(model: type[Model], path: str) -> bool:
    try:
        _walk(model, path)
    except FieldDoesNotExist:
        return False
    return True


def exposure_of(model: type[Model]) -> Exposure:
    """What may be asked of a model; nothing of one that is no resource."""
    if model not in _exposures:
        _load_paths()
        exposure = Exposure()
        for viewset in _viewsets.get(model, []):
            exposure.aliases |= getattr(viewset, "lookup_aliases", {})
            exposure.values |= getattr(viewset, "lookup_values", {})
            exposure.hidden |= set(getattr(viewset, "unfilterable", ()))
            exposure.secrets |= set(getattr(viewset, "secret_fields", ()))
            exposure.encrypted |= set(getattr(viewset, "encrypted_fields", ()))
            for name, path in _serializer_fields(viewset):
                if not _has_path(model, path):
                    continue
                if name == path:
                    exposure.shown.add(name)
                elif not set(path.split("__")) & SECRET_NAMES:
                    exposure.aliases.setdefault(name, path)
        for name in exposure.hidden:
            exposure.aliases.pop(name, None)
        _exposures[model] = exposure
    return _exposures[model]


def _walk(model: type[Model], path: str) -> tuple[ModelField, bool]:
    """The last field of a trusted ORM path, and whether the path crosses a relation to many."""
    found: ModelField | None = None
    to_many = False
    current: type[Model] | None = model
    for name in path.split("__"):
        if current is None:
            raise FieldDoesNotExist(f"No related model for field {name}.")
        found = current._meta.pk if name == "pk" else _field(current, name)
        to_many = to_many or _is_many(found)
        current = _related_model(found)
    assert found is not None
    return found, to_many


def _field(model: type[Model], name: str) -> ModelField:
    found = model._meta.get_field(name)
    if not isinstance(found, Field | ForeignObjectRel):
        raise FieldDoesNotExist(_missing(model, name))
    return found


def _is_many(found: ModelField) -> bool:
    return bool(found.many_to_many or found.one_to_many)


def _related_model(found: ModelField) -> type[Model] | None:
    related = getattr(found, "related_model", None)
    return related if isinstance(related, type) else None


def _missing(model: type[Model], name: str) -> str:
    return f"{model._meta.object_name} has no field named '{name}'"


def _open_field(model: type[Model], name: str, exposure: Exposure) -> ModelField:
    """A field that a client may name; what it may not name is missing or forbidden."""
    if name in exposure.encrypted:
        raise PermissionDenied(f"Filtering on field {name} is not allowed.")
    if name in exposure.secrets:
        raise PermissionDenied(f"Filtering on {name} is not allowed.")
    if name == "pk":
        return model._meta.pk
    try:
        found = _field(model, name)
    except FieldDoesNotExist:
        raise BadLookup(_missing(model, name)) from None
    if name in SECRET_NAMES:
        raise PermissionDenied(f"Filtering on {name} is not allowed.")
    related = _related_model(found)
    reachable = is_exposed(related) if related else False
    if isinstance(found, ForeignObjectRel) and not reachable:
        raise BadLookup(_missing(model, name))
    if name in exposure.hidden or not (reachable or name in exposure.shown or found is model._meta.pk):
        raise BadLookup(_missing(model, name))
    return found


def resolve(model: type[Model], path: str, computed: "Mapping[str, Field[Any, Any]] | None" = None) -> Target:
    """The target of a query's path such as `unified_job_template__name`.

    `computed` are names that the list has beside the model's. Raises BadLookup with AWX's words, and PermissionDenied
    for what is secret.
    """
    if computed and path in computed:
        return Target(path, computed[path], to_many=False)
    remaining = path.split("__")
    steps: list[str] = []
    current: type[Model] | None = model
    found: ModelField | None = None
    to_many = False
    convert: Converter | None = None
    crossed = 0
    hidden: list[tuple[str, type[Model]]] = []
    while remaining:
        if current is None:
            raise BadLookup(f"No related model for field {remaining[0]}.")
        exposure = exposure_of(current)
        alias = next(
            (n for n in range(len(remaining), 0, -1) if "__".join(remaining[:n]) in exposure.aliases), None
        )
        if alias:
            name = "__".join(remaining[:alias])
            if name in SECRET_NAMES:
                raise PermissionDenied(f"Filtering on {name} is not allowed.")
            steps.append(exposure.aliases[name])
            found, many = _walk(current, exposure.aliases[name])
            convert = exposure.values.get(name)
            del remaining[:alias]
        else:
            name = remaining.pop(0)
            steps.append(name)
            found = _open_field(current, name, exposure)
            many = _is_many(found)
            convert = exposure.values.get(name)
        to_many = to_many or many
        current = _related_model(found)
        crossed += current is not None
        if current is not None and remaining:
            hidden.append(("__".join(steps), current))
        if crossed > MAX_RELATIONS:
            raise BadLookup(f"A lookup may cross {MAX_RELATIONS} relations.")
    assert found is not None
    if len(hidden) == 1 and not to_many and steps[-1] in SUMMARIZED:
        hidden = []
    return Target("__".join(steps), found, to_many, convert, tuple(hidden))
