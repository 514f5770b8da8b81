"""A second template like the first. Its schedules and runs, and what runs found, stay with the first."""

from typing import TypeVar, cast

from access.models import User
from jobs.models import JobTemplate, JobTemplateGroup, UnifiedJobTemplate
from jobs.webhooks import new_key

TemplateT = TypeVar("TemplateT", bound=UnifiedJobTemplate)

_OWN = frozenset(
    {
        *(
            "id",
            "unifiedjobtemplate_ptr",
            "template",
            "created",
            "modified",
            "name",
            "created_by",
            "modified_by",
        ),
        *("scm_revision", "update_status", "webhook_key"),
    }
)


def copy(template: TemplateT, *, name: str, user: User | None) -> TemplateT:
    """Save and return a copy of `template`, secrets included, as they are stored. The name must be free."""
    values = {
        field.name: getattr(template, field.name)
        for field in template._meta.concrete_fields
        if field.name not in _OWN and not field.generated
    }
    if getattr(template, "webhook_service", ""):
        values["webhook_key"] = new_key()
    made = type(template)._default_manager.create(**values, name=name, created_by=user, modified_by=user)
    if isinstance(made, JobTemplate) and isinstance(template, JobTemplate):
        made.labels.set(template.labels.all())
        made.credentials.set(template.credentials.all())
        JobTemplateGroup.objects.bulk_create(
            JobTemplateGroup(job_template=made, instance_group_id=place.instance_group_id)
            for place in template.group_places.all()
        )
    return cast("TemplateT", made)
