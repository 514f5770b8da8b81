"""What the conditions of a query say about texts: as trees of Django's `WhereNode`, or as `Q` on a table of texts."""

from typing import Any

from django.db.models import Lookup, Q
from django.db.models.expressions import Col
from django.db.models.lookups import IContains, IExact, PatternLookup
from django.db.models.sql.where import AND, WhereNode

COLUMNS = ("name", "description")


def parts_of(node: Any, table: str | None) -> frozenset[str]:
    """Parts of two letters and more that are all in the texts of any row that fulfills a condition, in some case."""
    if isinstance(node, WhereNode):
        found = [parts_of(child, table) for child in node.children]
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


def is_one_gram(node: Any) -> bool:
    """Whether a condition, which is one on texts, searches all of them for two or three letters."""
    if not isinstance(node, WhereNode) or node.negated or node.connector == AND:
        return False
    children = [child for child in node.children if isinstance(child, IContains)]
    words = {child.rhs for child in children}
    columns = [child.lhs.target.name for child in children]
    if len(words) != 1 or sorted(columns) != sorted(COLUMNS) or len(children) != len(node.children):
        return False
    [word] = words
    return len(word) in (2, 3) and word.isascii() and word.isprintable()


def moved(node: Any, table: str | None, columns: tuple[str, ...], *, patterns: bool = False) -> Q | None:
    """The same condition on the table of texts; None where it asks for more than these columns, or for patterns."""
    if not isinstance(node, WhereNode):
        asks = _is_plain(node, table) or (patterns and _is_on_text(node, table))
        return (
            Q(**{f"{node.lhs.target.name}__{node.lookup_name}": node.rhs})
            if asks and node.lhs.target.name in columns
            else None
        )
    conditions = [moved(child, table, columns, patterns=patterns) for child in node.children]
    if not conditions or not all(conditions):
        return None
    combined = Q(*conditions, _connector=node.connector)
    return ~combined if node.negated else combined


def values_of(column: str, most: int, node: Any, table: str | None) -> frozenset[int] | None:
    """All that `column` can be in rows that fulfill a condition; None where that is more than `most`, or not known."""
    if isinstance(node, WhereNode):
        found = [values_of(column, most, child, table) for child in node.children]
        known = [values for values in found if values is not None]
        return None if node.negated or node.connector != AND or not known else min(known, key=len)
    if not _is_plain(node, table) or node.lhs.target.name != column:
        return None
    if node.lookup_name == "one_of" and node.rhs.array.count(",") < most:
        return frozenset(int(value) for value in node.rhs.array.strip("{}").split(",") if value)
    values = {"exact": [node.rhs], "in": node.rhs}.get(node.lookup_name)
    if values is None or len(values) > most:
        return None
    return frozenset(value for value in values if value is not None)


def on_names(condition: Q) -> Q | None:
    """One on names alone that nothing fulfills but what fulfills `condition`; None where there is none."""
    if condition.negated:
        return None
    children: list[Any] = condition.children
    found = [on_names(child) if isinstance(child, Q) else child for child in children]
    kept = [child for child in found if isinstance(child, Q) or (child and child[0].startswith("name__"))]
    if not kept or (condition.connector == AND and len(kept) < len(children)):
        return None
    return Q(*kept, _connector=condition.connector)


def _is_on_text(node: Any, table: str | None) -> bool:
    return (
        isinstance(node, PatternLookup | IExact)
        and _is_of(node, table)
        and node.lhs.target.name in COLUMNS
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
