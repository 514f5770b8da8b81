from jobs.models.labels import Label
from jobs.models.runs import Attempt, ProjectUpdate, UnifiedJob
from jobs.models.templates import (
    Catalogue,
    JobTemplate,
    JobTemplateGroup,
    Project,
    Prompting,
    UnifiedJobTemplate,
)

__all__ = [
    "Attempt",
    "Catalogue",
    "JobTemplate",
    "JobTemplateGroup",
    "Label",
    "Project",
    "ProjectUpdate",
    "Prompting",
    "UnifiedJob",
    "UnifiedJobTemplate",
]
