from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CredentialsConfig(AppConfig):
    name = "credentials"

    def ready(self) -> None:
        # Models can be imported from here on only.
        from access.rules import register  # noqa: PLC0415
        from credentials.managed import ensure_managed_types  # noqa: PLC0415
        from credentials.models import Credential, CredentialInputSource, CredentialType  # noqa: PLC0415
        from credentials.roles import register_kinds  # noqa: PLC0415
        from credentials.rules import CredentialRules, CredentialTypeRules, InputSourceRules  # noqa: PLC0415

        register_kinds()
        register(CredentialType, CredentialTypeRules())
        register(Credential, CredentialRules())
        register(CredentialInputSource, InputSourceRules())
        # Not a migration: whatever empties the tables brings the types back, and a new release's join them.
        post_migrate.connect(ensure_managed_types, sender=self, dispatch_uid="managed credential types")
