import re
import time
from contextlib import suppress

import pytest
from hypothesis import given, settings, strategies as st

from inventories.limit import InvalidLimit, select, split

HOSTS = ["db1.de", "db2.us", "lonely", "web1.de", "web2.de", "web3.us"]
GROUPS = {
    "web": {"web1.de", "web2.de", "web3.us"},
    "db": {"db1.de", "db2.us"},
    "de": {"web1.de", "web2.de", "db1.de"},
    "everywhere": {"web1.de", "web2.de", "web3.us", "db1.de", "db2.us"},
    "empty": set(),
}


@pytest.mark.parametrize(
    ("limit", "chosen"),
    [
        ("", HOSTS),
        ("  ", HOSTS),
        ("all", HOSTS),
        ("*", HOSTS),
        ("web1.de", ["web1.de"]),
        ("web", ["web1.de", "web2.de", "web3.us"]),
        ("nobody", []),
        ("empty", []),
        ("ungrouped", ["lonely"]),
        ("web:db1.de", ["db1.de", "web1.de", "web2.de", "web3.us"]),
        ("web,db1.de", ["db1.de", "web1.de", "web2.de", "web3.us"]),
        (" web , lonely ", ["lonely", "web1.de", "web2.de", "web3.us"]),
        ("web:&de", ["web1.de", "web2.de"]),
        ("web:!de", ["web3.us"]),
        ("!web", ["db1.de", "db2.us", "lonely"]),
        ("&de", ["db1.de", "web1.de", "web2.de"]),
        ("!de:web:db", ["db2.us", "web3.us"]),
        ("web:db:&de:!web1.de", ["db1.de", "web2.de"]),
        ("*.de", ["db1.de", "web1.de", "web2.de"]),
        ("web?.us", ["web3.us"]),
        ("[dw]*.us", ["db2.us", "web3.us"]),
        ("~(web|db)[0-9]+\\.us", ["db2.us", "web3.us"]),
        ("~web", ["web1.de", "web2.de", "web3.us"]),
        ("~.*us$", ["db2.us", "web3.us"]),
        ("web[0]", ["web1.de"]),
        ("web[-1]", ["web3.us"]),
        ("web[1:2]", ["web2.de", "web3.us"]),
        ("web[0-1]", ["web1.de", "web2.de"]),
        ("web[1:]", ["web2.de", "web3.us"]),
        ("web[7]", []),
        ("web[-9]", []),
        ("all:!web[0]", ["db1.de", "db2.us", "lonely", "web2.de", "web3.us"]),
    ],
)
def test_limit_chooses(limit: str, chosen: list[str]) -> None:
    assert select(limit, HOSTS, GROUPS) == chosen


def test_addresses_are_not_split() -> None:
    assert select("fe80::1", ["fe80::1", "1"], {}) == ["fe80::1"]
    assert select("fe80::1,10.0.0.1", ["10.0.0.1", "fe80::1", "x"], {}) == ["10.0.0.1", "fe80::1"]


def test_hosts_that_are_not_asked_about_are_never_chosen() -> None:
    assert select("web:web3.us", ["web1.de"], GROUPS) == ["web1.de"]


@pytest.mark.parametrize(
    ("limit", "words"),
    [
        ("~(", "is invalid"),
        ("~(a*)*", "repeats a group"),
        ("~(a|b)+x", "repeats a group"),
        (r"~(a)\1", "back reference"),
        ("~(?=a)b", "question mark"),
        ("~" + "a*" * 20 + "b", "too many repeats"),
        ("~" + "(a|a)" * 40, "too many repeats"),
        ("~" + "a" * 600, "500 characters"),
        ("@retry", "cannot name a file"),
        (":".join(["a*"] * 60), "wildcards"),
    ],
)
def test_what_cannot_be_read_is_refused(limit: str, words: str) -> None:
    with pytest.raises(InvalidLimit, match=re.escape(words)):
        select(limit, ["a" * 100] * 3, {})


def test_long_lists_of_names_are_quick() -> None:
    hosts = [f"host{n:05}.example.com" for n in range(10_000)]

    begun = time.monotonic()
    chosen = select(",".join(hosts[::2]), hosts, {"all of them": set(hosts)})

    assert chosen == hosts[::2]
    assert time.monotonic() - begun < 60  # a search of each name among all would take minutes


names = st.text(st.sampled_from("abc01.-"), min_size=1, max_size=6)
inventories = st.tuples(
    st.lists(names, unique=True, max_size=8).map(sorted),
    st.dictionaries(names.map("g{}".format), st.sets(names, max_size=5), max_size=4),
)
patterns = st.one_of(
    names,
    names.map("g{}".format),
    st.sampled_from(["all", "*", "a*", "?", "[ab]*", "ungrouped", "all[0]", "all[1:2]", "~a.*", "~(a|b)"]),
    st.text(max_size=8),
)
limits = st.lists(st.tuples(st.sampled_from(["", "&", "!"]), patterns).map("".join), max_size=6).map(",".join)


@given(inventories, limits)
def test_what_is_chosen_is_there_in_its_order(
    inventory: tuple[list[str], dict[str, set[str]]], limit: str
) -> None:
    hosts, groups = inventory
    try:
        chosen = select(limit, hosts, groups)
    except InvalidLimit:
        return

    assert chosen == [name for name in hosts if name in set(chosen)]


@given(inventories, names, names)
def test_signs_mean_sets(inventory: tuple[list[str], dict[str, set[str]]], one: str, other: str) -> None:
    hosts, groups = inventory

    def chosen(limit: str) -> set[str]:
        return set(select(limit, hosts, groups))

    assert chosen(f"{one},{other}") == chosen(one) | chosen(other)
    assert chosen(f"{one},&{other}") == chosen(one) & chosen(other)
    assert chosen(f"{one},!{other}") == chosen(one) - chosen(other)
    assert chosen(f"!{one}") == set(hosts) - chosen(one)


# Python warns of texts that it may read otherwise one day.
@pytest.mark.filterwarnings("ignore::FutureWarning")
@settings(max_examples=300)
@given(st.text(st.sampled_from("ab|()*+?.[]{}\\0^$-,"), max_size=30))
def test_no_expression_takes_long(expression: str) -> None:
    # Of this thread alone: what else runs on the machine takes none of it.
    begun = time.thread_time()
    with suppress(InvalidLimit):
        select(f"~{expression}", ["ab" * 40, "a" * 120], {})

    assert time.thread_time() - begun < 5


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(InvalidLimit):
        assert all(split(text))
