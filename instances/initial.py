"""What is there from the start: AWX's two instance groups and its execution environments, so that clients find them."""

from typing import Any

from django.apps import apps as present_apps
from django.apps.registry import Apps
from django.db import connections

from instances.models import STANDING_GROUPS
from instances.roles import INSTANCE_GROUP, INSTANCE_GROUP_ROLES

# Clients take the first for the default.
ENVIRONMENTS: tuple[tuple[str, bool], ...] = (
    ("AWX EE (latest)", False),
    ("Control Plane Execution Environment", True),
)
IMAGE = "quay.io/ansible/awx-ee:latest"
ALL_INSTANCES = 100


def ensure_initial(*, using: str, apps: Apps = present_apps, **_: Any) -> None:
    """Make what is missing: a receiver of `post_migrate`, so that what empties the tables brings it back."""
    if "instances_instancegroup" not in connections[using].introspection.table_names():
        return
    groups = apps.get_model("instances", "InstanceGroup")._default_manager.using(using)
    roles = apps.get_model("access", "Role")._default_manager.using(using)
    for name in STANDING_GROUPS:
        group, is_new = groups.get_or_create(
            name=name, defaults={"policy_instance_percentage": ALL_INSTANCES}
        )
        if is_new:
            roles.bulk_create(
                [
                    roles.model(kind=INSTANCE_GROUP, object_id=group.pk, role_field=field)
                    for field in INSTANCE_GROUP_ROLES
                ],
                ignore_conflicts=True,
            )
    environments = apps.get_model("instances", "ExecutionEnvironment")._default_manager.using(using)
    if not environments.exists():
        for name, managed in ENVIRONMENTS:
            environments.create(name=name, image=IMAGE, managed=managed)
