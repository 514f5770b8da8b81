"""Personal access tokens: those of the asker at /tokens/, one user's below /users/N/."""

from datetime import timedelta
from typing import Any, ClassVar

from django.db.models import Model, QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from access.models import AccessToken, User
from api.fields import PrimaryKeyField
from api.serializers import ResourceSerializer, user_summary
from api.views import Creating, ReadOnlySublist, Resource

# AWX's setting of how long a token lives: a thousand years.
LIFETIME = timedelta(seconds=31_536_000_000)
CENSORED = "************"
SCOPES = ("read", "write")


class ScopeField(serializers.CharField):
    """`read`, `write`, or both in either order."""

    default_error_messages: ClassVar = {
        "invalid_scope": f"Must be a simple space-separated string with allowed scopes {list(SCOPES)}."
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(allow_blank=True, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        words = str(super().to_internal_value(data)).split()
        if not words or len(set(words)) != len(words) or not set(words) <= set(SCOPES):
            self.fail("invalid_scope")
        return " ".join(words)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        if isinstance(data, str) and not data.strip():
            self.fail("invalid_scope")
        return super().run_validation(data)


@extend_schema_field({"type": "integer", "nullable": True})
class NoApplication(serializers.PrimaryKeyRelatedField[Any]):
    """The OAuth application of a token: there are none yet to name."""

    def __init__(self) -> None:
        super().__init__(read_only=True, default=None)


class PersonalTokenSerializer(ResourceSerializer):
    resource = "tokens"
    object_type = "o_auth2_access_token"

    token = serializers.CharField(read_only=True, help_text="Shown once, when the token is made.")
    refresh_token = serializers.SerializerMethodField()
    scope = ScopeField(default=AccessToken.WRITE, help_text="read, write, or both separated by a space.")
    application: Any = NoApplication()

    class Meta:
        model = AccessToken
        fields: ClassVar = [
            "description",
            "user",
            "token",
            "refresh_token",
            "application",
            "expires",
            "scope",
        ]
        read_only_fields: ClassVar = ["user", "expires"]

    def get_refresh_token(self, obj: AccessToken) -> str | None:
        return None

    def get_related(self, obj: Any) -> dict[str, str]:
        return {
            "user": f"/api/v2/users/{obj.user_id}/",
            "activity_stream": f"{self.get_url(obj)}activity_stream/",
        }

    def get_summary_fields(self, obj: Any) -> dict[str, Any]:
        return {"user": user_summary(obj.user)}

    def create(self, validated_data: dict[str, Any]) -> AccessToken:
        """A token of the asker, whoever's list it is posted to; the answer alone carries it in clear."""
        row, secret = AccessToken.issue(
            self.context["request"].user,
            lifetime=LIFETIME,
            scope=validated_data["scope"],
            description=validated_data.get("description", ""),
        )
        self.issued = secret
        return row

    def to_representation(self, instance: AccessToken) -> dict[str, Any]:
        shown = super().to_representation(instance)
        return {**shown, "token": getattr(self, "issued", CENSORED), "application": None}


class TokenSerializer(PersonalTokenSerializer):
    application = PrimaryKeyField(queryset=AccessToken.objects.none(), allow_null=True, default=None)

    def update(self, instance: AccessToken, validated_data: dict[str, Any]) -> Any:
        validated_data.pop("application", None)
        return super().update(instance, validated_data)


class TokenViewSet(Resource):
    """Personal access tokens. The token itself is in the answer that makes it, and nowhere else."""

    queryset = AccessToken.objects.select_related("user")
    serializer_class = TokenSerializer
    search_fields = ("description",)


class AuthorizedTokens(ReadOnlySublist):
    """The tokens that a user gave to OAuth applications; there are no applications yet."""

    queryset = AccessToken.objects.select_related("user")
    serializer_class: Any = PersonalTokenSerializer
    search_fields = ("description",)
    parents = User.objects.all()
    parent_relation = "user"

    def get_parent(self) -> Model:
        return self.find_parent()

    def get_queryset(self) -> QuerySet[AccessToken]:
        return super().get_queryset().none()


class PersonalTokens(Creating, AuthorizedTokens):
    """The personal access tokens of one user. A path may name him by id or by user name."""

    def get_queryset(self) -> QuerySet[AccessToken]:
        return ReadOnlySublist.get_queryset(self)

    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        self.get_parent()
        return self.create(request, *args, **kwargs)
