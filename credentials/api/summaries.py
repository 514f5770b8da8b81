"""What other objects show of a credential."""

from typing import Any

from credentials.models import Credential


def credential_summary(credential: Credential) -> dict[str, Any]:
    """What AWX says of a credential in the summary of what uses it."""
    return {
        "id": credential.pk,
        "name": credential.name,
        "description": credential.description,
        "kind": credential.kind,
        "cloud": credential.cloud,
    }
