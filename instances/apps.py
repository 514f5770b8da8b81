from django.apps import AppConfig
from django.db.models.signals import post_migrate


class InstancesConfig(AppConfig):
    name = "instances"

    def ready(self) -> None:
        # Models can be imported from here on only.
        from instances.initial import ensure_initial  # noqa: PLC0415
        from instances.roles import register_kinds_and_rules  # noqa: PLC0415

        register_kinds_and_rules()
        post_migrate.connect(ensure_initial, sender=self, dispatch_uid="initial instance groups")
