"""What objects show of their roles and of what the asker may do with them: for a page of them, asked once."""

from contextlib import AbstractContextManager
from typing import Any

from rest_framework.serializers import ListSerializer

from access.held import remembering
from access.models import Role
from access.roles import FOR_USERS_ONLY, ORGANIZATION, describe


def page_of(serializer: Any, obj: Any) -> list[Any]:
    """The objects that are shown together with `obj`."""
    listing = serializer.parent or getattr(serializer, "listed_by", None)
    shown = getattr(listing, "instance", None)
    return shown if isinstance(listing, ListSerializer) and isinstance(shown, list) else [obj]


def remembering_for(serializer: Any) -> AbstractContextManager[None]:
    """While it lasts, what the asker holds is read once for all that the serializer shows."""
    return remembering(serializer.context.setdefault("held", {}))


def summary_of_roles(serializer: Any, obj: Any, kind: str) -> dict[str, Any]:
    """AWX's `object_roles`: the roles of an object by their fields, without `_role` left out."""
    page = page_of(serializer, obj)
    known: dict[int, list[Role]] | None = serializer.context.get(f"roles_of_{kind}")
    if known is None or obj.pk not in known:
        known = {shown.pk: [] for shown in page}
        for role in Role.objects.filter(kind=kind, object_id__in=list(known)):
            known[role.object_id or 0].append(role)
        serializer.context[f"roles_of_{kind}"] = known
    return {role.role_field: summary_of_role(role) for role in known[obj.pk]}


def summary_of_role(role: Role) -> dict[str, Any]:
    name, description = describe(role)
    summary = {"description": description, "name": name, "id": role.pk}
    if role.kind == ORGANIZATION and role.role_field in FOR_USERS_ONLY:
        summary["user_only"] = True
    return summary
