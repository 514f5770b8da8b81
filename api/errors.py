"""Every error as AWX words it: an object at the top, with `detail` or texts by field; never a 500 for bad input."""

import logging
from http import HTTPStatus
from typing import Any

from django.core.exceptions import (
    DisallowedHost,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    ValidationError,
)
from django.db import DataError, IntegrityError, OperationalError
from django.db.models import ProtectedError, RestrictedError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.serializers import as_serializer_error
from rest_framework.views import exception_handler, set_rollback

from api.exceptions import Conflict, RequestTooLarge

logger = logging.getLogger(__name__)

LOGIN_HINT = "To establish a login session, visit /api/login/."
WRONG_CONTENT_TYPE = (
    "You did not use correct Content-Type in your HTTP request. If you are using our REST API, the Content-Type must "
    "be application/json"
)
NOT_UNDERSTOOD = "The request could not be understood by the server."
UNKNOWN_HOST = "Belfry does not go by this host name. Whoever runs it can add the name to ALLOWED_HOSTS."
NOT_FOUND = "The requested resource could not be found."

UNIQUE_VIOLATION = "23505"
FOREIGN_KEY_VIOLATION = "23503"
QUERY_CANCELED = "57014"
SURROGATES = "surrogates not allowed"


def _sqlstate(error: Exception) -> str:
    return str(getattr(error.__cause__, "sqlstate", "") or "")


def _from_database(error: IntegrityError | DataError) -> exceptions.APIException:
    """What the database refused after all checks, such as the second of two equal requests at once."""
    state = _sqlstate(error)
    if state == UNIQUE_VIOLATION:
        return exceptions.ValidationError({"__all__": ["An object with these values already exists."]})
    if state == FOREIGN_KEY_VIOLATION:
        return Conflict("An object that is referred to does not exist, or is still in use.")
    logger.warning("The database refused a request's values: %s %s", type(error).__name__, state)
    return exceptions.ValidationError({"__all__": ["A value is out of range or not allowed."]})


def as_api_error(error: Exception) -> Exception:
    """The DRF exception that says what another means for a client; what is no client's fault comes back as it is."""
    match error:
        case ValidationError():
            return exceptions.ValidationError(as_serializer_error(error))
        case ProtectedError() | RestrictedError():
            return Conflict("The object is in use by others and cannot be deleted.")
        case IntegrityError() | DataError():
            return _from_database(error)
        case OperationalError() if _sqlstate(error) == QUERY_CANCELED:
            return exceptions.ParseError("The query takes too long; ask for less at once.")
        case UnicodeEncodeError() if SURROGATES in error.reason:
            return exceptions.ParseError("Surrogate characters are not allowed.")
        case RequestDataTooBig():
            return RequestTooLarge()
        case SuspiciousOperation():
            return exceptions.ParseError(str(error))
    return error


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's EXCEPTION_HANDLER. None (a 500) only for what no client has caused."""
    error = as_api_error(error)
    response = exception_handler(error, context)
    if response is None:
        return None
    set_rollback()
    if isinstance(error, exceptions.UnsupportedMediaType):
        response.data = {"detail": WRONG_CONTENT_TYPE}
    if isinstance(response.data, list):
        response.data = {"__all__": response.data}
    if response.status_code == status.HTTP_401_UNAUTHORIZED and "detail" in response.data:
        response.data["detail"] = f"{response.data['detail']} {LOGIN_HINT}"
    return response


def _answer(request: HttpRequest, code: HTTPStatus, text: str) -> HttpResponse:
    if request.path.startswith("/api/"):
        return JsonResponse({"detail": text}, status=code)
    return _page(request, code, text)


def _page(request: HttpRequest, code: HTTPStatus, text: str) -> HttpResponse:
    return render(request, "error.html", {"code": code.value, "text": text}, status=code)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    text = UNKNOWN_HOST if isinstance(exception, DisallowedHost) else NOT_UNDERSTOOD
    return _answer(request, HTTPStatus.BAD_REQUEST, text)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    text = str(exception) if isinstance(exception, PermissionDenied) and str(exception) else ""
    return _answer(
        request, HTTPStatus.FORBIDDEN, text or "You do not have permission to perform this action."
    )


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """A path that leads nowhere is a page, under /api/ too (AWX's way); an object that is not there is JSON."""
    return _page(request, HTTPStatus.NOT_FOUND, NOT_FOUND)


def server_error(request: HttpRequest) -> HttpResponse:
    return _answer(request, HTTPStatus.INTERNAL_SERVER_ERROR, "A server error has occurred.")
