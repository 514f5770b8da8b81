"""The credentials of a job template, which can be attached and detached, and those that a run uses."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from access.api.names import LONGEST_ID
from access.rules import may_act, may_change
from api.schema import ANY_OBJECT
from credentials.api.credentials import CREDENTIALS, CredentialSerializer
from credentials.models import Credential
from jobs.api.views.base import ReadableSublist
from jobs.attaching import why_not_attached
from jobs.models import JobTemplate, UnifiedJob


class AttachableSerializer(CredentialSerializer):
    """A credential of a list to which those that exist are attached by their `id`."""

    def shape_options(self, fields: dict[str, Any], method: str) -> dict[str, Any]:
        """A POST takes an id, and nothing else."""
        if method == "GET":
            return fields
        id_ = {"type": "integer", "required": False, "label": "ID", "filterable": True}
        return {"id": id_ | {"help_text": "The credential to attach, or with `disassociate` to detach."}}


class TemplateCredentials(ReadableSublist):
    """What the calls of a job template identify themselves with.

    POST of `{"id": 5}` attaches a credential, of `{"id": 5, "disassociate": true}` detaches it.
    """

    queryset = CREDENTIALS
    serializer_class = AttachableSerializer
    parents = JobTemplate.objects.all()
    parent_relation = "job_templates"

    @extend_schema(request={"application/json": ANY_OBJECT}, responses={204: None})
    @transaction.atomic
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        template: JobTemplate = self.get_parent()
        if not may_change(request.user, template, {}):
            raise PermissionDenied
        body: Mapping[str, Any] = request.data if isinstance(request.data, Mapping) else {}
        number, detaches = body.get("id"), bool(body.get("disassociate"))
        if not number:
            text = '"id" is required to disassociate' if detaches else '"id" field is missing.'
            raise ValidationError({"msg": text})
        credential = self._find(number)
        if detaches:
            template.credentials.remove(credential)
        else:
            self._attach(template, credential)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @staticmethod
    def _find(number: object) -> Credential:
        if not isinstance(number, int) or isinstance(number, bool):
            raise ValidationError({"msg": '"id" field must be an integer.'})
        rows = Credential.objects.select_related("credential_type")
        found = rows.filter(pk=number).first() if 0 < number < 10**LONGEST_ID else None
        if found is None:
            raise ValidationError({"detail": "Credential matching query does not exist."})
        return found

    def _attach(self, template: JobTemplate, credential: Credential) -> None:
        if not may_act(self.request.user, credential, "use"):
            raise PermissionDenied
        # Two requests at once must not both find the place free.
        JobTemplate.objects.select_for_update(of=("self",)).get(pk=template.pk)
        problem = why_not_attached(credential, template.credentials.select_related("credential_type"))
        if problem:
            raise ValidationError({"error": problem})
        template.credentials.add(credential)


class JobCredentials(ReadableSublist):
    """What the calls of a run identify themselves with."""

    queryset = CREDENTIALS
    serializer_class = CredentialSerializer
    parents = UnifiedJob.objects.all()
    parent_relation = "unified_jobs"
