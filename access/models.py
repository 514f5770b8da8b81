"""Who uses Belfry: users, organizations, access tokens; and what every object of the API records of itself."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils import timezone

from access.activity import ActivityStream  # noqa: F401 - Django looks for models here


class User(AbstractUser):
    """An account. `is_system_auditor` may read everything and change nothing (AWX's system auditor)."""

    is_system_auditor = models.BooleanField(default=False)

    # Set by authentication, for the length of a request that came with a token of scope `read`.
    is_limited_to_reading = False

    class Meta:
        ordering = ["username"]


class CommonModel(models.Model):
    """What AWX shows of every object: name, description, and who made and changed it when."""

    name = models.CharField(max_length=512)
    description = models.TextField(blank=True, default="")
    created = models.DateTimeField(auto_now_add=True)
    modified = models.DateTimeField(auto_now=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )
    modified_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name


class Organization(CommonModel):
    """The owner of templates, as in AWX."""

    max_hosts = models.PositiveIntegerField(blank=True, default=0)
    # Kept and given back, without effect.
    default_environment = models.ForeignKey(
        "instances.ExecutionEnvironment",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )

    class Meta:
        ordering = ["name"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["name"], name="organization_name_unique")]


class Team(CommonModel):
    """Users of an organization who are given roles together."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="teams")

    class Meta:
        ordering = ["organization__name", "name", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization", "name"], name="team_name_unique"),
        ]


class Role(models.Model):
    """What somebody may do with one object, such as its `execute_role`; or, without an object, with the system.

    `kind` and `object_id` name the object: lists are filtered by both, so no table of kinds has to be joined. Each
    object has one row for each of its kind's role fields (access/roles.py); what a role implies is said there.
    """

    kind = models.CharField(max_length=32)
    object_id = models.BigIntegerField(null=True)
    role_field = models.CharField(max_length=64)
    members = models.ManyToManyField(settings.AUTH_USER_MODEL, blank=True, related_name="roles")
    teams = models.ManyToManyField(Team, blank=True, related_name="roles")
    # Teams of which the administrators hold the role, and not all members.
    ruling_teams = models.ManyToManyField(Team, blank=True, related_name="+")

    class Meta:
        ordering = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["kind", "object_id", "role_field"], nulls_distinct=False, name="role_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role_field} of {self.kind} {self.object_id}"


class AccessToken(models.Model):
    """A personal access token. Only its SHA-256 is kept; the token itself is shown once, by `issue`.

    `scope` is `read`, `write` or both, separated by a space: without `write` a token changes nothing.
    """

    READ = "read"
    WRITE = "write"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="access_tokens")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    scope = models.CharField(max_length=10, default=WRITE)
    description = models.TextField(blank=True, default="")
    expires = models.DateTimeField()
    last_used = models.DateTimeField(null=True, editable=False)
    created = models.DateTimeField(auto_now_add=True)
    modified = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"token {self.pk} of {self.user}"

    @property
    def is_for_reading_only(self) -> bool:
        return self.WRITE not in self.scope.split()

    @staticmethod
    def digest_of(token: str) -> str:
        return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()

    @classmethod
    def issue(
        cls, user: "User", *, lifetime: timedelta, scope: str, description: str
    ) -> "tuple[AccessToken, str]":
        """Make a token; returns its row and the secret itself, which cannot be had again."""
        secret = secrets.token_urlsafe(30)
        row = cls.objects.create(
            user=user,
            digest=cls.digest_of(secret),
            scope=scope,
            description=description,
            expires=timezone.now() + lifetime,
        )
        return row, secret

    @classmethod
    def usable(cls, secret: str, *, now: datetime) -> "AccessToken | None":
        """The row of a token that is known, has not expired, and whose user is active."""
        rows = cls.objects.select_related("user").filter(digest=cls.digest_of(secret))
        return rows.filter(expires__gt=now, user__is_active=True).first()

    def note_use(self, *, now: datetime) -> None:
        """Record that the token was used; written at most once a minute, however many requests come."""
        before = now - timedelta(minutes=1)
        if self.last_used is None or self.last_used < before:
            unnoted = models.Q(last_used__isnull=True) | models.Q(last_used__lt=before)
            AccessToken.objects.filter(unnoted, pk=self.pk).update(last_used=now)
