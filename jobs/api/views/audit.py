"""`audit/`: what keeps templates from being left alone at night, and what would mend it. It only reads."""

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from rest_framework.exceptions import ParseError
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from access.api.views import asker
from api.missing import missing
from api.openapi import OpenApi
from api.views import Listing, OneObject, Queried
from jobs.api.serializers.audit import AUDITED, AuditSerializer, QuestionSerializer
from jobs.audit.auditing import Audit, audit
from jobs.kinds import LaunchableKind, TemplatesWithOwn
from jobs.models import UnifiedJobTemplate

# Verdicts are not stored: a list of those with some verdict takes a look at all that its lookups choose.
MOST_AUDITED = 1000
TOO_MANY = f"There are more than {MOST_AUDITED} templates to be audited. Name an organization or a project."
TEMPLATES = (
    TemplatesWithOwn(UnifiedJobTemplate)
    .filter(kind__in=[kind.name for kind in AUDITED])
    .select_related("organization")
)


class AuditList(Listing, Queried, GenericAPIView[Any]):
    """All job templates and workflows that the asker may read, each with a verdict on five properties and its reasons.

    `verdict` and the names of the properties choose by verdict, `project` by its id, and lookups by what templates
    have, such as `organization` or `name__icontains`. It only reads: what could be changed is changed by people alone.
    """

    name = "Audit"
    is_list = True
    queryset = TEMPLATES
    serializer_class: Any = AuditSerializer
    object_types = tuple(kind.name.value for kind in AUDITED)
    own_parameters = tuple(QuestionSerializer().fields)

    @OpenApi(parameters=[QuestionSerializer])
    def get(self, request: Request) -> Response:
        return self.list(request)

    def _page(self, queryset: QuerySet[UnifiedJobTemplate]) -> Response:
        question = QuestionSerializer(data=self.request.query_params.dict())
        question.is_valid(raise_exception=True)
        wanted: dict[str, Any] = dict(question.validated_data)
        if "project" in wanted:
            queryset = queryset.filter(as_job_template__project=wanted.pop("project"))
        if wanted:
            page = self.paginate_queryset(self._with_verdicts(queryset, wanted))
        else:
            page = self._audited(self.paginate_queryset(queryset))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    def _with_verdicts(self, queryset: QuerySet[UnifiedJobTemplate], wanted: dict[str, Any]) -> list[Audit]:
        """Raises ParseError."""
        templates = list(queryset[: MOST_AUDITED + 1])
        if len(templates) > MOST_AUDITED:
            raise ParseError(TOO_MANY)
        return [one for one in self._audited(templates) if _verdicts(one).items() >= wanted.items()]

    def _audited(self, templates: Any) -> list[Audit]:
        return audit(templates, asker(self.request), now=timezone.now())


def _verdicts(one: Audit) -> dict[str, str]:
    return {"verdict": one.verdict, **{name: finding.verdict for name, finding in one.findings.items()}}


class TemplateAudit(OneObject):
    """A verdict on each of five properties of the template, with the facts it rests on and what would mend it.

    It only reads: what could be changed is changed by nobody but people.
    """

    serializer_class = AuditSerializer

    @OpenApi(responses={200: AuditSerializer})
    def get(self, request: Request, pk: int) -> Response:
        template = self.get_object()
        found = audit(TEMPLATES.filter(pk=template.pk), asker(request), now=timezone.now())
        if not found:
            # It was deleted meanwhile.
            raise missing(type(template))
        return Response(self.get_serializer(found[0]).data)


def audit_view_of(kind: LaunchableKind) -> type[TemplateAudit]:
    """The view for the templates of one kind."""
    name = f"{kind.model.__name__}Audit"
    return type(name, (TemplateAudit,), {"queryset": kind.model._default_manager.all()})
