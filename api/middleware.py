"""What every answer of the API has in common, views or not."""

import socket
import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

API = "/api/"

PRODUCT_NAME = "AWX"
# The version whose API is spoken; AWX's clients compare its first number with their own.
PRODUCT_VERSION = "24.6.1"
NODE = socket.gethostname()

Handler = Callable[[HttpRequest], HttpResponse]


def product_headers(get_response: Handler) -> Handler:
    """AWX's headers: which node took how long, and to whom has logged in also what it is."""

    def middleware(request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        response = get_response(request)
        if not request.path_info.startswith(API):
            return response
        response["X-API-Time"] = f"{time.perf_counter() - started:.3f}s"
        response["X-API-Node"] = NODE
        user = getattr(request, "user", None)
        if user is not None and user.is_authenticated:
            response["X-API-Product-Name"] = PRODUCT_NAME
            response["X-API-Product-Version"] = PRODUCT_VERSION
        return response

    return middleware
