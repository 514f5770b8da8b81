"""How much there is in organizations, of what a user may read."""

from typing import Any

from django.db.models import Count, QuerySet

from access.models import Role
from access.roles import ADMIN, MEMBER, ORGANIZATION
from access.rules import Asker, accessible
from api.exposure import kinds

# AWX's name → the type of the objects, and their path to an organization. Of a kind that is absent there are none.
COUNTED = {
    "inventories": ("inventory", "organization"),
    "hosts": ("host", "inventory__organization"),
    "teams": ("team", "organization"),
    "job_templates": ("job_template", "organization"),
    "projects": ("project", "organization"),
}
ROLES = {"users": MEMBER, "admins": ADMIN}


def counts_below(organizations: set[int], user: Asker) -> dict[int, dict[str, int]]:
    counts = {pk: dict.fromkeys((*COUNTED, *ROLES), 0) for pk in organizations}
    known = kinds()
    for name, (kind, path) in COUNTED.items():
        if kind in known:
            rows: QuerySet[Any] = QuerySet(known[kind]).order_by().filter(**{f"{path}__in": organizations})
            counted = accessible(rows, user).values_list(path).annotate(Count("pk"))
            for organization, number in counted:
                counts[organization][name] = number
    for name, role_field in ROLES.items():
        roles = Role.objects.order_by().filter(
            kind=ORGANIZATION, object_id__in=organizations, role_field=role_field
        )
        for organization, number in roles.values_list("object_id").annotate(Count("members")):
            counts[organization or 0][name] = number
    return counts
