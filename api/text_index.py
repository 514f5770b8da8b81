"""Conditions on parts of texts (`search`, `name__icontains` …) among a million rows.

Lists filter as if there were nothing here. Before a page is read, `narrowed` asks a table of the model's texts which of them
fulfill those conditions, and adds that only their rows are meant. That table is written by triggers whenever a text
changes and at no other time, so it can bear what a table that every tick writes could not: an index of all groups of
two and three letters that follow one another (`text_grams`, made by jobs/migrations).
"""

from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.indexes import GinIndex
from django.db.models import BooleanField, Case, F, Func, Model, Q, QuerySet, Value, When
from django.db.models.expressions import Col
from django.db.models.functions import Upper
from django.db.models.lookups import IExact, PatternLookup
from django.db.models.sql.where import AND, WhereNode

# Which texts fulfill a condition is found out up to so many; for more PostgreSQL reads the rows until a page is full.
MOST_TEXTS = 10_000

_COLUMNS = ("name", "description")


def _grams_of_texts() -> Func:
    name, description = map(Upper, _COLUMNS)
    template = "text_grams(%(expressions)s, '{2,3}')"
    return Func(name, Value("\n"), description, arg_joiner=" || ", template=template)


def grams_index(name: str) -> GinIndex:
    """The index that a table of texts has. Each text is written at once: a list of pending ones would slow searches."""
    return GinIndex(_grams_of_texts(), name=name, fastupdate=False)


@dataclass(frozen=True)
class TextIndex:
    """Where the texts of a model are: a table with `name`, `description`, `grams_index` and `key`.

    The rows whose `column` is equal to `key` have these texts, and no other rows have. With `one_row` that is one each.
    """

    texts: type[Model]
    key: str
    column: str
    one_row: bool


_indexes: dict[type[Model], TextIndex] = {}


def register(model: type[Model], index: TextIndex) -> None:
    """Let lists of a model use an index; called from the `ready` of its app."""
    _indexes[model] = index


@dataclass(frozen=True)
class Narrowed:
    """The same rows with a condition that an index answers.

    `rough` is what PostgreSQL's planner can tell their number by. Where they are chosen by parts of their texts and by
    nothing else, `known` is their number, up to one more than MOST_TEXTS.
    """

    rows: QuerySet[Any]
    rough: QuerySet[Any]
    known: int | None = None


def narrowed(rows: QuerySet[Any]) -> Narrowed:
    """At most three statements, and none where no part of a text is asked for."""
    index = _indexes.get(rows.model._meta.concrete_model or rows.model)
    query = rows.query
    if index is None or query.combinator or query.distinct or query.is_sliced:
        return Narrowed(rows, rows)
    grams = [_has_grams_of(part) for part in _parts(query.where, query.base_table)]
    if not grams:
        return Narrowed(rows, rows)
    conditions = [_on_texts(child, query.base_table) for child in query.where.children]
    fulfilled = Q(*filter(None, conditions))
    keys = _keys(index, fulfilled, grams)
    others = [child for child, on_texts in zip(query.where.children, conditions, strict=True) if not on_texts]
    if len(keys) <= MOST_TEXTS:
        rows = rows.filter(_is_any_of(index.column, keys))
        if _says_all(index, keys, fulfilled):
            # The planner guesses that they leave few rows, and would read all of these for a page of 25.
            rows.query.where.children = [*others, rows.query.where.children[-1]]
    if others or not index.one_row:
        return Narrowed(rows, rows)
    if len(keys) > MOST_TEXTS:
        # The planner makes a better guess of what it does not understand: that every second row is meant.
        rows = rows.all()
        rows.query.where.children = []
        rows = rows.filter(Case(When(fulfilled, then=Value(True)), default=Value(False)))  # noqa: FBT003
    return Narrowed(rows, index.texts._default_manager.filter(*grams), known=len(keys))


def _keys(index: TextIndex, fulfilled: Q, grams: list[Func]) -> list[Any]:
    """Of the texts that fulfill a condition; one more than MOST_TEXTS at the most."""
    texts = index.texts._default_manager.filter(fulfilled).values_list(index.key, flat=True)
    if not index.one_row:
        texts = texts.distinct()
    indexed = texts.filter(*grams)
    # What is frequent is found sooner by reading the texts one after the other.
    is_indexed = "Bitmap Index Scan" in indexed[: MOST_TEXTS + 1].explain()
    return list((indexed if is_indexed else texts)[: MOST_TEXTS + 1])


def _says_all(index: TextIndex, keys: list[Any], fulfilled: Q) -> bool:
    """Whether all texts of some keys fulfill a condition: runs of one name may have several descriptions."""
    others = index.texts._default_manager.exclude(fulfilled)
    return index.one_row or not others.filter(_is_any_of(index.key, keys)).exists()


def _has_grams_of(part: str) -> Func:
    """The condition that the index answers: all groups of letters of `part` are in the texts."""
    size = 3 if len(part) > 2 else 2
    grams = Func(Upper(Value(part)), Value([size]), function="text_grams")
    return Func(
        _grams_of_texts(), grams, template="%(expressions)s", arg_joiner=" @> ", output_field=BooleanField()
    )


def _is_any_of(column: str, keys: list[Any]) -> Func:
    return Func(
        F(column), Value(keys), template="%(expressions)s)", arg_joiner=" = ANY (", output_field=BooleanField()
    )


def _parts(node: Any, table: str | None) -> frozenset[str]:
    """Parts of two letters and more that are all in the texts of any row that fulfills a condition, in some case."""
    if isinstance(node, WhereNode):
        found = [_parts(child, table) for child in node.children]
        if node.negated or not found:
            return frozenset()
        if node.connector == AND:
            return frozenset().union(*found)
        return frozenset.intersection(*found)
    if not _is_on_text(node, table) or len(node.rhs) < 2:
        return frozenset()
    # How a letter is put into upper case may depend, in some locales, on those beside it.
    ignores_case = node.lookup_name.startswith("i")
    return frozenset({node.rhs} if ignores_case or node.rhs.isascii() else ())


def _on_texts(node: Any, table: str | None) -> Q | None:
    """The same condition on the table of texts; None where it asks for more than texts."""
    if not isinstance(node, WhereNode):
        return Q(**{f"{node.lhs.target.name}__{node.lookup_name}": node.rhs}) if _is_on_text(node, table) else None
    conditions = [_on_texts(child, table) for child in node.children]
    if not conditions or not all(conditions):
        return None
    combined = Q(*conditions, _connector=node.connector)
    return ~combined if node.negated else combined


def _is_on_text(node: Any, table: str | None) -> bool:
    return (
        isinstance(node, PatternLookup | IExact)
        and isinstance(node.lhs, Col)
        and node.lhs.alias == table
        and node.lhs.target.name in _COLUMNS
        and isinstance(node.rhs, str)
    )
