from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "jobs"

    def ready(self) -> None:
        # Models can be imported only now.
        from jobs.roles import register_kinds_and_rules  # noqa: PLC0415

        register_kinds_and_rules()
