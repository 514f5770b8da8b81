from contextlib import suppress

import pytest
from hypothesis import given, strategies as st

from inventories.host_filters import InvalidHostFilter, Joined, Lookup, parse


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("name=a", Lookup("name", "a")),
        (" name = a ", Lookup("name", "a")),
        ('name="a b (c)"', Lookup("name", "a b (c)")),
        ("name=", Lookup("name", "")),
        ('"name"=and', Lookup("name", "and")),
        ("a=1 and b=2", Joined("and", (Lookup("a", "1"), Lookup("b", "2")))),
        (
            "a=1 or b=2 and c=3",
            Joined("or", (Lookup("a", "1"), Joined("and", (Lookup("b", "2"), Lookup("c", "3"))))),
        ),
        (
            "(a=1 or b=2) and c=3",
            Joined("and", (Joined("or", (Lookup("a", "1"), Lookup("b", "2"))), Lookup("c", "3"))),
        ),
        ("a= and b=2", Joined("and", (Lookup("a", ""), Lookup("b", "2")))),
    ],
)
def test_parse(text: str, expected: object) -> None:
    assert parse(text) == expected


@pytest.mark.parametrize(
    "text", ["", "x", "=", "a=1 b=2", "a=1 and", "(a=1", "a=1)", 'a="b', "and", "(" * 500]
)
def test_what_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(InvalidHostFilter) as error:
        parse(text)

    assert str(error.value) == f"Invalid query {text}"


@given(st.text(st.sampled_from('ab=()" andor'), max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(InvalidHostFilter):
        assert isinstance(parse(text), Lookup | Joined)
