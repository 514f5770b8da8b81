"""The credentials of a job template, which can be attached and detached, and those that a run uses."""

from rest_framework.exceptions import ValidationError

from access.api.views import ReadableSublist
from api.attaching import AttachSublist
from credentials.api.credentials import CREDENTIALS, CredentialSerializer
from credentials.models import Credential
from jobs.attaching import why_not_attached
from jobs.models import JobTemplate, UnifiedJob


class TemplateCredentials(AttachSublist):
    """What the calls of a job template identify themselves with."""

    queryset = CREDENTIALS
    serializer_class = CredentialSerializer
    parents = JobTemplate.objects.all()
    parent_relation = "job_templates"
    relation = "credentials"
    creates = False

    def check_attach(self, parent: JobTemplate, child: Credential) -> None:
        # Two requests at once must not both find the place free.
        JobTemplate.objects.select_for_update(of=("self",)).get(pk=parent.pk)
        problem = why_not_attached(child, parent.credentials.select_related("credential_type"))
        if problem:
            raise ValidationError({"error": problem})


class JobCredentials(ReadableSublist):
    """What the calls of a run identify themselves with."""

    queryset = CREDENTIALS
    serializer_class = CredentialSerializer
    parents = UnifiedJob.objects.all()
    parent_relation = "unified_jobs"
