"""The nodes of workflows, and those of their runs, which are copies: an edit never changes a run on its way."""

import uuid
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from api.variables import InvalidVariables, parse_variables
from credentials.models import Credential
from instances.models import ExecutionEnvironment, InstanceGroup
from inventories.models import Inventory
from jobs.models import Label, UnifiedJob, UnifiedJobTemplate
from jobs.statuses import Status
from workflows.models.runs import WorkflowJob
from workflows.models.templates import WorkflowJobTemplate

# The paths that lead on from a node, by how it ended.
EDGES = ("success_nodes", "failure_nodes", "always_nodes")
# What a node answers to prompts with several objects.
LISTS = ("credentials", "labels", "instance_groups")


def new_identifier() -> str:
    return str(uuid.uuid4())


class Node(models.Model):
    """What is launched at one place of a workflow, with what, and where it goes from there."""

    created = models.DateTimeField(auto_now_add=True)
    modified = models.DateTimeField(auto_now=True)
    identifier = models.CharField(max_length=512, blank=True, default=new_identifier)
    unified_job_template = models.ForeignKey(
        UnifiedJobTemplate, null=True, blank=True, on_delete=models.SET_NULL, related_name="%(class)ss"
    )
    all_parents_must_converge = models.BooleanField(default=False)
    success_nodes = models.ManyToManyField(
        "self", symmetrical=False, blank=True, related_name="%(class)ss_success"
    )
    failure_nodes = models.ManyToManyField(
        "self", symmetrical=False, blank=True, related_name="%(class)ss_failure"
    )
    always_nodes = models.ManyToManyField(
        "self", symmetrical=False, blank=True, related_name="%(class)ss_always"
    )

    # Answers to the template's prompts; of `prompts` a name that is absent was not answered.
    extra_data = models.JSONField(blank=True, default=dict)
    # The names of those of `extra_data` that are encrypted: answers to password questions.
    secret_variables = models.JSONField(default=list, editable=False)
    prompts = models.JSONField(blank=True, default=dict)
    inventory = models.ForeignKey(
        Inventory, null=True, blank=True, on_delete=models.SET_NULL, related_name="%(class)ss"
    )
    execution_environment = models.ForeignKey(
        ExecutionEnvironment, null=True, blank=True, on_delete=models.SET_NULL, related_name="%(class)ss"
    )
    credentials = models.ManyToManyField(Credential, blank=True, related_name="%(class)ss")
    labels = models.ManyToManyField(Label, blank=True, related_name="%(class)ss")
    instance_groups = models.ManyToManyField(InstanceGroup, blank=True, related_name="%(class)ss")

    class Meta:
        abstract = True
        ordering = ["id"]

    def __str__(self) -> str:
        return self.identifier

    @property
    def variables(self) -> dict[str, Any]:
        """`extra_data` as a mapping; a text that holds none is kept and means nothing (AWX's way)."""
        try:
            return parse_variables(self.extra_data or {})
        except InvalidVariables:
            return {}

    def secret_holders(self) -> list[tuple[dict[str, Any], list[str]]]:
        """Where its secrets are stored, and their names there (jobs/rotation.py)."""
        return [(self.extra_data, self.secret_variables)] if self.secret_variables else []

    @property
    def answers(self) -> dict[str, Any]:
        """All that it answers to prompts, by name: values, objects and lists of objects; the parameters apart."""
        objects = {"inventory": self.inventory, "execution_environment": self.execution_environment}
        found = {**self.prompts, **{name: one for name, one in objects.items() if one is not None}}
        lists = {name: list(getattr(self, name).all()) for name in LISTS} if self.pk else {}
        return found | {name: rows for name, rows in lists.items() if rows}


class WorkflowJobTemplateNode(Node):
    workflow_job_template = models.ForeignKey(
        WorkflowJobTemplate, on_delete=models.CASCADE, related_name="workflow_job_template_nodes"
    )

    class Meta(Node.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["identifier", "workflow_job_template"], name="workflow_node_identifier_unique"
            ),
        ]


class WorkflowJobNode(Node):
    """A node of one run. `job` is written once, in the transaction that makes it."""

    workflow_job = models.ForeignKey(WorkflowJob, on_delete=models.CASCADE, related_name="workflow_job_nodes")
    job = models.OneToOneField(
        UnifiedJob, null=True, on_delete=models.SET_NULL, related_name="unified_job_node"
    )
    do_not_run = models.BooleanField(default=False)
    # How its run ended, once the workflow has taken note of it.
    ended_as = models.CharField(max_length=20, choices=Status.choices, blank=True, default="")
    # What the runs before it answered, which it is launched with.
    ancestor_artifacts = models.JSONField(default=dict)

    class Meta(Node.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["workflow_job", "identifier"], name="workflow_job_node_identifier_unique"
            ),
        ]
        indexes: ClassVar = [
            # Read by every step: whose runs are going, or have ended unnoticed?
            models.Index(fields=["job"], condition=Q(ended_as="", job__isnull=False), name="node_going"),
        ]
