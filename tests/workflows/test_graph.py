import random
from collections.abc import Sequence

import pytest
from hypothesis import given, settings, strategies as st

from workflows.graph import Edge, GraphNode, Path, State, Step, has_cycle, next_step

SUCCESS, FAILURE, ALWAYS = Path.SUCCESS, Path.FAILURE, Path.ALWAYS


def graph(states: str, *edges: tuple[int, int, Path], converging: Sequence[int] = ()) -> Step:
    """The step of nodes 1, 2, …, whose states are written as one letter each."""
    letters = {
        ".": State.UNDECIDED,
        "r": State.RUNNING,
        "s": State.SUCCESSFUL,
        "f": State.FAILED,
        "-": State.SKIPPED,
        "e": State.EMPTY,
    }
    nodes = [GraphNode(n, letters[one], n in converging) for n, one in enumerate(states, start=1)]
    return next_step(nodes, [Edge(*edge) for edge in edges])


@pytest.mark.parametrize(
    ("states", "edges", "converging", "expected"),
    [
        pytest.param("", (), (), Step(ended=True), id="nothing to do"),
        pytest.param("..", (), (), Step(launch=(1, 2)), id="first nodes"),
        pytest.param("r.", ((1, 2, SUCCESS),), (), Step(), id="a parent is going"),
        pytest.param("s.", ((1, 2, SUCCESS),), (), Step(launch=(2,)), id="success"),
        pytest.param(
            "f.", ((1, 2, SUCCESS),), (), Step(skip=(2,), ended=True, unhandled=(1,)), id="no way on"
        ),
        pytest.param("f.", ((1, 2, FAILURE),), (), Step(launch=(2,)), id="failure"),
        pytest.param("s.", ((1, 2, FAILURE),), (), Step(skip=(2,), ended=True), id="nothing failed"),
        pytest.param("f.", ((1, 2, ALWAYS),), (), Step(launch=(2,)), id="always"),
        pytest.param("fs", ((1, 2, FAILURE),), (), Step(ended=True), id="handled"),
        pytest.param(
            "f..",
            ((1, 2, SUCCESS), (2, 3, ALWAYS)),
            (),
            Step(skip=(2, 3), ended=True, unhandled=(1,)),
            id="skipped on",
        ),
        pytest.param("sr.", ((1, 3, SUCCESS), (2, 3, SUCCESS)), (), Step(), id="any, one going"),
        pytest.param("sf.", ((1, 3, SUCCESS), (2, 3, SUCCESS)), (), Step(launch=(3,)), id="any, one leads"),
        pytest.param("sr.", ((1, 3, SUCCESS), (2, 3, SUCCESS)), (3,), Step(), id="all, one going"),
        pytest.param("ss.", ((1, 3, SUCCESS), (2, 3, SUCCESS)), (3,), Step(launch=(3,)), id="all lead"),
        pytest.param(
            "fr.", ((1, 3, SUCCESS), (2, 3, SUCCESS)), (3,), Step(skip=(3,)), id="all, one does not"
        ),
        pytest.param(
            "s-.",
            ((1, 3, SUCCESS), (2, 3, SUCCESS)),
            (3,),
            Step(skip=(3,), ended=True),
            id="all, one skipped",
        ),
        pytest.param("e.", ((1, 2, FAILURE),), (), Step(launch=(2,)), id="no template, handled"),
        pytest.param(
            "e.", ((1, 2, SUCCESS),), (), Step(skip=(2,), ended=True, unhandled=(1,)), id="no template"
        ),
        pytest.param("re", ((1, 2, SUCCESS),), (), Step(), id="no template, not its turn"),
        pytest.param(
            "fe",
            ((1, 2, SUCCESS),),
            (),
            Step(skip=(2,), ended=True, unhandled=(1,)),
            id="no template, skipped",
        ),
        pytest.param(
            "s..", ((2, 3, ALWAYS), (3, 2, ALWAYS)), (), Step(skip=(2, 3), ended=True), id="circle apart"
        ),
    ],
)
def test_step(
    states: str, edges: tuple[tuple[int, int, Path], ...], converging: tuple[int, ...], expected: Step
) -> None:
    assert graph(states, *edges, converging=converging) == expected


@pytest.mark.parametrize(
    ("edges", "expected"),
    [
        pytest.param([(1, 2), (2, 3)], False, id="line"),
        pytest.param([(1, 2), (1, 3), (2, 4), (3, 4)], False, id="diamond"),
        pytest.param([(1, 2), (2, 3), (3, 2)], True, id="circle"),
        pytest.param([(2, 3), (3, 2)], False, id="circle that is never entered"),
        pytest.param([(2, 3), (3, 2), (1, 2)], True, id="now it is"),
    ],
)
def test_cycle(edges: list[tuple[int, int]], *, expected: bool) -> None:
    assert has_cycle([1, 2, 3, 4], [Edge(a, b, SUCCESS) for a, b in edges]) is expected


@st.composite
def drawn_graphs(draw: st.DrawFn) -> tuple[list[GraphNode], list[Edge]]:
    """Without circles: edges lead from lower to higher numbers."""
    count = draw(st.integers(1, 9))
    nodes = [
        GraphNode(
            n, draw(st.sampled_from([State.UNDECIDED, State.UNDECIDED, State.EMPTY])), draw(st.booleans())
        )
        for n in range(count)
    ]
    pairs = [(a, b) for b in range(count) for a in range(b)]
    chosen = draw(st.lists(st.sampled_from(pairs), unique=True, max_size=16)) if pairs else []
    return nodes, [Edge(a, b, draw(st.sampled_from(Path))) for a, b in chosen]


@settings(max_examples=300)
@given(drawn=drawn_graphs(), seed=st.integers(0, 2**32))
def test_every_workflow_ends_and_launches_each_node_once(
    drawn: tuple[list[GraphNode], list[Edge]], seed: int
) -> None:
    nodes, edges = drawn
    chance = random.Random(seed)
    states = {node.id: node.state for node in nodes}
    launched: list[int] = []

    for _ in range(2 * len(nodes) + 2):
        step = next_step([GraphNode(n.id, states[n.id], n.all_must_converge) for n in nodes], edges)
        assert not set(step.launch) & set(step.skip)
        assert not step.ended or not step.launch
        if step.ended:
            break
        launched += step.launch
        states |= dict.fromkeys(step.skip, State.SKIPPED) | dict.fromkeys(step.launch, State.RUNNING)
        going = [pk for pk, state in states.items() if state is State.RUNNING]
        assert going, "nothing is going, and it does not end"
        ends = chance.choice(going)
        states[ends] = chance.choice([State.SUCCESSFUL, State.FAILED])

    assert step.ended
    assert len(launched) == len(set(launched))
    roots = {node.id for node in nodes} - {edge.child for edge in edges}
    assert {pk for pk in roots if states[pk] is not State.EMPTY} <= set(launched)
    for pk in launched:
        parents = {edge.parent for edge in edges if edge.child == pk}
        assert all(states[parent] is not State.RUNNING for parent in parents)
