from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "access"

    def ready(self) -> None:
        # Models and views can be imported once all apps are known.
        from access import audit  # noqa: PLC0415
        from access.activity import ActivityStream  # noqa: PLC0415
        from access.api.activity import activity_of  # noqa: PLC0415
        from access.rules import accessible, register, sees_all  # noqa: PLC0415
        from api.exposure import Readable  # noqa: PLC0415
        from api.routers import of_every_object  # noqa: PLC0415

        audit.listen()
        Readable.rows = staticmethod(accessible)
        Readable.restricts = staticmethod(lambda user: not sees_all(user))
        register(ActivityStream, audit.ActivityRules())
        of_every_object["activity_stream"] = activity_of
