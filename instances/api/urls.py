from django.urls import URLPattern, URLResolver

from api.routers import Router
from instances.api.environments import (
    ExecutionEnvironmentCopy,
    ExecutionEnvironmentViewSet,
    OrganizationEnvironments,
)
from instances.api.groups import (
    GroupAccessList,
    GroupInstances,
    GroupObjectRoles,
    InstanceGroups,
    InstanceGroupViewSet,
    OrganizationGroups,
)
from instances.api.instances import HealthCheck, InstanceViewSet
from instances.api.ping import Ping

router = Router()
router.endpoint("ping", Ping, name="ping")
router.endpoint("instances/<int:pk>/health_check", HealthCheck)
router.sublist("instances/<int:parent_pk>/instance_groups", InstanceGroups)
router.sublist("instance_groups/<int:parent_pk>/instances", GroupInstances)
router.sublist("instance_groups/<int:parent_pk>/object_roles", GroupObjectRoles)
router.sublist("instance_groups/<int:parent_pk>/access_list", GroupAccessList)
router.sublist("organizations/<int:parent_pk>/instance_groups", OrganizationGroups)
router.sublist("organizations/<int:parent_pk>/execution_environments", OrganizationEnvironments)
router.endpoint("execution_environments/<int:pk>/copy", ExecutionEnvironmentCopy)
router.register("instances", InstanceViewSet)
router.register("instance_groups", InstanceGroupViewSet)
router.register("execution_environments", ExecutionEnvironmentViewSet)

urlpatterns: list[URLPattern | URLResolver] = router.urls
