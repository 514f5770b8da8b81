from itertools import count
from typing import Any

from access.models import Organization
from credentials.inputs import to_store
from credentials.models import Credential, CredentialType

_numbers = count(1)


def managed_type(namespace: str) -> CredentialType:
    return CredentialType.objects.get(namespace=namespace)


def make_type(**values: Any) -> CredentialType:
    """A user's own type, with the secret input `a`."""
    field = {"id": "a", "label": "A", "type": "string", "secret": True}
    values = {"name": f"Type {next(_numbers)}", "kind": "cloud", "inputs": {"fields": [field]}} | values
    return CredentialType.objects.create(**values)


def make_credential(kind: str | CredentialType = "ssh", **values: Any) -> Credential:
    """A credential of a managed type by its namespace, or of a given type; `inputs` in plain text."""
    credential_type = managed_type(kind) if isinstance(kind, str) else kind
    inputs = to_store(values.pop("inputs", {}), credential_type, {})
    values = {"name": f"Credential {next(_numbers)}"} | values
    if "organization" not in values:
        values["organization"] = Organization.objects.get_or_create(name="Owners")[0]
    return Credential.objects.create(credential_type=credential_type, inputs=inputs, **values)
