"""`/config/` and `/settings/`: what AWX's clients ask of an installation. Everything is set by the environment."""

from typing import Any

from django.conf import settings
from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from access.permissions import EveryUser
from access.rules import sees_all
from api.middleware import PRODUCT_NAME, PRODUCT_VERSION
from api.root import install_uuid
from api.schema import ANY_OBJECT
from api.views import Endpoint

LICENSE = {
    "license_type": "open",
    "valid_key": True,
    "subscription_name": "OPEN",
    "product_name": PRODUCT_NAME,
}
CATEGORIES = {
    "all": "All",
    "authentication": "Authentication",
    "jobs": "Jobs",
    "system": "System",
}


class Config(Endpoint):
    """What this installation is. There is no license to install or to remove."""

    permission_classes = (EveryUser,)

    def get_view_name(self) -> str:
        return "Configuration"

    @extend_schema(responses={200: ANY_OBJECT})
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

    @extend_schema(request=OpenApiTypes.OBJECT, responses={200: ANY_OBJECT})
    def post(self, request: Request) -> Response:
        self._require_superuser(request)
        return Response(LICENSE)

    @extend_schema(responses={204: None})
    def delete(self, request: Request) -> Response:
        self._require_superuser(request)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @staticmethod
    def _require_superuser(request: Request) -> None:
        if not getattr(request.user, "is_superuser", False):
            raise PermissionDenied


LIFETIMES = (
    "ACCESS_TOKEN_EXPIRE_SECONDS",
    "REFRESH_TOKEN_EXPIRE_SECONDS",
    "AUTHORIZATION_CODE_EXPIRE_SECONDS",
)
TYPES = {int: "integer", str: "string", list: "list", dict: "nested object"}


def settings_of(category: str) -> dict[str, Any]:
    """The settings of a category by their names. None of them is a secret."""
    known: dict[str, dict[str, Any]] = {
        "authentication": {
            "SESSION_COOKIE_AGE": settings.SESSION_COOKIE_AGE,
            "OAUTH2_PROVIDER": {name: settings.OAUTH2_PROVIDER[name] for name in LIFETIMES},
            "LOGIN_FAILURES_SECONDS": settings.LOGIN_FAILURES_SECONDS,
            "LOGIN_FAILURES_PER_ACCOUNT": settings.LOGIN_FAILURES_PER_ACCOUNT,
            "LOGIN_FAILURES_PER_ADDRESS": settings.LOGIN_FAILURES_PER_ADDRESS,
        },
        "jobs": {
            "AWX_CONTRACT": settings.AWX_CONTRACT,
            "SCHEDULER_POLL_INTERVAL": settings.SCHEDULER_POLL_INTERVAL,
            "EXECUTION_LEASE_SECONDS": settings.EXECUTION_LEASE_SECONDS,
            "OUTBOUND_ALLOWED_NETWORKS": settings.OUTBOUND_ALLOWED_NETWORKS,
        },
        "system": {"INSTALL_UUID": install_uuid()},
    }
    if category == "all":
        return {name: value for values in known.values() for name, value in values.items()}
    return known[category]


class SettingCategories(Endpoint):
    """The categories of settings, for superusers and system auditors."""

    permission_classes = (EveryUser,)

    def get_view_name(self) -> str:
        return "Settings"

    @extend_schema(operation_id="settings_categories", responses={200: ANY_OBJECT})
    def get(self, request: Request) -> Response:
        shown = CATEGORIES if sees_all(request.user) else {}
        rows = [
            {"url": f"/api/v2/settings/{slug}/", "slug": slug, "name": name} for slug, name in shown.items()
        ]
        return Response({"count": len(rows), "next": None, "previous": None, "results": rows})


class Settings(Endpoint):
    """The settings of one category. They are changed in the environment, not here."""

    permission_classes = (EveryUser,)

    @extend_schema(responses={200: ANY_OBJECT})
    def get(self, request: Request, category: str) -> Response:
        if not sees_all(request.user):
            raise PermissionDenied
        if category not in CATEGORIES:
            raise Http404("No such category.")
        return Response(settings_of(category))

    def options(self, request: Request, category: str) -> Response:  # type: ignore[override]
        """AWX's command line asks which settings can be put before it lists any: here none can."""
        answer = super().options(request)
        shown = settings_of(category) if category in CATEGORIES and sees_all(request.user) else {}
        described = {name: {"type": TYPES[type(value)], "label": name} for name, value in shown.items()}
        answer.data["actions"] = {"GET": described, "PUT": {}}
        return answer
