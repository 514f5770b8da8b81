"""The fields of templates that webhooks launch."""

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied, ValidationError

from access.rules import may_act
from api.fields import PrimaryKeyField
from credentials.api.summaries import credential_summary
from credentials.models import Credential
from jobs.webhooks import new_key


class WebhookFields(serializers.Serializer[Any]):
    """For serializers of templates; each change of the service makes another key."""

    webhook_credential = PrimaryKeyField(
        queryset=Credential.objects.select_related("credential_type"),
        required=False,
        allow_null=True,
        help_text="The token of an account of the webhook service. Kept, without effect.",
    )

    def get_related(self, obj: Any) -> dict[str, str]:
        own = f"{self.get_url(obj)}"  # type: ignore[attr-defined]
        receiver = f"{own}{obj.webhook_service}/" if obj.webhook_service else ""
        related = {"webhook_key": f"{own}webhook_key/", "webhook_receiver": receiver}
        if obj.webhook_credential_id:
            related["webhook_credential"] = f"/api/v2/credentials/{obj.webhook_credential_id}/"
        return super().get_related(obj) | related  # type: ignore[misc,no-any-return]

    def get_summary_fields(self, obj: Any) -> dict[str, Any]:
        summary: dict[str, Any] = super().get_summary_fields(obj)  # type: ignore[misc]
        if obj.webhook_credential is not None:
            summary["webhook_credential"] = credential_summary(obj.webhook_credential)
        return summary

    def validate_webhook_credential(self, credential: Credential | None) -> Credential | None:
        is_new = credential is not None and credential.pk != getattr(
            self.instance, "webhook_credential_id", None
        )
        if credential is not None and is_new and not may_act(self.context["request"].user, credential, "use"):
            raise PermissionDenied
        return credential

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs = super().validate(attrs)
        service = attrs.get("webhook_service", getattr(self.instance, "webhook_service", ""))
        credential = attrs.get("webhook_credential", getattr(self.instance, "webhook_credential", None))
        if credential is not None:
            if credential.credential_type.kind != "token":
                raise ValidationError({"webhook_credential": ["Must be a Personal Access Token."]})
            if credential.credential_type.namespace != f"{service}_token":
                raise ValidationError({"webhook_credential": ["Must match the selected webhook service."]})
        if service != getattr(self.instance, "webhook_service", ""):
            attrs["webhook_key"] = new_key() if service else ""
        return attrs
