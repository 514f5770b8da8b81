from access.api.access_lists import AccessList
from access.api.roles import ObjectRoles
from jobs.api.serializers.projects import ProjectSerializer
from jobs.api.views.templates import TemplateViewSet
from jobs.models import Project
from jobs.querysets import with_run_state
from jobs.roles import PROJECT_ROLES


class ProjectViewSet(TemplateViewSet):
    """Services that own endpoints; `scm_url` is a service's base URL."""

    queryset = with_run_state(Project.objects.select_related("organization", "created_by", "modified_by"))
    serializer_class = ProjectSerializer
    object_roles = tuple(PROJECT_ROLES)


class ProjectObjectRoles(ObjectRoles):
    """The roles of one project."""

    parents = Project.objects.all()


class ProjectAccessList(AccessList):
    """The users who may read one project, with the roles that let them."""

    parents = Project.objects.select_related("organization")
