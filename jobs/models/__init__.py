from jobs.models.labels import Label
from jobs.models.runs import Attempt, ProjectUpdate, UnifiedJob
from jobs.models.templates import Catalogue, JobTemplate, Project, UnifiedJobTemplate

__all__ = [
    "Attempt",
    "Catalogue",
    "JobTemplate",
    "Label",
    "Project",
    "ProjectUpdate",
    "UnifiedJob",
    "UnifiedJobTemplate",
]
