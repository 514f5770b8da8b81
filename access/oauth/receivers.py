"""What applications are given goes to the activity stream, too."""

from typing import Any

from oauth2_provider.signals import app_authorized

from access import audit
from access.activity import Operation
from access.oauth.models import AccessToken


def listen() -> None:
    """Connect the recorder; called once, when the app is loaded."""
    app_authorized.connect(_on_authorized)


def _on_authorized(*, request: Any, token: AccessToken, **_: Any) -> None:
    request.user = token.user
    shown = {"id": token.pk, "application": token.application_id, "scope": token.scope}
    audit.record(request, operation=Operation.CREATE, kind="o_auth2_access_token", pk=token.pk, values=shown)
