from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from access.permissions import EveryUser
from access.rules import accessible
from api.exposure import kinds
from api.openapi import ANY_OBJECT, OpenApi
from api.routers import listed
from api.views import Endpoint
from inventories.models import Group, Host, Inventory
from jobs.dashboard import PERIODS, ended_runs
from jobs.models import InventorySource, Project, UnifiedJob
from jobs.querysets import with_run_state
from jobs.statuses import JobKind, Status

# AWX's sections, and the type of the objects that each counts; shown as far as the resource is there.
SECTIONS = {
    "inventories": "inventory",
    "groups": "group",
    "hosts": "host",
    "projects": "project",
    "users": "user",
    "organizations": "organization",
    "teams": "team",
    "credentials": "credential",
    "job_templates": "job_template",
}
# Belfry's own section: the steps of workflows that wait for somebody.
APPROVALS = "workflow_approvals"
SOURCES = {"git": "Git", "svn": "Subversion", "archive": "Remote Archive"}
JOB_TYPES = {
    "all": None,
    "playbook_run": ["job"],
    "scm_update": ["project_update"],
    "inv_sync": ["inventory_update"],
}


class Dashboard(Endpoint):
    """How much there is of what the asker may read."""

    permission_classes = (EveryUser,)

    @OpenApi(responses={200: ANY_OBJECT})
    def get(self, request: Request) -> Response:
        known = kinds()
        answer: dict[str, Any] = {"related": {"jobs_graph": "/api/v2/dashboard/graphs/jobs/"}}
        for name, kind in SECTIONS.items():
            path = f"/api/v2/{name}/"
            if kind in known and path in listed.values():
                rows: QuerySet[Any] = QuerySet(known[kind])
                answer[name] = {"url": path, "total": accessible(rows.order_by(), request.user).count()}
        self._add_hosts(answer, request)
        projects = accessible(Project.objects.order_by(), request.user)
        answer["projects"] |= {
            "failures_url": "/api/v2/projects/?last_job_failed=True",
            "failed": failed_of(projects),
        }
        answer["scm_types"] = {kind: self._source(projects, kind) for kind in SOURCES}
        approvals = accessible(
            UnifiedJob.objects.filter(kind=JobKind.WORKFLOW_APPROVAL).order_by(), request.user
        )
        answer[APPROVALS] = {
            "url": f"/api/v2/{APPROVALS}/?status={Status.PENDING}",
            "total": approvals.filter(status=Status.PENDING).count(),
        }
        return Response(answer)

    @staticmethod
    def _add_hosts(answer: dict[str, Any], request: Request) -> None:
        """What AWX says of inventories, their hosts and their sources beside how many there are."""
        inventories = accessible(Inventory.objects.order_by(), request.user)
        groups = accessible(Group.objects.order_by(), request.user)
        hosts = accessible(Host.objects.order_by(), request.user)
        sources = accessible(InventorySource.objects.order_by(), request.user)
        states: QuerySet[Any] = with_run_state(sources)
        failed = states.filter(last_job_failed=True).values("pk")
        failing = hosts.filter(has_active_failures=True)
        answer["inventories"] |= {
            "total_with_inventory_source": inventories.filter(pk__in=sources.values("inventory")).count(),
            "job_failed": inventories.filter(pk__in=failing.values("inventory")).count(),
            "inventory_failed": inventories.filter(inventory_sources__in=failed).distinct().count(),
        }
        answer["groups"]["inventory_failed"] = groups.filter(inventory_sources__in=failed).distinct().count()
        answer["hosts"] |= {
            "failures_url": "/api/v2/hosts/?last_job_host_summary__failed=True",
            "failed": failing.count(),
        }
        ec2 = "/api/v2/inventory_sources/?source=ec2"
        answer["inventory_sources"] = {
            "ec2": {
                "url": ec2,
                "failures_url": f"{ec2}&status=failed",
                "label": "Amazon EC2",
                "total": sources.filter(source="ec2").count(),
                "failed": sources.filter(source="ec2", pk__in=failed).count(),
            }
        }

    @staticmethod
    def _source(projects: QuerySet[Project], kind: str) -> dict[str, Any]:
        path = f"/api/v2/projects/?scm_type={kind}"
        rows = projects.filter(scm_type=kind)
        return {
            "url": path,
            "label": SOURCES[kind],
            "failures_url": f"{path}&last_job_failed=True",
            "total": rows.count(),
            "failed": failed_of(rows),
        }


def failed_of(projects: QuerySet[Project]) -> int:
    states: QuerySet[Any] = with_run_state(projects)
    return states.filter(last_job_failed=True).count()


class JobsGraph(Endpoint):
    """How many runs ended how: by day over a month, two weeks or a week, or by hour over a day."""

    permission_classes = (EveryUser,)

    @OpenApi(
        responses={200: ANY_OBJECT},
        parameters=[
            OpenApiParameter("period", enum=list(PERIODS), description="By default month."),
            OpenApiParameter("job_type", enum=list(JOB_TYPES), description="By default all."),
        ],
    )
    def get(self, request: Request) -> Response:
        period = request.query_params.get("period", "month")
        job_type = request.query_params.get("job_type", "all")
        for name, value, allowed in (("period", period, PERIODS), ("job_type", job_type, JOB_TYPES)):
            if value not in allowed:
                return Response({"error": f'Unknown {name} "{value}"'}, status=status.HTTP_400_BAD_REQUEST)
        runs = accessible(UnifiedJob.objects.order_by(), request.user)
        found = ended_runs(runs, period=period, now=timezone.now(), kinds=JOB_TYPES[job_type])
        return Response({"jobs": found})
