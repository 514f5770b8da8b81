"""Where runs are carried out: instances (the workers), groups of them, and AWX's execution environments."""

import uuid
from decimal import Decimal
from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from access.models import CommonModel, Organization
from credentials.models import Credential

CONTROL_PLANE, DEFAULT = "controlplane", "default"
# The groups that are always there.
STANDING_GROUPS = (CONTROL_PLANE, DEFAULT)


class Instance(models.Model):
    """A worker. It makes its row itself and says every few seconds that it is alive (instances/heartbeat.py)."""

    class NodeType(models.TextChoices):
        CONTROL = "control", "Control plane node"
        EXECUTION = "execution", "Execution plane node"
        HYBRID = "hybrid", "Controller and execution"
        HOP = "hop", "Message-passing node, no execution capability"

    class State(models.TextChoices):
        """A row has none: what it is follows from when the worker was last seen (instances/querysets.py)."""

        PROVISIONING = "provisioning", "Provisioning"
        PROVISION_FAIL = "provision-fail", "Provisioning Failure"
        INSTALLED = "installed", "Installed"
        READY = "ready", "Ready"
        UNAVAILABLE = "unavailable", "Unavailable"
        DEPROVISIONING = "deprovisioning", "De-provisioning"
        DEPROVISION_FAIL = "deprovision-fail", "De-provisioning Failure"

    hostname = models.CharField(max_length=250, unique=True, editable=False)
    # That of the worker's present life.
    uuid = models.UUIDField(default=uuid.uuid4, editable=False)
    version = models.CharField(max_length=120, blank=True, default="", editable=False)
    node_type = models.CharField(
        max_length=16, choices=NodeType.choices, default=NodeType.HYBRID, editable=False
    )
    # How many calls it keeps in flight.
    full_capacity = models.PositiveIntegerField(default=0, editable=False)
    cpu = models.DecimalField(max_digits=4, decimal_places=1, default=0, editable=False)
    memory = models.BigIntegerField(default=0, editable=False)
    started = models.DateTimeField(null=True, editable=False)
    last_seen = models.DateTimeField(null=True, editable=False)
    # A disabled instance claims no runs.
    enabled = models.BooleanField(default=True)
    # Kept and given back unchanged, without effect.
    managed_by_policy = models.BooleanField(default=True)
    capacity_adjustment = models.DecimalField(
        max_digits=3,
        decimal_places=2,
        default=Decimal("1.00"),
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(1))],
    )
    created = models.DateTimeField(auto_now_add=True)
    modified = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["hostname"]

    def __str__(self) -> str:
        return self.hostname


class InstanceGroup(models.Model):
    """Instances that templates and organizations can name: their runs are then claimed by these alone."""

    name = models.CharField(max_length=250, unique=True)
    instances = models.ManyToManyField(Instance, blank=True, related_name="rampart_groups")
    # New instances join where this is 100, or where the list names them.
    policy_instance_percentage = models.IntegerField(
        default=0, blank=True, validators=[MinValueValidator(0), MaxValueValidator(100)]
    )
    policy_instance_list = models.JSONField(default=list, blank=True)
    # Kept and given back unchanged, without effect.
    policy_instance_minimum = models.IntegerField(default=0, blank=True, validators=[MinValueValidator(0)])
    max_concurrent_jobs = models.IntegerField(default=0, blank=True, validators=[MinValueValidator(0)])
    max_forks = models.IntegerField(default=0, blank=True, validators=[MinValueValidator(0)])
    is_container_group = models.BooleanField(default=False)
    credential = models.ForeignKey(
        Credential, null=True, blank=True, on_delete=models.SET_NULL, related_name="instance_groups"
    )
    pod_spec_override = models.TextField(blank=True, default="")
    organizations = models.ManyToManyField(
        Organization, through="OrganizationGroup", blank=True, related_name="instance_groups"
    )
    created = models.DateTimeField(auto_now_add=True)
    modified = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["id"]
        verbose_name = "instance group"

    def __str__(self) -> str:
        return self.name

    @property
    def is_standing(self) -> bool:
        return self.name in STANDING_GROUPS


class OrganizationGroup(models.Model):
    """An instance group of an organization; which was attached first is asked first."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="group_places")
    instance_group = models.ForeignKey(
        InstanceGroup, on_delete=models.CASCADE, related_name="organization_places"
    )

    class Meta:
        ordering = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organization", "instance_group"], name="organization_group_once"
            ),
        ]

    def __str__(self) -> str:
        return f"group {self.instance_group_id} of organization {self.organization_id}"


class ExecutionEnvironment(CommonModel):
    """AWX's container image for runs: kept and given back. Calls need none, so it has no effect."""

    class Pull(models.TextChoices):
        UNSAID = "", "---------"
        ALWAYS = "always", "Always pull container before running."
        MISSING = "missing", "Only pull the image if not present before running."
        NEVER = "never", "Never pull container before running."

    organization = models.ForeignKey(
        Organization,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="execution_environments",
    )
    image = models.CharField(max_length=1024)
    managed = models.BooleanField(default=False, editable=False)
    credential = models.ForeignKey(
        Credential, null=True, blank=True, on_delete=models.SET_NULL, related_name="execution_environments"
    )
    pull = models.CharField(max_length=16, choices=Pull.choices, blank=True, default=Pull.UNSAID)

    class Meta:
        ordering = ["-created"]
        verbose_name = "execution environment"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["name"], name="execution_environment_name_unique"),
        ]
