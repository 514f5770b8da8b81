"""Whether a user may launch together what a request names: AWX's rules, in one statement for each kind of object."""

from collections.abc import Collection, Mapping
from typing import Any

from django.db.models import Model, Q, QuerySet
from rest_framework.exceptions import ValidationError

from access.models import Organization, User
from access.roles import MEMBER, ORGANIZATION, USE, holding, kind_of
from access.rules import accessible
from credentials.models import Credential
from instances.models import ExecutionEnvironment, InstanceGroup
from inventories.models import Inventory
from jobs.kinds import kind_of as launchable_of, templates_for_launch
from jobs.models import Label, UnifiedJobTemplate
from jobs.statuses import TemplateKind

LAUNCHED = (
    TemplateKind.JOB_TEMPLATE,
    TemplateKind.PROJECT,
    TemplateKind.INVENTORY_SOURCE,
    TemplateKind.WORKFLOW_JOB_TEMPLATE,
)


def launchable_templates(user: User, ids: Collection[int]) -> dict[int, UnifiedJobTemplate]:
    """By id, objects of their own classes. Raises ValidationError where `user` may not launch all of them."""
    templates = templates_for_launch(ids)
    others = {type(one) for one in templates.values() if one.kind not in LAUNCHED}
    if others:
        names = " ".join(sorted(str(model._meta.verbose_name).title() for model in others))
        raise ValidationError(f"Template types {names} not allowed in bulk jobs")
    _refuse_missing(UnifiedJobTemplate, ids, templates)
    for kind in {one.kind: launchable_of(one) for one in templates.values()}.values():
        own = [pk for pk, one in templates.items() if one.kind == kind.name]
        rows = UnifiedJobTemplate.objects.order_by().filter(pk__in=own)
        if not user.is_superuser:
            rows = rows.filter(kind.holding(user, kind.launch_role))
        _refuse_missing(kind.model, own, rows.values_list("pk", flat=True))
    return templates


def organization_of(user: User, given: Organization | None) -> Organization | None:
    """The organization of the run: what was given, or the only one that `user` is a member of.

    Raises ValidationError.
    """
    if user.is_superuser:
        return given
    own = Organization.objects.order_by("pk").filter(holding(user, ORGANIZATION, MEMBER))
    if given is not None:
        if not own.filter(pk=given.pk).exists():
            raise ValidationError(
                f"Organization {given.pk} not found or you don't have permissions to access it"
            )
        return given
    first = list(own[:2])
    if not first:
        raise ValidationError(
            "User not part of any organization, please assign an organization to assign to the bulk job"
        )
    if len(first) > 1:
        raise ValidationError(
            "User has permission to multiple Organizations, please set one of them in the request"
        )
    return first[0]


def check_named(user: User, named: Mapping[str, Collection[int]]) -> None:
    """Raises ValidationError where `user` may not use all the objects with these ids, by the names of the prompts."""
    allowed: dict[str, QuerySet[Any]] = {
        "inventory": _usable(user, Inventory, "organization_id").filter(pending_deletion=False),
        "credentials": _usable(user, Credential, "organization_id"),
        "labels": accessible(Label.objects.all(), user),
        "instance_groups": _usable(user, InstanceGroup),
        "execution_environment": accessible(ExecutionEnvironment.objects.all(), user),
    }
    for name, rows in allowed.items():
        if named[name]:
            found = rows.order_by().filter(pk__in=named[name])
            _refuse_missing(rows.model, named[name], found.values_list("pk", flat=True))


def _usable(user: User, model: type[Model], organization: str = "") -> QuerySet[Any]:
    condition = (
        Q() if user.is_superuser else holding(user, kind_of(model).name, USE, organization=organization)
    )
    return model._default_manager.filter(condition)


def _refuse_missing(model: type[Model], wanted: Collection[int], found: Collection[int]) -> None:
    missing = sorted(set(wanted) - set(found))
    if missing:
        names = str(model._meta.verbose_name_plural).title()
        numbers = ", ".join(str(pk) for pk in missing)
        raise ValidationError(f"{names} {{{numbers}}} not found or you don't have permissions to access it")
