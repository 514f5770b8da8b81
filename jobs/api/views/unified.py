"""Lists of all that can be launched, and of all runs: each row as its own kind shows it."""

from collections.abc import Callable
from typing import Any, ClassVar

from rest_framework.viewsets import GenericViewSet

from api.views import Listing, Queried
from jobs.api.serializers.jobs import RUNS
from jobs.api.serializers.unified import AnyJobSerializer, AnyTemplateSerializer
from jobs.kinds import TemplatesWithOwn, with_own_lists
from jobs.models import UnifiedJobTemplate
from jobs.querysets import COMPUTED, with_run_state
from jobs.statuses import TemplateKind


def kind_written(text: str) -> str:
    """AWX's models have the names of the types, without underscores."""
    return next((kind for kind in TemplateKind.values if kind.replace("_", "") == text), text)


class UnifiedJobTemplateViewSet(Listing, Queried, GenericViewSet[Any]):
    """All that can be launched and scheduled, of every kind."""

    is_list = True
    queryset = with_run_state(
        TemplatesWithOwn(UnifiedJobTemplate)
        .filter(kind__in=AnyTemplateSerializer.kinds())
        .select_related("organization", "execution_environment", "created_by", "modified_by")
        .prefetch_related(*with_own_lists())
    )
    serializer_class = AnyTemplateSerializer
    object_types = AnyTemplateSerializer.kinds()
    lookup_aliases: ClassVar[dict[str, str]] = {
        "type": "kind",
        "project": "as_project",
        "job_template": "as_job_template",
        "jobtemplate": "as_job_template",
        "polymorphic_ctype__model": "kind",
    }
    lookup_values: ClassVar[dict[str, Callable[[str], str]]] = {"polymorphic_ctype__model": kind_written}
    search_fields = ("description", "name", "jobtemplate__playbook")
    computed = COMPUTED


class UnifiedJobViewSet(Listing, Queried, GenericViewSet[Any]):
    """All runs, of every kind."""

    is_list = True
    queryset = RUNS
    serializer_class = AnyJobSerializer
    object_types = AnyJobSerializer.kinds()
    lookup_aliases: ClassVar[dict[str, str]] = {"type": "kind", "schedule": "occurrence__schedule"}
