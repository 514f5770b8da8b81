"""The activity stream: who changed what, when, from where (AWX's form). access.audit writes it."""

from typing import ClassVar

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone


class Operation(models.TextChoices):
    """AWX's operations, and Belfry's own: login and logout."""

    CREATE = "create", "Entity Created"
    UPDATE = "update", "Entity Updated"
    DELETE = "delete", "Entity Deleted"
    ASSOCIATE = "associate", "Entity Associated with another Entity"
    DISASSOCIATE = "disassociate", "Entity was Disassociated with another Entity"
    LOGIN = "login", "User logged in"
    LOGOUT = "logout", "User logged out"


class ActivityStream(models.Model):
    """One change. `object1` and `object2` are AWX's types of what it concerns; the objects may be gone since."""

    Operation = Operation

    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    # Of an actor who was deleted since, this remains.
    actor_username = models.CharField(max_length=150, blank=True, default="")
    timestamp = models.DateTimeField(default=timezone.now, db_index=True)
    operation = models.CharField(max_length=12, choices=Operation.choices)
    changes = models.JSONField(blank=True, default=dict, encoder=DjangoJSONEncoder)
    object1 = models.CharField(max_length=64)
    object1_pk = models.BigIntegerField(null=True)
    object2 = models.CharField(max_length=64, blank=True, default="")
    object2_pk = models.BigIntegerField(null=True)
    object_association = models.CharField(max_length=64, blank=True, default="")
    object_type = models.CharField(max_length=64, blank=True, default="")
    action_node = models.CharField(max_length=512, blank=True, default="")
    # Where the request came from.
    address = models.GenericIPAddressField(null=True)

    class Meta:
        ordering = ["id"]
        verbose_name = "activity stream entry"
        verbose_name_plural = "activity stream"
        indexes: ClassVar = [
            # Read by the stream of one object.
            models.Index(fields=["object1", "object1_pk", "id"], name="activity_object1"),
            models.Index(fields=["object2", "object2_pk", "id"], name="activity_object2"),
        ]

    def __str__(self) -> str:
        return f"{self.operation} {self.object1} {self.object1_pk} by {self.actor_username or 'nobody'}"
