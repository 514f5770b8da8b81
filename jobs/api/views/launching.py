from typing import Any, Generic, TypeVar

from django.db import transaction
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from access.api.views import asker
from api.exceptions import Conflict
from api.openapi import ANY_OBJECT, OpenApi
from api.views import OneObject
from jobs import surveys
from jobs.exceptions import CannotLaunch, StillGoing
from jobs.launching import launch
from jobs.models import Prompting, UnifiedJob, UnifiedJobTemplate
from jobs.prompt_rules import check_usable
from jobs.prompts import ALL_SWITCHES, LaunchAnswers, accept

Template = TypeVar("Template", bound=UnifiedJobTemplate)


class Launch(OneObject, Generic[Template]):
    """Base of the views that launch what has prompts, with the answers to them."""

    action = "launch"
    template: Template | None = None

    def preview(self, template: Template) -> dict[str, Any]:
        """What a launch asks for."""
        raise NotImplementedError

    def problems(
        self, template: Template, answers: LaunchAnswers, sent: dict[str, Any]
    ) -> dict[str, list[str]]:
        """Why it cannot be launched so, by field."""
        return answers.errors

    def answer(self, job: UnifiedJob, ignored: dict[str, Any]) -> Response:
        raise NotImplementedError

    @OpenApi(responses={200: ANY_OBJECT})
    def get(self, request: Request, pk: int) -> Response:
        self.template = self.get_object()
        return Response(self.preview(self.template))

    def asked_in_forms(self) -> dict[str, Any] | None:
        """What the template asks for, with what stands in it at first: AWX's way. None where there is no template."""
        template = Prompting.of(self.template)
        if template is None:
            return None
        answers = surveys.first_answers(template)
        variables = {"extra_vars": answers} if answers or template.ask_variables_on_launch else {}
        return variables | {
            name: None for name, switch in ALL_SWITCHES.items() if getattr(template, switch, False)
        }

    @OpenApi(responses={201: ANY_OBJECT})
    @transaction.atomic
    def post(self, request: Request, pk: int) -> Response:
        template = self.template = self.get_object()
        serializer: Any = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        answers = accept(
            template,
            extra_vars=serializer.validated_data.get("extra_vars"),
            prompts=serializer.prompts(),
        )
        problems = self.problems(template, answers, serializer.validated_data)
        if problems:
            raise ValidationError(problems)
        check_usable(asker(request), answers.prompts)
        try:
            job = launch(template, user=asker(request), answers=answers)
        except CannotLaunch as error:
            raise ValidationError(error.errors) from None
        except StillGoing as error:
            raise Conflict(str(error)) from None
        return self.answer(job, answers.ignored)
