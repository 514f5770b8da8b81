"""Lists by texts among a million rows: conditions on parts of them (`search`, `name__icontains` …), and their order.

Lists filter and order as if there were nothing here. Before a page is read, `narrowed` asks a table of the model's
texts which of them fulfill conditions on their parts, and lets their rows be read by keys. That table is written by
triggers when a text changes and at no other time, so it can bear what a table that every tick writes could not: an
index of all groups of two and three letters that follow one another (`text_grams`, made by jobs/migrations), and of
columns that no tick changes the only indexes there are.
"""

from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.contrib.postgres.indexes import GinIndex
from django.db.models import (
    BooleanField,
    Case,
    Count,
    F,
    Func,
    Lookup,
    Model,
    Q,
    QuerySet,
    TextField,
    Value,
    When,
)
from django.db.models.expressions import Col, OrderBy
from django.db.models.functions import Cast, Upper
from django.db.models.lookups import IContains, IExact, LessThanOrEqual, PatternLookup
from django.db.models.sql.where import AND, WhereNode

# Which texts fulfill a condition is found out up to so many; for more PostgreSQL reads the rows until a page is full.
MOST_TEXTS = 10_000
# Among the texts of so many owners letters are looked up for each: to plan for one takes 0.05 ms.
MOST_OWNERS = 20

_COLUMNS = ("name", "description")


def _grams_of_texts() -> Func:
    name, description = map(Upper, _COLUMNS)
    template = "text_grams(%(expressions)s, '{2,3}')"
    return Func(name, Value("\n"), description, arg_joiner=" || ", template=template)


def _owned(owner: F | Value, grams: Func) -> Func:
    return Func(owner, grams, function="owned_grams")


def grams_index(name: str, *, owner: str = "") -> GinIndex:
    """The index that a table of texts has, and one more where they have an owner (`TextIndex`).

    Each text is written at once: a list of pending ones would slow searches.
    """
    grams = _owned(F(owner), _grams_of_texts()) if owner else _grams_of_texts()
    return GinIndex(grams, name=name, fastupdate=False)


@dataclass(frozen=True)
class TextIndex:
    """Where the texts of a model are: a table with `name`, `description`, `grams_index` and `key`.

    The rows whose `column` is equal to `key` have these texts, and no other rows have. Where that is one each, it has
    them by the `relation`, and there may be fields of the rows `beside` their texts: what is asked of these is asked
    together with the texts. Those that are `indexed_there` alone are asked of the texts wherever that can be.

    One of these fields may be the `owner` of the texts. Rows that share texts share only those of their owner, which is
    all that is beside them. Those of one row each have a second `grams_index`, of owner and letters together: so a
    search among the texts of a few owners reads little more than it finds.
    """

    texts: type[Model]
    key: str
    column: str
    relation: str = ""
    beside: tuple[str, ...] = ()
    indexed_there: tuple[str, ...] = ()
    owner: str = ""

    @property
    def one_row(self) -> bool:
        return bool(self.relation)

    @property
    def grams(self) -> str:
        """The name of its `grams_index` without owner."""
        return next(one.name for one in self.texts._meta.indexes if isinstance(one, GinIndex))


_indexes: dict[type[Model], TextIndex] = {}


def register(model: type[Model], index: TextIndex) -> None:
    """Let lists of a model use an index; called from the `ready` of its app."""
    _indexes[model] = index


@dataclass(frozen=True)
class Narrowed:
    """The same rows, asked for in a way that an index answers.

    `counted` are as many, and `rough` is what PostgreSQL's planner can tell their number by. Where `known` is their
    number, up to one more than MOST_TEXTS, nothing has to be counted.
    """

    rows: QuerySet[Any]
    counted: QuerySet[Any]
    rough: QuerySet[Any]
    known: int | None = None


def narrowed(rows: QuerySet[Any]) -> Narrowed:
    """At most four statements, and none where no part of a text is asked for."""
    index = _indexes.get(rows.model._meta.concrete_model or rows.model)
    query = rows.query
    if index is None or query.combinator or query.distinct or query.is_sliced:
        return Narrowed(rows, rows, rows)
    asked = _asked(rows, index)
    if asked.grams:
        return _by_parts(rows, index, asked)
    return _by_columns(rows, index, asked) if index.one_row else Narrowed(rows, rows, rows)


