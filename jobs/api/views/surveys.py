"""The survey of a template: its questions, which a launch has to answer."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import Model
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.permissions import ByRules
from access.rules import may_change, may_delete, may_read
from api.changes import announce_value
from api.openapi import ANY_OBJECT, OpenApi
from api.views import OneObject
from jobs.exceptions import InvalidSurvey
from jobs.models import JobTemplate
from jobs.survey_specs import shown, to_store

EMPTY: dict[str, Any] = {"name": "", "description": "", "spec": []}


class AsItsTemplate(ByRules):
    """Who reads a template reads its survey; who changes it gives it one; who may delete it takes it away."""

    def has_object_permission(self, request: Request, view: APIView, obj: Model) -> bool:
        match request.method:
            case "POST":
                return may_change(request.user, obj, {})
            case "DELETE":
                return may_delete(request.user, obj)
            case _:
                return may_read(request.user, obj)


class SurveySpec(OneObject):
    """Base for one kind of template. GET is `{}` without a survey; POST replaces it, DELETE takes it away."""

    permission_classes = (AsItsTemplate,)
    template: Any = None

    def asked_in_forms(self) -> dict[str, Any] | None:
        """The survey that there is, or an empty one. None where there is no template."""
        return (shown(self.template.survey_spec) or EMPTY) if self.template is not None else None

    @OpenApi(responses={200: ANY_OBJECT})
    def get(self, request: Request, pk: int) -> Response:
        self.template = self.get_object()
        return Response(shown(self.template.survey_spec))

    @OpenApi(request={"application/json": ANY_OBJECT}, responses={200: None})
    def post(self, request: Request, pk: int) -> Response:
        sent: Mapping[str, Any] = request.data if isinstance(request.data, Mapping) else {}
        self._replace(sent)
        return Response()

    @OpenApi(responses={200: None})
    def delete(self, request: Request, pk: int) -> Response:
        self._replace(None)
        return Response(status=status.HTTP_200_OK)

    @transaction.atomic
    def _replace(self, sent: Mapping[str, Any] | None) -> None:
        template = self.template = self.get_object()
        locked = type(template)._default_manager.select_for_update(of=("self",)).get(pk=template.pk)
        before = locked.survey_spec
        try:
            locked.survey_spec = {} if sent is None else to_store(sent, before)
        except InvalidSurvey as error:
            raise ValidationError({"error": str(error)}) from None
        locked.save(update_fields=["survey_spec"])
        announce_value(self.request, locked, "survey_spec", shown(before), shown(locked.survey_spec))


class JobTemplateSurvey(SurveySpec):
    """The survey of one job template."""

    queryset = JobTemplate.objects.all()
