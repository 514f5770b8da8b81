"""Whose variables count: the inventory's least, then the groups', parents before children, then the host's.

Ansible's order, and its way of merging: a later value replaces an earlier one whole. Knows no framework.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

Variables = Mapping[str, Any]

PRIORITY = "ansible_group_priority"


def merged(inventory: Variables, groups: Iterable[Variables], host: Variables) -> dict[str, Any]:
    """The variables of one host; `groups` are all that it is in, in the order of `precedence`."""
    found = dict(inventory)
    for variables in groups:
        found |= variables
    found |= host
    found.pop(PRIORITY, None)
    return found


def precedence(
    groups: Collection[str], parents: Mapping[str, Collection[str]], variables: Mapping[str, Variables]
) -> list[str]:
    """The names of groups, those that count less first: by depth, then `ansible_group_priority`, then name."""
    depths = depths_of(groups, parents)
    return sorted(groups, key=lambda name: (depths[name], _priority(variables.get(name, {})), name))


def depths_of(groups: Iterable[str], parents: Mapping[str, Collection[str]]) -> dict[str, int]:
    """How far below the top each group is, by the longest way; a group without parents is at 1."""
    depths: dict[str, int] = {}
    for start in groups:
        waiting = [start]
        # Groups on the way up from `start`: a circle, which nothing should have stored, ends where it began.
        under_way: set[str] = set()
        while waiting:
            name = waiting[-1]
            above = parents.get(name, ())
            missing = [parent for parent in above if parent not in depths and parent not in under_way]
            if name in depths or not missing:
                depths.setdefault(name, 1 + max((depths.get(parent, 0) for parent in above), default=0))
                under_way.discard(waiting.pop())
            else:
                under_way.add(name)
                waiting += missing
    return depths


def _priority(variables: Variables) -> int:
    try:
        return int(variables.get(PRIORITY, 1))
    except (TypeError, ValueError):
        return 1
