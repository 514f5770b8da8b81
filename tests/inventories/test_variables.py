from typing import Any

import pytest
from hypothesis import given, strategies as st

from inventories.variables import depths_of, merged, precedence


def test_host_counts_most_and_inventory_least() -> None:
    found = merged({"a": 1, "b": 1, "c": 1}, [{"b": 2, "c": 2}, {"c": 3, "d": {"x": 1}}], {"d": {"y": 2}})

    assert found == {"a": 1, "b": 2, "c": 3, "d": {"y": 2}}


def test_children_come_after_parents_and_names_decide_among_equals() -> None:
    parents = {"child": ["zebra"], "grandchild": ["child", "apple"]}

    assert precedence(["grandchild", "zebra", "child", "apple"], parents, {}) == [
        "apple",
        "zebra",
        "child",
        "grandchild",
    ]


@pytest.mark.parametrize(
    ("priority", "last"), [(10, "apple"), ("10", "apple"), ("x", "zebra"), (None, "zebra")]
)
def test_priority_decides_among_equals(priority: Any, last: str) -> None:
    variables = {"apple": {"ansible_group_priority": priority}}

    assert precedence(["apple", "zebra"], {}, variables)[-1] == last
    assert merged({}, [variables["apple"]], {}) == {}


names = st.integers(0, 12).map(str)


@given(st.dictionaries(names, st.lists(names, max_size=4), max_size=10))
def test_depths_end_whatever_the_links(parents: dict[str, list[str]]) -> None:
    depths = depths_of(parents, parents)

    assert set(parents) <= set(depths)
    assert min(depths.values(), default=1) >= 1


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), max_size=40))
def test_each_group_is_deeper_than_its_parents(links: list[tuple[int, int]]) -> None:
    parents: dict[str, list[str]] = {}
    for one, other in links:
        if one != other:
            parents.setdefault(str(max(one, other)), []).append(str(min(one, other)))

    depths = depths_of(parents, parents)

    assert all(depths[name] > depths[parent] for name, above in parents.items() for parent in above)
