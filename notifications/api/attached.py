"""Which templates tell of the runs of a template or of an organization, and what was told of one run."""

from typing import Any, ClassVar

from django.db.models import Model, QuerySet
from django.http import Http404
from rest_framework.request import Request
from rest_framework.views import APIView

from access.models import Organization, User
from access.permissions import ByRules, body_of
from access.roles import ADMIN, holds
from access.rules import may_add, may_change, may_read
from api.attaching import AttachSublist
from api.views import ReadOnlySublist
from jobs.kinds import LaunchableKind
from jobs.models import Project, UnifiedJob, UnifiedJobTemplate
from notifications.api.serializers import NotificationSerializer, NotificationTemplateSerializer
from notifications.models import Event, NotificationTemplate, Subscription
from notifications.querysets import NOTIFICATIONS, TEMPLATES
from notifications.rules import NOTIFICATION_ADMIN

# What else than reading the parent is asked for.
ROLES: dict[type[Model], str] = {Organization: NOTIFICATION_ADMIN, Project: ADMIN}


class MayAttach(ByRules):
    """Whoever may change a notification template attaches it to what he may read (AWX's rule)."""

    def has_relation_permission(
        self, request: Request, view: APIView, parent: Model, child: Model | None, action: str
    ) -> bool:
        if child is None:
            may_have = may_add(request.user, NotificationTemplate, body_of(request))
        else:
            may_have = may_change(request.user, child, {})
        return may_have and may_be_told_of(request.user, parent)


def may_be_told_of(user: Any, parent: Model) -> bool:
    role = ROLES.get(type(parent))
    if role is None or not isinstance(user, User) or user.is_superuser:
        return may_read(user, parent)
    return holds(user, parent, role)


class AttachedTemplates(AttachSublist):
    """Base of the templates that tell of one event."""

    permission_classes = (MayAttach,)
    queryset = TEMPLATES
    serializer_class = NotificationTemplateSerializer
    secret_fields = ("notification_configuration",)
    event: ClassVar[Event]
    # The field of a subscription that names the parent.
    parent_field: ClassVar[str]

    def subscriptions(self, parent: Model) -> QuerySet[Subscription]:
        return Subscription.objects.order_by().filter(event=self.event, **{self.parent_field: parent.pk})

    def get_queryset(self) -> QuerySet[NotificationTemplate]:
        if getattr(self, "swagger_fake_view", False):
            return TEMPLATES.none()
        if self.request.method in ("POST", "OPTIONS"):
            return TEMPLATES.all()
        told_by = self.subscriptions(self.get_parent()).values("notification_template")
        return TEMPLATES.filter(pk__in=told_by)

    def is_attached(self, parent: Model, child: Model) -> bool:
        return self.subscriptions(parent).filter(notification_template=child.pk).exists()

    def attach(self, parent: Model, child: Model) -> None:
        Subscription.objects.get_or_create(
            event=self.event, notification_template_id=child.pk, **{f"{self.parent_field}_id": parent.pk}
        )

    def detach(self, parent: Model, child: Model) -> None:
        self.subscriptions(parent).filter(notification_template=child.pk).delete()


def attached_to(model: type[Model], event: Event) -> type[AttachedTemplates]:
    """The view of the templates that tell of `event` of the objects of `model`."""
    of_template = issubclass(model, UnifiedJobTemplate)
    return type(
        f"{model.__name__}{event.capitalize()}",
        (AttachedTemplates,),
        {
            "__doc__": f"The notification templates that tell of {WORDS[event]}.",
            "parents": model._default_manager.all(),
            "relation": f"notification_templates_{event}",
            "event": event,
            "parent_field": "unified_job_template" if of_template else "organization",
        },
    )


WORDS = {
    Event.STARTED: "runs that begin",
    Event.SUCCESS: "runs that succeed",
    Event.ERROR: "runs that fail",
    Event.APPROVALS: "approvals that are asked for and given",
    Event.RECOVERY: "the first success after a failure",
}


class RunNotifications(ReadOnlySublist):
    """What was told of one run."""

    queryset = NOTIFICATIONS
    serializer_class = NotificationSerializer
    search_fields = ("subject", "notification_type", "body")
    parent_relation: ClassVar[str] = "job"
    run_name: ClassVar[str]

    def find_parent(self) -> UnifiedJob:
        run: UnifiedJob | None = self.parents.filter(pk=self.kwargs["parent_pk"]).first()
        if run is None:
            raise Http404(f"No {self.run_name} matches the given query.")
        return run


def notifications_of(kind: LaunchableKind) -> type[RunNotifications]:
    """The view for the runs of one kind of template."""
    name = kind.job_kind.value.title().replace("_", "")
    return type(
        f"{name}Notifications",
        (RunNotifications,),
        {"parents": UnifiedJob.objects.filter(kind=kind.job_kind), "run_name": name},
    )
