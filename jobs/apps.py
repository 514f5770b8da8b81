from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "jobs"

    def ready(self) -> None:
        # Models can be imported once all apps are known.
        from access.rules import register  # noqa: PLC0415
        from jobs.labels import LabelRules  # noqa: PLC0415
        from jobs.models import Label  # noqa: PLC0415

        register(Label, LabelRules())
        # Models can be imported only now.
        from jobs.roles import register_kinds_and_rules  # noqa: PLC0415

        register_kinds_and_rules()
