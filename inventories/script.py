"""An inventory as the document that Ansible's inventory scripts print."""

from collections.abc import Sequence
from typing import Any

from inventories.contents import Contents, Member


def script(
    contents: Contents, *, part: tuple[int, int] = (1, 1), hostvars: bool = False, towervars: bool = False
) -> dict[str, Any]:
    """Groups that hold nothing are left out. `part` (2, 3) takes every third host, from the second on."""
    number, count = part
    hosts = contents.hosts[number - 1 :: count]
    shown = {host.name for host in hosts}
    grouped = {name for members in contents.members.values() for name in members}
    everything: dict[str, Any] = {"vars": contents.variables} if contents.variables else {}
    everything["hosts"] = [host.name for host in hosts if host.name not in grouped]
    document: dict[str, Any] = {"all": everything}
    for name, variables in contents.groups.items():
        members = [host for host in contents.members.get(name, []) if host in shown]
        children = contents.children.get(name, [])
        if members or children:
            document[name] = {"hosts": members, "children": children, "vars": variables}
    if hostvars:
        document["_meta"] = {"hostvars": _variables(hosts, towervars=towervars)}
    return document


def _variables(hosts: Sequence[Member], *, towervars: bool) -> dict[str, dict[str, Any]]:
    return {host.name: host.variables | (_tower(host) if towervars else {}) for host in hosts}


def _tower(host: Member) -> dict[str, Any]:
    """What AWX's own inventory plugin looks for, under its old and its new names."""
    enabled = str(host.enabled).lower()
    return {
        "remote_tower_enabled": enabled,
        "remote_tower_id": host.pk,
        "remote_host_enabled": enabled,
        "remote_host_id": host.pk,
    }
