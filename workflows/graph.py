"""How a workflow goes on: from the states of its nodes and the paths between them what is to be done next.

Pure: nodes and edges in, a step out. The rules are AWX's.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum


class State(Enum):
    UNDECIDED = "undecided"
    RUNNING = "running"
    SUCCESSFUL = "successful"
    FAILED = "failed"
    # It will not be launched.
    SKIPPED = "skipped"
    # There is nothing to launch: the template was deleted. It counts as failed once its turn has come.
    EMPTY = "empty"


_GOING = {State.UNDECIDED, State.RUNNING, State.EMPTY}


class Path(Enum):
    SUCCESS = "success_nodes"
    FAILURE = "failure_nodes"
    ALWAYS = "always_nodes"


@dataclass(frozen=True, slots=True)
class GraphNode:
    id: int
    state: State = State.UNDECIDED
    # Whether it waits for all paths that lead to it, instead of any.
    all_must_converge: bool = False


@dataclass(frozen=True, slots=True)
class Edge:
    parent: int
    child: int
    path: Path


@dataclass(frozen=True, slots=True)
class Step:
    """What to do: nodes to launch, nodes that will never be, and whether the workflow has ended.

    `unhandled` are the failed nodes from which no path leads on; a workflow that ended with any has failed.
    """

    launch: tuple[int, ...] = ()
    skip: tuple[int, ...] = ()
    ended: bool = False
    unhandled: tuple[int, ...] = ()


@dataclass
class _Graph:
    states: dict[int, State]
    converging: frozenset[int]
    parents: Mapping[int, list[Edge]]
    children: Mapping[int, list[Edge]]
    roots: list[int] = field(default_factory=list)


def next_step(nodes: Sequence[GraphNode], edges: Iterable[Edge]) -> Step:
    """The step that follows from the present states; an empty one while there is nothing to do but wait."""
    graph = _graph(nodes, edges)
    skip = _decide(graph)
    launch = [pk for pk, state in graph.states.items() if state is State.UNDECIDED and _is_due(graph, pk)]
    ended = not _GOING & set(graph.states.values())
    return Step(tuple(launch), tuple(skip), ended, _unhandled(graph) if ended else ())


def has_cycle(nodes: Collection[int], edges: Iterable[Edge]) -> bool:
    """Whether a run could come back to a node: a circle that some first node leads to.

    One that no first node leads to is never entered (AWX lets it be drawn).
    """
    graph = _graph([GraphNode(pk) for pk in nodes], edges)
    return len(_in_order(graph)) < len(_reachable(graph))


def _graph(nodes: Sequence[GraphNode], edges: Iterable[Edge]) -> _Graph:
    parents: dict[int, list[Edge]] = {node.id: [] for node in nodes}
    children: dict[int, list[Edge]] = {node.id: [] for node in nodes}
    for edge in edges:
        parents[edge.child].append(edge)
        children[edge.parent].append(edge)
    return _Graph(
        states={node.id: node.state for node in nodes},
        converging=frozenset(node.id for node in nodes if node.all_must_converge),
        parents=parents,
        children=children,
        roots=[node.id for node in nodes if not parents[node.id]],
    )


def _reachable(graph: _Graph) -> set[int]:
    found = set(graph.roots)
    ahead = list(graph.roots)
    while ahead:
        for edge in graph.children[ahead.pop()]:
            if edge.child not in found:
                found.add(edge.child)
                ahead.append(edge.child)
    return found


def _in_order(graph: _Graph) -> list[int]:
    """The nodes that some first node leads to, parents before children; without those of a circle and behind it."""
    reachable = _reachable(graph)
    open_parents = {pk: len({e.parent for e in graph.parents[pk]} & reachable) for pk in reachable}
    order = list(graph.roots)
    for pk in order:
        for child in {edge.child for edge in graph.children[pk]}:
            open_parents[child] -= 1
            if not open_parents[child]:
                order.append(child)
    return order


def _decide(graph: _Graph) -> list[int]:
    """Mark, parents first, what can no longer be launched, and what has nothing to launch; returns the former."""
    order = _in_order(graph)
    reached = set(order)
    skipped = []
    for pk in [*order, *(pk for pk in graph.states if pk not in reached)]:
        if graph.states[pk] not in (State.UNDECIDED, State.EMPTY):
            continue
        if pk not in reached or _is_out_of_reach(graph, pk):
            graph.states[pk] = State.SKIPPED
            skipped.append(pk)
        elif graph.states[pk] is State.EMPTY and _is_due(graph, pk):
            graph.states[pk] = State.FAILED
    return skipped


def _is_out_of_reach(graph: _Graph, pk: int) -> bool:
    """Whether nothing that its parents can still do leads to a node."""
    blocked = [_leads(graph, parent, pk) is False for parent in _parents(graph, pk)]
    return bool(blocked) and (any(blocked) if pk in graph.converging else all(blocked))


def _is_due(graph: _Graph, pk: int) -> bool:
    """Whether all parents have come to an end, and paths lead here from as many as the node asks for."""
    leads = [_leads(graph, parent, pk) for parent in _parents(graph, pk)]
    return None not in leads and (not leads or (all(leads) if pk in graph.converging else any(leads)))


def _parents(graph: _Graph, pk: int) -> set[int]:
    return {edge.parent for edge in graph.parents[pk]}


def _leads(graph: _Graph, parent: int, child: int) -> bool | None:
    """Whether a path leads from a parent to a child; None while the parent has not ended."""
    state = graph.states[parent]
    if state is State.SKIPPED:
        return False
    if state in _GOING:
        return None
    taken = Path.SUCCESS if state is State.SUCCESSFUL else Path.FAILURE
    return any(edge.child == child and edge.path in (taken, Path.ALWAYS) for edge in graph.children[parent])


def _unhandled(graph: _Graph) -> tuple[int, ...]:
    return tuple(
        pk
        for pk, state in graph.states.items()
        if state is State.FAILED and all(edge.path is Path.SUCCESS for edge in graph.children[pk])
    )
