from django.apps import AppConfig


class InventoriesConfig(AppConfig):
    name = "inventories"

    def ready(self) -> None:
        # Models can be imported only now.
        from inventories.roles import register_kinds_and_rules  # noqa: PLC0415

        register_kinds_and_rules()
