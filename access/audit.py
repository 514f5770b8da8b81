"""Writes the activity stream: hears what the API's views change (api/changes.py), in the same transaction."""

import ipaddress
from collections.abc import Mapping
from typing import Any

from django.db import connection
from django.db.models import Model, OuterRef, Q, QuerySet, Subquery

from access.activity import ActivityStream, Operation
from access.held import remembering
from access.models import Role, Team, User
from access.role_rules import object_of
from access.rules import NOTHING, Rules, accessible, rules_for
from api import changes
from api.exposure import kinds
from api.middleware import NODE


class ActivityRules(Rules):
    """An entry is read by those who read the object that it concerns first."""

    def readable(self, user: User) -> Q:
        return about_any_of(readable_objects(user))


def readable_objects(user: User) -> dict[str, QuerySet[Model]]:
    """What `user` may read, by AWX's types: those that entries concern first, for each lengthens the statements."""
    open_kinds = {
        kind: model
        for kind, model in kinds().items()
        if model is not ActivityStream and type(rules_for(model)) is not Rules
    }
    with connection.cursor() as cursor:
        # By the order one look into the index for each type. Without it, or for DISTINCT, all entries are read.
        cursor.execute(
            """
            SELECT kind FROM unnest(%s::text[]) AS kind,
                LATERAL (SELECT FROM access_activitystream WHERE object1 = kind ORDER BY object1_pk LIMIT 1) AS entry
            """,
            [list(open_kinds)],
        )
        found = [kind for (kind,) in cursor.fetchall()]
    with remembering():
        return {kind: accessible(QuerySet(open_kinds[kind]).order_by(), user) for kind in found}


def about_any_of(objects: Mapping[str, QuerySet[Model]]) -> Q:
    """The condition on entries of which the first object is among these."""
    condition = NOTHING
    for kind, rows in objects.items():
        condition |= Q(object1=kind, object1_pk=itself_among(rows, "object1_pk"))
    return condition


def itself_among(rows: QuerySet[Any], path: str) -> Subquery:
    """The id at `path` if `rows` have it: looked up for each entry that is read.

    Of `IN` PostgreSQL makes a table of all their ids first; if they are too many, it goes through them for each entry.
    """
    return Subquery(rows.order_by().filter(pk=OuterRef(path)).values("pk")[:1])


def record(
    request: Any, *, operation: Operation, kind: str, pk: int | None, values: Any = None, **more: Any
) -> None:
    """Write one entry in the name of the request's user."""
    user = request.user if isinstance(request.user, User) else None
    ActivityStream.objects.create(
        actor=user if user is not None and user.pk is not None else None,
        actor_username=user.username if user is not None else "",
        operation=operation,
        object1=kind,
        object1_pk=pk,
        changes=values or {},
        action_node=NODE,
        address=address_of(request),
        **more,
    )


def address_of(request: Any) -> str | None:
    """The address that the request came from; none where the server was reached by a socket without one."""
    text = request.META.get("REMOTE_ADDR", "")
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return None


def record_role(request: Any, role: Role, who: User | Team, *, given: bool) -> None:
    """Write that a role was given or taken: AWX names the role's object first, and who has it second."""
    operation = Operation.ASSOCIATE if given else Operation.DISASSOCIATE
    obj = object_of(role)
    kind, pk = ("role", role.pk) if obj is None else (role.kind, obj.pk)
    holder = "team" if isinstance(who, Team) else "user"
    values = {
        "action": operation.value,
        "relationship": role.role_field,
        "role": role.pk,
        "object1": kind,
        "object1_pk": pk,
        "object2": holder,
        "object2_pk": who.pk,
    }
    record(
        request,
        operation=operation,
        kind=kind,
        pk=pk,
        values=values,
        object2=holder,
        object2_pk=who.pk,
        object_association="role",
        object_type=kind,
    )


def listen() -> None:
    """Connect the recorders; called once, when the app is loaded."""
    changes.created.connect(_on_created)
    changes.changed.connect(_on_changed)
    changes.deleted.connect(_on_deleted)
    changes.attached.connect(_on_attached)
    changes.detached.connect(_on_detached)


def _on_created(*, request: Any, kind: str, obj: Model, changes: Any, **_: Any) -> None:
    record(request, operation=Operation.CREATE, kind=kind, pk=obj.pk, values=changes)


def _on_changed(*, request: Any, kind: str, obj: Model, changes: Any, **_: Any) -> None:
    record(request, operation=Operation.UPDATE, kind=kind, pk=obj.pk, values=changes)


def _on_deleted(*, request: Any, kind: str, changes: Any, **_: Any) -> None:
    record(request, operation=Operation.DELETE, kind=kind, pk=changes["id"], values=changes)


def _on_attached(**sent: Any) -> None:
    _record_relation(Operation.ASSOCIATE, **sent)


def _on_detached(**sent: Any) -> None:
    _record_relation(Operation.DISASSOCIATE, **sent)


def _record_relation(
    operation: Operation,
    *,
    request: Any,
    parent: Model,
    parent_kind: str,
    child: Model,
    child_kind: str,
    relation: str,
    **_: Any,
) -> None:
    values = {
        "action": operation.value,
        "relationship": relation,
        "object1": parent_kind,
        "object1_pk": parent.pk,
        "object2": child_kind,
        "object2_pk": child.pk,
    }
    record(
        request,
        operation=operation,
        kind=parent_kind,
        pk=parent.pk,
        values=values,
        object2=child_kind,
        object2_pk=child.pk,
        object_association=relation,
    )
