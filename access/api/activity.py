"""The activity stream as AWX shows it: of everything, and of one object at `<resource>/N/activity_stream/`."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from django.db.models import Model, Q, QuerySet
from rest_framework import serializers
from rest_framework.request import Request

from access.activity import ActivityStream
from access.api.readable_entries import ReadableEntries, ReadableEntriesMixin
from access.one_of import ids_of
from access.rules import accessible
from api.exposure import kinds, object_type_of
from api.field_lookups import FieldLookups
from api.kinds import Types
from api.lookups import Computed, apply, parse_query
from api.ordering import OrderBy
from api.searching import Search
from api.serializers import ResourceSerializer, user_summary
from api.text_index import narrowed
from api.views import ReadOnlyResource, ReadOnlySublist

ENTRIES = ActivityStream.objects.select_related("actor")
# Up to so many objects that a query chooses are found before their entries.
FEW = 10_000
# What is shown of an object beside its id, as far as it has it.
BRIEF = ("name", "username", "description")
# What objects of a kind belong to, of which AWX shows as much: the foreign key to it, and whether its path, too.
_owners: dict[str, tuple[str, bool]] = {}


def show_owner(kind: str, foreign_key: str, *, with_path: bool = False) -> None:
    """Let entries of objects of `kind` show what these belong to, whose own kind is in its column `kind`."""
    _owners[kind] = (foreign_key, with_path)


@dataclass(frozen=True)
class Concerned:
    """An object that an entry concerns, in brief, and what it belongs to."""

    kind: str
    summary: dict[str, Any]
    owner: "Concerned | None" = None


class EntryListSerializer(serializers.ListSerializer[Any]):
    """Fetches the objects of a page's entries first: one statement for each type."""

    def to_representation(self, data: Any) -> Any:
        entries = list(data)
        child: Any = self.child
        child.objects = objects_of(entries, child.context["request"].user)
        return super().to_representation(entries)


class ActivityStreamSerializer(ResourceSerializer):
    resource = "activity_stream"
    object_type = "activity_stream"
    objects: dict[tuple[str, int], Concerned] | None = None

    class Meta:
        model = ActivityStream
        list_serializer_class = EntryListSerializer
        fields: ClassVar = [
            *("id", "type", "url", "related", "summary_fields", "timestamp", "operation", "changes"),
            *("object1", "object2", "object_association", "action_node", "object_type", "address"),
        ]
        read_only_fields = fields
        extra_kwargs: ClassVar = {
            "timestamp": {"help_text": "When it was done."},
            "operation": {"help_text": "What was done."},
            "changes": {
                "help_text": "What can be written of the object; of an update pairs of before and after."
            },
            "object1": {"help_text": "The type of the object that was changed."},
            "object2": {"help_text": "The type of the object that was attached or detached."},
            "object_association": {"help_text": "The list in which that was."},
            "action_node": {"help_text": "The host that did it."},
            "address": {"help_text": "Where the request came from."},
        }

    def get_related(self, obj: Any) -> dict[str, Any]:
        related: dict[str, Any] = {}
        if obj.actor_id:
            related["actor"] = f"/api/v2/users/{obj.actor_id}/"
        for kind, pk in self._existing(obj):
            path = path_of(kind, pk)
            if path:
                related.setdefault(kind, []).append(path)
            foreign_key, with_path = _owners.get(kind, ("", False))
            if with_path and (owner := self._objects(obj)[kind, pk].owner):
                related[foreign_key] = path_of(owner.kind, owner.summary["id"])
        if obj.object_association == "role":
            related["role"] = [f"/api/v2/roles/{obj.changes['role']}/"]
        return related

    def get_summary_fields(self, obj: Any) -> dict[str, Any]:
        summary: dict[str, Any] = {}
        for kind, pk in self._existing(obj):
            found = self._objects(obj)[kind, pk]
            summary.setdefault(kind, []).append(found.summary)
            if found.owner:
                summary[found.owner.kind] = [found.owner.summary]
        if obj.object_association == "role":
            given = obj.changes
            summary["role"] = [{"id": given["role"], "role_field": given["relationship"]}]
        if obj.actor_id:
            summary["actor"] = user_summary(obj.actor)
        elif obj.actor_username:
            summary["actor"] = {"id": None, "username": obj.actor_username, "first_name": "", "last_name": ""}
        return summary

    def _objects(self, obj: ActivityStream) -> dict[tuple[str, int], Concerned]:
        if self.objects is None:
            self.objects = objects_of([obj], self.context["request"].user)
        return self.objects

    def _existing(self, obj: ActivityStream) -> list[tuple[str, int]]:
        return [pair for pair in concerned(obj) if pair in self._objects(obj)]


def concerned(entry: ActivityStream) -> list[tuple[str, int]]:
    pairs = ((entry.object1, entry.object1_pk), (entry.object2, entry.object2_pk))
    return [(kind, pk) for kind, pk in pairs if kind and pk is not None]


