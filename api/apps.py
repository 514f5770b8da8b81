from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "api"

    def ready(self) -> None:
        # drf-spectacular knows the extensions of modules that are loaded.
        from api import schema  # noqa: F401, PLC0415
