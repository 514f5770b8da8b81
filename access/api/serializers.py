from typing import Any, ClassVar

from django.db.models import Model
from rest_framework.serializers import ListSerializer

from access.api.object_roles import remembering_for, summary_of_roles
from access.rules import may_act, may_change, may_delete
from api.serializers import ResourceSerializer


class RuledSerializer(ResourceSerializer):
    """A resource whose `user_capabilities` are what the rules of its model say.

    One whose objects have roles names their kind as `role_kind`; `object_roles` are shown then.
    """

    role_kind: ClassVar[str] = ""

    def get_summary_fields(self, obj: Any) -> dict[str, Any]:
        if "request" not in self.context:
            summary = super().get_summary_fields(obj)
        else:
            with remembering_for(self):
                summary = super().get_summary_fields(obj)
        if self.role_kind:
            summary["object_roles"] = summary_of_roles(self, obj, self.role_kind)
        return summary

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
