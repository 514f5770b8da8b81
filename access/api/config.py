"""`/config/`: what AWX's clients ask of an installation."""

from django.conf import settings
from drf_spectacular.types import OpenApiTypes
from rest_framework import status
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from access.permissions import EveryUser
from api.middleware import PRODUCT_NAME, PRODUCT_VERSION
from api.openapi import ANY_OBJECT, OpenApi
from api.views import Endpoint

LICENSE = {
    "license_type": "open",
    "valid_key": True,
    "subscription_name": "OPEN",
    "product_name": PRODUCT_NAME,
}


class Config(Endpoint):
    """What this installation is. There is no license to install or to remove."""

    permission_classes = (EveryUser,)

    def get_view_name(self) -> str:
        return "Configuration"

    @OpenApi(responses={200: ANY_OBJECT})
    def get(self, request: Request) -> Response:
        return Response(
            {
                "time_zone": settings.TIME_ZONE,
                "license_info": LICENSE,
                "version": PRODUCT_VERSION,
                "eula": "",
                "analytics_status": "off",
                "analytics_collectors": {},
                "become_methods": [],
            }
        )

    @OpenApi(request=OpenApiTypes.OBJECT, responses={200: ANY_OBJECT})
    def post(self, request: Request) -> Response:
        self._require_superuser(request)
        return Response(LICENSE)

    @OpenApi(responses={204: None})
    def delete(self, request: Request) -> Response:
        self._require_superuser(request)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @staticmethod
    def _require_superuser(request: Request) -> None:
        if not getattr(request.user, "is_superuser", False):
            raise PermissionDenied
