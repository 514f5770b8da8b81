from collections.abc import Mapping
from typing import Any, ClassVar

from django.db.models import Model, QuerySet
from rest_framework.exceptions import ValidationError

from access.api.views import ReadableSublist
from api.attaching import AttachSublist
from api.views import Creating, ReadOnlyResource, Updating
from inventories.models import Inventory
from jobs.api.serializers.labels import LabelSerializer
from jobs.api.views.jobs import JOBS
from jobs.labels import discard_unused
from jobs.models import JobTemplate, Label

# AWX's limit on one object.
MOST_LABELS = 100
LABELS = Label.objects.select_related("organization", "created_by", "modified_by")


class LabelViewSet(Creating, Updating, ReadOnlyResource):
    """Words by which templates and runs are found. A label goes by itself when the last that had it lets it go."""

    queryset = LABELS
    serializer_class = LabelSerializer
    named_by = (("name",), ("organization__name",))


class AttachedLabels(AttachSublist):
    """Base of the labels of one kind of object. A label that is there already is attached by its name as well."""

    queryset = LABELS
    serializer_class = LabelSerializer
    relation = "labels"

    def read_body(self, parent: Model, body: Mapping[str, Any]) -> Mapping[str, Any]:
        name, organization = body.get("name"), body.get("organization")
        if body.get("id") or not isinstance(name, str) or type(organization) is not int or "\0" in name:
            return body
        known = (
            Label.objects.filter(name=name, organization=organization).first() if organization > 0 else None
        )
        return {"id": known.pk} if known else body

    def check_attach(self, parent: Any, child: Label) -> None:
        if parent.labels.count() >= MOST_LABELS:
            raise ValidationError({"msg": f"Maximum number of labels for {parent} reached."})

    def detach(self, parent: Any, child: Label) -> None:
        super().detach(parent, child)
        discard_unused(child)


class TemplateLabels(AttachedLabels):
    """The labels of one job template."""

    parents = JobTemplate.objects.all()
    parent_relation: ClassVar[str] = "unified_job_templates"


class InventoryLabels(AttachedLabels):
    """The labels of one inventory."""

    parents = Inventory.objects.all()
    parent_relation: ClassVar[str] = "inventories"


class JobLabels(ReadableSublist):
    """The labels that a run was launched with."""

    queryset: QuerySet[Label] = LABELS
    serializer_class = LabelSerializer
    parents = JOBS
    parent_relation: ClassVar[str] = "unified_jobs"
