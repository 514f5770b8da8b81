from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AccessConfig(AppConfig):
    name = "access"

    def ready(self) -> None:
        # Models can be imported only now.
        from access.role_rules import register_own_rules  # noqa: PLC0415
        from access.roles import register_own_kinds  # noqa: PLC0415

        register_own_kinds()
        register_own_rules()
        post_migrate.connect(_ensure_system_roles, sender=self)


def _ensure_system_roles(**_: Any) -> None:
    from access.roles import ensure_system_roles  # noqa: PLC0415

    ensure_system_roles()
