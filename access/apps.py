from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AccessConfig(AppConfig):
    name = "access"

    def ready(self) -> None:
        # Models can be imported once all apps are known. Views are left to the URLs: workers have no use for them.
        from access import audit, one_of  # noqa: F401, PLC0415
        from access.activity import ActivityStream  # noqa: PLC0415
        from access.oauth import receivers  # noqa: PLC0415
        from access.rules import accessible, register, sees_all  # noqa: PLC0415
        from api.readable import Readable  # noqa: PLC0415

        audit.listen()
        receivers.listen()
        Readable.rows = staticmethod(accessible)
        Readable.restricts = staticmethod(lambda user: not sees_all(user))
        register(ActivityStream, audit.ActivityRules())
        # Models can be imported only now.
        from access.role_rules import register_own_rules  # noqa: PLC0415
        from access.roles import register_own_kinds  # noqa: PLC0415

        register_own_kinds()
        register_own_rules()
        post_migrate.connect(_ensure_system_roles, sender=self)


def _ensure_system_roles(**sent: Any) -> None:
    from access.roles import ensure_system_roles  # noqa: PLC0415

    migrated = sent.get("apps")
    # After a migration to before there were roles there is no table for them.
    if migrated is None or "role" in migrated.all_models["access"]:
        ensure_system_roles()
