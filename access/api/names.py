"""Names that objects go by beyond this server."""

import uuid

from django.db.models import Model

from api.installation import install_uuid


def resource_summary(obj: Model, resource_type: str) -> dict[str, str]:
    """What AWX says of objects that several of its products share: an id that never changes, and a kind."""
    name = f"{resource_type}/{obj.pk}"
    return {
        "ansible_id": str(uuid.uuid5(uuid.UUID(install_uuid()), name)),
        "resource_type": f"shared.{resource_type}",
    }
