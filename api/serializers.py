"""The shape that every object of the API has: id, type, url, related, summary_fields, then its own fields."""

from typing import Any, ClassVar

from django.db.models import Model
from rest_framework import serializers


class ResourceSerializer(serializers.ModelSerializer):
    """Base of every resource's serializer.

    A subclass names its `resource` (the path below /api/v2/, such as "job_templates"), its AWX `object_type`, and
    describes its own `related` paths and `summary_fields`; AWX's global tables of them have no twin here.
    """

    resource: ClassVar[str]
    object_type: ClassVar[str]

    type = serializers.SerializerMethodField()
    url = serializers.SerializerMethodField()
    related = serializers.SerializerMethodField()
    summary_fields = serializers.SerializerMethodField()

    def get_type(self, obj: Model) -> str:
        return self.object_type

    def get_url(self, obj: Model) -> str:
        return f"/api/v2/{self.resource}/{obj.pk}/"

    def get_related(self, obj: Model) -> dict[str, str]:
        return {}

    def get_summary_fields(self, obj: Model) -> dict[str, Any]:
        return {}