def objects_of(entries: Iterable[ActivityStream], user: Any) -> dict[tuple[str, int], Concerned]:
    """Of what entries concern, all that is still there and that the user may read, in brief."""
    wanted: dict[str, set[int]] = {}
    for entry in entries:
        for kind, pk in concerned(entry):
            wanted.setdefault(kind, set()).add(pk)
    known = kinds()
    found = {}
    for kind, numbers in wanted.items():
        if kind not in known:
            continue
        rows: QuerySet[Model] = QuerySet(known[kind]).order_by().filter(pk__in=numbers)
        names = {field.name for field in known[kind]._meta.fields}
        columns = ["pk", *(name for name in BRIEF if name in names)]
        owner, _ = _owners.get(kind, ("", False))
        owners_columns = (
            [f"{owner}__{name}" for name in ("kind", "id", "name", "description")] if owner else []
        )
        for row in accessible(rows, user).values_list(*columns, *owners_columns):
            summary = dict(zip(["id", *columns[1:]], row, strict=False))
            found[kind, row[0]] = Concerned(kind, summary, _owner(row[len(columns) :]))
    return found


def _owner(values: tuple[Any, ...]) -> Concerned | None:
    """Of its kind, id, name and description; None where there is none."""
    if not any(values):
        return None
    kind, *others = values
    return Concerned(kind, dict(zip(("id", "name", "description"), others, strict=True)))


def path_of(kind: str, pk: int) -> str:
    resource = next((name for own, name in _resources() if own == kind), "")
    return f"/api/v2/{resource}/{pk}/" if resource else ""


def _resources() -> Iterable[tuple[str, str]]:
    return ((view.serializer_class.object_type, view.serializer_class.resource) for view in _viewsets)


_viewsets: list[Any] = []


class ObjectLookups(FieldLookups):
    """Beside the entries' own fields: those of the objects that they concern, by type (`schedule__name=x`)."""

    def choose(
        self,
        request: Request,
        queryset: QuerySet[Any],
        parameters: list[tuple[str, list[str]]],
        computed: Computed,
    ) -> tuple[QuerySet[Any], bool]:
        known = kinds()
        own = []
        costly = False
        for name, texts in parameters:
            kind, _, rest = name.partition("__")
            if kind not in known:
                own.append((name, texts))
                continue
            query = parse_query(known[kind], [(rest or "id", texts)])
            costly = costly or query.costly
            readable = accessible(QuerySet[Model](known[kind]).order_by(), request.user)
            rows = apply(query, readable, request.user)
            # What may cost much is left to the statements of the page, which the database cuts off.
            queryset = queryset.filter(about(kind, rows) if query.costly else about_found(kind, rows))
        filtered, own_costly = super().choose(request, queryset, own, computed)
        return filtered, costly or own_costly


def about(kind: str, rows: QuerySet[Any]) -> Q:
    """The condition on entries that concern one of these objects, first or second."""
    ids = rows.values("pk")
    return Q(object1=kind, object1_pk__in=ids) | Q(object2=kind, object2_pk__in=ids)


def about_found(kind: str, rows: QuerySet[Any]) -> Q:
    """The same, with the objects found beforehand if they are few: so an index has their entries."""
    ids = list(narrowed(rows).rows.values_list("pk", flat=True)[: FEW + 1])
    if len(ids) > FEW:
        return about(kind, rows)
    few = ids_of(ids)
    return Q(object1=kind, object1_pk__one_of=few) | Q(object2=kind, object2_pk__one_of=few)


FILTERS = (Types, ObjectLookups, Search, OrderBy, ReadableEntries)


class ActivityStreamViewSet(ReadableEntriesMixin, ReadOnlyResource):
    """Who changed what, when, and from where. `object1` and types of objects choose: `schedule__id=5`."""

    queryset = ENTRIES
    serializer_class = ActivityStreamSerializer
    search_fields = ("changes",)
    filter_backends = FILTERS


class ObjectActivity(ReadableEntriesMixin, ReadOnlySublist):
    """What was done to one object, the first first."""

    queryset = ENTRIES
    serializer_class: Any = ActivityStreamSerializer
    search_fields = ("changes",)
    filter_backends = FILTERS
    kind: ClassVar[str] = ""
    parent_relation = ""

    def get_queryset(self) -> QuerySet[ActivityStream]:
        entries = ENTRIES.all()
        if getattr(self, "swagger_fake_view", False):
            return entries.none()
        if self.request.method == "OPTIONS":
            return entries
        pk = self.get_parent().pk
        return entries.filter(Q(object1=self.kind, object1_pk=pk) | Q(object2=self.kind, object2_pk=pk))


def activity_of(viewset: type[Any]) -> type[ObjectActivity]:
    """The view of the activity stream of a resource's objects."""
    _viewsets.append(viewset)
    name = viewset.__name__.removesuffix("ViewSet") + "Activity"
    return type(
        name,
        (ObjectActivity,),
        {
            "__doc__": ObjectActivity.__doc__,
            "parents": QuerySet(viewset.queryset.model),
            "kind": object_type_of(viewset),
        },
    )
