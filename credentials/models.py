"""The vault: kinds of credentials, and credentials whose secret inputs are encrypted at rest."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models

from access.models import CommonModel, Organization
from credentials.encryption import is_encrypted

ASK = "ASK"


class CredentialType(CommonModel):
    """What a credential of this type consists of (`inputs`), and what a call is given of it (`injectors`).

    Managed types come with Belfry (credentials/managed.py) and have a `namespace`; the others are the users' own.
    """

    class Kind(models.TextChoices):
        SSH = "ssh", "Machine"
        VAULT = "vault", "Vault"
        NET = "net", "Network"
        SCM = "scm", "Source Control"
        CLOUD = "cloud", "Cloud"
        REGISTRY = "registry", "Container Registry"
        TOKEN = "token", "Personal Access Token"
        INSIGHTS = "insights", "Insights"
        EXTERNAL = "external", "External"
        KUBERNETES = "kubernetes", "Kubernetes"
        GALAXY = "galaxy", "Galaxy/Automation Hub"
        CRYPTOGRAPHY = "cryptography", "Cryptography"

    kind = models.CharField(max_length=32, choices=Kind.choices)
    namespace = models.CharField(max_length=64, null=True, unique=True, editable=False)  # noqa: DJ001 (unique)
    managed = models.BooleanField(default=False, editable=False)
    inputs = models.JSONField(blank=True, default=dict)
    injectors = models.JSONField(blank=True, default=dict)

    class Meta:
        ordering = ["kind", "name"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["name", "kind"], name="credential_type_name_unique"),
        ]

    @property
    def fields_by_id(self) -> dict[str, dict[str, Any]]:
        return {field["id"]: field for field in self.inputs.get("fields", ())}

    @property
    def metadata_by_id(self) -> dict[str, dict[str, Any]]:
        return {field["id"]: field for field in self.inputs.get("metadata", ())}

    @property
    def is_external(self) -> bool:
        """Whether its credentials are places in which inputs of others are looked up."""
        return self.kind == self.Kind.EXTERNAL

    @property
    def secret_names(self) -> frozenset[str]:
        return frozenset(name for name, field in self.fields_by_id.items() if field.get("secret"))


class Credential(CommonModel):
    """Inputs of one type, of an organization or private. Secret inputs are stored encrypted, others as given.

    A secret input that is `ASK` is asked for when something is launched, and not stored.
    """

    credential_type = models.ForeignKey(CredentialType, on_delete=models.PROTECT, related_name="credentials")
    organization = models.ForeignKey(
        Organization, null=True, blank=True, on_delete=models.CASCADE, related_name="credentials"
    )
    managed = models.BooleanField(default=False, editable=False)
    inputs = models.JSONField(blank=True, default=dict)

    class Meta:
        ordering = ["name", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organization", "name", "credential_type"], name="credential_name_unique"
            ),
        ]

    @property
    def kind(self) -> str:
        return self.credential_type.namespace or self.credential_type.kind

    @property
    def cloud(self) -> bool:
        return self.credential_type.kind == CredentialType.Kind.CLOUD

    @property
    def kubernetes(self) -> bool:
        return self.credential_type.kind == CredentialType.Kind.KUBERNETES

    @property
    def slot(self) -> tuple[int, str]:
        """Of credentials with the same slot one object takes one: those of a type, and of a vault those of an id."""
        vault_id = self.inputs.get("vault_id", "") if self.credential_type.kind == "vault" else ""
        return self.credential_type_id, str(vault_id)

    @property
    def slot_name(self) -> str:
        vault_id = self.slot[1]
        return f"{self.credential_type.name} (id={vault_id})" if vault_id else self.credential_type.name

    @property
    def passwords_needed(self) -> list[str]:
        """AWX's names of the inputs that a launch has to be given."""
        needed = [
            api_name
            for name, api_name in (
                ("password", "ssh_password"),
                ("become_password", "become_password"),
                ("ssh_key_unlock", "ssh_key_unlock"),
            )
            if self.credential_type.kind == "ssh" and self.inputs.get(name) == ASK
        ]
        if self.inputs.get("vault_password") == ASK:
            vault_id = self.slot[1]
            needed.append(f"vault_password.{vault_id}" if vault_id else "vault_password")
        return needed

    @property
    def encrypted_inputs(self) -> dict[str, str]:
        return {name: value for name, value in self.inputs.items() if is_encrypted(value)}


class CredentialInputSource(models.Model):
    """An input of one credential that is looked up by another, which is of an external type."""

    description = models.TextField(blank=True, default="")
    created = models.DateTimeField(auto_now_add=True)
    modified = models.DateTimeField(auto_now=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )
    modified_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )
    target_credential = models.ForeignKey(Credential, on_delete=models.CASCADE, related_name="input_sources")
    source_credential = models.ForeignKey(
        Credential, on_delete=models.CASCADE, related_name="target_input_sources"
    )
    input_field_name = models.CharField(max_length=1024)
    metadata = models.JSONField(blank=True, default=dict)

    class Meta:
        ordering = ["target_credential", "source_credential", "input_field_name"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["target_credential", "input_field_name"], name="credential_input_source_unique"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.input_field_name} of credential {self.target_credential_id}"
