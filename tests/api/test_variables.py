import pytest

from api.variables import InvalidVariables, parse_variables


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"a": 1}, {"a": 1}),
        ("", {}),
        ('""', {}),
        ("---\n", {}),
        ('{"a": [1, null, "x"]}', {"a": [1, None, "x"]}),
        ("---\na: 1\nb:\n  - x\n", {"a": 1, "b": ["x"]}),
        ("1: x", {"1": "x"}),
    ],
)
def test_parse_variables_reads_objects_json_and_yaml(given: object, expected: dict[str, object]) -> None:
    assert parse_variables(given) == expected


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (5, "the JSON object must be str, bytes or bytearray, not int"),
        ("{", "Cannot parse as JSON (error: Expecting property name"),
        ("[1]", "Input type `list` is not a dictionary"),
        ("a: 2020-01-01", "Variables not compatible with JSON standard"),
        ("a: .nan", "Variables not compatible with JSON standard"),
        ('{"a": NaN}', "A number is out of range."),
        ('{"a": [-Infinity]}', "A number is out of range."),
        ('{"a": 1e999}', "A number is out of range."),
        ("a: &x [1]\nb: *x", "aliases are not supported"),
        ("a: " + "[" * 10_000, "maximum recursion depth"),
        ("[" * 100_000, "maximum recursion depth"),
        ("a: " + "x" * 300_000, "at most 262144 characters"),
        ('{"a": "\\u0000"}', "Null characters are not allowed"),
        ('{"a\\ud800": 1}', "Surrogate characters are not allowed"),
        ({"a": ["\x00"]}, "Null characters are not allowed"),
        ("!!python/object/apply:os.system ['true']", "could not determine a constructor"),
    ],
)
def test_parse_variables_refuses_in_words(given: object, words: str) -> None:
    with pytest.raises(InvalidVariables) as error:
        parse_variables(given)

    assert words in str(error.value)
