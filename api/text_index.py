"""Lists by texts among a million rows: conditions on parts of them (`search`, `name__icontains` …), and their order.

Lists filter and order as if there were nothing here. Before a page is read, `narrowed` asks a table of the model's
texts which of them fulfill conditions on their parts, and lets their rows be read by keys. That table is written by
triggers when a text changes and at no other time, so it can bear what a table that every tick writes could not: an
index of all groups of two and three letters that follow one another (`text_grams`, made by jobs/migrations), and of
columns that no tick changes the only indexes there are.
"""

import json
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
    Model,
    Q,
    QuerySet,
    TextField,
    Value,
    When,
)
from django.db.models.expressions import OrderBy
from django.db.models.functions import Cast, Upper
from django.db.models.lookups import LessThanOrEqual

from api.text_conditions import COLUMNS, is_one_gram, moved, on_names, parts_of, values_of

# Which texts fulfill a condition is found out up to so many; for more PostgreSQL reads the rows until a page is full.
MOST_TEXTS = 10_000
# Among the texts of so many owners letters are looked up for each: to plan for one takes 0.05 ms.
MOST_OWNERS = 20


def _grams_of_texts() -> Func:
    name, description = map(Upper, COLUMNS)
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

    `counted` are as many, and PostgreSQL's planner can tell their number by them. Where `known` is their number, up to
    one more than MOST_TEXTS, nothing has to be counted, and where these are too many, `estimate` is what it expects.
    Rows of a page may be read from `shown`, by their ids alone, where conditions would be asked of them once more.
    """

    rows: QuerySet[Any]
    counted: QuerySet[Any]
    known: int | None = None
    estimate: int | None = None
    shown: QuerySet[Any] | None = None


def narrowed(rows: QuerySet[Any]) -> Narrowed:
    """At most four statements, and none where no part of a text is asked for."""
    index = _indexes.get(rows.model._meta.concrete_model or rows.model)
    query = rows.query
    if index is None or query.combinator or query.distinct or query.is_sliced:
        return Narrowed(rows, rows)
    asked = _asked(rows, index)
    if asked.grams:
        return _by_parts(rows, index, asked)
    return _by_columns(rows, index, asked) if index.one_row else Narrowed(rows, rows)


def _by_columns(rows: QuerySet[Any], index: TextIndex, asked: "_Asked") -> Narrowed:
    """What has its index there is asked there, and because of that whatever else can be."""
    ordered = _ordered_there(rows, index)
    if not asked.on_texts and ordered is rows:
        return Narrowed(rows, rows)
    on_both = asked.on_texts & asked.on_beside
    there = _has_texts(index) & _through(index.relation, on_both)
    chosen = _replaced(ordered, asked.others, there)
    counted = chosen if asked.on_texts else rows
    if not asked.others:
        counted = index.texts._default_manager.filter(on_both)
    return Narrowed(chosen, counted)


def _by_parts(rows: QuerySet[Any], index: TextIndex, asked: "_Asked") -> Narrowed:
    keys = _keys(index, asked)
    if not index.one_row:
        return _by_shared_texts(rows, index, asked, keys)
    if keys.number <= MOST_TEXTS:
        chosen = _replaced(rows, asked.others, _is_any_of(index.column, keys.array))
    elif asked.on_texts:
        frequent = _replaced(rows, [*asked.kept_beside, *asked.others], as_frequent(asked.on_texts))
        chosen = _ordered_there(frequent, index)
    else:
        chosen = _ordered_there(rows, index)
    if asked.others:
        return Narrowed(chosen, chosen)
    return Narrowed(chosen, chosen, keys.number, keys.estimate)


def _by_shared_texts(rows: QuerySet[Any], index: TextIndex, asked: "_Asked", keys: "_Keys") -> Narrowed:
    """By keys instead of conditions, unless of the texts with a key some do not fulfill them.

    So may runs of one name that have several descriptions. Mostly all texts of an owner fulfill them, or none: as the
    runs of a template have its name. Then the owners tell which rows these are; the keys only see to it that a row that
    is added now with another text is none of them.
    """
    if keys.number > MOST_TEXTS:
        return Narrowed(rows, rows)
    texts = index.texts._default_manager.exclude(asked.on_texts)
    has_key = _is_any_of(index.column, keys.array)
    if keys.owners is not None and not texts.filter(_is_any_of(index.owner, keys.owners)).exists():
        counted = _replaced(rows, asked.others, _is_any_of(index.owner, keys.owners))
        return Narrowed(counted.filter(as_frequent(has_key)), counted)
    if texts.filter(asked.on_beside, _is_any_of(index.key, keys.array)).exists():
        chosen = rows.filter(has_key)
    else:
        chosen = _replaced(rows, [*asked.kept_beside, *asked.others], has_key)
    return Narrowed(chosen, chosen)


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
    parts = parts_of(query.where, query.base_table)
    columns = (*index.indexed_there, *(COLUMNS if parts else ()))
    if index.one_row:
        # Texts that rows share may be there for an owner that none of these rows has any more.
        columns += index.beside
    is_all_in_grams = True
    for child in query.where.children:
        if condition := moved(child, query.base_table, index.beside):
            on_beside &= condition
            kept_beside.append(child)
        elif condition := moved(child, query.base_table, columns, patterns=bool(parts)):
            on_texts &= condition
            is_all_in_grams &= is_one_gram(child)
        else:
            others.append(child)
    grams = [_grams_of(part) for part in parts]
    has_owned_grams = parts and index.one_row and index.owner
    owners = values_of(index.owner, MOST_OWNERS, query.where, query.base_table) if has_owned_grams else None
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

    The `estimate` is how many have these groups of letters, by PostgreSQL's statistics.
    """

    number: int
    array: str
    owners: str | None
    estimate: int


