from jobs.models.labels import Label
from jobs.models.runs import Attempt, UnifiedJob
from jobs.models.templates import JobTemplate, Project, UnifiedJobTemplate

__all__ = ["Attempt", "JobTemplate", "Label", "Project", "UnifiedJob", "UnifiedJobTemplate"]