def _by_columns(rows: QuerySet[Any], index: TextIndex, asked: "_Asked") -> Narrowed:
    """What has its index there is asked there, and because of that whatever else can be."""
    ordered = _ordered_there(rows, index)
    if not asked.on_texts and ordered is rows:
        return Narrowed(rows, rows, rows)
    on_both = asked.on_texts & asked.on_beside
    there = _has_texts(index) & _through(index.relation, on_both)
    chosen = _replaced(ordered, asked.others, there)
    counted = chosen if asked.on_texts else rows
    if not asked.others:
        counted = index.texts._default_manager.filter(on_both)
    return Narrowed(chosen, counted, counted)


def _by_parts(rows: QuerySet[Any], index: TextIndex, asked: "_Asked") -> Narrowed:
    keys = _keys(index, asked)
    if not index.one_row:
        return _by_shared_texts(rows, index, asked, keys)
    if keys.number <= MOST_TEXTS:
        chosen = _replaced(rows, asked.others, _is_any_of(index.column, keys.array))
    elif asked.on_texts:
        frequent = _replaced(rows, [*asked.kept_beside, *asked.others], _as_frequent(asked.on_texts))
        chosen = _ordered_there(frequent, index)
    else:
        chosen = _ordered_there(rows, index)
    if asked.others:
        return Narrowed(chosen, chosen, chosen)
    rough = index.texts._default_manager.filter(asked.on_beside, *asked.grams)
    return Narrowed(chosen, chosen, rough, known=keys.number)


def _by_shared_texts(rows: QuerySet[Any], index: TextIndex, asked: "_Asked", keys: "_Keys") -> Narrowed:
    """By keys instead of conditions, unless of the texts with a key some do not fulfill them.

    So may runs of one name that have several descriptions. Mostly all texts of an owner fulfill them, or none: as the
    runs of a template have its name. Then the owners tell which rows these are; the keys only see to it that a row that
    is added now with another text is none of them.
    """
    if keys.number > MOST_TEXTS:
        return Narrowed(rows, rows, rows)
    texts = index.texts._default_manager.exclude(asked.on_texts)
    has_key = _is_any_of(index.column, keys.array)
    if keys.owners is not None and not texts.filter(_is_any_of(index.owner, keys.owners)).exists():
        counted = _replaced(rows, asked.others, _is_any_of(index.owner, keys.owners))
        return Narrowed(counted.filter(_as_frequent(has_key)), counted, counted)
    if texts.filter(asked.on_beside, _is_any_of(index.key, keys.array)).exists():
        chosen = rows.filter(has_key)
    else:
        chosen = _replaced(rows, [*asked.kept_beside, *asked.others], has_key)
    return Narrowed(chosen, chosen, chosen)


@dataclass(frozen=True)
class _Asked:
    """The conditions of a list: those on its texts and what has its index there, and what the index of parts is asked
    because of them; those on what else is beside the texts, as they are asked there and as they were; and the others.

    `is_all_in_grams` where the index of parts answers those on texts by itself. `owned_grams` are what the index with
    owners is asked: nothing where the owners are not known, or too many.
    """

    grams: list[Func]
    owned_grams: Q
    on_texts: Q
    on_beside: Q
    kept_beside: list[Any]
    others: list[Any]
    is_all_in_grams: bool = False


