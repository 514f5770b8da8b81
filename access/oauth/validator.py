"""What decides on requests of OAuth 2 clients, where it is not django-oauth-toolkit's way."""

from datetime import timedelta
from typing import Any

from django.utils import timezone
from oauth2_provider.oauth2_validators import OAuth2Validator
from oauth2_provider.settings import oauth2_settings

from access.oauth.models import AccessToken, Application, RefreshToken, digest_of


class Validator(OAuth2Validator):
    def _load_application(self, client_id: str | None, request: Any) -> Application | None:
        # No text of PostgreSQL has a null character.
        if client_id is None or "\0" in client_id:
            return None
        application: Application | None = super()._load_application(client_id, request)
        return application

    def is_pkce_required(self, client_id: str, request: Any) -> bool:
        """Public clients have no secret, so they prove by PKCE that a code is theirs."""
        # The library would take an empty challenge for one, and then ask for no proof.
        request.code_challenge = request.code_challenge or None
        return bool(request.client.is_public)

    def validate_grant_type(
        self, client_id: str, grant_type: str, client: Application, request: Any, *args: Any, **kwargs: Any
    ) -> bool:
        if grant_type == "password":
            # Discouraged today, which the library would log each time; AWX's command line signs in by it.
            return bool(client.allows_grant_type(Application.GrantType.PASSWORD))
        return bool(super().validate_grant_type(client_id, grant_type, client, request, *args, **kwargs))

    def validate_code(
        self, client_id: str, code: str, client: Any, request: Any, *args: Any, **kwargs: Any
    ) -> bool:
        known = super().validate_code(client_id, code, client, request, *args, **kwargs)
        return bool(known and request.user.is_active)

    def validate_refresh_token(
        self, refresh_token: str, client: Any, request: Any, *args: Any, **kwargs: Any
    ) -> bool:
        # Of two who use it at once the second waits here, and then finds it used.
        rows = RefreshToken.objects.select_for_update().filter(token_checksum=digest_of(refresh_token))
        lifetime = timedelta(seconds=oauth2_settings.REFRESH_TOKEN_EXPIRE_SECONDS)
        if any(row.created + lifetime <= timezone.now() for row in rows):
            return False
        known = super().validate_refresh_token(refresh_token, client, request, *args, **kwargs)
        return bool(known and request.user.is_active)

    def _create_access_token(
        self, expires: Any, request: Any, token: dict[str, Any], source_refresh_token: Any = None
    ) -> AccessToken:
        row = AccessToken(
            user=request.user,
            application=request.client,
            scope=token["scope"],
            expires=expires,
            source_refresh_token=source_refresh_token,
            resource=request.resource,
        )
        self._set_token_value(row, token["access_token"])
        row.save()
        return row
