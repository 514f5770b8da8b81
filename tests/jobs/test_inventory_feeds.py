import json
from typing import Any

import pytest
from hypothesis import given, strategies as st

from jobs.inventory_feeds import MAX_DOCUMENT, MAX_HOSTS, FeedRules, InvalidFeed, read_feed


def read(content: Any, **rules: Any) -> Any:
    return read_feed(json.dumps(content).encode(), rules=FeedRules(**rules))


def test_ansible_form_gives_hosts_groups_and_the_inventorys_variables() -> None:
    feed = read(
        {
            "all": {"vars": {"region": "eu"}, "children": ["web"]},
            "web": {"hosts": ["web1", "web2"], "children": ["edge"], "vars": {"port": 8080}},
            "edge": ["web2"],
            "_meta": {"hostvars": {"web1": {"rack": 3}, "lonely": {}}},
        }
    )
    assert feed.hosts == {"web1": {"rack": 3}, "web2": {}, "lonely": {}}
    assert feed.variables == {"region": "eu"}
    assert set(feed.groups) == {"web", "edge"}
    assert feed.groups["web"].hosts == {"web1", "web2"}
    assert feed.groups["web"].children == {"edge"}
    assert feed.groups["web"].variables == {"port": 8080}
    assert feed.groups["edge"].hosts == {"web2"}


def test_hosts_of_a_group_may_carry_their_variables() -> None:
    assert read({"web": {"hosts": {"web1": {"rack": 3}, "web2": None}}}).hosts == {
        "web1": {"rack": 3},
        "web2": {},
    }


@pytest.mark.parametrize("wrapped", [False, True])
def test_list_of_hosts(wrapped: bool) -> None:
    hosts = ["a", {"name": "b", "variables": {"x": 1}, "groups": ["web", "all"]}]
    feed = read({"hosts": hosts} if wrapped else hosts)
    assert feed.hosts == {"a": {}, "b": {"x": 1}}
    assert {name: group.hosts for name, group in feed.groups.items()} == {"web": {"b"}}


def test_a_child_that_is_not_described_is_an_empty_group() -> None:
    assert read({"web": {"children": ["edge"]}}).groups["edge"].hosts == set()


def test_host_filter_chooses_hosts_by_name_everywhere() -> None:
    feed = read({"web": ["web1", "db1"]}, name_pattern="^web")
    assert set(feed.hosts) == {"web1"}
    assert feed.groups["web"].hosts == {"web1"}


@pytest.mark.parametrize(
    ("rules", "variables", "enabled"),
    [
        ({}, {"state": "stopped"}, True),
        ({"enabled_var": "state", "enabled_value": "running"}, {"state": "running"}, True),
        ({"enabled_var": "state", "enabled_value": "running"}, {"state": "stopped"}, False),
        ({"enabled_var": "state", "enabled_value": "running"}, {}, True),
        ({"enabled_var": "power.on"}, {"power": {"on": False}}, False),
        ({"enabled_var": "power.on"}, {"power": {"on": True}}, True),
    ],
)
def test_enabled_var(rules: dict[str, Any], variables: dict[str, Any], enabled: bool) -> None:
    assert FeedRules(**rules).is_enabled(variables) is enabled


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (7, "neither an object of groups"),
        ({"web": 7}, "the group web is not an object"),
        ({"web": {"hosts": 7}}, "the hosts of web are not a list"),
        ({"web": {"vars": []}}, "the variables of web is not an object"),
        ({"web": {"hosts": [""]}}, "what is no name"),
        ({"web": [5]}, "what is no name"),
        ({"web": ["a\nb"]}, "what is no name"),
        ([{"name": 5}], "Entry 1 of the list"),
        ([{"name": "a", "groups": 5}], "the groups of entry 1 are not a list"),
        ({"a": {"children": ["b"]}, "b": {"children": ["a"]}}, "is within itself"),
        ([f"h{n}" for n in range(MAX_HOSTS + 1)], f"more than {MAX_HOSTS} hosts"),
    ],
)
def test_what_is_no_feed_is_refused_with_the_reason(content: Any, words: str) -> None:
    with pytest.raises(InvalidFeed, match=words):
        read(content)


@pytest.mark.parametrize("number", ["1e999", "NaN", "-Infinity"])
def test_variable_that_is_no_number_of_json_is_refused(number: str) -> None:
    for document in (
        f'{{"_meta": {{"hostvars": {{"web1": {{"rack": {number}}}}}}}}}',
        f'{{"web": {{"vars": {{"rack": [{number}]}}}}}}',
        f'{{"all": {{"vars": {{"rack": {number}}}}}}}',
    ):
        with pytest.raises(InvalidFeed, match="cannot be stored: A number is out of range"):
            read_feed(document.encode())


@pytest.mark.parametrize("pattern", ["(", "(a+)+$", "a" * 600])
def test_host_filter_that_cannot_be_used_is_refused(pattern: str) -> None:
    with pytest.raises(InvalidFeed, match="host filter"):
        read(["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"], name_pattern=pattern)


@pytest.mark.parametrize("document", [b"", b"{", b"\xff", b"[" * 100_000])
def test_what_is_not_json_is_refused(document: bytes) -> None:
    with pytest.raises(InvalidFeed, match="not JSON"):
        read_feed(document)


def test_a_document_that_was_cut_is_refused() -> None:
    with pytest.raises(InvalidFeed, match="longer"):
        read_feed(b"[]", truncated=True)
    with pytest.raises(InvalidFeed, match="longer"):
        read_feed(b" " * (MAX_DOCUMENT + 1))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)


@given(content=JSON)
def test_any_json_is_read_or_refused(content: Any) -> None:
    try:
        feed = read(content)
    except InvalidFeed:
        return
    assert all(group.hosts <= feed.hosts.keys() for group in feed.groups.values())
