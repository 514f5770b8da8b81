"""By what one installation is told from another."""

import uuid

from django.conf import settings


def install_uuid() -> str:
    """The same for every process of one installation, and no other: made from the key that they share."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"belfry.install:{settings.SECRET_KEY}"))
