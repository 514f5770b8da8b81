"""What a feed says of hosts: JSON as Ansible's dynamic inventories print it, or a JSON list. Pure: no Django, no clock.

Ansible's form is `{group: {"hosts": […], "children": […], "vars": {…}}, "_meta": {"hostvars": {host: {…}}}}`, where a
group may also be just its list of hosts. A list holds names or objects with `name`, `variables` and `groups`.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from api.values import value_problem
from inventories.expressions import CostlyExpression, check_cost

MAX_DOCUMENT = 8 * 1024 * 1024  # bytes
MAX_HOSTS = 10_000
MAX_GROUPS = 2_000
MAX_NAME = 512
_QUOTED = 100
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
# Groups that Ansible has in every inventory: their variables are the inventory's, and all hosts are in them.
EVERYWHERE = frozenset({"all", "ungrouped"})


class InvalidFeed(ValueError):
    """Why a document is no feed of hosts, for the user."""


@dataclass(slots=True)
class FoundGroup:
    hosts: set[str] = field(default_factory=set)
    children: set[str] = field(default_factory=set)
    variables: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FeedRules:
    """What a source says of its feed: which hosts are taken, which are enabled, and what gives way to it."""

    name_pattern: str = ""
    enabled_var: str = ""
    enabled_value: str = ""
    overwrite: bool = False
    overwrite_vars: bool = False

    def is_enabled(self, variables: dict[str, Any]) -> bool:
        """A host that does not have the variable is enabled."""
        if not self.enabled_var:
            return True
        value: Any = variables
        for part in self.enabled_var.split("."):
            if not isinstance(value, dict) or part not in value:
                return True
            value = value[part]
        return str(value) == self.enabled_value if self.enabled_value else bool(value)


@dataclass(slots=True)
class Feed:
    """Hosts with their variables, groups, and the variables of the whole inventory."""

    rules: FeedRules = field(default_factory=FeedRules)
    hosts: dict[str, dict[str, Any]] = field(default_factory=dict)
    groups: dict[str, FoundGroup] = field(default_factory=dict)
    variables: dict[str, Any] = field(default_factory=dict)

    def summary(self) -> dict[str, Any]:
        """What is kept with the run that found it."""
        return {"host_count": len(self.hosts), "group_count": len(self.groups)}


def read_feed(document: bytes, *, rules: FeedRules | None = None, truncated: bool = False) -> Feed:
    """The hosts and groups that a document names. Raises InvalidFeed."""
    if truncated or len(document) > MAX_DOCUMENT:
        raise InvalidFeed(f"The feed is longer than {MAX_DOCUMENT // 1024 // 1024} MiB.")
    try:
        content = json.loads(document)
    except (ValueError, RecursionError):
        raise InvalidFeed("The feed is not JSON.") from None
    if isinstance(content, list):
        feed = _of_list(content)
    elif isinstance(content, dict):
        feed = _of_list(content["hosts"]) if isinstance(content.get("hosts"), list) else _of_ansible(content)
    else:
        raise InvalidFeed(
            "The feed is neither an object of groups, as Ansible's inventories, nor a list of hosts."
        )
    _check_children(feed)
    _check_variables(feed)
    feed.rules = rules or FeedRules()
    return _chosen(feed)


def _of_ansible(content: dict[str, Any]) -> Feed:
    feed = Feed()
    meta = _mapping(content.pop("_meta", {}), "_meta")
    for name, entry in content.items():
        _read_group(feed, _name(name, "group"), entry)
    for name, variables in _mapping(meta.get("hostvars", {}), "_meta.hostvars").items():
        _host(feed, name).update(_mapping(variables, f"the variables of {name[:_QUOTED]}"))
    return feed


def _read_group(feed: Feed, name: str, entry: Any) -> None:
    members = entry if isinstance(entry, list) else _mapping(entry, f"the group {name[:_QUOTED]}")
    group = FoundGroup()
    if isinstance(members, list):
        group.hosts = {_named_host(feed, host) for host in members}
    else:
        hosts = members.get("hosts", [])
        group.hosts = {_named_host(feed, host) for host in _listed(hosts, f"the hosts of {name[:_QUOTED]}")}
        group.children = {
            _name(child, "group")
            for child in _listed(members.get("children", []), f"the children of {name[:_QUOTED]}")
        }
        group.variables = _mapping(members.get("vars", {}), f"the variables of {name[:_QUOTED]}")
        if isinstance(hosts, dict):
            for host, variables in hosts.items():
                feed.hosts[host].update(_mapping(variables or {}, f"the variables of {host[:_QUOTED]}"))
    if name in EVERYWHERE:
        feed.variables.update(group.variables)
    else:
        feed.groups[name] = group
        _check_count(feed)
    for child in group.children - EVERYWHERE:
        feed.groups.setdefault(child, FoundGroup())


def _of_list(items: list[Any]) -> Feed:
    feed = Feed()
    for position, item in enumerate(items, start=1):
        if isinstance(item, str):
            _host(feed, item)
        elif isinstance(item, dict) and isinstance(item.get("name"), str):
            what = f"entry {position}"
            _host(feed, item["name"]).update(_mapping(item.get("variables", {}), f"the variables of {what}"))
            for group in _listed(item.get("groups", []), f"the groups of {what}"):
                name = _name(group, "group")
                if name not in EVERYWHERE:
                    feed.groups.setdefault(name, FoundGroup()).hosts.add(item["name"])
        else:
            raise InvalidFeed(
                f"Entry {position} of the list is neither a name nor an object with a text `name`."
            )
        _check_count(feed)
    return feed


def _host(feed: Feed, name: object) -> dict[str, Any]:
    variables = feed.hosts.setdefault(_name(name, "host"), {})
    _check_count(feed)
    return variables


def _named_host(feed: Feed, name: object) -> str:
    _host(feed, name)
    return str(name)


def _check_count(feed: Feed) -> None:
    if len(feed.hosts) > MAX_HOSTS:
        raise InvalidFeed(f"The feed names more than {MAX_HOSTS} hosts.")
    if len(feed.groups) > MAX_GROUPS:
        raise InvalidFeed(f"The feed names more than {MAX_GROUPS} groups.")


def _name(name: object, what: str) -> str:
    if not isinstance(name, str) or not name.strip() or len(name) > MAX_NAME or _CONTROL.search(name):
        raise InvalidFeed(f"The feed names a {what} by what is no name: {str(name)[:_QUOTED]!r}.")
    return name


def _mapping(value: object, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InvalidFeed(f"In the feed, {what} is not an object.")
    return value


def _listed(value: object, what: str) -> Iterable[Any]:
    if not isinstance(value, list | dict):
        raise InvalidFeed(f"In the feed, {what} are not a list.")
    return value


def _check_children(feed: Feed) -> None:
    """Raises InvalidFeed where a group would be in itself."""
    done: set[str] = set()
    for start in feed.groups:
        path: list[str] = []
        todo = [(start, False)]
        while todo:
            name, is_left = todo.pop()
            if is_left:
                path.pop()
                done.add(name)
                continue
            if name in path:
                raise InvalidFeed(f"In the feed, the group {name[:_QUOTED]} is within itself.")
            if name in done or name not in feed.groups:
                continue
            path.append(name)
            todo.append((name, True))
            todo += [(child, False) for child in feed.groups[name].children]


def _check_variables(feed: Feed) -> None:
    """Raises InvalidFeed where variables could not be stored and read again."""
    groups = (group.variables for group in feed.groups.values())
    for variables in (feed.variables, *groups, *feed.hosts.values()):
        problem = value_problem(variables)
        if problem:
            raise InvalidFeed(f"The feed has variables that cannot be stored: {problem}")


def _chosen(feed: Feed) -> Feed:
    rules = feed.rules
    if not rules.name_pattern:
        return feed
    try:
        check_cost(rules.name_pattern, feed.hosts)
        pattern = re.compile(rules.name_pattern)
    except CostlyExpression as error:
        raise InvalidFeed(f"The host filter is too costly: {error}") from None
    except (re.error, OverflowError, RecursionError) as error:
        raise InvalidFeed(f"The host filter is no regular expression: {error}") from None
    feed.hosts = {name: variables for name, variables in feed.hosts.items() if pattern.search(name)}
    for group in feed.groups.values():
        group.hosts &= feed.hosts.keys()
    return feed
