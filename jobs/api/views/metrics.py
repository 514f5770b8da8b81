"""`/metrics/`: how much there is and how runs ended, in Prometheus's text format or as JSON, under AWX's names."""

from typing import Any

from django.db.models import Count, Model, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import PermissionDenied
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from access.permissions import EveryUser
from access.rules import sees_all
from api.exposure import kinds
from api.middleware import PRODUCT_VERSION
from api.renderers import Pages
from api.root import install_uuid
from api.schema import ANY_OBJECT
from api.views import Endpoint
from jobs.models import UnifiedJob
from jobs.statuses import Status

# AWX's name of the gauge → the type of the objects that it counts.
COUNTED = {
    "organizations": "organization",
    "users": "user",
    "teams": "team",
    "inventories": "inventory",
    "projects": "project",
    "job_templates": "job_template",
    "workflow_job_templates": "workflow_job_template",
    "hosts": "host",
    "schedules": "schedule",
}


def gauge(text: str, *samples: tuple[dict[str, str], int]) -> dict[str, Any]:
    rows = [{"labels": labels, "value": value} for labels, value in samples]
    return {"help_text": text, "type": "gauge", "samples": rows}


def gauges() -> dict[str, dict[str, Any]]:
    about = {"install_uuid": install_uuid(), "version": PRODUCT_VERSION}
    found = {"awx_system_info": gauge("What this installation is", (about, 1))}
    known = kinds()
    for name, kind in COUNTED.items():
        if kind in known:
            rows: QuerySet[Model] = QuerySet(known[kind]).order_by()
            found[f"awx_{name}_total"] = gauge(f"Number of {name.replace('_', ' ')}", ({}, rows.count()))
    runs = UnifiedJob.objects.order_by().values_list("status").annotate(Count("pk"))
    numbers = dict.fromkeys(Status.values, 0) | dict(runs)
    samples = [({"status": status}, number) for status, number in numbers.items()]
    found["awx_status_total"] = gauge("Number of runs by status", *samples)
    for status in (Status.RUNNING, Status.PENDING):
        found[f"awx_{status}_jobs_total"] = gauge(f"Number of {status} runs", ({}, numbers[status]))
    return found


class PrometheusRenderer(BaseRenderer):
    """Errors, which are objects of another form, as JSON."""

    media_type = "text/plain"
    format = "txt"
    charset = "utf-8"

    def render(self, data: Any, accepted_media_type: Any = None, renderer_context: Any = None) -> bytes:
        response = (renderer_context or {}).get("response")
        if response is not None and response.status_code != 200:
            return bytes(JSONRenderer().render(data))
        lines = []
        for name, found in data.items():
            lines += [f"# HELP {name} {found['help_text']}", f"# TYPE {name} {found['type']}"]
            for sample in found["samples"]:
                labels = ",".join(f'{key}="{value}"' for key, value in sample["labels"].items())
                lines.append(
                    f"{name}{{{labels}}} {sample['value']}" if labels else f"{name} {sample['value']}"
                )
        return ("\n".join(lines) + "\n").encode()


class Metrics(Endpoint):
    """How much there is and how runs ended, for Prometheus; `?format=json` gives the same as JSON."""

    permission_classes = (EveryUser,)
    renderer_classes = [PrometheusRenderer, JSONRenderer, Pages]

    def get_renderers(self) -> list[Any]:
        renderers: list[Any] = super().get_renderers()
        # Prometheus's format has no form for what OPTIONS says. There is no request while the OpenAPI document is made.
        request: Request | None = self.request
        return renderers[1:] if request is not None and request.method == "OPTIONS" else renderers

    @extend_schema(responses={(200, "text/plain"): str, (200, "application/json"): ANY_OBJECT})
    def get(self, request: Request) -> Response:
        if not sees_all(request.user):
            raise PermissionDenied
        return Response(gauges())
