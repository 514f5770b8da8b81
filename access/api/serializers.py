from typing import Any

from django.db.models import Model
from rest_framework.serializers import ListSerializer

from access.rules import may_act, may_change, may_delete
from api.serializers import ResourceSerializer


class RuledSerializer(ResourceSerializer):
    """A resource whose `user_capabilities` are what the rules of its model say."""

    def may(self, capability: str, obj: Model) -> bool:
        asker = self.context["request"].user
        match capability:
            case "edit":
                return may_change(asker, obj, {})
            case "delete":
                return may_delete(asker, obj)
            case _:
                return may_act(asker, obj, capability)

    @property
    def is_in_list(self) -> bool:
        parent: Any = self.parent
        return isinstance(parent, ListSerializer)
