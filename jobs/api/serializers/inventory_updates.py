"""Updates of inventories as resources. The source's settings are as they were when the update was made."""

from typing import Any, ClassVar

from rest_framework import serializers

from jobs.api.serializers.fields import RUN_FIELDS, AbsentResource, AbsentText
from jobs.api.serializers.inventory_sources import SourceCredential
from jobs.api.serializers.jobs import JobListSerializer, JobSerializer, RunSerializer
from jobs.api.serializers.summaries import of_organization, of_unified_template
from jobs.api.serializers.surroundings import related_of_launch, summaries_of_launch
from jobs.models import InventorySource, InventoryUpdate

RELATIONS = (
    "organization",
    "created_by",
    "unified_job_template__as_inventory_source__inventory",
    "occurrence__schedule",
    "unified_job_node__workflow_job",
)
SUBLISTS = ("stdout", "events", "attempts", "cancel", "credentials")


class KeptKey(serializers.IntegerField):
    metadata_type = "id"


class InventoryUpdateListSerializer(JobListSerializer):
    """An update as lists show it."""

    resource = "inventory_updates"
    object_type = "inventory_update"

    inventory_source = serializers.PrimaryKeyRelatedField[Any](source="unified_job_template", read_only=True)
    inventory: Any = KeptKey(source="prompts.inventory", default=None, read_only=True)
    source: Any = serializers.ChoiceField(
        source="prompts.source", choices=InventorySource.Source.choices, default="", read_only=True
    )
    source_path = serializers.CharField(source="prompts.source_path", default="", read_only=True)
    feed_url = serializers.CharField(source="prompts.feed_url", default="", read_only=True)
    source_vars = serializers.CharField(source="prompts.source_vars", default="", read_only=True)
    scm_branch = serializers.CharField(source="prompts.scm_branch", default="", read_only=True)
    enabled_var = serializers.CharField(source="prompts.enabled_var", default="", read_only=True)
    enabled_value = serializers.CharField(source="prompts.enabled_value", default="", read_only=True)
    host_filter = serializers.CharField(source="prompts.host_filter", default="", read_only=True)
    limit = serializers.CharField(source="prompts.limit", default="", read_only=True)
    overwrite = serializers.BooleanField(source="prompts.overwrite", default=False, read_only=True)
    overwrite_vars = serializers.BooleanField(source="prompts.overwrite_vars", default=False, read_only=True)
    verbosity = serializers.ChoiceField(
        source="prompts.verbosity",
        choices=InventorySource.Verbosity.choices,
        default=InventorySource.Verbosity.INFO,
        read_only=True,
    )
    credential = SourceCredential(read_only=True)
    custom_virtualenv = AbsentText()
    license_error = serializers.BooleanField(source="prompts.license_error", default=False, read_only=True)
    org_host_limit_error = serializers.BooleanField(
        source="prompts.org_host_limit_error", default=False, read_only=True
    )
    source_project_update = AbsentResource(read_only=True)
    instance_group = AbsentResource(read_only=True)
    scm_revision = AbsentText(shown="")

    class Meta:
        model = InventoryUpdate
        fields: ClassVar = [
            *RUN_FIELDS,
            *(
                "controller_node",
                "source",
                "source_path",
                "feed_url",
                "source_vars",
            ),
            *("scm_branch", "credential", "enabled_var", "enabled_value", "host_filter", "overwrite"),
            *("overwrite_vars", "custom_virtualenv", "timeout", "verbosity", "limit", "inventory"),
            *("inventory_source", "license_error", "org_host_limit_error", "source_project_update"),
            *("instance_group", "scm_revision", "run_id", "failure_reason", "attempts_made", "scheduled_for"),
        ]
        read_only_fields = fields

    def get_related(self, obj: Any) -> dict[str, str]:
        own = f"/api/v2/inventory_updates/{obj.pk}"
        related = RunSerializer.get_related(self, obj)
        related |= {name: f"{own}/{name}/" for name in SUBLISTS}
        if obj.organization_id:
            related["organization"] = f"/api/v2/organizations/{obj.organization_id}/"
        if obj.unified_job_template_id:
            source = f"/api/v2/inventory_sources/{obj.unified_job_template_id}/"
            related |= {"unified_job_template": source, "inventory_source": source}
        if obj.prompts.get("inventory"):
            related["inventory"] = f"/api/v2/inventories/{obj.prompts['inventory']}/"
        return related | related_of_launch(obj)

    def get_summary_fields(self, obj: Any) -> dict[str, Any]:
        summary = RunSerializer.get_summary_fields(self, obj)
        if obj.organization:
            summary["organization"] = of_organization(obj.organization)
        template = obj.unified_job_template
        if template is not None:
            source = template.as_inventory_source
            summary["unified_job_template"] = of_unified_template(template)
            summary["inventory_source"] = {
                "source": source.source,
                "last_updated": None,
                "status": obj.status,
            }
            summary["inventory"] = {"id": source.inventory_id, "name": source.inventory.name}
        return summary | summaries_of_launch(obj)


class InventoryUpdateSerializer(InventoryUpdateListSerializer, JobSerializer):
    """An update as its own page shows it."""

    class Meta(InventoryUpdateListSerializer.Meta):
        fields: ClassVar = [
            *InventoryUpdateListSerializer.Meta.fields,
            *("job_args", "job_cwd", "job_env", "result_traceback", "event_processing_finished"),
        ]
        read_only_fields = fields
