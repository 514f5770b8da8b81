"""`/api/` and `/api/v2/`: where a client begins, without having logged in."""

from collections.abc import Callable
from typing import Any

from django.middleware.csrf import get_token
from django.utils.http import urlencode
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from api.openapi import OpenApi
from api.routers import listed
from api.views import Endpoint

# AWX's names in its order; what else there is follows.
ORDER = (
    *("ping", "instances", "instance_groups", "receptor_addresses", "config", "settings", "me", "dashboard"),
    *(
        "organizations",
        "users",
        "execution_environments",
        "projects",
        "project_updates",
        "teams",
        "credentials",
    ),
    *("credential_types", "credential_input_sources", "applications", "tokens", "metrics", "inventory"),
    *("constructed_inventory", "inventory_sources", "inventory_updates", "groups", "hosts", "host_metrics"),
    *("host_metric_summary_monthly", "job_templates", "jobs", "ad_hoc_commands", "system_job_templates"),
    *("system_jobs", "schedules", "roles", "notification_templates", "notifications", "labels"),
    *("unified_job_templates", "unified_jobs", "activity_stream", "workflow_job_templates", "workflow_jobs"),
    *("workflow_approvals", "workflow_job_template_nodes", "workflow_job_nodes", "mesh_visualizer", "bulk"),
    *("analytics", "service_index", "role_definitions", "role_user_assignments", "role_team_assignments"),
)


# Paths that AWX shows without the `format` that was asked for.
UNFORMATTED = ("service_index", "role_definitions", "role_user_assignments", "role_team_assignments")


class LoginInfo:
    """What those are told who are about to log in; the app that knows puts its function here."""

    text: Callable[[], str] = staticmethod(lambda: "")


class RootSerializer(serializers.Serializer[Any]):
    description = serializers.CharField()
    current_version = serializers.CharField()
    available_versions = serializers.DictField(child=serializers.CharField())
    oauth2 = serializers.CharField()
    custom_logo = serializers.CharField()
    custom_login_info = serializers.CharField()
    login_redirect_override = serializers.CharField()


class Root(Endpoint):
    """The versions of the API. Getting this page also sets the cookie that a login by form needs (`csrftoken`)."""

    permission_classes = (AllowAny,)

    def get_view_name(self) -> str:
        return "API"

    @OpenApi(responses=RootSerializer)
    def get(self, request: Request) -> Response:
        # It sets the cookie.
        get_token(request)
        chosen = request.query_params.get("format")
        current = "/api/v2/" + ("" if chosen is None else "?" + urlencode({"format": chosen}))
        return Response(
            {
                "description": "Belfry's API, which is AWX's",
                "current_version": current,
                "available_versions": {"v2": current},
                "oauth2": "/api/o/",
                "custom_logo": "",
                "custom_login_info": LoginInfo.text(),
                "login_redirect_override": "",
            }
        )


class VersionRoot(Endpoint):
    """Every resource of the API by its name. These names are the commands of AWX's command line."""

    permission_classes = (AllowAny,)

    def get_view_name(self) -> str:
        return "Version 2"

    @OpenApi(responses={200: {"type": "object", "additionalProperties": {"type": "string"}}})
    def get(self, request: Request) -> Response:
        names = [name for name in ORDER if name in listed]
        names += [name for name in listed if name not in ORDER]
        chosen = request.query_params.get("format")
        suffix = "" if chosen is None else "?" + urlencode({"format": chosen})
        return Response({name: listed[name] + ("" if name in UNFORMATTED else suffix) for name in names})
