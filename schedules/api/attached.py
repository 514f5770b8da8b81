"""What a schedule answers with several objects: credentials, labels and instance groups of its runs."""

from typing import Any, ClassVar

from rest_framework.exceptions import ValidationError

from api.attaching import AttachSublist
from credentials.api.credentials import CREDENTIALS, CredentialSerializer
from credentials.models import Credential
from instances.api.groups import AttachedGroups
from jobs.api.views.labels import AttachedLabels
from jobs.kinds import own_of
from jobs.models import JobTemplate
from schedules.models import Schedule

PARENTS = Schedule.objects.select_related("unified_job_template")


class ScheduleCredentials(AttachSublist):
    """The credentials that a schedule's runs use beside the template's, or instead of those of the same type."""

    queryset = CREDENTIALS
    serializer_class = CredentialSerializer
    parents = PARENTS
    parent_relation: ClassVar[str] = "schedules"
    relation = "credentials"
    creates = False

    def check_attach(self, parent: Any, child: Credential) -> None:
        problem = why_not_answered_with(parent, child)
        if problem:
            raise ValidationError({"msg": problem})


def why_not_answered_with(schedule: Schedule, credential: Credential) -> str | None:
    """Why a schedule's runs cannot use `credential`, in AWX's words; None where they can."""
    # Two requests at once must not both find the place free.
    Schedule.objects.select_for_update().get(pk=schedule.pk)
    template = own_of(schedule.unified_job_template)
    if not isinstance(template, JobTemplate):
        return "Related template cannot accept credentials on launch."
    if credential.passwords_needed:
        return "Credential that requires user input on launch cannot be used in saved launch configuration."
    if not template.ask_credential_on_launch:
        return "Related template is not configured to accept credentials on launch."
    present = schedule.credentials.select_related("credential_type")
    if any(credential.slot == other.slot for other in present):
        return f"This launch configuration already provides a {credential.slot_name} credential."
    if template.credentials.filter(pk=credential.pk).exists():
        return f"Related template already uses {credential.name} credential."
    return None


class ScheduleLabels(AttachedLabels):
    """The labels of a schedule's runs, instead of the template's."""

    parents = PARENTS
    parent_relation: ClassVar[str] = "schedules"


class ScheduleGroups(AttachedGroups):
    """The instance groups whose instances carry out a schedule's runs, in this order."""

    parents = PARENTS
    parent_relation: ClassVar[str] = "schedule_places__schedule"
    places = "schedule_places"
