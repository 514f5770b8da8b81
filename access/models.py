"""Who uses Belfry: users, organizations, teams, roles; and what every object of the API records of itself."""

import time
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models

from access.activity import ActivityStream
from access.oauth.models import AccessToken, Application, Grant, RefreshToken
from access.password_attempts import PasswordAttempts
from access.runtime_settings import Setting
from access.verified_passwords import VerifiedPasswords

# Django looks for models here.
__all__ = [
    "AccessToken",
    "ActivityStream",
    "Application",
    "CommonModel",
    "Grant",
    "Organization",
    "PasswordAttempts",
    "RefreshToken",
    "Role",
    "Setting",
    "Team",
    "User",
]

_verified_passwords = VerifiedPasswords()


class User(AbstractUser):
    """An account. `is_system_auditor` may read everything and change nothing (AWX's system auditor)."""

    is_system_auditor = models.BooleanField(default=False)

    # Set by authentication, for the length of a request that came with a token of scope `read`.
    is_limited_to_reading = False

    class Meta:
        ordering = ["username"]

    def check_password(self, raw_password: Any) -> bool:
        """As Django's; a password that was right within the last minute is not hashed again."""
        now = time.monotonic()
        if raw_password is not None and _verified_passwords.has(self.password, raw_password, at=now):
            return True
        is_right = super().check_password(raw_password)
        if is_right:
            _verified_passwords.add(self.password, raw_password, at=now)
        return is_right


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
