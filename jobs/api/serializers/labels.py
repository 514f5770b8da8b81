from typing import Any, ClassVar

from api.serializers import ResourceSerializer
from jobs.api.serializers.summaries import of_organization
from jobs.models import Label


class LabelSerializer(ResourceSerializer):
    resource = "labels"
    object_type = "label"
    capabilities = ()

    class Meta:
        model = Label
        fields: ClassVar = ["name", "organization"]
        extra_kwargs: ClassVar = {"organization": {"help_text": "Organization this label belongs to."}}

    def get_related(self, obj: Any) -> dict[str, str]:
        return super().get_related(obj) | {"organization": f"/api/v2/organizations/{obj.organization_id}/"}

    def get_summary_fields(self, obj: Any) -> dict[str, Any]:
        summary = {"organization": of_organization(obj.organization), **super().get_summary_fields(obj)}
        summary.pop("user_capabilities", None)
        return summary
