"""Inputs of credentials that are looked up elsewhere, as resources."""

from typing import Any, ClassVar

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from access.api.serializers import RuledSerializer
from api.fields import PrimaryKeyField
from api.views import Resource, Sublist
from credentials.api.summaries import credential_summary
from credentials.exceptions import InvalidInputs
from credentials.inputs import checked_metadata
from credentials.models import Credential, CredentialInputSource

SOURCES = CredentialInputSource.objects.select_related(
    "target_credential__credential_type",
    "source_credential__credential_type",
    "created_by",
    "modified_by",
)
CREDENTIALS = Credential.objects.select_related("credential_type")


class InputSourceSerializer(RuledSerializer):
    resource = "credential_input_sources"
    object_type = "credential_input_source"

    target_credential = PrimaryKeyField(queryset=CREDENTIALS, help_text="The credential whose input it is.")
    source_credential = PrimaryKeyField(
        queryset=CREDENTIALS, help_text="The credential of an external type that looks the input up."
    )
    metadata = serializers.JSONField(
        required=False,
        initial=dict,
        help_text="Which secret it is, by the names of the metadata of the external type.",
    )

    class Meta:
        model = CredentialInputSource
        fields: ClassVar = [
            "description",
            "input_field_name",
            "metadata",
            "target_credential",
            "source_credential",
        ]
        extra_kwargs: ClassVar = {"input_field_name": {"help_text": "The input that is looked up."}}

    def get_related(self, obj: Any) -> dict[str, str]:
        return super().get_related(obj) | {
            "source_credential": f"/api/v2/credentials/{obj.source_credential_id}/",
            "target_credential": f"/api/v2/credentials/{obj.target_credential_id}/",
        }

    def get_summary_fields(self, obj: Any) -> dict[str, Any]:
        summary = super().get_summary_fields(obj)
        for name in ("source_credential", "target_credential"):
            credential = getattr(obj, name)
            summary[name] = credential_summary(credential) | {
                "credential_type_id": credential.credential_type_id
            }
        return summary

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        def value_of(name: str) -> Any:
            return attrs[name] if name in attrs else getattr(self.instance, name)

        target, source = value_of("target_credential"), value_of("source_credential")
        if target.credential_type.is_external:
            raise ValidationError({"target_credential": ["Target must be a non-external credential"]})
        if not source.credential_type.is_external:
            raise ValidationError({"source_credential": ["Source must be an external credential"]})
        names = sorted(target.credential_type.fields_by_id)
        if value_of("input_field_name") not in names:
            text = f"Input field must be defined on target credential (options are {', '.join(names)})."
            raise ValidationError({"input_field_name": [text]})
        try:
            metadata = attrs.get("metadata", self.instance.metadata if self.instance else {})
            attrs["metadata"] = checked_metadata(metadata, source.credential_type)
        except InvalidInputs as error:
            raise ValidationError({"metadata": error.problem}) from None
        return attrs


class InputSourceViewSet(Resource):
    """Inputs of credentials that are not stored, but looked up by another credential whenever a call is made."""

    queryset = SOURCES
    serializer_class = InputSourceSerializer


class CredentialInputSources(Sublist):
    """The inputs of one credential that are looked up; POST makes one more so."""

    queryset = SOURCES
    serializer_class = InputSourceSerializer
    parents = Credential.objects.all()
    parent_relation = parent_field = "target_credential"
