from django.urls import URLPattern, URLResolver

from api.routers import Router
from inventories.api.views.absent import (
    CommandEventsOnHost,
    CommandsOnGroup,
    CommandsOnHost,
    CommandsOnInventory,
    JobEventsOnGroup,
    JobEventsOnHost,
)
from inventories.api.views.activity import GroupActivity, HostActivity, InventoryActivity
from inventories.api.views.bulk import Bulk, BulkHostCreate, BulkHostDelete
from inventories.api.views.groups import (
    GroupChildren,
    GroupPotentialChildren,
    GroupVariables,
    GroupViewSet,
    HostAllGroups,
    HostGroups,
    InventoryGroups,
    InventoryRootGroups,
)
from inventories.api.views.hosts import (
    GroupAllHosts,
    GroupHosts,
    HostFacts,
    HostVariables,
    HostViewSet,
    InventoryHosts,
)
from inventories.api.views.inventories import (
    HostSmartInventories,
    InventoryAccessList,
    InventoryCopy,
    InventoryInstanceGroups,
    InventoryObjectRoles,
    InventoryScript,
    InventoryTree,
    InventoryVariables,
    InventoryViewSet,
    OrganizationInventories,
)

router = Router()
router.endpoint("bulk", Bulk, name="bulk")
router.endpoint("bulk/host_create", BulkHostCreate)
router.endpoint("bulk/host_delete", BulkHostDelete)

router.sublist("organizations/<int:parent_pk>/inventories", OrganizationInventories)

router.endpoint("inventories/<int:pk>/variable_data", InventoryVariables)
router.endpoint("inventories/<int:pk>/script", InventoryScript)
router.endpoint("inventories/<int:pk>/tree", InventoryTree)
router.endpoint("inventories/<int:pk>/copy", InventoryCopy)
router.sublist("inventories/<int:parent_pk>/hosts", InventoryHosts)
router.sublist("inventories/<int:parent_pk>/groups", InventoryGroups)
router.sublist("inventories/<int:parent_pk>/root_groups", InventoryRootGroups)
router.sublist("inventories/<int:parent_pk>/instance_groups", InventoryInstanceGroups)
router.sublist("inventories/<int:parent_pk>/object_roles", InventoryObjectRoles)
router.sublist("inventories/<int:parent_pk>/access_list", InventoryAccessList)
router.sublist("inventories/<int:parent_pk>/activity_stream", InventoryActivity)
router.endpoint("inventories/<int:parent_pk>/ad_hoc_commands", CommandsOnInventory)

router.endpoint("hosts/<int:pk>/variable_data", HostVariables)
router.endpoint("hosts/<int:pk>/ansible_facts", HostFacts)
router.sublist("hosts/<int:parent_pk>/groups", HostGroups)
router.sublist("hosts/<int:parent_pk>/all_groups", HostAllGroups)
router.sublist("hosts/<int:parent_pk>/smart_inventories", HostSmartInventories)
router.sublist("hosts/<int:parent_pk>/activity_stream", HostActivity)
router.endpoint("hosts/<int:parent_pk>/ad_hoc_commands", CommandsOnHost)
router.endpoint("hosts/<int:parent_pk>/ad_hoc_command_events", CommandEventsOnHost)
router.endpoint("hosts/<int:parent_pk>/job_events", JobEventsOnHost)

router.endpoint("groups/<int:pk>/variable_data", GroupVariables)
router.sublist("groups/<int:parent_pk>/hosts", GroupHosts)
router.sublist("groups/<int:parent_pk>/all_hosts", GroupAllHosts)
router.sublist("groups/<int:parent_pk>/children", GroupChildren)
router.sublist("groups/<int:parent_pk>/potential_children", GroupPotentialChildren)
router.sublist("groups/<int:parent_pk>/activity_stream", GroupActivity)
router.endpoint("groups/<int:parent_pk>/ad_hoc_commands", CommandsOnGroup)
router.endpoint("groups/<int:parent_pk>/job_events", JobEventsOnGroup)

router.register("inventories", InventoryViewSet, name="inventory")
router.register("hosts", HostViewSet)
router.register("groups", GroupViewSet)

urlpatterns: list[URLPattern | URLResolver] = router.urls
