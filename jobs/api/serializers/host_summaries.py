"""How a run went on one host, as a resource."""

from typing import Any, ClassVar

from rest_framework import serializers

from api.fields import PrimaryKeyField
from api.serializers import ResourceSerializer
from jobs.api.serializers.fields import AbsentResource
from jobs.host_summaries import COUNTS
from jobs.models import JobHostSummary
from jobs.statuses import TemplateKind


class JobHostSummarySerializer(ResourceSerializer):
    resource = "job_host_summaries"
    object_type = "job_host_summary"
    capabilities = ()

    created = serializers.DateTimeField(source="finished", read_only=True)
    modified = serializers.DateTimeField(source="finished", read_only=True)
    job = PrimaryKeyField(read_only=True)
    host = PrimaryKeyField(read_only=True, help_text="Null once the host is deleted.")
    constructed_host = AbsentResource(read_only=True, help_text="AWX's: there are none here.")
    changed = serializers.IntegerField(read_only=True)
    dark = serializers.IntegerField(read_only=True, help_text="1 if the host could not be reached.")
    failures = serializers.IntegerField(read_only=True, help_text="1 if the call failed otherwise.")
    ok = serializers.IntegerField(read_only=True, help_text="1 if the call was successful.")
    processed = serializers.IntegerField(read_only=True)
    skipped = serializers.IntegerField(read_only=True)
    failed = serializers.BooleanField(read_only=True)
    ignored = serializers.IntegerField(read_only=True)
    rescued = serializers.IntegerField(read_only=True)

    class Meta:
        model = JobHostSummary
        fields: ClassVar = [
            *("id", "type", "url", "related", "summary_fields", "created", "modified"),
            *("job", "host", "constructed_host", "host_name", *COUNTS[:6], "failed", *COUNTS[6:]),
        ]
        read_only_fields = fields

    def get_related(self, obj: Any) -> dict[str, str]:
        related = super().get_related(obj) | {"job": f"/api/v2/jobs/{obj.job_id}/"}
        return related | ({"host": f"/api/v2/hosts/{obj.host_id}/"} if obj.host_id else {})

    def get_summary_fields(self, obj: Any) -> dict[str, Any]:
        summary: dict[str, Any] = {}
        if obj.host:
            names = ("id", "name", "description")
            summary["host"] = {name: getattr(obj.host, name) for name in names}
        run, template = obj.job, obj.job.unified_job_template
        summary["job"] = {
            name: getattr(run, name) for name in ("id", "name", "description", "status", "failed")
        } | {"elapsed": float(run.elapsed), "type": run.kind}
        if template is not None and template.kind == TemplateKind.JOB_TEMPLATE:
            summary["job"] |= {"job_template_id": template.pk, "job_template_name": template.name}
        return summary
