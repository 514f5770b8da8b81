"""The projects and job templates of an organization, the projects of a team and of a user, the teams of a project."""

from typing import Any, ClassVar

from django.db.models import QuerySet

from access.api.teams import TEAMS, TeamSerializer
from access.models import Organization, Role, Team, User
from access.roles import READ, holding
from access.rules import accessible
from api.views import ReadOnlySublist, Sublist
from jobs.api.serializers.job_templates import JobTemplateSerializer
from jobs.api.serializers.projects import ProjectSerializer
from jobs.api.views.job_templates import TEMPLATES
from jobs.api.views.projects import PROJECTS
from jobs.api.views.templates import MakesTemplates
from jobs.models import Project
from jobs.querysets import with_run_state
from jobs.roles import PROJECT


class OrganizationProjects(MakesTemplates, Sublist):
    """The projects of one organization; POST makes one more."""

    queryset = with_run_state(PROJECTS)
    serializer_class = ProjectSerializer
    parents = Organization.objects.all()
    parent_relation = parent_field = "organization"


class OrganizationJobTemplates(MakesTemplates, Sublist):
    """The job templates of one organization; POST makes one more."""

    queryset = with_run_state(TEMPLATES)
    serializer_class = JobTemplateSerializer
    parents = Organization.objects.all()
    parent_relation = parent_field = "organization"


class ProjectsOf(ReadOnlySublist):
    """Base of the projects that somebody may read."""

    queryset = with_run_state(PROJECTS)
    serializer_class: Any = ProjectSerializer

    def get_queryset(self) -> QuerySet[Project]:
        projects = with_run_state(PROJECTS)
        if getattr(self, "swagger_fake_view", False) or self.request.method == "OPTIONS":
            return projects
        return self.readable(projects, self.get_parent())

    def readable(self, projects: QuerySet[Project], parent: Any) -> QuerySet[Project]:
        raise NotImplementedError


class UserProjects(ProjectsOf):
    """The projects that one user may read."""

    parents: ClassVar[QuerySet[Any]] = User.objects.all()

    def readable(self, projects: QuerySet[Project], parent: User) -> QuerySet[Project]:
        return accessible(projects, parent)


class TeamProjects(ProjectsOf):
    """The projects that one team may read."""

    parents: ClassVar[QuerySet[Any]] = Team.objects.all()

    def readable(self, projects: QuerySet[Project], parent: Team) -> QuerySet[Project]:
        return projects.filter(holding(parent, PROJECT, READ, organization="organization_id"))


class ProjectTeams(ReadOnlySublist):
    """The teams that were given a role of one project."""

    queryset = TEAMS
    serializer_class: Any = TeamSerializer
    parents = Project.objects.all()

    def get_queryset(self) -> QuerySet[Team]:
        if getattr(self, "swagger_fake_view", False) or self.request.method == "OPTIONS":
            return TEAMS.all()
        roles = Role.objects.filter(kind=PROJECT, object_id=self.get_parent().pk)
        given = Role.teams.through.objects.filter(role__in=roles.values("pk"))
        return TEAMS.filter(pk__in=given.values("team"))
