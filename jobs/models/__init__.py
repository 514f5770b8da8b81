from jobs.models.runs import Attempt, UnifiedJob
from jobs.models.templates import JobTemplate, Project, UnifiedJobTemplate

__all__ = ["Attempt", "JobTemplate", "Project", "UnifiedJob", "UnifiedJobTemplate"]
