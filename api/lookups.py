"""AWX's field lookups: every query parameter that is not reserved filters by `field[__relation…][__lookup]`."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import ip_address
from typing import Any, TypeAlias

from django.db import models
from django.db.models import F, Field, Model, Q, QuerySet
from django.db.models.fields.reverse_related import ForeignObjectRel
from django.db.models.functions import Cast
from django.utils import timezone

from api.exposure import BadLookup, Target, resolve
from api.readable import Readable

RESERVED = frozenset(
    {
        "page",
        "page_size",
        "format",
        "order",
        "order_by",
        "search",
        "type",
        "host_filter",
        "count_disabled",
        "no_truncate",
        "limit",
        "validate",
    }
)
# A role on the listed objects, which AWX's clients ask for. It chooses nothing while there are no roles.
UNUSED = frozenset({"role_level"})

LOOKUPS = frozenset(
    {
        "exact",
        "iexact",
        "contains",
        "icontains",
        "startswith",
        "istartswith",
        "endswith",
        "iendswith",
        "regex",
        "iregex",
        "gt",
        "gte",
        "lt",
        "lte",
        "in",
        "isnull",
        "search",
    }
)
SEARCHED = ("username", "first_name", "last_name", "email", "name", "description")

MAX_LOOKUPS = 100
MAX_CHAINED = 10
MAX_ITEMS = 1000
MAX_PATTERN = 1000

# The backslash-digit of a back reference, which makes matching exponential.
BACK_REFERENCE = re.compile(r"\\[1-9]")


# Names that a list has beside its model's fields, and what they are.
Computed: TypeAlias = "Mapping[str, Field[Any, Any]] | None"


def computed_of(view: Any, queryset: QuerySet[Any]) -> "Computed":
    annotations = queryset.query.annotations
    return {
        name: annotations[name].output_field for name in getattr(view, "computed", ()) if name in annotations
    }


def parse_boolean(text: str, *, nullable: bool = False) -> bool | None:
    """AWX's booleans of a query. Raises BadLookup."""
    lowered = text.lower()
    if lowered in ("true", "1", "t"):
        return True
    if lowered in ("false", "0", "f"):
        return False
    if nullable and lowered in ("none", "null"):
        return None
    raise BadLookup(f'Unable to convert "{text}" to boolean')


def parse_key(target: Target, text: str) -> int | None:
    """The id of a related object; None stands for none."""
    if text.lower() in ("none", "null"):
        return None
    try:
        return int(text)
    except ValueError:
        raise BadLookup(f"Invalid {target.field.name} id: {text}") from None


def parse_value(target: Target, text: str) -> Any:
    """A query's text as a value of the field it is compared with. Raises BadLookup or Django's ValidationError."""
    found = target.field
    if target.convert is not None:
        text = target.convert(text)
    if isinstance(found, ForeignObjectRel) or found.is_relation:
        return parse_key(target, text)
    if isinstance(found, models.JSONField):
        return text
    column = found.output_field if isinstance(found, models.GeneratedField) else found
    if isinstance(column, models.BooleanField):
        return parse_boolean(text, nullable=column.null)
    if isinstance(column, models.GenericIPAddressField):
        return str(ip_address(text))
    value = column.to_python(text) if column is not None else text
    if isinstance(value, datetime) and timezone.is_naive(value):
        return timezone.make_aware(value)
    return value


@dataclass
class Condition:
    """One comparison, as the ORM takes it."""

    path: str
    lookup: str
    value: Any
    negated: bool = False
    to_many: bool = False
    as_text: bool = False
    crossed: tuple[tuple[str, type[Model]], ...] = ()

    def q(self, user: Any = None) -> Q:
        """The condition; an object that a row refers to and `user` may not read never fulfills it."""
        path = self.text_name() if self.as_text else self.path
        if self.lookup == "exact" and self.value is None:
            condition = Q(**{f"{path}__isnull": True})
        else:
            condition = Q(**{f"{path}__{self.lookup}": self.value})
        if Readable.restricts(user):
            for relation, model in self.crossed:
                readable = Readable.rows(QuerySet(model).order_by(), user)
                condition &= Q(**{f"{relation}__in": readable.values("pk")})
        return ~condition if self.negated else condition

    def text_name(self) -> str:
        return f"text_of_{self.path}".replace("__", "_")


@dataclass
class Query:
    """The lookups of one request, sorted by how they combine."""

    all_of: list[Condition] = field(default_factory=list)
    any_of: list[Condition] = field(default_factory=list)
    chained: list[Condition] = field(default_factory=list)
    searches: list[list[Condition]] = field(default_factory=list)
    search_any: bool = False
    costly: bool = False

    def conditions(self) -> Iterator[Condition]:
        yield from self.all_of
        yield from self.any_of
        yield from self.chained
        for search in self.searches:
            yield from search


def check_text(text: str) -> None:
    if "\x00" in text:
        raise BadLookup("Null characters are not allowed.")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise BadLookup("Surrogate characters are not allowed.")


def split_lookup(name: str) -> tuple[str, str]:
    path, separator, last = name.rpartition("__")
    return (path, last) if separator and last in LOOKUPS else (name, "exact")


def parse_operand(target: Target, lookup: str, text: str) -> Any:
    """What a field is compared with. Raises BadLookup or Django's ValidationError."""
    if lookup == "isnull":
        return parse_boolean(text)
    if lookup == "in":
        return parse_items(target, text)
    if lookup in ("regex", "iregex"):
        return checked_pattern(text)
    if lookup == "iexact" and not isinstance(target.field, models.CharField | models.TextField):
        name = target.field.name
        raise BadLookup(f"{name} is not a text field and cannot be filtered by case-insensitive search")
    value = parse_value(target, text)
    if value is None and lookup != "exact":
        raise BadLookup(f"null cannot be compared by __{lookup}")
    return value


