"""Begin and end a session: /api/login/ and /api/logout/, for browsers and for AWX's command line."""

from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie

from access import audit
from access.activity import Operation
from access.exceptions import TooManyFailures
from access.runtime_settings import value_of

AFTER_LOGIN = "/api/"


@method_decorator(ensure_csrf_cookie, name="dispatch")
class Login(LoginView):
    """The form, and its answer: 302 to `next` with a fresh session, or 401 with the form again."""

    http_method_names = ["get", "post", "head", "options"]
    template_name = "rest_framework/login.html"
    next_page = AFTER_LOGIN

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.accepts("text/html"):
            # Status and body are AWX's.
            return HttpResponse("None", status=406, content_type="text/plain", headers={"Vary": "Accept"})
        return super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().post(request, *args, **kwargs)
        except TooManyFailures as error:
            form = self.get_form_class()(request)
            context = self.get_context_data(form=form, refusal=str(error))
            headers = {"Retry-After": str(error.seconds)}
            return self.render_to_response(context, status=429, headers=headers)

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        response = super().form_valid(form)
        # Django keeps the key when the same user logs in again.
        self.request.session.cycle_key()
        self.request.session.set_expiry(value_of("SESSION_COOKIE_AGE"))
        audit.record(self.request, operation=Operation.LOGIN, kind="user", pk=self.request.user.pk)
        response["X-API-Session-Cookie-Name"] = settings.SESSION_COOKIE_NAME
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(login_info=value_of("CUSTOM_LOGIN_INFO"), **kwargs)

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=401)


@method_decorator(never_cache, name="dispatch")
class Logout(View):
    """End the session. By GET as well, as AWX does; a POST needs the CSRF token."""

    http_method_names = ["get", "post", "options"]

    def get(self, request: HttpRequest) -> HttpResponseBase:
        if request.user.is_authenticated:
            audit.record(request, operation=Operation.LOGOUT, kind="user", pk=request.user.pk)
        logout(request)
        return HttpResponseRedirect(AFTER_LOGIN)

    def post(self, request: HttpRequest) -> HttpResponseBase:
        return self.get(request)
