"""What `summary_fields` of other objects say of environments and groups."""

from typing import Any

from instances.models import ExecutionEnvironment, InstanceGroup


def of_environment(environment: ExecutionEnvironment) -> dict[str, Any]:
    return {
        "id": environment.pk,
        "name": environment.name,
        "description": environment.description,
        "image": environment.image,
    }


def of_group(group: InstanceGroup) -> dict[str, Any]:
    return {"id": group.pk, "name": group.name, "is_container_group": group.is_container_group}
