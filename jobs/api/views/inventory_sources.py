"""Inventory sources, and the lists of them that other objects have."""

from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied
from django.db import transaction
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from access.api.views import ReadableSublist, asker
from access.rules import may_act, may_delete
from api import changes
from api.attaching import AttachSublist
from api.openapi import ANY_OBJECT, OpenApi
from api.views import OneObject, Sublist
from credentials.api.credentials import CredentialSerializer
from credentials.models import Credential
from inventories.api.serializers.members import GroupSerializer, HostSerializer
from inventories.api.views.groups import GROUPS
from inventories.api.views.hosts import HOSTS
from inventories.models import Group, Host, Inventory
from inventories.querysets import LAST_RUN, WITH_TOTALS
from jobs.api.serializers.inventory_sources import InventorySourceSerializer
from jobs.api.serializers.inventory_updates import InventoryUpdateListSerializer, InventoryUpdateSerializer
from jobs.api.views.inventory_updates import UPDATES
from jobs.api.views.templates import MakesTemplates, TemplateViewSet
from jobs.attaching import why_not_attached
from jobs.exceptions import CannotLaunch
from jobs.launching import launch
from jobs.models import InventorySource, Project
from jobs.prompts import LaunchAnswers
from jobs.querysets import with_run_state
from jobs.recorded import OF_INVENTORY_UPDATES

SOURCES = InventorySource.objects.select_related(
    "organization", "source_project", "created_by", "modified_by"
).prefetch_related("credentials__credential_type", WITH_TOTALS)

LIST_OF_OBJECTS = {"type": "array", "items": {"type": "object"}}


class InventorySourceViewSet(TemplateViewSet):
    """Feeds of hosts: where they are, and how an inventory is brought up to date with them."""

    queryset = with_run_state(SOURCES)
    serializer_class = InventorySourceSerializer
    named_by: ClassVar[tuple[tuple[str, ...], ...]] = (
        ("name",),
        ("inventory__name",),
        ("inventory__organization__name",),
    )


class SourceUpdate(OneObject):
    """GET says whether the source can be updated from; POST fetches its feed, as a run of its own."""

    name = "Inventory source update"
    action = "update"
    queryset = SOURCES

    @OpenApi(responses={200: ANY_OBJECT})
    def get(self, request: Request, pk: int) -> Response:
        return Response({"can_update": bool(self.get_object().source)})

    @OpenApi(request=None, responses={202: ANY_OBJECT})
    def post(self, request: Request, pk: int) -> Response:
        made = start(self, self.get_object())
        return Response(
            {"inventory_update": made["id"], **made},
            status=status.HTTP_202_ACCEPTED,
            headers={"Location": made["url"]},
        )


def start(view: Any, source: InventorySource) -> dict[str, Any]:
    """Launch an update of `source`; returns it as a resource. Raises ValidationError."""
    try:
        run = launch(source, user=asker(view.request), answers=LaunchAnswers())
    except CannotLaunch as error:
        raise ValidationError(error.errors) from None
    context = view.get_serializer_context()
    return dict(InventoryUpdateSerializer(UPDATES.get(pk=run.pk), context=context).data)


class SourceUpdates(ReadableSublist):
    """The updates from one source: each fetched its feed, or tried to."""

    queryset = UPDATES
    serializer_class = InventoryUpdateListSerializer
    computed = tuple(OF_INVENTORY_UPDATES)
    parents = InventorySource.objects.select_related("inventory")
    parent_relation: ClassVar[str] = "unified_job_template"


class SourceCredentials(AttachSublist):
    """The credentials with which one source's feed is fetched."""

    queryset = Credential.objects.select_related(
        "credential_type", "organization", "created_by", "modified_by"
    )
    serializer_class = CredentialSerializer
    parents = InventorySource.objects.select_related("inventory")
    parent_relation: ClassVar[str] = "inventory_sources"
    relation = "credentials"

    def check_attach(self, parent: InventorySource, child: Credential) -> None:
        problem = why_not_attached(child, parent.credentials.select_related("credential_type"))
        if problem:
            raise ValidationError({"msg": problem})


class FoundBySource(ReadableSublist):
    """What one source's feed named last. DELETE deletes it from the inventory, for who may delete the source."""

    parents = InventorySource.objects.select_related("inventory")
    parent_relation: ClassVar[str] = "inventory_sources"
    # Of the source and of its inventory.
    found: ClassVar[str]
    # It asks for itself who may delete.
    attaches = True

    @OpenApi(responses={204: None})
    @transaction.atomic
    def delete(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        source: Any = self.find_parent()
        if not may_delete(request.user, source):
            raise PermissionDenied
        changes.lock(Inventory.objects.filter(pk=source.inventory_id))
        rows = getattr(source.inventory, self.found)
        before = rows.count()
        getattr(source, self.found).all().delete()
        changes.announce_value(request, source.inventory, f"total_{self.found}", before, rows.count())
        return Response(status=status.HTTP_204_NO_CONTENT)


class SourceHosts(FoundBySource):
    """The hosts that one source's feed named last. DELETE deletes them from the inventory."""

    queryset = HOSTS
    serializer_class = HostSerializer
    computed = LAST_RUN
    found = "hosts"


class SourceGroups(FoundBySource):
    """The groups that one source's feed named last. DELETE deletes them from the inventory."""

    queryset = GROUPS
    serializer_class = GroupSerializer
    found = "groups"


class InventorySources(MakesTemplates, Sublist):
    """The sources of one inventory."""

    queryset = with_run_state(SOURCES)
    serializer_class = InventorySourceSerializer
    parents: ClassVar[Any] = Inventory.objects.all()
    parent_relation: ClassVar[str] = "inventory"
    parent_field: ClassVar[str] = "inventory"


class HostSources(ReadableSublist):
    """The sources whose feeds named one host."""

    queryset = with_run_state(SOURCES)
    serializer_class = InventorySourceSerializer
    parents: ClassVar[Any] = Host.objects.select_related("inventory")
    parent_relation: ClassVar[str] = "hosts"


class GroupSources(HostSources):
    """The sources whose feeds named one group."""

    parents: ClassVar[Any] = Group.objects.select_related("inventory")
    parent_relation: ClassVar[str] = "groups"


class ProjectSources(HostSources):
    """The sources whose feeds one project publishes."""

    name = "SCM inventory sources"
    parents: ClassVar[Any] = Project.objects.all()
    parent_relation: ClassVar[str] = "source_project"


class InventoryUpdateAll(OneObject):
    """GET says which of an inventory's sources can be updated from; POST fetches all their feeds."""

    action = "read"
    queryset = Inventory.objects.all()

    @OpenApi(responses={200: LIST_OF_OBJECTS})
    def get(self, request: Request, pk: int) -> Response:
        return Response([{"inventory_source": one.pk, "can_update": True} for one in self._sources()])

    @OpenApi(request=None, responses={202: LIST_OF_OBJECTS})
    def post(self, request: Request, pk: int) -> Response:
        sources = self._sources()
        if not sources:
            raise ValidationError({"detail": "No inventory sources to update."})
        if not all(may_act(request.user, source, "update") for source in sources):
            raise PermissionDenied
        made = [(source, start(self, source)) for source in sources]
        answer = [
            {"inventory_source": source.pk, "status": "started", "inventory_update": update["id"], **update}
            for source, update in made
        ]
        return Response(answer, status=status.HTTP_202_ACCEPTED)

    def _sources(self) -> list[InventorySource]:
        return list(SOURCES.filter(inventory=self.get_object()).order_by("pk"))
