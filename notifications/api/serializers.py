"""Notification templates and notifications as resources: secrets go in as text and come out as `$encrypted$`."""

from typing import Any, ClassVar

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from access.api.serializers import RuledSerializer
from access.models import Organization
from api.fields import PrimaryKeyField
from api.values import read_json
from jobs.api.serializers.summaries import of_organization
from notifications.configuration import shown, to_store
from notifications.exceptions import InvalidConfiguration
from notifications.messages import merged, problems_of
from notifications.models import Notification, NotificationTemplate

# Types whose messages have a body that is worth showing.
WITH_BODY = ("email", "webhook", "pagerduty")


class ConfigurationField(serializers.JSONField):
    def to_internal_value(self, data: Any) -> dict[str, Any]:
        value = super().to_internal_value(data)
        if not isinstance(value, dict):
            raise ValidationError(
                f'Expected a dictionary of items but got type "{type(value).__name__}".', "not_a_dict"
            )
        return value


class NotificationTemplateSerializer(RuledSerializer):
    resource = "notification_templates"
    object_type = "notification_template"
    capabilities = ("edit", "delete", "copy")

    organization = PrimaryKeyField(
        queryset=Organization.objects.all(), allow_null=True, help_text="Whose notification template it is."
    )
    notification_configuration = ConfigurationField(
        required=False,
        initial=dict,
        help_text="What the type needs, such as a server and recipients. Secrets are never shown again; $encrypted$ "
        "keeps what is stored.",
    )
    messages = serializers.JSONField(
        required=False,
        allow_null=True,
        initial=dict,
        help_text="Jinja templates of the message and body, for each event: started, success, error, recovery, "
        "workflow_approval. Events without any have the type's own.",
    )

    class Meta:
        model = NotificationTemplate
        fields: ClassVar = [
            *("name", "description", "organization"),
            *("notification_type", "notification_configuration", "messages"),
        ]

    def get_related(self, obj: Any) -> dict[str, str]:
        own = self.get_url(obj)
        related = super().get_related(obj) | {"test": f"{own}test/", "copy": f"{own}copy/"}
        if obj.organization_id:
            related["organization"] = f"/api/v2/organizations/{obj.organization_id}/"
        return related

    def get_summary_fields(self, obj: Any) -> dict[str, Any]:
        summary = super().get_summary_fields(obj)
        if obj.organization_id:
            summary["organization"] = of_organization(obj.organization)
        # One that was just made has none.
        recent = getattr(obj, "recent_notifications", [])
        return summary | {
            "recent_notifications": [
                {**one, "created": one["created"].replace("+00:00", "Z")} for one in recent
            ]
        }

    def to_representation(self, instance: NotificationTemplate) -> dict[str, Any]:
        configuration = shown(instance.notification_configuration, instance.notification_type)
        return {**super().to_representation(instance), "notification_configuration": configuration}

    def validate_messages(self, messages: Any) -> dict[str, Any] | None:
        if messages is None:
            return None
        problems = problems_of(messages)
        if problems:
            raise ValidationError(problems)
        return merged(messages, getattr(self.instance, "messages", None))

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        stored = self.instance if isinstance(self.instance, NotificationTemplate) else None
        type_name = (
            attrs["notification_type"]
            if stored is None
            else attrs.get("notification_type", stored.notification_type)
        )
        is_other_type = stored is None or stored.notification_type != type_name
        if "notification_configuration" in attrs or is_other_type or not self.partial:
            kept = {} if stored is None or is_other_type else stored.notification_configuration
            given = attrs.get("notification_configuration", {})
            try:
                attrs["notification_configuration"] = to_store(given, type_name, kept)
            except InvalidConfiguration as error:
                raise ValidationError(error.problems) from None
        return attrs


class NotificationSerializer(RuledSerializer):
    resource = "notifications"
    object_type = "notification"
    capabilities = ()
    sometimes_left_out = ("subject", "body")

    class Meta:
        model = Notification
        fields: ClassVar = [
            *("notification_template", "error", "status", "notifications_sent", "notification_type"),
            *("recipients", "subject", "body"),
        ]
        read_only_fields = fields

    def get_related(self, obj: Any) -> dict[str, str]:
        return super().get_related(obj) | {
            "notification_template": f"/api/v2/notification_templates/{obj.notification_template_id}/"
        }

    def get_summary_fields(self, obj: Any) -> dict[str, Any]:
        template = obj.notification_template
        return {
            "notification_template": {
                "id": template.pk,
                "name": template.name,
                "description": template.description,
            }
        }

    def to_representation(self, instance: Notification) -> dict[str, Any]:
        """Of each type what says something: a webhook has no subject, a chat no body (AWX's way)."""
        data = {**super().to_representation(instance), "body": self._body(instance)}
        if instance.notification_type == "webhook":
            del data["subject"]
        if instance.notification_type not in WITH_BODY:
            del data["body"]
        return data

    @staticmethod
    def _body(notification: Notification) -> Any:
        body = notification.body
        if notification.notification_type == "email":
            return body
        if isinstance(body, dict):
            return body.get("body", body)
        try:
            found = read_json(body)
        except (TypeError, ValueError):
            return body
        return found if isinstance(found, dict) else body
