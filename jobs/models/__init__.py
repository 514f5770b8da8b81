from jobs.models.labels import Label
from jobs.models.runs import (
    Attempt,
    InventoryUpdate,
    JobHostSummary,
    ProjectUpdate,
    SystemJob,
    UnifiedJob,
)
from jobs.models.services import Service
from jobs.models.templates import (
    Catalogue,
    InventorySource,
    JobTemplate,
    JobTemplateGroup,
    Project,
    Prompting,
    SystemJobTemplate,
    UnifiedJobTemplate,
)
from jobs.models.texts import RunText
from jobs.models.webhooks import Webhooked

__all__ = [
    "Attempt",
    "Catalogue",
    "InventorySource",
    "InventoryUpdate",
    "JobHostSummary",
    "JobTemplate",
    "JobTemplateGroup",
    "Label",
    "Project",
    "ProjectUpdate",
    "Prompting",
    "RunText",
    "Service",
    "SystemJob",
    "SystemJobTemplate",
    "UnifiedJob",
    "UnifiedJobTemplate",
    "Webhooked",
]
