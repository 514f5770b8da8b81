"""Which instance groups a run may be carried out in."""

from collections.abc import Sequence
from typing import Any

from django.db.models import F, Func, Value

from instances.models import ExecutionEnvironment, InstanceGroup
from jobs.models import JobTemplate, UnifiedJob, UnifiedJobTemplate
from jobs.statuses import ACTIVE


def preferred_groups(template: UnifiedJobTemplate, given: Sequence[InstanceGroup] | None = None) -> list[int]:
    """The ids of the groups that a run of `template` asks for: its own, its inventory's and its organization's.

    Groups that were given at launch stand for all of these.

    Without any, all instances may claim the run.
    """
    if given:
        return [group.pk for group in given]
    found: list[int] = []
    if isinstance(template, JobTemplate):
        found = [place.instance_group_id for place in template.group_places.all()]
        if template.prevent_instance_group_fallback:
            return found
        if template.inventory is not None:
            found += [place.instance_group_id for place in template.inventory.group_places.all()]
            if template.inventory.prevent_instance_group_fallback:
                return list(dict.fromkeys(found))
    if template.organization is not None:
        found += [place.instance_group_id for place in template.organization.group_places.all()]
    return list(dict.fromkeys(found))


def resolved_environment(template: UnifiedJobTemplate) -> ExecutionEnvironment | None:
    """What AWX would run `template` in: its own environment, its project's or organization's, or the first."""
    own = [template.execution_environment]
    if isinstance(template, JobTemplate) and template.project is not None:
        own.append(template.project.default_environment)
    if template.organization is not None:
        own.append(template.organization.default_environment)
    everybodys = ExecutionEnvironment.objects.filter(organization=None, managed=False).order_by("pk")
    return next(filter(None, own), None) or everybodys.first()


def forget_group(instance: InstanceGroup, **_: Any) -> None:
    """Runs do not wait for a group that is gone: a receiver of `pre_delete`."""
    waiting = UnifiedJob.objects.filter(status__in=ACTIVE, preferred_groups__contains=[instance.pk])
    waiting.update(preferred_groups=Func(F("preferred_groups"), Value(instance.pk), function="array_remove"))
