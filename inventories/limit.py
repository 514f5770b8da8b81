"""Which hosts a `limit` chooses: Ansible's patterns. Knows no framework.

web:db          both groups, or hosts; a comma does the same
web:&prod       those of web that are in prod as well
all:!slow       all but those
web*.de         names as in a shell
~web[0-9]+\\.de  a regular expression, from the beginning of a name
web[0], web[1:3], web[2:]   some of a group's, counted from 0, the last one included
"""

import fnmatch
import ipaddress
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import groupby

from inventories.expressions import CostlyExpression, check_cost

MAX_TEXT = 1024 * 1024
# Each pattern with wildcards is held against all names.
MAX_WILD = 50

WILD = frozenset(".?*[")
SUBSCRIPT = re.compile(
    r"(?P<base>.+)\[(?:(?P<one>-?[0-9]{1,9})|(?P<first>[0-9]{1,9})[:-](?P<last>[0-9]{0,9}))\]"
)
PARTS = re.compile(r"(?:[^\s:\[\]]|\[[^\]]*\])+")


class InvalidLimit(ValueError):
    """A limit that cannot be read; the message says why."""


def select(limit: str, hosts: Sequence[str], groups: Mapping[str, Collection[str]]) -> list[str]:
    """The names in `hosts` that `limit` chooses, in their own order; an empty limit chooses all.

    `groups` has of each group the names of all hosts in it, those in its children included. Raises InvalidLimit.
    """
    patterns = split(limit)
    if not patterns:
        return list(hosts)
    return _Selection(hosts, groups).all_of(patterns)


def split(limit: str) -> list[str]:
    """The patterns of a limit. Raises InvalidLimit."""
    if len(limit) > MAX_TEXT:
        raise InvalidLimit(f"A limit may have {MAX_TEXT} characters.")
    text = limit.strip()
    if "," in text:
        parts = text.split(",")
        found = [pattern for part in parts for pattern in split(part)]
    elif _is_address(text):
        found = [text]
    else:
        found = PARTS.findall(text)
    if sum(is_wild(pattern) for pattern in found) > MAX_WILD:
        raise InvalidLimit(f"A limit may have {MAX_WILD} patterns with wildcards.")
    return found


def is_wild(pattern: str) -> bool:
    name = pattern.lstrip("&!")
    return name.startswith("~") or bool(WILD & set(name) - {"."})


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text.lstrip("&!").strip("[]"))
    except ValueError:
        return False
    return True


class _Selection:
    """Hosts and groups that patterns choose from."""

    def __init__(self, hosts: Sequence[str], groups: Mapping[str, Collection[str]]) -> None:
        self.hosts = hosts
        self.known = frozenset(hosts)
        grouped = {name for members in groups.values() for name in members}
        ungrouped = [name for name in hosts if name not in grouped]
        self.groups = {**groups, "all": hosts, "ungrouped": ungrouped}

    def all_of(self, patterns: Iterable[str]) -> list[str]:
        """What is named first, then cut by what is asked for with `&`, then without what is taken by `!`."""
        ordered = sorted(patterns, key=_rank)
        chosen = set(self.known)
        for rank, same in groupby(ordered, key=_rank):
            found = [self._one(pattern.lstrip("&!")) for pattern in same]
            if rank == 0:
                chosen = set().union(*found)
            for names in found:
                if rank == 1:
                    chosen &= names
                elif rank == 2:
                    chosen -= names
        return [name for name in self.hosts if name in chosen]

    def _one(self, pattern: str) -> set[str]:
        if pattern.startswith("@"):
            raise InvalidLimit("A limit cannot name a file.")
        base, part = _split_subscript(pattern)
        matches = self._matcher(base)
        found = [name for group in self._matching(base, matches, self.groups) for name in self.groups[group]]
        if not found or base.startswith("~") or WILD & set(base):
            found += self._matching(base, matches, self.hosts)
        # Each once, in the order of the inventory.
        chosen = set(found) & self.known
        return set(part([name for name in self.hosts if name in chosen])) if part else chosen

    def _matching(
        self, base: str, matches: Callable[[str], object] | None, names: Collection[str]
    ) -> list[str]:
        if matches is not None:
            return [name for name in names if matches(name)]
        is_there = base in self.known if names is self.hosts else base in names
        return [base] if is_there else []

    def _matcher(self, base: str) -> Callable[[str], object] | None:
        """None for a pattern that is a name and no more."""
        if not is_wild(base):
            return None
        if not base.startswith("~"):
            return re.compile(fnmatch.translate(base)).match
        try:
            check_cost(base[1:], [*self.hosts, *self.groups])
            return re.compile(base[1:]).match
        except CostlyExpression as error:
            raise InvalidLimit(f"The regular expression {base} is too costly: {error}") from None
        except (re.error, OverflowError, RecursionError) as error:
            raise InvalidLimit(f"The regular expression {base} is invalid: {error}") from None


def _rank(pattern: str) -> int:
    return {"&": 1, "!": 2}.get(pattern[:1], 0)


def _split_subscript(pattern: str) -> tuple[str, Callable[[Sequence[str]], Sequence[str]] | None]:
    """A pattern without its `[1:3]`, and what that takes of a list."""
    match = None if pattern.startswith("~") else SUBSCRIPT.fullmatch(pattern)
    if match is None:
        return pattern, None
    if match["one"] is not None:
        index = int(match["one"])
        return match["base"], lambda names: names[index:][:1] if index >= -len(names) else []
    first, last = int(match["first"]), match["last"]
    return match["base"], lambda names: names[first : int(last) + 1] if last else names[first:]
