"""Credentials as resources: secret inputs go in as text and come out as `$encrypted$`."""

from typing import Any, ClassVar

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from access.api.serializers import RuledSerializer
from access.models import Organization, User
from api.fields import PrimaryKeyField
from api.views import Resource
from credentials.exceptions import InvalidInputs
from credentials.inputs import shown, to_store
from credentials.models import Credential, CredentialType

CREDENTIALS = Credential.objects.select_related(
    "credential_type", "organization", "owner", "created_by", "modified_by"
)
IN_USE = (
    "You cannot change the credential type of the credential, as it may break the functionality of the "
    "resources using it."
)


def credential_summary(credential: Credential) -> dict[str, Any]:
    """What AWX says of a credential in the summary of what uses it."""
    return {
        "id": credential.pk,
        "name": credential.name,
        "description": credential.description,
        "kind": credential.kind,
        "cloud": credential.cloud,
    }


class CredentialSerializer(RuledSerializer):
    resource = "credentials"
    object_type = "credential"
    capabilities = ("edit", "delete", "copy", "use")

    inputs = serializers.JSONField(
        required=False,
        initial=dict,
        help_text="The values, by the names of the type's inputs. Secret ones are never shown again; $encrypted$ keeps "
        "what is stored.",
    )
    kind: Any = serializers.ReadOnlyField()
    cloud: Any = serializers.ReadOnlyField()
    kubernetes: Any = serializers.ReadOnlyField()

    class Meta:
        model = Credential
        fields: ClassVar = [
            "name",
            "description",
            "organization",
            "credential_type",
            "managed",
            "inputs",
            "kind",
            "cloud",
            "kubernetes",
        ]

    def get_related(self, obj: Any) -> dict[str, str]:
        own = self.get_url(obj)
        related = super().get_related(obj)
        if obj.organization_id:
            related["organization"] = f"/api/v2/organizations/{obj.organization_id}/"
        if obj.owner_id:
            related["user"] = f"/api/v2/users/{obj.owner_id}/"
        return related | {
            "credential_type": f"/api/v2/credential_types/{obj.credential_type_id}/",
            "owner_users": f"{own}owner_users/",
            "copy": f"{own}copy/",
        }

    def get_summary_fields(self, obj: Any) -> dict[str, Any]:
        summary = super().get_summary_fields(obj)
        owners = []
        if obj.organization_id:
            summary["organization"] = _named(obj.organization)
            owners.append({"type": "organization", **_named(obj.organization)})
        if obj.owner_id:
            user = obj.owner
            name = f"{user.first_name} {user.last_name}".strip()
            owners.append({"type": "user", "id": user.pk, "name": user.username, "description": name})
        for owner in owners:
            owner["url"] = f"/api/v2/{owner['type']}s/{owner['id']}/"
        return summary | {"credential_type": _named(obj.credential_type), "owners": owners}

    def to_representation(self, instance: Credential) -> dict[str, Any]:
        return {**super().to_representation(instance), "inputs": shown(instance.inputs)}

    def validate_credential_type(self, credential_type: CredentialType) -> CredentialType:
        stored = self.instance
        if (
            isinstance(stored, Credential)
            and stored.credential_type_id != credential_type.pk
            and _is_used(stored)
        ):
            raise ValidationError(IN_USE)
        return credential_type

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        stored = self.instance if isinstance(self.instance, Credential) else None
        credential_type = (
            attrs["credential_type"]
            if stored is None
            else attrs.get("credential_type", stored.credential_type)
        )
        is_other_type = stored is None or stored.credential_type_id != credential_type.pk
        if "inputs" in attrs or is_other_type:
            kept = {} if stored is None or is_other_type else stored.inputs
            try:
                attrs["inputs"] = to_store(attrs.get("inputs", {}), credential_type, kept)
            except InvalidInputs as error:
                raise ValidationError({"inputs": error.problem}) from None
        return attrs


class NewCredentialSerializer(CredentialSerializer):
    """A credential that is made: it also says whose it is to be."""

    user = PrimaryKeyField(
        queryset=User.objects.all(),
        required=False,
        allow_null=True,
        write_only=True,
        help_text="The user whose it is, where it is no organization's.",
    )
    # There are no teams yet to name.
    team = PrimaryKeyField(
        queryset=Organization.objects.none(),
        required=False,
        allow_null=True,
        write_only=True,
        help_text="There are no teams yet.",
    )

    class Meta(CredentialSerializer.Meta):
        fields: ClassVar = [*CredentialSerializer.Meta.fields, "user", "team"]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        owners = sorted(name for name in ("user", "team", "organization") if attrs.get(name))
        if not owners:
            raise ValidationError({"detail": ["Missing 'user', 'team', or 'organization'."]})
        if len(owners) > 1:
            text = (
                "Only one of 'user', 'team', or 'organization' should be provided, "
                f"received {', '.join(owners)} fields."
            )
            raise ValidationError({"detail": [text]})
        return super().validate(attrs)

    def create(self, validated_data: dict[str, Any]) -> Any:
        validated_data.pop("team", None)
        return super().create(validated_data | {"owner": validated_data.pop("user", None)})


class CredentialViewSet(Resource):
    """What calls identify themselves with. Secret inputs are encrypted, and shown as $encrypted$."""

    queryset = CREDENTIALS
    serializer_class = CredentialSerializer
    secret_fields = ("inputs",)

    def get_serializer_class(self) -> Any:
        return CredentialSerializer if self.detail else NewCredentialSerializer


def _named(obj: Any) -> dict[str, Any]:
    return {"id": obj.pk, "name": obj.name, "description": obj.description}


def _is_used(credential: Credential) -> bool:
    """Whether anything has it attached: other apps' relations, by their reverse accessors."""
    relations = [one for one in Credential._meta.related_objects if one.many_to_many]
    return any(getattr(credential, str(one.get_accessor_name())).exists() for one in relations)
