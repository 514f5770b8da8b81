"""Where forges deliver their webhooks, and the keys that these are signed with."""

from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied
from django.db import transaction
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from access.permissions import EveryUser
from access.rules import may_change
from api import changes
from api.exceptions import Conflict
from api.exposure import kind_of as type_of
from api.openapi import ANY_OBJECT, OpenApi
from api.views import Endpoint, OneObject
from jobs.exceptions import CannotLaunch, StillGoing
from jobs.kinds import LaunchableKind
from jobs.models import Webhooked
from jobs.webhooks import SERVICES, launch_once, new_key, plain_key

NEW_KEY = {"webhook_key": [changes.MASK, changes.MASK]}


class WebhookKey(OneObject):
    """GET shows the key that a template's webhooks are signed with; POST makes another. For its administrators."""

    permission_classes = (EveryUser,)

    def get_object(self) -> Any:
        template = super().get_object()
        if not may_change(self.request.user, template, {}):
            raise PermissionDenied
        return template

    @OpenApi(responses={200: ANY_OBJECT})
    def get(self, request: Request, pk: int) -> Response:
        return Response({"webhook_key": plain_key(self.get_object())})

    @OpenApi(request=None, responses={201: ANY_OBJECT})
    @transaction.atomic
    def post(self, request: Request, pk: int) -> Response:
        template = self.get_object()
        template.webhook_key = new_key()
        template.save(update_fields=["webhook_key"])
        changes.changed.send(
            type(template), request=request, kind=type_of(template), obj=template, changes=NEW_KEY
        )
        return Response({"webhook_key": plain_key(template)}, status=status.HTTP_201_CREATED)


class WebhookReceiver(Endpoint):
    """POST, by a forge: launches the template, once for each delivery. The signature is the authentication."""

    authentication_classes: Any = ()
    permission_classes = (AllowAny,)
    service: ClassVar[Webhooked.WebhookService]
    launchable: ClassVar[LaunchableKind]

    @OpenApi(request={"application/json": ANY_OBJECT}, responses={202: ANY_OBJECT})
    def post(self, request: Request, pk: int) -> Response:
        service = SERVICES[self.service]
        # Read as it is before it is parsed: it is what was signed.
        body = request.body
        template = self.launchable.for_launch().filter(pk=pk, webhook_service=self.service).first()
        key = plain_key(template) if template is not None else ""
        if not key or not service.is_genuine(request.headers, body, key):
            raise PermissionDenied
        delivery = service.read(request.headers, body, request.data)
        if service.ping and delivery.event == service.ping:
            return Response({"message": "Webhook ignored"})
        try:
            is_new = launch_once(template, delivery)
        except CannotLaunch as error:
            raise ValidationError(error.errors) from None
        except StillGoing as error:
            raise Conflict(str(error)) from None
        message = "Job queued." if is_new else "Webhook previously received, aborting."
        return Response({"message": message}, status=status.HTTP_202_ACCEPTED)


def key_of(kind: LaunchableKind) -> type[WebhookKey]:
    """The view for the templates of one kind."""
    name = f"{kind.model.__name__}WebhookKey"
    return type(name, (WebhookKey,), {"queryset": kind.model._default_manager.all()})


def receiver_of(kind: LaunchableKind, service: Webhooked.WebhookService) -> type[WebhookReceiver]:
    """The view for the templates of one kind and one kind of forge."""
    name = f"{kind.model.__name__}{service.title().replace('_', '')}Receiver"
    return type(name, (WebhookReceiver,), {"launchable": kind, "service": service})
