from django.apps import AppConfig


class InventoriesConfig(AppConfig):
    name = "inventories"

    def ready(self) -> None:
        # Models can be imported only now. Filters of hosts name what the API shows, so its paths are known in every
        # process, whether it serves them or not.
        from inventories.api import urls  # noqa: F401, PLC0415
        from inventories.roles import register_kinds_and_rules  # noqa: PLC0415

        register_kinds_and_rules()
