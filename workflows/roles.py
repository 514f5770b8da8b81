"""The roles of workflow job templates, and what they open of workflows, their nodes and their runs (AWX's rules)."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Model, Q, QuerySet
from rest_framework.exceptions import PermissionDenied

from access.models import User
from access.role_rules import named_object
from access.roles import (
    ADMIN,
    AUDITOR,
    EXECUTE,
    ORGANIZATION,
    READ,
    Kind,
    holding,
    holds,
    holds_somewhere,
    register_kind,
)
from access.rules import Rules, may_act, register
from jobs.kinds import own_of, register_launchable
from jobs.models import Label, UnifiedJob, UnifiedJobTemplate
from jobs.roles import UnifiedJobRules, may_move, may_put_into, named
from jobs.statuses import TemplateKind
from workflows.kinds import ApprovalKind, WorkflowKind
from workflows.models import (
    WorkflowApproval,
    WorkflowApprovalTemplate,
    WorkflowJob,
    WorkflowJobNode,
    WorkflowJobTemplate,
    WorkflowJobTemplateNode,
)

APPROVE, WORKFLOW_ADMIN = "approval_role", "workflow_admin_role"
WORKFLOW = TemplateKind.WORKFLOW_JOB_TEMPLATE.value
WORKFLOW_ROLES: dict[str, tuple[str, ...]] = {
    ADMIN: (),
    EXECUTE: (ADMIN,),
    READ: (EXECUTE, APPROVE),
    APPROVE: (ADMIN,),
}


class WorkflowJobTemplateRules(Rules):
    def readable(self, user: User) -> Q:
        return holding(user, WORKFLOW, READ, organization="organization_id")

    def may_add(self, user: User, data: Mapping[str, Any]) -> bool:
        """With the organization's `workflow_admin_role`; without an organization only superusers may.

        Raises PermissionDenied with AWX's empty body.
        """
        if not data:
            return holds_somewhere(user, ORGANIZATION, WORKFLOW_ADMIN)
        if named(data, "organization") and may_put_into(user, data, WORKFLOW_ADMIN):
            return True
        raise PermissionDenied(detail={})

    def may_change(self, user: User, obj: WorkflowJobTemplate, data: Mapping[str, Any]) -> bool:
        return holds(user, obj, ADMIN) and may_move(user, obj, data, WORKFLOW_ADMIN)

    def may_delete(self, user: User, obj: WorkflowJobTemplate) -> bool:
        return holds(user, obj, ADMIN)

    def may_act(self, user: User, obj: WorkflowJobTemplate, action: str) -> bool:
        match action:
            case "launch" | "schedule":
                return holds(user, obj, EXECUTE)
            case "approve":
                return holds(user, obj, APPROVE)
            case "copy":
                if obj.organization is None:
                    return False
                return holds(user, obj, READ) and holds(user, obj.organization, WORKFLOW_ADMIN)
            case _:
                return False


class NodeRules(Rules):
    """Whoever reads a workflow reads its nodes; its administrators change them, with what they may launch."""

    def readable(self, user: User) -> Q:
        return holding(
            user,
            WORKFLOW,
            READ,
            own="workflow_job_template_id",
            organization="workflow_job_template__organization_id",
        )

    def may_add(self, user: User, data: Mapping[str, Any]) -> bool:
        if not data:
            return holds_somewhere(user, WORKFLOW, ADMIN)
        workflow = named_object(WorkflowJobTemplate, data.get("workflow_job_template"))
        administers = (
            holds_somewhere(user, WORKFLOW, ADMIN) if workflow is None else holds(user, workflow, ADMIN)
        )
        return administers and may_launch_named(user, data)

    def may_change(self, user: User, obj: WorkflowJobTemplateNode, data: Mapping[str, Any]) -> bool:
        if not holds(user, obj.workflow_job_template, ADMIN):
            return False
        is_other = str(data.get("unified_job_template")) != str(obj.unified_job_template_id)
        return not is_other or may_launch_named(user, data)

    def may_delete(self, user: User, obj: WorkflowJobTemplateNode) -> bool:
        return holds(user, obj.workflow_job_template, ADMIN)

    def may_act(self, user: User, obj: WorkflowJobTemplateNode, action: str) -> bool:
        return action == "change" and holds(user, obj.workflow_job_template, ADMIN)

    def may_attach(self, user: User, parent: WorkflowJobTemplateNode, child: Model, relation: str) -> bool:
        if not self.may_change(user, parent, {}):
            return False
        if isinstance(child, WorkflowJobTemplateNode | Label):
            return super().may_attach(user, parent, child, relation)
        return may_act(user, child, "use")


def may_launch_named(user: User, data: Mapping[str, Any]) -> bool:
    """Whether `user` may launch the template that a body names, if it names one that is there."""
    template = named_object(UnifiedJobTemplate, data.get("unified_job_template"))
    return template is None or may_act(user, template, "launch")


class ApprovalTemplateRules(Rules):
    """Those of the workflow that it is a step of."""

    def readable(self, user: User) -> Q:
        return ApprovalKind().holding(user, READ)

    def may_change(self, user: User, obj: WorkflowApprovalTemplate, data: Mapping[str, Any]) -> bool:
        return ApprovalKind().holds(user, obj, ADMIN)

    def may_delete(self, user: User, obj: WorkflowApprovalTemplate) -> bool:
        return ApprovalKind().holds(user, obj, ADMIN)

    def may_act(self, user: User, obj: WorkflowApprovalTemplate, action: str) -> bool:
        return action == "launch" and ApprovalKind().holds(user, obj, EXECUTE)


class JobNodeRules(Rules):
    """Whoever reads the run of a workflow reads its nodes."""

    def readable(self, user: User) -> Q:
        return Q(workflow_job__in=readable_runs(user))


class ApprovalRules(UnifiedJobRules):
    """Whoever reads the workflow sees what waits in its runs; who has its `approval_role` decides."""

    def readable(self, user: User) -> Q:
        return Q(unified_job_node__workflow_job__in=readable_runs(user))

    def may_act(self, user: User, obj: UnifiedJob, action: str) -> bool:
        return action == "approve" and may_approve(user, obj)


def may_approve(user: User, approval: UnifiedJob) -> bool:
    try:
        template = approval.unified_job_node.workflow_job.unified_job_template
    except WorkflowJobNode.DoesNotExist:
        return False
    workflow = own_of(template) if template else None
    return workflow is not None and may_act(user, workflow, "approve")


def readable_runs(user: User) -> QuerySet[WorkflowJob, Any]:
    """The ids of the workflows' runs that `user` may read."""
    runs = WorkflowJob.objects.order_by().filter(UnifiedJobRules().readable(user))
    return runs.values("pk")


def register_kinds_and_rules() -> None:
    register_kind(
        Kind(
            WORKFLOW,
            WorkflowJobTemplate,
            "workflow_job_templates",
            WORKFLOW_ROLES,
            from_organization={
                ADMIN: (WORKFLOW_ADMIN,),
                EXECUTE: (EXECUTE,),
                READ: (AUDITOR,),
                APPROVE: (APPROVE,),
            },
        )
    )
    register_launchable(WorkflowKind())
    register_launchable(ApprovalKind())
    rules: dict[type[Model], Rules] = {
        WorkflowJobTemplate: WorkflowJobTemplateRules(),
        WorkflowJobTemplateNode: NodeRules(),
        WorkflowApprovalTemplate: ApprovalTemplateRules(),
        WorkflowJobNode: JobNodeRules(),
        WorkflowApproval: ApprovalRules(),
    }
    for model, own in rules.items():
        register(model, own)
