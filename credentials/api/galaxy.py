"""Credentials for Ansible Galaxy, from which AWX installs collections. There is nothing to install here."""

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from access.models import Organization
from access.rules import may_change
from api.openapi import ANY_OBJECT, OpenApi
from api.views import ReadOnlySublist
from credentials.api.credentials import CREDENTIALS, CredentialSerializer
from credentials.models import Credential


class OrganizationGalaxyCredentials(ReadOnlySublist):
    """Those of one organization. There are none, and none can be attached."""

    queryset = CREDENTIALS.none()
    serializer_class = CredentialSerializer
    parents = Organization.objects.all()
    # The view itself asks who may attach.
    attaches = True
    creates = False

    def get_queryset(self) -> QuerySet[Credential]:
        if not getattr(self, "swagger_fake_view", False) and self.request.method == "GET":
            self.get_parent()
        return CREDENTIALS.none()

    @OpenApi(request=OpenApiTypes.OBJECT, responses={400: ANY_OBJECT})
    def post(self, request: Request, parent_pk: int) -> Response:
        if not may_change(request.user, self.get_parent(), {}):
            raise PermissionDenied
        raise ValidationError({"msg": "Belfry takes nothing from Ansible Galaxy."})
