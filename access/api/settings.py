"""`/settings/`: what is set, and the few settings that superusers change here instead of in the environment."""

from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import Http404
from rest_framework import status
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from access import audit
from access.activity import Operation
from access.api.changeable_settings import CHANGEABLE, checked, described, values_of
from access.permissions import EveryUser, body_of
from access.rules import sees_all
from access.runtime_settings import reset, write
from api.installation import install_uuid
from api.openapi import ANY_OBJECT, OpenApi
from api.views import Endpoint

CATEGORIES = {
    "all": "All",
    "authentication": "Authentication",
    "jobs": "Jobs",
    "system": "System",
}
LIFETIMES = (
    "ACCESS_TOKEN_EXPIRE_SECONDS",
    "REFRESH_TOKEN_EXPIRE_SECONDS",
    "AUTHORIZATION_CODE_EXPIRE_SECONDS",
)
TYPES = {int: "integer", str: "string", list: "list", dict: "nested object"}


def fixed_settings(category: str) -> dict[str, Any]:
    """Those that the environment says, by their names. None of them is a secret."""
    known: dict[str, dict[str, Any]] = {
        "authentication": {
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


def _fixed(name: str, value: Any) -> dict[str, str]:
    return {"type": TYPES[type(value)], "label": name}


class SettingCategories(Endpoint):
    """The categories of settings, for superusers and system auditors."""

    permission_classes = (EveryUser,)

    def get_view_name(self) -> str:
        return "Settings"

    @OpenApi(operation_id="settings_categories", responses={200: ANY_OBJECT})
    def get(self, request: Request) -> Response:
        shown = CATEGORIES if sees_all(request.user) else {}
        rows = [
            {"url": f"/api/v2/settings/{slug}/", "slug": slug, "name": name} for slug, name in shown.items()
        ]
        return Response({"count": len(rows), "next": None, "previous": None, "results": rows})


class Settings(Endpoint):
    """The settings of one category. Superusers change some by PATCH and PUT; DELETE takes all changes back."""

    permission_classes = (EveryUser,)

    @OpenApi(responses={200: ANY_OBJECT})
    def get(self, request: Request, category: str) -> Response:
        return Response(self._read(request, category))

    @OpenApi(request={"application/json": ANY_OBJECT}, responses={200: ANY_OBJECT})
    @transaction.atomic
    def patch(self, request: Request, category: str) -> Response:
        """What is unknown here, or set by the environment, is passed over (AWX's way)."""
        before = self._changeable(request, category)
        sent = body_of(request)
        given = checked({key: sent[key] for key in before if key in sent})
        for key, value in given.items():
            if before[key] != value:
                write(key, value)
        self._announce(request, before, category)
        return Response(self._read(request, category))

    put = patch

    @OpenApi(responses={204: None})
    @transaction.atomic
    def delete(self, request: Request, category: str) -> Response:
        before = self._changeable(request, category)
        reset(list(before))
        self._announce(request, before, category)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def options(self, request: Request, category: str) -> Response:  # type: ignore[override]
        """AWX's command line asks which settings can be put before it changes one."""
        answer = super().options(request)
        shown = self._read(request, category) if category in CATEGORIES and sees_all(request.user) else {}
        found = {
            name: described(name, CATEGORIES) if name in CHANGEABLE else _fixed(name, value)
            for name, value in shown.items()
        }
        writable = {name: {**one, "required": False} for name, one in found.items() if name in CHANGEABLE}
        answer.data["actions"] = {"GET": found, "PUT": writable if is_superuser(request) else {}}
        return answer

    @staticmethod
    def _read(request: Request, category: str) -> dict[str, Any]:
        if not sees_all(request.user):
            raise PermissionDenied
        if category not in CATEGORIES:
            raise Http404("No such category.")
        return values_of(category) | fixed_settings(category)

    @staticmethod
    def _changeable(request: Request, category: str) -> dict[str, Any]:
        if not is_superuser(request):
            raise PermissionDenied
        if category not in CATEGORIES:
            raise Http404("No such category.")
        return values_of(category)

    @staticmethod
    def _announce(request: Request, before: dict[str, Any], category: str) -> None:
        """One entry for each setting that has another value now."""
        for key, value in values_of(category).items():
            if before[key] != value:
                audit.record(
                    request,
                    operation=Operation.UPDATE,
                    kind="setting",
                    pk=None,
                    values={key: [before[key], value]},
                )


def is_superuser(request: Request) -> bool:
    return bool(getattr(request.user, "is_superuser", False))
