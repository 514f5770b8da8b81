from api.routers import Router
from notifications.api.views import (
    NotificationTemplateCopy,
    NotificationTemplateViewSet,
    NotificationViewSet,
    OrganizationNotificationTemplates,
    TemplateNotifications,
)

router = Router()
router.endpoint("notification_templates/<int:pk>/copy", NotificationTemplateCopy)
router.sublist("notification_templates/<int:parent_pk>/notifications", TemplateNotifications)
router.sublist("organizations/<int:parent_pk>/notification_templates", OrganizationNotificationTemplates)
router.register("notification_templates", NotificationTemplateViewSet)
router.register("notifications", NotificationViewSet)

urlpatterns = router.urls
