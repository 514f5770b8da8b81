from typing import Any, ClassVar

from django.db.models import Model, QuerySet
from rest_framework.exceptions import ValidationError

from api.views import ReadOnlySublist, Resource
from inventories import groups
from inventories.api.serializers.members import GroupSerializer
from inventories.api.views.base import InventoryAttachSublist, OfInventory, ReadAgain, VariableData
from inventories.exceptions import CyclicGroups
from inventories.models import Group, Host
from inventories.querysets import WITH_TOTALS

GROUPS = Group.objects.select_related("created_by", "modified_by").prefetch_related(WITH_TOTALS)


class GroupViewSet(ReadAgain, Resource):
    """Hosts of an inventory that share variables. With a group goes what is in no other: hosts, and groups below it."""

    queryset = GROUPS
    serializer_class = GroupSerializer
    named_by = (("name",), ("inventory__name",), ("inventory__organization__name",))

    def perform_destroy(self, instance: Group) -> None:
        groups.delete(instance)


class GroupVariables(VariableData):
    """The variables of a group, as an object. PUT and PATCH replace all of them."""

    queryset = GROUPS
    object_serializer = GroupSerializer


class InventoryGroups(OfInventory):
    """The groups of one inventory. POST makes one; what is taken out is deleted, for it is nowhere else."""

    queryset = GROUPS
    serializer_class = GroupSerializer
    relation = "groups"


class InventoryRootGroups(InventoryGroups):
    """The groups of one inventory that are in no other."""

    def get_queryset(self) -> Any:
        queryset = super().get_queryset()
        return queryset.filter(parents=None) if self.request.method == "GET" else queryset


class HostGroups(InventoryAttachSublist):
    """The groups that one host is in itself."""

    queryset = GROUPS
    serializer_class = GroupSerializer
    parents = Host.objects.select_related("inventory")
    parent_relation: ClassVar[str] = "hosts"
    relation = "groups"


class GroupChildren(InventoryAttachSublist):
    """The groups right below one."""

    queryset = GROUPS
    serializer_class = GroupSerializer
    parents = Group.objects.select_related("inventory")
    parent_relation: ClassVar[str] = "parents"
    relation = "children"

    def attach(self, parent: Any, child: Any) -> None:
        try:
            groups.add_child(parent, child)
        except CyclicGroups as error:
            raise ValidationError({"error": str(error)}) from None


class RelatedGroups(ReadOnlySublist):
    """Base of lists of the groups that have something to do with an object."""

    queryset = GROUPS
    serializer_class = GroupSerializer

    def related_to(self, parent: Any) -> QuerySet[Group]:
        raise NotImplementedError

    def get_queryset(self) -> QuerySet[Any]:
        if getattr(self, "swagger_fake_view", False) or self.request.method == "OPTIONS":
            return GROUPS.all()
        parent: Model = self.get_parent()
        return GROUPS.filter(pk__in=self.related_to(parent).values("pk"))


class HostAllGroups(RelatedGroups):
    """The groups that one host is in, and the groups that these are in."""

    parents = Host.objects.all()

    def related_to(self, parent: Any) -> QuerySet[Group]:
        return groups.all_groups(parent)


class GroupPotentialChildren(RelatedGroups):
    """The groups that can be put below one: neither below nor above it already."""

    parents = Group.objects.all()

    def related_to(self, parent: Any) -> QuerySet[Group]:
        return groups.potential_children(parent)
