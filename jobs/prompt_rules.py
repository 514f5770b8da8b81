"""Whether a user may use what he answers to prompts with (AWX's rules)."""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import Model
from rest_framework.exceptions import PermissionDenied

from access.models import User
from access.rules import may_act, may_read
from jobs.kinds import own_of
from jobs.models import JobTemplate, UnifiedJob


def check_usable(user: User | AnonymousUser, prompts: Mapping[str, Any]) -> None:
    """Raises PermissionDenied, which names an object that `user` may not use."""
    inventory, environment = prompts.get("inventory"), prompts.get("execution_environment")
    if inventory is not None and not may_act(user, inventory, "use"):
        raise no_permission("inventory", inventory, "use")
    if environment is not None and not may_read(user, environment):
        raise no_permission("execution_environment", environment, "read")
    for name in ("credentials", "instance_groups"):
        if any(not may_act(user, one, "use") for one in prompts.get(name, ())):
            raise PermissionDenied
    if any(not may_read(user, label) for label in prompts.get("labels", ())):
        raise PermissionDenied


def no_permission(name: str, obj: Model | type[Model], role: str) -> PermissionDenied:
    """In AWX's words and shape."""
    kind = str(obj._meta.verbose_name).title()
    return PermissionDenied({name: [f"You do not have {role} permission on {kind}"]})


def check_may_repeat(user: User, job: UnifiedJob) -> None:
    """Raises PermissionDenied where somebody else launched `job` with what is not for `user` to use."""
    if user.is_superuser or job.created_by_id == user.pk:
        return
    if job.secret_variables:
        raise PermissionDenied("Job was launched with secret prompts provided by another user.")
    own = own_of(job.unified_job_template) if job.unified_job_template else None
    credentials = job.credentials.all()
    if isinstance(own, JobTemplate):
        credentials = credentials.exclude(job_templates=own)
    is_other = job.inventory is not None and job.inventory_id != getattr(own, "inventory_id", None)
    prompts = {"credentials": list(credentials), **({"inventory": job.inventory} if is_other else {})}
    try:
        check_usable(user, prompts)
    except PermissionDenied:
        raise PermissionDenied("Job was launched with prompted fields you do not have access to.") from None