def parse_items(target: Target, text: str) -> list[Any]:
    if not text:
        raise BadLookup("cannot provide empty value for __in")
    items = text.split(",")
    if len(items) > MAX_ITEMS:
        raise BadLookup(f"No more than {MAX_ITEMS} values may be given for __in")
    return [parse_value(target, item) for item in items]


def parse_condition(model: type[Model], name: str, text: str, computed: "Computed" = None) -> Condition:
    check_text(text)
    if not name.isascii():
        raise BadLookup(f"{name!r} is not an allowed field name. Must be ascii encodable.")
    path, lookup = split_lookup(name)
    if lookup == "search":
        raise BadLookup(f"{path} is not searchable")
    target = resolve(model, path, computed)
    value = parse_operand(target, lookup, text)
    path = target.path
    # A relation itself has no text or order but that of its key.
    if getattr(target.field, "is_relation", True) and lookup not in ("exact", "in", "isnull"):
        path = f"{path}__pk"
    as_text = isinstance(target.field, models.JSONField) and lookup != "isnull"
    return Condition(path, lookup, value, to_many=target.to_many, as_text=as_text, crossed=target.crossed)


def checked_pattern(text: str) -> str:
    """A pattern that PostgreSQL is let to match: it compiles, is short, and has no back reference."""
    if len(text) > MAX_PATTERN:
        raise BadLookup(f"A pattern may have {MAX_PATTERN} characters.")
    try:
        re.compile(text)
    except (re.error, OverflowError, RecursionError) as error:
        raise BadLookup(str(error)) from None
    if BACK_REFERENCE.search(text):
        raise BadLookup("A pattern may not have back references.")
    return text


def parse_search(model: type[Model], path: str, text: str) -> list[Condition]:
    """`relation__search=text`: any text field of the related object that people search by."""
    if path:
        target = resolve(model, path)
        related = getattr(target.field, "related_model", None)
    else:
        related = None
    if not isinstance(related, type) or not issubclass(related, Model):
        raise BadLookup(f"{path} is not searchable")
    names = [f.name for f in related._meta.fields if f.name in SEARCHED]
    crossed = (*target.crossed, (target.path, related))
    return [
        Condition(f"{target.path}__{name}", "icontains", text, to_many=True, crossed=crossed)
        for name in names
    ]


def parse_query(
    model: type[Model], parameters: Iterable[tuple[str, list[str]]], computed: "Computed" = None
) -> Query:
    """The lookups in a request's parameters. Raises BadLookup, PermissionDenied or Django's ValidationError."""
    query = Query()
    count = 0
    for name, texts in parameters:
        if name in RESERVED or name in UNUSED:
            continue
        count += len(texts)
        if count > MAX_LOOKUPS:
            raise BadLookup(f"No more than {MAX_LOOKUPS} lookups may be given.")
        check_text(name)
        if name.endswith("__search"):
            add_searches(query, model, name.removesuffix("__search"), texts)
        else:
            add_conditions(query, model, name, texts, computed)
    if len(query.chained) + len(query.searches) > MAX_CHAINED:
        raise BadLookup(f"No more than {MAX_CHAINED} lookups may be chained.")
    query.costly = any(c.to_many or c.lookup in ("regex", "iregex") for c in query.conditions())
    return query


def add_searches(query: Query, model: type[Model], path: str, texts: list[str]) -> None:
    for text in texts:
        check_text(text)
        terms = text.split(",")
        query.search_any = query.search_any or len(terms) == 1
        query.searches += [parse_search(model, path, term) for term in terms]


def add_conditions(
    query: Query, model: type[Model], given: str, texts: list[str], computed: "Computed" = None
) -> None:
    name = given.removesuffix("__int")
    combine = query.all_of
    if name.startswith("chain__"):
        name, combine = name.removeprefix("chain__"), query.chained
    elif name.startswith("or__"):
        name, combine = name.removeprefix("or__"), query.any_of
    negated = name.startswith("not__")
    for text in texts:
        value = whole_number(text) if given.endswith("__int") else text
        condition = parse_condition(model, name.removeprefix("not__"), value, computed)
        condition.negated = negated
        combine.append(condition)


def whole_number(text: str) -> str:
    try:
        return str(int(text))
    except ValueError:
        raise BadLookup(f"{text!r} is not a whole number.") from None


def any_true(conditions: list[Condition], user: Any) -> Q:
    combined = Q()
    for condition in conditions:
        combined |= condition.q(user)
    return combined


def apply(query: Query, queryset: QuerySet[Any], user: Any) -> QuerySet[Any]:
    """The objects that a query chooses, each once, as far as `user` may know."""
    conditions = list(query.conditions())
    if not conditions:
        return queryset
    texts = {c.text_name(): Cast(F(c.path), models.TextField()) for c in conditions if c.as_text}
    chosen = queryset.alias(**texts) if texts else queryset
    together = [condition.q(user) for condition in query.all_of]
    if query.any_of:
        together.append(any_true(query.any_of, user))
    if query.searches and query.search_any:
        together.append(any_true([c for search in query.searches for c in search], user))
    elif query.searches:
        for search in query.searches:
            chosen = chosen.filter(any_true(search, user))
    for condition in query.chained:
        chosen = chosen.filter(condition.q(user))
    chosen = chosen.filter(*together)
    if any(condition.to_many for condition in conditions):
        # A join to many repeats rows, and DISTINCT would have to compare whole rows.
        return queryset.filter(pk__in=chosen.order_by().values("pk"))
    return chosen
