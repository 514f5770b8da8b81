"""Whose credentials are: their organization, and the users and teams who administer them by a role of their own."""

from typing import Any

from access.api.object_roles import page_of
from access.models import Role
from access.roles import ADMIN
from credentials.models import Credential
from credentials.roles import CREDENTIAL


def owners_of(serializer: Any, credential: Credential) -> list[dict[str, Any]]:
    """AWX's `owners`: those of all credentials that are shown together are read in a constant number of statements."""
    context = serializer.context
    known: dict[int, list[dict[str, Any]]] | None = context.get("owners")
    if known is None or credential.pk not in known:
        known = context["owners"] = _read([one.pk for one in page_of(serializer, credential)])
    organization = credential.organization
    ruled = [] if organization is None else [_entry("organization", organization, organization.description)]
    return known[credential.pk] + ruled


def _read(ids: list[int]) -> dict[int, list[dict[str, Any]]]:
    found: dict[int, list[dict[str, Any]]] = {pk: [] for pk in ids}
    roles = Role.objects.filter(kind=CREDENTIAL, object_id__in=ids, role_field=ADMIN)
    for role in roles.prefetch_related("members", "teams", "ruling_teams"):
        owners = found[role.object_id or 0]
        for user in role.members.all():
            owners.append(_entry("user", user, f"{user.first_name} {user.last_name}"))
        for team in {*role.teams.all(), *role.ruling_teams.all()}:
            owners.append(_entry("team", team, team.description))
    return found


def _entry(kind: str, owner: Any, description: str) -> dict[str, Any]:
    name = owner.username if kind == "user" else owner.name
    url = f"/api/v2/{kind}s/{owner.pk}/"
    return {"id": owner.pk, "type": kind, "name": name, "description": description, "url": url}
