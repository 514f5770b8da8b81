"""Access tokens: all at /tokens/, one user's below /users/N/, one application's below /applications/N/."""

from datetime import timedelta
from typing import Any, ClassVar

from django.db.models import Model, QuerySet
from oauth2_provider.models import revoke_access_token
from oauth2_provider.settings import oauth2_settings
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from access.models import AccessToken, Application, RefreshToken, User
from api.fields import PrimaryKeyField
from api.serializers import ResourceSerializer, user_summary
from api.views import Creating, ReadOnlySublist, Resource, Sublist

CENSORED = "************"
SCOPES = ("read", "write")
TOKENS = AccessToken.objects.select_related("user", "application", "refresh_token")


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


class TokenSerializer(ResourceSerializer):
    """Any token. One that is made for an application comes with a refresh token."""

    resource = "tokens"
    object_type = "o_auth2_access_token"

    token = serializers.CharField(read_only=True, help_text="Shown once, when the token is made.")
    refresh_token = serializers.SerializerMethodField()
    scope = ScopeField(
        default=AccessToken.WRITE,
        initial=AccessToken.WRITE,
        help_text="read, write, or both separated by a space.",
    )
    application = PrimaryKeyField(
        queryset=Application.objects.all(),
        allow_null=True,
        default=None,
        help_text="The application that the token is for; none for a personal one.",
    )

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

    issued: str | None = None
    issued_refresh_token: str | None = None

    def get_refresh_token(self, obj: AccessToken) -> str | None:
        if self.issued is not None:
            return self.issued_refresh_token
        return CENSORED if hasattr(obj, "refresh_token") else None

    def get_related(self, obj: Any) -> dict[str, str]:
        related = {
            "user": f"/api/v2/users/{obj.user_id}/",
            "activity_stream": f"{self.get_url(obj)}activity_stream/",
        }
        if obj.application_id:
            related["application"] = f"/api/v2/applications/{obj.application_id}/"
        return related

    def get_summary_fields(self, obj: Any) -> dict[str, Any]:
        summary: dict[str, Any] = {"user": user_summary(obj.user)}
        if obj.application_id:
            summary["application"] = {"id": obj.application.pk, "name": obj.application.name}
        return summary

    def create(self, validated_data: dict[str, Any]) -> AccessToken:
        """A token of the asker, whoever's list it is posted to; the answer alone carries it in clear."""
        row, self.issued = AccessToken.issue(
            self.context["request"].user,
            lifetime=timedelta(seconds=oauth2_settings.ACCESS_TOKEN_EXPIRE_SECONDS),
            scope=validated_data["scope"],
            description=validated_data.get("description", ""),
            application=validated_data.get("application"),
        )
        if row.application is not None:
            self.issued_refresh_token = RefreshToken.issue(row)
        return row

    def to_representation(self, instance: AccessToken) -> dict[str, Any]:
        return {**super().to_representation(instance), "token": self.issued or CENSORED}


class PersonalTokenSerializer(TokenSerializer):
    """A token that its user made for himself."""

    application: Any = serializers.PrimaryKeyRelatedField(read_only=True)


class AuthorizedTokenSerializer(TokenSerializer):
    """A token that a user gives to an application."""

    application = PrimaryKeyField(queryset=Application.objects.all())


class TokenViewSet(Resource):
    """Access tokens. The token itself is in the answer that makes it, and nowhere else."""

    queryset = TOKENS
    serializer_class = TokenSerializer
    search_fields = ("description",)
    # Said to be there, and refused (api/exposure.py).
    lookup_aliases: ClassVar = {"token": "token_checksum"}

    def get_serializer_class(self) -> Any:
        return TokenSerializer if self.detail is False else PersonalTokenSerializer

    def perform_destroy(self, instance: AccessToken) -> None:
        revoke_access_token(instance)


class UserTokens(Creating, ReadOnlySublist):
    """The tokens of one user. A path may name him by id or by user name."""

    queryset = TOKENS
    serializer_class: Any = TokenSerializer
    search_fields = ("description",)
    parents = User.objects.all()
    parent_relation = "user"

    def get_parent(self) -> Model:
        return self.find_parent()

    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        self.get_parent()
        return self.create(request, *args, **kwargs)


class PersonalTokens(UserTokens):
    """The personal access tokens of one user, which are no application's."""

    serializer_class: Any = PersonalTokenSerializer

    def get_queryset(self) -> QuerySet[AccessToken]:
        return super().get_queryset().filter(application__isnull=True)


class AuthorizedTokens(UserTokens):
    """The tokens that a user gave to applications."""

    serializer_class: Any = AuthorizedTokenSerializer

    def get_queryset(self) -> QuerySet[AccessToken]:
        return super().get_queryset().filter(application__isnull=False)


class ApplicationTokens(Sublist):
    """The tokens of one application; POST makes one of the asker's."""

    queryset = TOKENS
    serializer_class: Any = TokenSerializer
    search_fields = ("description",)
    parents = Application.objects.select_related("organization")
    parent_relation: ClassVar[str] = "application"
    parent_field: ClassVar[str] = "application"
