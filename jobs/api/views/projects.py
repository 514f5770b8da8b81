from jobs.api.serializers.projects import ProjectSerializer
from jobs.api.views.templates import TemplateViewSet
from jobs.models import Project
from jobs.querysets import with_run_state


class ProjectViewSet(TemplateViewSet):
    """Services that own endpoints; `scm_url` is a service's base URL."""

    queryset = with_run_state(Project.objects.select_related("organization", "created_by", "modified_by"))
    serializer_class = ProjectSerializer
