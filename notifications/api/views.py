from typing import Any, ClassVar

from django.db import transaction
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from access.api.views import asker
from access.models import Organization
from access.rules import may_act
from api.changes import announce_created
from api.openapi import ANY_OBJECT, OpenApi
from api.views import OneObject, ReadOnlyResource, ReadOnlySublist, Resource, Sublist
from jobs.api.serializers.launching import CopySerializer
from notifications.api.serializers import NotificationSerializer, NotificationTemplateSerializer
from notifications.models import NotificationTemplate
from notifications.querysets import NOTIFICATIONS, TEMPLATES
from notifications.receivers import announce_notifications
from notifications.telling import make_test


class NotificationTemplateViewSet(Resource):
    """Ways of telling people how runs go: by mail, by a webhook, in a chat."""

    queryset = TEMPLATES
    serializer_class = NotificationTemplateSerializer
    secret_fields = ("notification_configuration",)
    named_by = (("name",), ("organization__name",))


class NotificationViewSet(ReadOnlyResource):
    """What was told, or is about to be."""

    queryset = NOTIFICATIONS
    serializer_class = NotificationSerializer
    search_fields = ("subject", "notification_type", "body")


class OrganizationNotificationTemplates(Sublist):
    """The notification templates of one organization; POST makes one more."""

    queryset = TEMPLATES
    serializer_class = NotificationTemplateSerializer
    secret_fields = ("notification_configuration",)
    parents = Organization.objects.all()
    parent_relation: ClassVar[str] = "organization"
    parent_field: ClassVar[str] = "organization"


class TemplateNotifications(ReadOnlySublist):
    """What one template told."""

    queryset = NOTIFICATIONS
    serializer_class = NotificationSerializer
    search_fields = ("subject", "notification_type", "body")
    parents = NotificationTemplate.objects.all()
    parent_relation: ClassVar[str] = "notification_template"


class NotificationTemplateTest(OneObject):
    """POST tells that this is a test, as soon as a worker has time for it; the answer names the notification."""

    action = "test"
    queryset = TEMPLATES

    @OpenApi(responses={202: ANY_OBJECT})
    @transaction.atomic
    def post(self, request: Request, pk: int) -> Response:
        made = make_test(self.get_object())
        transaction.on_commit(announce_notifications)
        shown = NotificationSerializer(made, context=self.get_serializer_context()).data
        headers = {"Location": shown["url"]}
        return Response({"notification": made.pk, **shown}, status=status.HTTP_202_ACCEPTED, headers=headers)


class NotificationTemplateCopy(OneObject):
    """GET says whether the asker may copy the template; POST makes the copy, secrets included, under another name."""

    action = "copy"
    queryset = TEMPLATES
    serializer_class = CopySerializer

    @OpenApi(responses={200: ANY_OBJECT})
    def get(self, request: Request, pk: int) -> Response:
        return Response({"can_copy": may_act(request.user, self.get_object(), "copy")})

    @OpenApi(responses={201: NotificationTemplateSerializer})
    @transaction.atomic
    def post(self, request: Request, pk: int) -> Response:
        original = self.get_object()
        context = self.get_serializer_context()
        given = CopySerializer(data=request.data, context={**context, "original": original})
        given.is_valid(raise_exception=True)
        made = NotificationTemplate(
            name=given.validated_data["name"],
            description=original.description,
            organization=original.organization,
            notification_type=original.notification_type,
            notification_configuration=original.notification_configuration,
            messages=original.messages,
            created_by=asker(request),
            modified_by=asker(request),
        )
        made.validate_constraints()
        made.save()
        copied = NotificationTemplateSerializer(made, context=context)
        shown: dict[str, Any] = dict(copied.data)
        announce_created(request, copied)
        return Response(shown, status=status.HTTP_201_CREATED, headers={"Location": shown["url"]})
