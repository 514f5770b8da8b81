"""`/metrics/`: how much there is and how it goes, in Prometheus's text format or as JSON, as AWX gives them."""

import json
from collections.abc import Iterable
from typing import Any

from prometheus_client import generate_latest
from prometheus_client.core import Metric
from rest_framework.exceptions import PermissionDenied
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from access.permissions import EveryUser
from access.rules import sees_all
from api.openapi import ANY_OBJECT, OpenApi
from api.renderers import Pages
from api.views import Endpoint
from observability.figures import Everything


class PrometheusRenderer(BaseRenderer):
    """Prometheus's text format as it is; errors, which are objects, as JSON."""

    media_type = "text/plain"
    format = "txt"
    charset = "utf-8"

    def render(self, data: Any, accepted_media_type: Any = None, renderer_context: Any = None) -> bytes:
        return (data if isinstance(data, str) else json.dumps(data)).encode()


class Metrics(Endpoint):
    """How much there is, and how runs and ticks go, for Prometheus; `?format=json` gives the same as JSON."""

    permission_classes = (EveryUser,)
    renderer_classes = [PrometheusRenderer, JSONRenderer, Pages]

    def get_renderers(self) -> list[Any]:
        renderers: list[Any] = super().get_renderers()
        # Prometheus's format has no form for what OPTIONS says. There is no request while the OpenAPI document is made.
        request: Request | None = self.request
        return renderers[1:] if request is not None and request.method == "OPTIONS" else renderers

    @OpenApi(responses={(200, "text/plain"): str, (200, "application/json"): ANY_OBJECT})
    def get(self, request: Request) -> Response:
        if not sees_all(request.user):
            raise PermissionDenied
        if request.accepted_renderer.format == "json":
            return Response(as_json(Everything().collect()))
        return Response(generate_latest(Everything()).decode())


def as_json(families: Iterable[Metric]) -> dict[str, dict[str, Any]]:
    """AWX's form: by name, `help_text`, `type` and `samples`, each with `labels` and `value`."""
    return {
        family.name: {
            "help_text": family.documentation,
            "type": family.type,
            "samples": [
                {"labels": sample.labels, "value": sample.value} | _sample_type(family, sample.name)
                for sample in family.samples
            ],
        }
        for family in families
    }


def _sample_type(family: Metric, name: str) -> dict[str, str]:
    """Of a histogram's samples, what each is: bucket, count or sum."""
    return {"sample_type": name.removeprefix(f"{family.name}_")} if family.type == "histogram" else {}