def _asked(rows: QuerySet[Any], index: TextIndex) -> _Asked:
    query = rows.query
    on_texts, on_beside = Q(), Q()
    kept_beside: list[Any] = []
    others: list[Any] = []
    if not query.where:
        # Such a query may have no table yet, and would keep in mind that it had none when it was asked.
        return _Asked([], Q(), on_texts, on_beside, kept_beside, others)
    parts = _parts(query.where, query.base_table)
    columns = (*index.indexed_there, *(_COLUMNS if parts else ()))
    if index.one_row:
        # Texts that rows share may be there for an owner that none of these rows has any more.
        columns += index.beside
    is_all_in_grams = True
    for child in query.where.children:
        if condition := _moved(child, query.base_table, index.beside):
            on_beside &= condition
            kept_beside.append(child)
        elif condition := _moved(child, query.base_table, columns, patterns=bool(parts)):
            on_texts &= condition
            is_all_in_grams &= _is_one_gram(child)
        else:
            others.append(child)
    grams = [_grams_of(part) for part in parts]
    has_owned_grams = parts and index.one_row and index.owner
    owners = _values_of(index.owner, query.where, query.base_table) if has_owned_grams else None
    return _Asked(
        [_has_grams(_grams_of_texts(), asked) for asked in grams],
        _has_owned_grams(index.owner, owners, grams) if owners else Q(),
        on_texts,
        on_beside,
        kept_beside,
        others,
        is_all_in_grams,
    )


@dataclass(frozen=True)
class _Keys:
    """Those of texts as PostgreSQL writes an array: to take thousands apart and put them together again takes longer
    than to look them up. And the `owners` of these texts, where rows that share them are asked for by owner.
    """

    number: int
    array: str
    owners: str | None = None


def _keys(index: TextIndex, asked: _Asked) -> _Keys:
    """Of the texts that fulfill the conditions; one more than MOST_TEXTS at the most."""
    by_owner = bool(asked.on_beside) and not index.one_row
    columns = (index.key, index.owner) if by_owner else (index.key,)
    all_texts = index.texts._default_manager.values(*columns)
    if not index.one_row:
        all_texts = all_texts.distinct()
    texts = all_texts.filter(asked.on_beside)
    wanted = Q() if asked.is_all_in_grams else asked.on_texts
    chosen = texts.filter(wanted, *asked.grams)[: MOST_TEXTS + 1]
    # What is frequent is found sooner by reading the texts one after the other.
    if asked.on_texts and index.grams not in chosen.explain():
        chosen = texts.filter(_as_frequent(asked.on_texts))[: MOST_TEXTS + 1]
    elif asked.owned_grams:
        # Written so that no other index is read besides.
        beside = _as_frequent(asked.on_beside)
        chosen = all_texts.filter(asked.owned_grams, beside, wanted)[: MOST_TEXTS + 1]
    number = Count(index.key)
    # Of too many the keys are not read: PostgreSQL need not write them.
    few = LessThanOrEqual(number, MOST_TEXTS)
    arrays = {
        f"of_{column}": Case(When(few, then=Cast(ArrayAgg(column, distinct=not index.one_row), TextField())))
        for column in columns
    }
    found = chosen.aggregate(number=number, **arrays)
    keys, *owners = (found[name] or "{}" for name in arrays)
    return _Keys(found["number"], keys, *owners)


def _replaced(rows: QuerySet[Any], others: list[Any], condition: Any) -> QuerySet[Any]:
    """`rows` with `condition` in the place of those on texts."""
    copy = rows.all()
    copy.query.where.children = list(others)
    return copy.filter(condition)


def _has_texts(index: TextIndex) -> Q:
    """All have; but of rows that may have none PostgreSQL would not begin with the texts."""
    return Q((f"{index.relation}__isnull", False))


def _through(relation: str, condition: Any) -> Q:
    """A condition on texts as one on the rows that have them."""
    children = [
        _through(relation, child) if isinstance(child, Q) else (f"{relation}__{child[0]}", child[1])
        for child in condition.children
    ]
    return Q(*children, _connector=condition.connector, _negated=condition.negated)


def _ordered_there(rows: QuerySet[Any], index: TextIndex) -> QuerySet[Any]:
    """The same rows in the same order (api/ordering.py), by the indexes that are there."""
    order = [_of_texts(one, index) for one in rows.query.order_by]
    return rows if order == list(rows.query.order_by) else rows.filter(_has_texts(index)).order_by(*order)


def _of_texts(one: Any, index: TextIndex) -> Any:
    path = getattr(one.expression, "name", None) if isinstance(one, OrderBy) else None
    if path not in index.indexed_there:
        return one
    return OrderBy(
        F(f"{index.relation}__{path}"),
        descending=one.descending,
        nulls_first=one.nulls_first,
        nulls_last=one.nulls_last,
    )


