"""What an audit of workflows goes by of their steps."""

from collections.abc import Sequence
from datetime import datetime

from access.models import User
from access.rules import accessible
from jobs.audit.facts import Known, Steps
from jobs.audit.reading import call_facts
from jobs.models import JobTemplate, UnifiedJobTemplate
from jobs.statuses import TemplateKind
from workflows.models import WorkflowApprovalTemplate, WorkflowJobTemplate, WorkflowJobTemplateNode

_UNREAD = ("extra_vars", "survey_spec", "http_body", "http_headers")


def known_of_steps(templates: Sequence[UnifiedJobTemplate], user: User, _now: datetime) -> dict[int, Known]:
    """A template counts once, however many steps launch it; those that `user` may not read are only counted."""
    workflows = [template.pk for template in templates if isinstance(template, WorkflowJobTemplate)]
    nodes = WorkflowJobTemplateNode.objects.filter(
        workflow_job_template__in=workflows, unified_job_template__isnull=False
    )
    of_nodes = nodes.order_by("unified_job_template").distinct()
    launched: dict[int, list[tuple[int, str]]] = {pk: [] for pk in workflows}
    for workflow, pk, kind in of_nodes.values_list(
        "workflow_job_template", "unified_job_template", "unified_job_template__kind"
    ):
        launched[workflow].append((pk, kind))
    of_jobs = _of_kind(launched, TemplateKind.JOB_TEMPLATE)
    readable = accessible(JobTemplate.objects.filter(pk__in=of_jobs), user).select_related("project")
    calls = {pk: call_facts(row) for pk, row in readable.defer(*_UNREAD).order_by().in_bulk().items()}
    approvals = WorkflowApprovalTemplate.objects.filter(
        pk__in=_of_kind(launched, TemplateKind.WORKFLOW_APPROVAL_TEMPLATE), timeout__lte=0
    )
    endless = set(approvals.order_by().values_list("pk", flat=True))
    return {
        workflow: {
            "steps": Steps(
                calls=tuple(calls[pk] for pk, _ in steps if pk in calls),
                unreadable=sum(kind == TemplateKind.JOB_TEMPLATE and pk not in calls for pk, kind in steps),
                approvals=sum(kind == TemplateKind.WORKFLOW_APPROVAL_TEMPLATE for _, kind in steps),
                endless=tuple(pk for pk, _ in steps if pk in endless),
                others=sum(kind not in _LOOKED_AT for _, kind in steps),
            )
        }
        for workflow, steps in launched.items()
    }


_LOOKED_AT = (TemplateKind.JOB_TEMPLATE, TemplateKind.WORKFLOW_APPROVAL_TEMPLATE)


def _of_kind(launched: dict[int, list[tuple[int, str]]], wanted: TemplateKind) -> set[int]:
    return {pk for steps in launched.values() for pk, kind in steps if kind == wanted}
