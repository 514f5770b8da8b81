"""Credentials as resources: secret inputs go in as text and come out as `$encrypted$`."""

from typing import Any, ClassVar

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from access.api.serializers import RuledSerializer
from access.audit import record_role
from access.models import Team, User
from api.fields import PrimaryKeyField
from api.views import Resource
from credentials.api.owners import owners_of
from credentials.exceptions import InvalidInputs
from credentials.inputs import shown, to_store
from credentials.models import Credential, CredentialType
from credentials.roles import CREDENTIAL, CREDENTIAL_ROLES, give_to_team, give_to_user

CREDENTIALS = Credential.objects.select_related(
    "credential_type", "organization", "created_by", "modified_by"
)
SUBLISTS = ("access_list", "object_roles", "owner_users", "owner_teams", "input_sources", "copy")
IN_USE = (
    "You cannot change the credential type of the credential, as it may break the functionality of the "
    "resources using it."
)


class CredentialSerializer(RuledSerializer):
    resource = "credentials"
    object_type = "credential"
    role_kind = CREDENTIAL
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
        for owner in owners_of(self, obj)[:1]:
            related.setdefault(owner["type"], owner["url"])
        related["credential_type"] = f"/api/v2/credential_types/{obj.credential_type_id}/"
        return related | {name: f"{own}{name}/" for name in SUBLISTS}

    def get_summary_fields(self, obj: Any) -> dict[str, Any]:
        summary = super().get_summary_fields(obj)
        if obj.organization_id:
            summary["organization"] = _named(obj.organization)
        return summary | {"credential_type": _named(obj.credential_type), "owners": owners_of(self, obj)}

    def may(self, capability: str, obj: Any) -> bool:
        """AWX says only superusers copy; others may ask `copy/` itself."""
        asker = self.context["request"].user
        return super().may(capability, obj) and (capability != "copy" or asker.is_superuser)

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
                attrs["inputs"] = to_store(attrs.get("inputs", {}), credential_type, kept, _sourced(stored))
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
        help_text="The user whose it is to be, if it is not a team's or an organization's.",
    )
    team = PrimaryKeyField(
        queryset=Team.objects.select_related("organization"),
        required=False,
        allow_null=True,
        write_only=True,
        help_text="The team whose it is to be: it is then its organization's, and the members may use it.",
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
        if attrs.get("team"):
            attrs["organization"] = attrs["team"].organization
        return super().validate(attrs)

    def create(self, validated_data: dict[str, Any]) -> Any:
        user, team = validated_data.pop("user", None), validated_data.pop("team", None)
        credential = super().create(validated_data)
        request = self.context["request"]
        if user is not None:
            record_role(request, give_to_user(credential, user), user, given=True)
        if team is not None:
            record_role(request, give_to_team(credential, team), team, given=True)
        return credential


class CredentialViewSet(Resource):
    """What calls identify themselves with. Secret inputs are encrypted, and shown as $encrypted$."""

    queryset = CREDENTIALS
    serializer_class = CredentialSerializer
    encrypted_fields = ("inputs",)
    named_by = (("name",), ("credential_type__name", "credential_type__kind"), ("organization__name",))
    object_roles = tuple(CREDENTIAL_ROLES)

    def get_serializer_class(self) -> Any:
        return CredentialSerializer if self.detail else NewCredentialSerializer


def _named(obj: Any) -> dict[str, Any]:
    return {"id": obj.pk, "name": obj.name, "description": obj.description}


def _sourced(credential: Credential | None) -> set[str]:
    """The inputs that are looked up elsewhere."""
    return {row.input_field_name for row in credential.input_sources.all()} if credential else set()


def _is_used(credential: Credential) -> bool:
    """Whether anything has it attached, or is looked up by it or for it: by the reverse accessors of relations."""
    relations = [one for one in Credential._meta.related_objects if one.many_to_many or one.one_to_many]
    return any(getattr(credential, str(one.get_accessor_name())).exists() for one in relations)
