from jobs.models.labels import Label
from jobs.models.runs import Attempt, ProjectUpdate, SystemJob, UnifiedJob
from jobs.models.templates import (
    Catalogue,
    JobTemplate,
    JobTemplateGroup,
    Project,
    Prompting,
    SystemJobTemplate,
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
    "SystemJob",
    "SystemJobTemplate",
    "UnifiedJob",
    "UnifiedJobTemplate",
]
