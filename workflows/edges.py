"""The rows that lead from node to node, and from nodes to what is attached to them, many at a time."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from workflows.graph import Edge, Path
from workflows.models import EDGES, LISTS, WorkflowJobNode, WorkflowJobTemplateNode

NodeClass = type[WorkflowJobNode] | type[WorkflowJobTemplateNode]


def edges_from(model: NodeClass, nodes: Iterable[int]) -> list[Edge]:
    """The paths that begin at nodes with these ids: three statements."""
    ids = list(nodes)
    return [Edge(parent, child, path) for path in Path for parent, child in _rows(model, path.value, ids)]


def copy_relations(of: NodeClass, to: NodeClass, copies: Sequence[Mapping[int, int]]) -> None:
    """Give copies of nodes the paths and attached objects of the originals: two statements for each relation.

    Each of the `copies` is one workflow's: original id → id of the copy. Paths stay within it.
    """
    originals = {pk for copied in copies for pk in copied}
    for name in (*EDGES, *LISTS):
        ends: dict[int, list[int]] = defaultdict(list)
        for start, end in _rows(of, name, originals):
            ends[start].append(end)
        pairs = [
            (new, copied[end] if name in EDGES else end)
            for copied in copies
            for original, new in copied.items()
            for end in ends[original]
        ]
        attach(to, name, pairs)


def attach(model: NodeClass, name: str, pairs: Iterable[tuple[int, int]]) -> None:
    """Put objects into the relation `name` of nodes, by the ids of both: one statement."""
    through, (start, end) = _through(model, name), _columns(model, name)
    through.objects.bulk_create(through(**{start: node, end: other}) for node, other in pairs)


def _rows(model: NodeClass, name: str, ids: Iterable[int]) -> list[tuple[int, int]]:
    start, end = _columns(model, name)
    rows = _through(model, name).objects.filter(**{f"{start}__in": list(ids)}).order_by("pk")
    return list(rows.values_list(start, end))


def _through(model: NodeClass, name: str) -> Any:
    return getattr(model, name).through


def _columns(model: NodeClass, name: str) -> tuple[str, str]:
    field: Any = model._meta.get_field(name)
    return field.m2m_column_name(), field.m2m_reverse_name()
