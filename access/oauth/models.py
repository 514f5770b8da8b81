"""OAuth 2 applications and what they are given: the models of django-oauth-toolkit, without a column for a secret.

Access tokens are one table, whether a user made them for himself or gave them to an application. Of tokens and codes
only the SHA-256 is kept, of a client secret what Django's hasher makes of it; each is shown once, when it is made.
"""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from oauth2_provider.generators import generate_client_secret
from oauth2_provider.models import (
    AbstractAccessToken,
    AbstractApplication,
    AbstractGrant,
    AbstractRefreshToken,
)
from oauth2_provider.validators import URIValidator

REDIRECT_SCHEMES = ("http", "https")


def digest_of(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


class DigestField(models.CharField):  # type: ignore[type-arg]
    """A secret by its digest: compared and stored as that, whoever asks by the secret itself."""

    def get_prep_value(self, value: Any) -> str | None:
        return None if value is None else digest_of(str(value))


class Application(AbstractApplication):
    """A program that users let act for them. It belongs to an organization, as in AWX."""

    class ClientType(models.TextChoices):
        CONFIDENTIAL = "confidential", "Confidential"
        PUBLIC = "public", "Public"

    class GrantType(models.TextChoices):
        AUTHORIZATION_CODE = "authorization-code", "Authorization code"
        PASSWORD = "password", "Resource owner password-based"

    # What django-oauth-toolkit can do beyond AWX has no column here.
    user = cimd_expires_at = None
    post_logout_redirect_uris = allowed_origins = algorithm = ""
    hash_client_secret = True
    registration_source = AbstractApplication.RegistrationSource.MANUAL

    name = models.CharField(max_length=255)
    description = models.TextField(blank=True, default="")
    organization = models.ForeignKey(
        "access.Organization", on_delete=models.CASCADE, related_name="applications"
    )
    client_type = models.CharField(max_length=32, choices=ClientType.choices)
    authorization_grant_type = models.CharField(max_length=32, choices=GrantType.choices)

    class Meta(AbstractApplication.Meta):
        ordering = ["organization__name", "name", "id"]
        verbose_name = "application"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["name", "organization"], name="application_name_unique"),
        ]

    @property
    def is_public(self) -> bool:
        return self.client_type == self.ClientType.PUBLIC

    def redirect_uri_allowed(self, uri: str) -> bool:
        """Letter for letter."""
        return uri in self.redirect_uris.split()

    def clean(self) -> None:
        """Raises ValidationError for redirect URIs that would lead nowhere (AWX's words)."""
        uris = self.redirect_uris.split()
        if not uris and self.authorization_grant_type == self.GrantType.AUTHORIZATION_CODE:
            raise ValidationError(
                f"redirect_uris cannot be empty with grant_type {self.authorization_grant_type}"
            )
        for uri in uris:
            scheme = uri.partition(":")[0].lower()
            if "://" in uri and scheme not in REDIRECT_SCHEMES:
                raise ValidationError(f"Unauthorized redirect scheme: {scheme}")
            URIValidator(schemes=REDIRECT_SCHEMES)(uri)
            if "#" in uri:
                raise ValidationError("Redirect URIs must not contain fragments")


class AccessToken(AbstractAccessToken):
    """An access token: a personal one, or one of an application. The token itself is shown once, by `issue`.

    `scope` is `read`, `write` or both, separated by a space: without `write` a token changes nothing.
    """

    READ = "read"
    WRITE = "write"

    # No column: the token is kept by its digest, `token_checksum`, alone; and there are no ID tokens.
    token = id_token = updated = None  # type: ignore[assignment]

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="access_tokens")
    application = models.ForeignKey(
        Application, on_delete=models.CASCADE, null=True, blank=True, related_name="access_tokens"
    )
    scope = models.TextField(default=WRITE)
    description = models.TextField(blank=True, default="")
    last_used = models.DateTimeField(null=True, editable=False)
    modified = models.DateTimeField(auto_now=True)

    class Meta(AbstractAccessToken.Meta):
        ordering = ["id"]

    def __str__(self) -> str:
        return f"token {self.pk} of {self.user}"

    @property
    def is_for_reading_only(self) -> bool:
        return self.WRITE not in self.scope.split()

    def is_for(self, address: str) -> bool:
        """Whether the token may be used at this address: an application may ask for one for some addresses only."""
        return bool(self.allows_audience(address))

    @classmethod
    def issue(
        cls,
        user: Any,
        *,
        lifetime: timedelta,
        scope: str,
        description: str = "",
        application: Application | None = None,
    ) -> "tuple[AccessToken, str]":
        """Make a token; returns its row and the secret itself, which cannot be had again."""
        secret = secrets.token_urlsafe(30)
        row = cls.objects.create(
            user=user,
            token_checksum=digest_of(secret),
            scope=scope,
            description=description,
            application=application,
            expires=timezone.now() + lifetime,
        )
        return row, secret

    @classmethod
    def usable(cls, secret: str, *, now: datetime) -> "AccessToken | None":
        """The row of a token that is known, has not expired, and whose user is active."""
        rows = cls.objects.select_related("user").filter(token_checksum=digest_of(secret))
        return rows.filter(expires__gt=now, user__is_active=True).first()

    def note_use(self, *, now: datetime) -> None:
        """Record that the token was used; written at most once a minute, however many requests come."""
        before = now - timedelta(minutes=1)
        if self.last_used is None or self.last_used < before:
            unnoted = models.Q(last_used__isnull=True) | models.Q(last_used__lt=before)
            AccessToken.objects.filter(unnoted, pk=self.pk).update(last_used=now)


def make_client_secret() -> str:
    return str(generate_client_secret())


class RefreshToken(AbstractRefreshToken):
    """What an application gets a new access token for. One whose access token is gone is worth nothing."""

    token = None  # type: ignore[assignment]

    class Meta(AbstractRefreshToken.Meta):
        pass

    @classmethod
    def issue(cls, access_token: AccessToken) -> str:
        """Make the refresh token of an application's access token; returns the secret, which cannot be had again."""
        secret = secrets.token_urlsafe(30)
        cls.objects.create(
            user=access_token.user,
            application=access_token.application,
            access_token=access_token,
            token_checksum=digest_of(secret),
        )
        return secret


class Grant(AbstractGrant):
    """An authorization code, until it is exchanged for a token."""

    code = DigestField(max_length=64, unique=True)

    class Meta(AbstractGrant.Meta):
        pass
