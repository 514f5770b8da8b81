from access.models import Organization
from api.routers import Router
from jobs.audit.reading import add_source
from jobs.kinds import launchable_kinds
from jobs.statuses import TemplateKind
from notifications.api.attached import attached_to, notifications_of
from notifications.api.views import (
    NotificationTemplateCopy,
    NotificationTemplateTest,
    NotificationTemplateViewSet,
    NotificationViewSet,
    OrganizationNotificationTemplates,
    TemplateNotifications,
)
from notifications.audit_facts import known_of_alerts
from notifications.models import Event

EVENTS = (Event.STARTED, Event.SUCCESS, Event.ERROR, Event.RECOVERY)
WITH_APPROVALS = (*EVENTS, Event.APPROVALS)

add_source(known_of_alerts)

router = Router()
router.endpoint("notification_templates/<int:pk>/copy", NotificationTemplateCopy)
router.endpoint("notification_templates/<int:pk>/test", NotificationTemplateTest)
router.sublist("notification_templates/<int:parent_pk>/notifications", TemplateNotifications)
router.sublist("organizations/<int:parent_pk>/notification_templates", OrganizationNotificationTemplates)
for event in WITH_APPROVALS:
    route = f"organizations/<int:parent_pk>/notification_templates_{event}"
    router.sublist(route, attached_to(Organization, event))
for kind in launchable_kinds():
    if kind.name == TemplateKind.WORKFLOW_APPROVAL_TEMPLATE:
        continue
    for event in WITH_APPROVALS if kind.name == TemplateKind.WORKFLOW_JOB_TEMPLATE else EVENTS:
        route = f"{kind.name}s/<int:parent_pk>/notification_templates_{event}"
        router.sublist(route, attached_to(kind.model, event))
    router.sublist(f"{kind.job_kind}s/<int:parent_pk>/notifications", notifications_of(kind))
router.register("notification_templates", NotificationTemplateViewSet)
router.register("notifications", NotificationViewSet)

urlpatterns = router.urls
