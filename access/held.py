"""The roles that somebody holds: given to him, to a team of his, or to who administers one.

What they imply is not among them: that is said in access/roles.py.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cached_property
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import QuerySet, TextField
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast
from django.http import HttpRequest, HttpResponse

from access.models import Role, Team, User
from access.one_of import Ids

# A team is a user's if he belongs to it or administers it, also as administrator of its organization.
_HELD_BY_USER = """
    WITH team AS (
        SELECT own.object_id AS id, own.role_field = 'admin_role' AS is_ruled
        FROM access_role AS own JOIN access_role_members AS member ON member.role_id = own.id
        WHERE own.kind = 'team' AND own.role_field IN ('admin_role', 'member_role') AND member.user_id = %s
        UNION ALL
        SELECT team.id, TRUE FROM access_team AS team
        JOIN access_role AS above ON above.kind = 'organization' AND above.object_id = team.organization_id
        JOIN access_role_members AS member ON member.role_id = above.id
        WHERE above.role_field = 'admin_role' AND member.user_id = %s
    )
    SELECT role_id FROM access_role_members WHERE user_id = %s
    UNION ALL SELECT role_id FROM access_role_teams WHERE team_id IN (SELECT id FROM team)
    UNION ALL SELECT role_id FROM access_role_ruling_teams WHERE team_id IN (SELECT id FROM team WHERE is_ruled)
"""
_HELD_BY_TEAM = "SELECT role_id FROM access_role_teams WHERE team_id = %s"

# What only reads, and so changes nobody's roles.
_READING = ("GET", "HEAD", "OPTIONS")


def held_roles(who: User | Team) -> QuerySet[Role]:
    """The roles that `who` holds."""
    held = (_HELD_BY_TEAM, [who.pk]) if isinstance(who, Team) else (_HELD_BY_USER, [who.pk] * 3)
    return Role.objects.order_by().filter(pk__in=RawSQL(*held))  # noqa: S611 (values are parameters)


class Held:
    """What somebody holds, read by one statement when it is first asked for."""

    def __init__(self, who: User | Team) -> None:
        self._who = who
        self._numbers: dict[tuple[str, str], frozenset[int]] = {}

    def ids(self, kind: str, role_fields: Iterable[str]) -> Ids:
        """Of the objects of a kind of which he holds one of these roles."""
        found = (self._texts.get((kind, role_field)) for role_field in role_fields)
        return Ids(f"{{{','.join(filter(None, found))}}}")

    def has(self, kind: str, role_fields: Iterable[str], pk: int) -> bool:
        """Whether he holds one of these roles of an object."""
        return any(pk in self._numbers_of((kind, role_field)) for role_field in role_fields)

    @cached_property
    def _texts(self) -> dict[tuple[str, str], str]:
        """By kind and role field the ids, with commas between them."""
        rows = held_roles(self._who).filter(object_id__isnull=False).values_list("kind", "role_field")
        arrays = rows.annotate(ids=Cast(ArrayAgg("object_id"), TextField()))
        return {(kind, role_field): ids.strip("{}") for kind, role_field, ids in arrays}

    def _numbers_of(self, key: tuple[str, str]) -> frozenset[int]:
        if key not in self._numbers:
            text = self._texts.get(key)
            self._numbers[key] = frozenset(map(int, text.split(","))) if text else frozenset()
        return self._numbers[key]


Memory = dict[Any, Held]
_memory: ContextVar[Memory | None] = ContextVar("memory", default=None)


@contextmanager
def remembering(memory: Memory | None = None) -> Iterator[None]:
    """While it lasts, rules go by what somebody held when they first asked: it is read once, not for each rule.

    It is kept in `memory` if that is given. Within another one it changes nothing.
    """
    if _memory.get() is not None:
        yield
        return
    token = _memory.set({} if memory is None else memory)
    try:
        yield
    finally:
        _memory.reset(token)


def remembered(who: User | Team) -> Held | None:
    """What `who` holds, while something is remembered."""
    memory = _memory.get()
    return None if memory is None else memory.setdefault((type(who), who.pk), Held(who))


def held_by(who: User | Team) -> Held:
    return remembered(who) or Held(who)


def remembering_while_reading(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: a request that only reads asks once what somebody holds."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.method not in _READING:
            return get_response(request)
        with remembering():
            return get_response(request)

    return middleware
