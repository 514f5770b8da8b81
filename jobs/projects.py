"""Projects as what can be launched: a run of one, an update, fetches the catalogue of its endpoints."""

from typing import Any

from django.db.models import QuerySet

from access.roles import UPDATE
from jobs.endpoints import is_absolute
from jobs.exceptions import CannotLaunch
from jobs.kinds import LaunchableKind
from jobs.models import Project, UnifiedJob
from jobs.prompts import LaunchAnswers
from jobs.statuses import JobKind, JobType, TemplateKind

# A project's settings that AWX shows with each of its updates.
SOURCE_SETTINGS = (
    "local_path",
    "scm_type",
    "scm_url",
    "scm_branch",
    "scm_refspec",
    "scm_clean",
    "scm_track_submodules",
    "scm_delete_on_update",
)


class ProjectKind(LaunchableKind):
    name = TemplateKind.PROJECT
    job_kind = JobKind.PROJECT_UPDATE
    model = Project
    serializer = "jobs.api.serializers.projects.ProjectSerializer"
    job_serializer = "jobs.api.serializers.project_updates.ProjectUpdateListSerializer"
    relations = ("default_environment",)
    launch_role = UPDATE

    def for_launch(self) -> QuerySet[Any]:
        return Project.objects.select_related("organization").prefetch_related("organization__group_places")

    def missing(self, template: Project) -> list[str]:
        if not template.has_catalogue:
            return ["The project has no catalogue to fetch."]
        if not template.scm_url and not is_absolute(template.catalog_url):
            return ["The project has no base URL (scm_url) that says where its catalogue is."]
        return []

    def why_not_scheduled(self, template: Project) -> str | None:
        return None if template.has_catalogue else "Manual Project cannot have a schedule set."

    def build(self, template: Project, answers: LaunchAnswers) -> UnifiedJob:
        """A GET of the catalogue. AWX calls an update for its own sake a check, as opposed to one that a job needs."""
        if not template.has_catalogue:
            raise CannotLaunch({"resources_needed_to_start": self.missing(template)})
        return UnifiedJob(
            job_type=JobType.CHECK,
            request={
                "base_url": template.scm_url,
                "endpoint": template.catalog_url,
                "method": "GET",
                "success_status": "200",
            },
            prompts={name: getattr(template, name) for name in SOURCE_SETTINGS},
            timeout=template.timeout,
        )
