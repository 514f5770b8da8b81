"""Views that all kinds of unified job template share."""

from typing import Any, ClassVar

from django.db import transaction
from django.db.models import Q
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from access.api.views import asker
from access.roles import give_to_creator
from api.views import Creating, Queried, Resource
from jobs.models import UnifiedJob, UnifiedJobTemplate
from jobs.querysets import COMPUTED
from jobs.statuses import ACTIVE


class MakesTemplates(Creating, Queried):
    """POST; what was made is read again, with the state of its runs, before it is shown."""

    computed: ClassVar[tuple[str, ...]] = COMPUTED

    def perform_create(self, serializer: BaseSerializer[Any]) -> None:
        view: Any = self
        super().perform_create(serializer)
        assert serializer.instance is not None
        give_to_creator(serializer.instance, asker(view.request))
        self._read_again(serializer)

    def _read_again(self, serializer: BaseSerializer[Any]) -> None:
        view: Any = self
        written: Any = serializer.instance
        serializer.instance = view.get_queryset().get(pk=written.pk)


class TemplateViewSet(MakesTemplates, Resource):
    """CRUD of one kind of template."""

    named_by: ClassVar[tuple[tuple[str, ...], ...]] = (("name",), ("organization__name",))

    def perform_update(self, serializer: BaseSerializer[Any]) -> None:
        super().perform_update(serializer)
        self._read_again(serializer)

    @transaction.atomic
    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        template = self.get_object()
        active = active_jobs(template)
        if active:
            body = {"error": "Resource is being used by running jobs.", "active_jobs": active}
            return Response(body, status=status.HTTP_409_CONFLICT)
        self.delete_object(template)
        return Response(status=status.HTTP_204_NO_CONTENT)


def active_jobs(template: UnifiedJobTemplate) -> list[dict[str, Any]]:
    """Runs of the template, or of what depends on it, that are still going: at most a hundred."""
    runs = UnifiedJob.objects.filter(
        Q(unified_job_template=template.pk) | Q(unified_job_template__as_job_template__project=template.pk),
        status__in=ACTIVE,
    )
    return [{"id": pk, "type": kind} for pk, kind in runs.order_by("id").values_list("id", "kind")[:100]]
