"""How much there is of each kind, under AWX's names."""

from collections.abc import Iterator

from django.db.models import Model, QuerySet
from prometheus_client.core import Metric

from api.exposure import kinds
from api.installation import install_uuid
from api.middleware import PRODUCT_VERSION
from observability.counting import Counts
from observability.figures import gauge

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


def object_figures(_: Counts) -> Iterator[Metric]:
    about = {"install_uuid": install_uuid(), "version": PRODUCT_VERSION}
    yield gauge("awx_system_info", "What this installation is", (about, 1))
    known = kinds()
    for name, kind in COUNTED.items():
        if kind in known:
            rows: QuerySet[Model] = QuerySet(known[kind]).order_by()
            yield gauge(f"awx_{name}_total", f"Number of {name.replace('_', ' ')}", ({}, rows.count()))
