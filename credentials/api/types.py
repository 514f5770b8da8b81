"""Credential types as resources."""

from typing import Any, ClassVar

from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.fields import iter_options

from access.api.serializers import RuledSerializer
from api.fields import OptionField
from api.views import Resource
from credentials.exceptions import InvalidInputs
from credentials.injectors import checked_injectors
from credentials.models import CredentialType
from credentials.type_inputs import checked_inputs

# What users may make; the other kinds are managed.
OWN_KINDS = (CredentialType.Kind.NET, CredentialType.Kind.CLOUD)


class KindField(OptionField):
    """A kind; forms offer those that users may make."""

    def iter_options(self) -> Any:
        return iter_options({kind.value: kind.label for kind in OWN_KINDS})


class CredentialTypeSerializer(RuledSerializer):
    resource = "credential_types"
    object_type = "credential_type"

    kind = KindField(choices=CredentialType.Kind.choices)
    inputs = serializers.JSONField(
        required=False,
        initial=dict,
        help_text="What a credential consists of: {'fields': [{'id', 'label', 'type', 'secret', …}], 'required': […]}.",
    )
    injectors = serializers.JSONField(
        required=False,
        initial=dict,
        help_text="What a call is given: {'headers': {…}, 'extra_vars': {…}}, with {{ id }} for an input.",
    )

    class Meta:
        model = CredentialType
        fields: ClassVar = ["name", "description", "kind", "namespace", "managed", "inputs", "injectors"]

    def shape_options(self, fields: dict[str, Any], method: str) -> dict[str, Any]:
        """OPTIONS offers the kinds that users may make."""
        if method != "GET":
            fields["kind"]["choices"] = [[kind.value, kind.label] for kind in OWN_KINDS]
        return fields

    def get_related(self, obj: Any) -> dict[str, str]:
        return super().get_related(obj) | {"credentials": f"{self.get_url(obj)}credentials/"}

    def validate_kind(self, kind: str) -> str:
        if kind not in OWN_KINDS:
            raise ValidationError(f"Must be 'cloud' or 'net', not {kind}")
        return kind

    def run_validation(self, data: Any = serializers.empty) -> Any:
        if isinstance(self.instance, CredentialType) and self.instance.managed:
            raise PermissionDenied("Modifications not allowed for managed credential types")
        return super().run_validation(data)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        stored = self.instance if isinstance(self.instance, CredentialType) else CredentialType()
        if "inputs" in attrs:
            attrs["inputs"] = self._checked("inputs", checked_inputs, attrs["inputs"])
            if attrs["inputs"] != stored.inputs and stored.pk and stored.credentials.exists():
                raise PermissionDenied(
                    "Modifications to inputs are not allowed for credential types that are in use"
                )
        if "inputs" in attrs or "injectors" in attrs:
            fields = attrs.get("inputs", stored.inputs).get("fields", ())
            names = frozenset(field["id"] for field in fields)
            self._checked("injectors", checked_injectors, attrs.get("injectors", stored.injectors), names)
        return attrs

    @staticmethod
    def _checked(name: str, check: Any, *values: Any) -> Any:
        try:
            return check(*values)
        except InvalidInputs as error:
            raise ValidationError({name: error.problem}) from None


class CredentialTypeViewSet(Resource):
    """What credentials may consist of. Those that are managed come with Belfry and cannot be changed."""

    queryset = CredentialType.objects.select_related("created_by", "modified_by")
    named_by = (("name", "kind"),)
    serializer_class = CredentialTypeSerializer
    secret_fields = ()

    def perform_destroy(self, instance: CredentialType) -> None:
        if instance.managed:
            raise PermissionDenied("Deletion not allowed for managed credential types")
        if instance.credentials.exists():
            raise PermissionDenied("Credential types that are in use cannot be deleted")
        super().perform_destroy(instance)