def _keys(index: TextIndex, asked: _Asked) -> _Keys:
    """Of the texts that fulfill the conditions; one more than MOST_TEXTS at the most."""
    by_owner = bool(asked.on_beside) and not index.one_row
    columns = {"array": index.key} | ({"owners": index.owner} if by_owner else {})
    all_texts = index.texts._default_manager.values(*columns.values())
    if not index.one_row:
        all_texts = all_texts.distinct()
    texts = all_texts.filter(asked.on_beside)
    has_grams = texts.filter(*asked.grams)
    wanted = Q() if asked.is_all_in_grams else asked.on_texts
    plan = has_grams[: MOST_TEXTS + 1].explain(format="json")
    estimate = _expected(plan)
    # What is frequent is found sooner by reading the texts one after the other.
    if asked.on_texts and index.grams not in plan:
        if index.one_row and asked.on_beside and _are_too_many_by_name(index, asked):
            return _Keys(MOST_TEXTS + 1, "{}", None, estimate)
        chosen = texts.filter(as_frequent(asked.on_texts))
    elif asked.owned_grams and asked.on_beside:
        # Written so that no other index is read besides.
        chosen = all_texts.filter(asked.owned_grams, as_frequent(asked.on_beside), wanted)
    else:
        chosen = has_grams.filter(wanted)
    number = Count(index.key)
    # Of too many the keys are not read: PostgreSQL need not write them.
    few = LessThanOrEqual(number, MOST_TEXTS)
    arrays = {
        name: Case(When(few, then=Cast(ArrayAgg(column, distinct=not index.one_row), TextField())))
        for name, column in columns.items()
    }
    found = chosen[: MOST_TEXTS + 1].aggregate(number=number, **arrays)
    owners = (found["owners"] or "{}") if by_owner else None
    return _Keys(found["number"], found["array"] or "{}", owners, estimate)


def _expected(plan: str) -> int:
    """How many rows PostgreSQL's planner expects, if there were no limit: none where it need not be asked."""
    if not plan:
        return 0
    [found] = json.loads(plan)
    [rows] = found["Plan"].get("Plans", [found["Plan"]])
    return int(rows["Plan Rows"])


def _are_too_many_by_name(index: TextIndex, asked: _Asked) -> bool:
    """Whether an index tells it that has all that is beside the texts, and the names: without a look at the texts."""
    names = on_names(asked.on_texts)
    if names is None:
        return False
    found = index.texts._default_manager.filter(asked.on_beside, as_frequent(names))
    return found[: MOST_TEXTS + 1].count() > MOST_TEXTS


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


def as_frequent(condition: Q | Func) -> Case:
    """Of patterns the planner guesses that hardly a row fulfills them; of this, that every second one does.

    No index answers it.
    """
    return Case(When(condition, then=Value(True)), default=Value(False))  # noqa: FBT003


def _grams_of(part: str) -> Func:
    """Groups of its letters, all of which are in any text with this part: few, for each is looked up."""
    size = 3 if len(part) > 2 else 2
    return Func(Func(Upper(Value(part)), Value([size]), function="text_grams"), function="covering_grams")


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


def _is_any_of(column: str, array: str) -> Func:
    return Func(
        F(column),
        Value(array),
        template="%(expressions)s)",
        arg_joiner=" = ANY (",
        output_field=BooleanField(),
    )
