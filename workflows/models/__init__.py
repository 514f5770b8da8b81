from workflows.models.nodes import EDGES, LISTS, WorkflowJobNode, WorkflowJobTemplateNode
from workflows.models.runs import Approval, WorkflowApproval, WorkflowJob
from workflows.models.templates import WorkflowApprovalTemplate, WorkflowJobTemplate

__all__ = [
    "EDGES",
    "LISTS",
    "Approval",
    "WorkflowApproval",
    "WorkflowApprovalTemplate",
    "WorkflowJob",
    "WorkflowJobNode",
    "WorkflowJobTemplate",
    "WorkflowJobTemplateNode",
]
