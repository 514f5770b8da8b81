"""A second template like the first. Its schedules and runs stay with the first."""

from access.models import User
from jobs.models import JobTemplate

_OWN = frozenset(
    {"id", "unifiedjobtemplate_ptr", "template", "created", "modified", "name", "created_by", "modified_by"}
)


def copy(template: JobTemplate, *, name: str, user: User | None) -> JobTemplate:
    """Save and return a copy of `template`, secrets included, as they are stored. The name must be free."""
    values = {
        field.name: getattr(template, field.name)
        for field in template._meta.concrete_fields
        if field.name not in _OWN
    }
    made = JobTemplate.objects.create(**values, name=name, created_by=user, modified_by=user)
    made.labels.set(template.labels.all())
    return made
