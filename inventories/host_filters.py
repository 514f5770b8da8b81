"""The text of a `host_filter`: lookups of hosts, joined by `and`, `or` and brackets (AWX's form). Knows no framework.

name__startswith=web and (groups__name=prod or description="the old one")
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

MAX_TEXT = 8 * 1024
MAX_DEPTH = 20

TOKEN = re.compile(r"""\s*(?:(?P<mark>[()=])|"(?P<quoted>[^"]*)"|(?P<word>[^\s()="]+))""")


class InvalidHostFilter(ValueError):
    """A filter that cannot be read or asks for what is not there; the message says why."""


@dataclass(frozen=True)
class Lookup:
    """`name=value`, where the name may end in a comparison: `name__startswith`."""

    name: str
    value: str


@dataclass(frozen=True)
class Joined:
    by: Literal["and", "or"]
    parts: "tuple[Expression, ...]"


Expression = Lookup | Joined


def parse(text: str) -> Expression:
    """Raises InvalidHostFilter in AWX's words."""
    if len(text) > MAX_TEXT:
        raise InvalidHostFilter(f"A host filter may have {MAX_TEXT} characters.")
    try:
        reader = _Reader(list(_tokens(text)))
        found = reader.any_of(depth=0)
        reader.expect_end()
    except _Unreadable:
        raise InvalidHostFilter(f"Invalid query {text}") from None
    return found


class _Unreadable(Exception):
    pass


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    end = len(text.rstrip())
    position = 0
    while position < end:
        match = TOKEN.match(text, position, end)
        if match is None:
            raise _Unreadable
        kind = str(match.lastgroup)
        yield kind, match[kind]
        position = match.end()


class _Reader:
    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.tokens = tokens
        self.position = 0

    def any_of(self, depth: int) -> Expression:
        return self._joined("or", depth)

    def _joined(self, by: Literal["and", "or"], depth: int) -> Expression:
        """Parts of one kind; `and` binds closer than `or`."""
        read = self._operand if by == "and" else lambda depth: self._joined("and", depth)
        parts = [read(depth)]
        while self._take("word", by):
            parts.append(read(depth))
        return parts[0] if len(parts) == 1 else Joined(by, tuple(parts))

    def _operand(self, depth: int) -> Expression:
        if depth > MAX_DEPTH:
            raise _Unreadable
        if self._take("mark", "("):
            found = self.any_of(depth + 1)
            self._expect(")")
            return found
        name = self._text()
        self._expect("=")
        return Lookup(name, self._text() if self._is_value() else "")

    def _is_value(self) -> bool:
        """Whether a value follows; after an empty one comes the end, a bracket or the word that joins."""
        if self.position >= len(self.tokens):
            return False
        kind, text = self.tokens[self.position]
        return kind == "quoted" or (kind == "word" and not (text in ("and", "or") and self._goes_on()))

    def _goes_on(self) -> bool:
        return self.position + 1 < len(self.tokens)

    def _text(self) -> str:
        if self.position >= len(self.tokens) or self.tokens[self.position][0] == "mark":
            raise _Unreadable
        self.position += 1
        return self.tokens[self.position - 1][1]

    def _take(self, kind: str, text: str) -> bool:
        if self.position < len(self.tokens) and self.tokens[self.position] == (kind, text):
            self.position += 1
            return True
        return False

    def _expect(self, mark: str) -> None:
        if not self._take("mark", mark):
            raise _Unreadable

    def expect_end(self) -> None:
        if self.position < len(self.tokens):
            raise _Unreadable
