"""Fields that the serializers of templates and runs have in common."""

from typing import Any

from django.db.models import Model
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.fields import SkipField

from api.fields import FiniteKeyField
from jobs.endpoints import InvalidEndpoint, check_base_url, check_endpoint, check_web_endpoint
from jobs.headers import InvalidHeaders, masked, to_store
from jobs.json_values import Unstorable, check_storable
from jobs.models import UnifiedJobTemplate

MAX_BODY = 64 * 1024

# What runs of all kinds show.
RUN_FIELDS = (
    *("name", "description", "unified_job_template", "launch_type", "status", "execution_environment"),
    *("failed", "started", "finished", "canceled_on", "elapsed", "job_explanation", "execution_node"),
    *("launched_by", "work_unit_id"),
)


class AbsentResource(FiniteKeyField):
    """A key to a resource of AWX that does not exist here: reads null, takes null, and refuses any id as unknown."""

    def __init__(self, **kwargs: Any) -> None:
        if not kwargs.get("read_only"):
            kwargs = {
                "queryset": UnifiedJobTemplate.objects.none(),
                "required": False,
                "allow_null": True,
            } | kwargs
        super().__init__(**kwargs)

    def get_attribute(self, instance: Any) -> None:
        return None

    def run_validation(self, data: Any = serializers.empty) -> Any:
        super().run_validation(data)
        raise SkipField


class AbsentText(serializers.CharField):
    """A text of AWX's that has no meaning here: always `shown`, which is null unless given."""

    def __init__(self, *, shown: str | None = None, **kwargs: Any) -> None:
        super().__init__(read_only=True, **kwargs)
        self.shown = shown

    def get_attribute(self, instance: Any) -> str | None:
        return self.shown


class WebEndpointField(serializers.CharField):
    """A path, or an http(s) URL."""

    check = staticmethod(check_web_endpoint)

    def to_internal_value(self, data: Any) -> str:
        text = str(super().to_internal_value(data))
        try:
            self.check(text)
        except InvalidEndpoint as error:
            raise ValidationError([str(error)]) from None
        return text


class EndpointField(WebEndpointField):
    """Whatever a job template may call."""

    check = staticmethod(check_endpoint)


class BaseUrlField(serializers.CharField):
    def to_internal_value(self, data: Any) -> str:
        text = str(super().to_internal_value(data))
        try:
            if text:
                check_base_url(text)
        except InvalidEndpoint as error:
            raise ValidationError([str(error)]) from None
        return text


class HeadersField(serializers.JSONField):
    """An object of strings; secret values go in as text and come out as `$encrypted$`."""

    def to_internal_value(self, data: Any) -> dict[str, str]:
        instance = getattr(self.parent, "instance", None)
        stored = getattr(instance, str(self.source), None) if isinstance(instance, Model) else None
        try:
            return to_store(super().to_internal_value(data), stored)
        except InvalidHeaders as error:
            raise ValidationError([str(error)]) from None

    def to_representation(self, value: Any) -> Any:
        return masked(value)


class StorableJSONField(serializers.JSONField):
    """Any JSON that the database can hold, up to 64 KiB of text."""

    def to_internal_value(self, data: Any) -> Any:
        value = super().to_internal_value(data)
        try:
            check_storable(value, limit=MAX_BODY)
        except Unstorable as error:
            raise ValidationError([str(error)]) from None
        return value
