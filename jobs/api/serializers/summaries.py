"""What a template's or run's `summary_fields` say of the objects around it."""

from typing import Any

from access.models import Organization
from jobs.kinds import kind_of, own_of
from jobs.models import Project, SystemJobTemplate, UnifiedJobTemplate
from jobs.statuses import NEVER_RUN


def of_organization(organization: Organization) -> dict[str, Any]:
    return {"id": organization.pk, "name": organization.name, "description": organization.description}


def of_project(project: Project) -> dict[str, Any]:
    return {
        "id": project.pk,
        "name": project.name,
        "description": project.description,
        "status": project_status(project),
        "scm_type": project.scm_type,
        "allow_override": project.allow_override,
    }


def of_template(template: UnifiedJobTemplate) -> dict[str, Any]:
    return {"id": template.pk, "name": template.name, "description": template.description}


def of_unified_template(template: UnifiedJobTemplate) -> dict[str, Any]:
    summary = of_template(template) | {"unified_job_type": kind_of(template).job_kind.value}
    own = own_of(template)
    return summary | ({"job_type": own.job_type} if isinstance(own, SystemJobTemplate) else {})


def project_status(project: Project) -> str:
    """How the last fetch of the catalogue ended; a project without a catalogue is in order as it is."""
    if not project.has_catalogue:
        return "ok"
    return project.update_status or NEVER_RUN


def with_wire_times(data: dict[str, Any]) -> dict[str, Any]:
    """Times that the database wrote into JSON, in the API's form."""
    return {
        name: value.replace("+00:00", "Z") if isinstance(value, str) and name in _TIMES else value
        for name, value in data.items()
    }


_TIMES = frozenset({"finished", "canceled_on", "next_run"})
