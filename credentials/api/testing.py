"""Whether an external credential finds a secret: asked before it is saved, and answered without the secret."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from rest_framework import serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from api.openapi import ANY_OBJECT, OpenApi
from api.views import OneObject
from credentials.encryption import MASK
from credentials.exceptions import InvalidInputs
from credentials.inputs import checked_metadata, to_store
from credentials.models import Credential, CredentialType
from outbound.addresses import AllowList
from outbound.exceptions import CallFailed

STORED_SECRETS = (
    "Stored secrets are sent where they were stored for: with other inputs, give the secret ones anew."
)


class ExternalTestSerializer(serializers.Serializer[Any]):
    inputs = serializers.DictField(required=False, help_text="Inputs to use in place of the stored ones.")
    metadata = serializers.DictField(required=False, help_text="Which secret is looked up.")


class CredentialTest(OneObject):
    """POST looks a secret up with an external credential: 202 if it is there, 400 with what went wrong."""

    action = "test"
    queryset: QuerySet[Any] = Credential.objects.select_related("credential_type")
    serializer_class = ExternalTestSerializer

    def tested(self, inputs: Mapping[str, Any]) -> Credential:
        """A credential that is not saved. Raises InvalidInputs."""
        stored: Credential = self.get_object()
        given = {name: value for name, value in inputs.items() if value != MASK}
        secret = stored.credential_type.secret_names
        moved = any(value != stored.inputs.get(name) for name, value in given.items() if name not in secret)
        if moved and stored.encrypted_inputs.keys() - given.keys():
            raise InvalidInputs([STORED_SECRETS])
        kept = {
            name: MASK if name in stored.encrypted_inputs else value for name, value in stored.inputs.items()
        }
        return Credential(
            name=stored.name,
            credential_type=stored.credential_type,
            inputs=to_store(kept | given, stored.credential_type, stored.inputs),
        )

    @OpenApi(responses={202: ANY_OBJECT})
    def post(self, request: Request, pk: int) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        try:
            credential = self.tested(serializer.validated_data.get("inputs", {}))
        except InvalidInputs as error:
            raise ValidationError({"inputs": error.problem}) from None
        if not credential.credential_type.is_external:
            raise ValidationError({"inputs": "Only credentials of an external type look secrets up."})
        try:
            metadata = checked_metadata(
                serializer.validated_data.get("metadata", {}), credential.credential_type
            )
        except InvalidInputs as error:
            raise ValidationError({"metadata": error.problem}) from None
        # 6 MB of each web process (aiohttp), of which few are ever asked for a test.
        from credentials.injection import lookup_by  # noqa: PLC0415
        from credentials.lookups import look_up_now  # noqa: PLC0415

        try:
            look_up_now(lookup_by(credential, metadata), AllowList.parse(settings.OUTBOUND_ALLOWED_NETWORKS))
        except CallFailed as error:
            raise ValidationError({"inputs": str(error)}) from None
        return Response({}, status=status.HTTP_202_ACCEPTED)


class CredentialTypeTest(CredentialTest):
    """POST looks a secret up with inputs that no credential has yet."""

    queryset = CredentialType.objects.all()

    def tested(self, inputs: Mapping[str, Any]) -> Credential:
        credential_type: CredentialType = self.get_object()
        return Credential(
            name="test", credential_type=credential_type, inputs=to_store(inputs, credential_type, {})
        )
