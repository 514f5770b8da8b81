from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "notifications"

    def ready(self) -> None:
        # Models can be imported only now.
        from access.rules import register  # noqa: PLC0415
        from jobs.housekeeping import JobType, add_sweep  # noqa: PLC0415
        from jobs.rotation import Place, places  # noqa: PLC0415
        from notifications import receivers  # noqa: F401, PLC0415
        from notifications.housekeeping import sweep_notifications  # noqa: PLC0415
        from notifications.models import Notification, NotificationTemplate  # noqa: PLC0415
        from notifications.rules import NotificationRules, NotificationTemplateRules  # noqa: PLC0415

        register(NotificationTemplate, NotificationTemplateRules())
        register(Notification, NotificationRules())
        add_sweep(JobType.CLEANUP_JOBS, sweep_notifications)
        places.append(
            Place(
                "notification_template",
                NotificationTemplate,
                "notification_configuration",
                lambda row: [(row.notification_configuration, row.type_.secrets)],
            )
        )
