"""How often passwords may be tried. Counted in the database, so that it holds for all processes.

A bound on one account would let anybody keep its owner out, and one on an address a whole team that shares it. So
whoever has signed in from an address before is judged there by his own failures alone; the bounds on what comes for
one account, and from one address, are for the rest.
"""

import hashlib
import ipaddress
from datetime import datetime, timedelta
from typing import ClassVar, Self

from django.conf import settings
from django.db import models, transaction
from django.db.models import Case, F, Min, Q, Sum, Value, When

from access.exceptions import TooManyFailures

# How long an address is remembered from which an account signed in, and how exactly.
REMEMBERED = timedelta(days=30)
PRECISION = timedelta(days=1)


class PasswordAttempts(models.Model):
    """What was tried for one account from one address.

    The account is the digest of the name: people now and then type their password there.
    """

    account = models.CharField(max_length=64)
    address = models.CharField(max_length=45, db_index=True)
    failures = models.PositiveIntegerField(default=0)
    # The first of these failures.
    since = models.DateTimeField(db_index=True)
    succeeded = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account", "address"], name="password_attempts_once"),
        ]

    def __str__(self) -> str:
        return f"{self.failures} failures from {self.address}"

    @classmethod
    def begin(cls, username: str, address: str | None, *, now: datetime) -> Self:
        """Where the outcome of an attempt is to be noted. Raises TooManyFailures if it must not be made now."""
        account = hashlib.sha256(username.encode("utf-8", "surrogatepass")).hexdigest()
        place = network_of(address)
        known = cls.objects.filter(account=account, address=place).first()
        row = known or cls(account=account, address=place, since=now)
        if row.succeeded is not None and row.succeeded > now - REMEMBERED:
            cls._check(Q(pk=row.pk), settings.LOGIN_FAILURES_PER_ACCOUNT, now=now)
        else:
            strangers = _strangers(now)
            cls._check(strangers & Q(account=account), settings.LOGIN_FAILURES_PER_ACCOUNT, now=now)
            cls._check(strangers & Q(address=place), settings.LOGIN_FAILURES_PER_ADDRESS, now=now)
        return row

    @classmethod
    def _check(cls, rows: Q, bound: int, *, now: datetime) -> None:
        recent = cls.objects.filter(rows, since__gt=now - _window())
        found = recent.aggregate(failures=Sum("failures", default=0), first=Min("since"))
        if found["failures"] >= bound:
            raise TooManyFailures(wait=found["first"] + _window() - now)

    @transaction.atomic
    def note_failure(self, *, now: datetime) -> None:
        key = {"account": self.account, "address": self.address}
        _, made = PasswordAttempts.objects.get_or_create(**key, defaults={"failures": 1, "since": now})
        if not made:
            long_ago = When(since__lte=now - _window(), then=Value(1))
            PasswordAttempts.objects.filter(**key).update(
                failures=Case(long_ago, default=F("failures") + 1),
                since=Case(When(since__lte=now - _window(), then=Value(now)), default=F("since")),
            )
        past = PasswordAttempts.objects.filter(_strangers(now), since__lte=now - _window())
        PasswordAttempts.objects.filter(pk__in=past.select_for_update(skip_locked=True).values("pk")).delete()

    def note_success(self, *, now: datetime) -> None:
        if self.failures or self.succeeded is None or self.succeeded < now - PRECISION:
            PasswordAttempts.objects.update_or_create(
                account=self.account,
                address=self.address,
                defaults={"failures": 0, "since": now, "succeeded": now},
            )


def _window() -> timedelta:
    return timedelta(seconds=settings.LOGIN_FAILURES_SECONDS)


def _strangers(now: datetime) -> Q:
    return Q(succeeded__isnull=True) | Q(succeeded__lte=now - REMEMBERED)


def network_of(address: str | None) -> str:
    """What one client has to itself: an address of IPv4, 64 bits of IPv6."""
    if address is None:
        return ""
    found = ipaddress.ip_address(address)
    if isinstance(found, ipaddress.IPv6Address):
        mapped = found.ipv4_mapped
        return str(mapped or ipaddress.ip_network((found, 64), strict=False).network_address)
    return str(found)
