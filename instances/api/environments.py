"""Execution environments as resources, those of an organization, and copies of them."""

from typing import Any, ClassVar

from django.db import transaction
from rest_framework import serializers, status
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from access.api.serializers import RuledSerializer
from access.api.views import asker
from access.models import Organization
from access.rules import may_act
from api.changes import announce_created
from api.openapi import ANY_OBJECT, OpenApi
from api.views import OneObject, Resource, Sublist
from credentials.models import Credential, CredentialType
from instances.images import is_image
from instances.models import ExecutionEnvironment

ENVIRONMENTS = ExecutionEnvironment.objects.select_related(
    "organization", "credential__credential_type", "created_by", "modified_by"
)


class ExecutionEnvironmentSerializer(RuledSerializer):
    resource = "execution_environments"
    object_type = "execution_environment"
    capabilities = ("edit", "delete", "copy")

    class Meta:
        model = ExecutionEnvironment
        fields: ClassVar = ["name", "description", "organization", "image", "managed", "credential", "pull"]
        extra_kwargs: ClassVar = {
            "organization": {
                "help_text": "The organization used to determine access to this execution environment."
            },
            "image": {
                "help_text": "The full image location, including the container registry, image name, and version tag."
            },
            "pull": {"help_text": "Pull image before running?"},
        }

    def get_related(self, obj: Any) -> dict[str, str]:
        own = self.get_url(obj)
        related = super().get_related(obj)
        related |= {name: f"{own}{name}/" for name in ("unified_job_templates", "copy")}
        if obj.organization_id:
            related["organization"] = f"/api/v2/organizations/{obj.organization_id}/"
        if obj.credential_id:
            related["credential"] = f"/api/v2/credentials/{obj.credential_id}/"
        return related

    def get_summary_fields(self, obj: Any) -> dict[str, Any]:
        summary = super().get_summary_fields(obj)
        if obj.organization:
            summary["organization"] = _brief(obj.organization)
        if obj.credential:
            kinds = {name: getattr(obj.credential, name) for name in ("kind", "cloud", "kubernetes")}
            summary["credential"] = _brief(obj.credential) | kinds
        return summary

    def validate_image(self, image: str) -> str:
        if not is_image(image):
            raise ValidationError(f"{image} is not a valid name of a container image.")
        return image

    def validate_credential(self, credential: Credential | None) -> Credential | None:
        if credential and credential.credential_type.kind != CredentialType.Kind.REGISTRY:
            raise ValidationError(
                "Only Container Registry credentials can be associated with an Execution Environment"
            )
        return credential

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        organization = attrs.get("organization")
        if self.instance is not None and organization and organization.pk != self.instance.organization_id:
            raise ValidationError(
                {"organization": "Cannot change the organization of an execution environment"}
            )
        asker, credential = self.context["request"].user, attrs.get("credential")
        is_new = credential is not None and credential != getattr(self.instance, "credential", None)
        if credential is not None and is_new and not may_act(asker, credential, "use"):
            raise PermissionDenied
        return attrs

    def may(self, capability: str, obj: Any) -> bool:
        return not (obj.managed and capability in ("edit", "delete")) and super().may(capability, obj)


class ExecutionEnvironmentViewSet(Resource):
    """Container images, kept for AWX's clients: Belfry's calls need none."""

    queryset = ENVIRONMENTS
    serializer_class = ExecutionEnvironmentSerializer
    named_by = (("name",),)

    def get_object(self) -> ExecutionEnvironment:
        environment: ExecutionEnvironment = super().get_object()
        if environment.managed and self.request.method in ("PUT", "PATCH", "DELETE"):
            raise PermissionDenied
        return environment


class OrganizationEnvironments(Sublist):
    """The execution environments of one organization; POST makes one more."""

    queryset = ENVIRONMENTS
    serializer_class = ExecutionEnvironmentSerializer
    parents = Organization.objects.all()
    parent_relation: ClassVar[str] = "organization"
    parent_field: ClassVar[str] = "organization"


class EnvironmentCopySerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=512)


class ExecutionEnvironmentCopy(OneObject):
    """GET says whether the asker may copy the execution environment; POST makes the copy, under another name."""

    action = "copy"
    queryset = ENVIRONMENTS
    serializer_class = EnvironmentCopySerializer

    @OpenApi(responses={200: ANY_OBJECT})
    def get(self, request: Request, pk: int) -> Response:
        return Response({"can_copy": may_act(request.user, self.get_object(), "copy")})

    @OpenApi(responses={201: ExecutionEnvironmentSerializer})
    @transaction.atomic
    def post(self, request: Request, pk: int) -> Response:
        original = self.get_object()
        user = asker(request)
        given = self.get_serializer(data=request.data)
        given.is_valid(raise_exception=True)
        name = given.validated_data["name"]
        if name == original.name:
            text = f"The original object is already named {name}, a copy from it cannot have the same name."
            raise ValidationError({"__all__": [text]})
        values = {
            field: getattr(original, field)
            for field in ("description", "organization", "image", "credential", "pull")
        }
        if values["credential"] is not None and not may_act(user, values["credential"], "use"):
            values["credential"] = None
        copied = ExecutionEnvironment(name=name, created_by=user, modified_by=user, **values)
        serializer = ExecutionEnvironmentSerializer(copied, context=self.get_serializer_context())
        copied.full_clean(validate_unique=True)
        copied.save()
        announce_created(request, serializer)
        shown: dict[str, Any] = dict(serializer.data)
        return Response(shown, status=status.HTTP_201_CREATED, headers={"Location": shown["url"]})


def _brief(obj: Any) -> dict[str, Any]:
    return {"id": obj.pk, "name": obj.name, "description": obj.description}
