"""Where endpoints report of the runs that they have accepted. An attempt's own token is the authentication."""

from typing import Any
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.permissions import knows_method
from api.exceptions import Conflict
from api.missing import missing
from api.openapi import ANY_OBJECT, OpenApi
from api.views import Endpoint
from jobs.api.serializers.reports import ReportSerializer
from jobs.callbacks import TOKEN_HEADER, attempt_of
from jobs.exceptions import ReportRefused
from jobs.execution.reports import Report, take
from jobs.models import UnifiedJob

BEARER = "Bearer "


class RunToken(BaseAuthentication):
    """Nobody is behind such a request; its `auth` is the number of the attempt whose token it has."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, int] | None:
        attempt = attempt_of(_token(request), _run_id(request.parser_context["kwargs"]["run_id"]))
        return None if attempt is None else (AnonymousUser(), attempt)

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="run"'


class HasRunToken(BasePermission):
    message = f"The token of this run is missing or wrong: the call had it in its header {TOKEN_HEADER}."

    def has_permission(self, request: Request, view: APIView) -> bool:
        return knows_method(request, view) and (request.method == "OPTIONS" or request.auth is not None)


class RunStatus(Endpoint):
    """POST, by an endpoint that answered 202: how far it is, or how it ended.

    The token is what the call had in `X-Belfry-Run-Token`: in the same header, or as `Authorization: Bearer`. A
    report that comes again changes nothing; one that comes too late is answered with 409.
    """

    authentication_classes: Any = (RunToken,)
    permission_classes = (HasRunToken,)
    serializer_class = ReportSerializer

    @OpenApi(request=ReportSerializer, responses={200: ANY_OBJECT}, auth=[])
    def post(self, request: Request, run_id: str) -> Response:
        serializer = ReportSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        report = Report(
            **{name: value for name, value in serializer.validated_data.items() if value is not None}
        )
        attempt: Any = request.auth
        try:
            status = take(_run_id(run_id), attempt, report)
        except UnifiedJob.DoesNotExist:
            raise missing(UnifiedJob) from None
        except ReportRefused as error:
            raise Conflict(str(error)) from None
        return Response({"status": status})


def _token(request: Request) -> str:
    given = request.META.get("HTTP_AUTHORIZATION", "")
    return request.headers.get(TOKEN_HEADER) or (
        given.removeprefix(BEARER) if given.startswith(BEARER) else ""
    )


def _run_id(text: str) -> UUID:
    """The id that a path names; one that nobody has where it is no id at all."""
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)