def _as_frequent(condition: Q | Func) -> Case:
    """Of patterns the planner guesses that hardly a row fulfills them; of this, that every second one does.

    No index answers it.
    """
    return Case(When(condition, then=Value(True)), default=Value(False))  # noqa: FBT003


def _grams_of(part: str) -> Func:
    """Its groups of letters that are in any text with this part."""
    size = 3 if len(part) > 2 else 2
    return Func(Upper(Value(part)), Value([size]), function="text_grams")


def _has_grams(texts: Func, grams: Func) -> Func:
    """The condition that an index answers: all these groups of letters are in the texts."""
    return Func(texts, grams, template="%(expressions)s", arg_joiner=" @> ", output_field=BooleanField())


def _has_owned_grams(owner: str, owners: frozenset[int], asked: list[Func]) -> Q:
    """That they are in the texts of one of these owners. A few others are found, too: see `owned_grams`."""
    texts = _owned(F(owner), _grams_of_texts())
    found = Q()
    for number in sorted(owners):
        found |= Q(*(_has_grams(texts, _owned(Value(number), grams)) for grams in asked))
    return found


def _values_of(column: str, node: Any, table: str | None) -> frozenset[int] | None:
    """All that `column` is in rows that fulfill a condition; None where these are too many, or not known."""
    if isinstance(node, WhereNode):
        found = [_values_of(column, child, table) for child in node.children]
        known = [values for values in found if values is not None]
        return None if node.negated or node.connector != AND or not known else min(known, key=len)
    if not _is_plain(node, table) or node.lhs.target.name != column:
        return None
    if node.lookup_name == "one_of" and node.rhs.array.count(",") < MOST_OWNERS:
        return frozenset(int(value) for value in node.rhs.array.strip("{}").split(",") if value)
    values = {"exact": [node.rhs], "in": node.rhs}.get(node.lookup_name)
    return None if values is None or len(values) > MOST_OWNERS else frozenset(values)


def _is_any_of(column: str, array: str) -> Func:
    return Func(
        F(column),
        Value(array),
        template="%(expressions)s)",
        arg_joiner=" = ANY (",
        output_field=BooleanField(),
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


def _is_one_gram(node: Any) -> bool:
    """Whether a condition, which is one on texts, searches all of them for two or three letters."""
    if not isinstance(node, WhereNode) or node.negated or node.connector == AND:
        return False
    children = [child for child in node.children if isinstance(child, IContains)]
    words = {child.rhs for child in children}
    columns = [child.lhs.target.name for child in children]
    if len(words) != 1 or sorted(columns) != sorted(_COLUMNS) or len(children) != len(node.children):
        return False
    [word] = words
    return len(word) in (2, 3) and word.isascii() and word.isprintable()


def _moved(node: Any, table: str | None, columns: tuple[str, ...], *, patterns: bool = False) -> Q | None:
    """The same condition on the table of texts; None where it asks for more than these columns, or for patterns."""
    if not isinstance(node, WhereNode):
        asks = _is_plain(node, table) or (patterns and _is_on_text(node, table))
        return (
            Q(**{f"{node.lhs.target.name}__{node.lookup_name}": node.rhs})
            if asks and node.lhs.target.name in columns
            else None
        )
    conditions = [_moved(child, table, columns, patterns=patterns) for child in node.children]
    if not conditions or not all(conditions):
        return None
    combined = Q(*conditions, _connector=node.connector)
    return ~combined if node.negated else combined


def _is_on_text(node: Any, table: str | None) -> bool:
    return (
        isinstance(node, PatternLookup | IExact)
        and _is_of(node, table)
        and node.lhs.target.name in _COLUMNS
        and isinstance(node.rhs, str)
    )


def _is_plain(node: Any, table: str | None) -> bool:
    return (
        isinstance(node, Lookup)
        and _is_of(node, table)
        and node.lookup_name in ("exact", "in", "one_of", "gt", "gte", "lt", "lte")
        and node.rhs_is_direct_value()
    )


def _is_of(node: Any, table: str | None) -> bool:
    return isinstance(node.lhs, Col) and node.lhs.alias == table
