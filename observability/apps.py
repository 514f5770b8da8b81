from django.apps import AppConfig


class ObservabilityConfig(AppConfig):
    name = "observability"

    def ready(self) -> None:
        # What it counts is known once all apps are.
        from observability.figures import add_figures  # noqa: PLC0415
        from observability.objects import object_figures  # noqa: PLC0415

        add_figures(object_figures)
