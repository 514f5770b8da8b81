"""Personal access tokens: those of the asker at /tokens/, one user's below /users/N/."""

from datetime import timedelta
from typing import Any, ClassVar

from django.db.models import QuerySet
from rest_framework import mixins, serializers, viewsets
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request

from access.api.users import find_user
from access.models import AccessToken, User
from access.rules import may_read
from api.serializers import ResourceSerializer
from api.views import Resource

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


class PersonalTokenSerializer(ResourceSerializer):
    resource = "tokens"
    object_type = "o_auth2_access_token"

    token = serializers.CharField(read_only=True, help_text="Shown once, when the token is made.")
    refresh_token = serializers.SerializerMethodField()
    scope = ScopeField(default=AccessToken.WRITE, help_text="read, write, or both separated by a space.")
    # OAuth applications are not there yet, so that there is none to name.
    application = serializers.PrimaryKeyRelatedField[Any](read_only=True, default=None)

    class Meta:
        model = AccessToken
        fields: ClassVar = [
            "id",
            "type",
            "url",
            "related",
            "summary_fields",
            "created",
            "modified",
            "description",
            "user",
            "token",
            "refresh_token",
            "application",
            "expires",
            "scope",
        ]
        read_only_fields: ClassVar = ["user", "expires"]

    def get_refresh_token(self, obj: AccessToken) -> None:
        return None

    def get_related(self, obj: AccessToken) -> dict[str, str]:
        return {
            "user": f"/api/v2/users/{obj.user_id}/",
            "activity_stream": f"{self.get_url(obj)}activity_stream/",
        }

    def get_summary_fields(self, obj: AccessToken) -> dict[str, Any]:
        user = obj.user
        return {
            "user": {
                "id": user.pk,
                "username": user.username,
                "first_name": user.first_name,
                "last_name": user.last_name,
            }
        }

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
    application = serializers.PrimaryKeyRelatedField(
        queryset=AccessToken.objects.none(), allow_null=True, required=False, default=None
    )

    def update(self, instance: AccessToken, validated_data: dict[str, Any]) -> Any:
        validated_data.pop("application", None)
        return super().update(instance, validated_data)


class TokenViewSet(Resource):
    """Personal access tokens. The token itself is in the answer that makes it, and nowhere else."""

    queryset = AccessToken.objects.select_related("user")
    serializer_class = TokenSerializer

    def perform_create(self, serializer: Any) -> None:
        serializer.save()

    def perform_update(self, serializer: Any) -> None:
        serializer.save()


class TokensOfUser(mixins.ListModelMixin, mixins.CreateModelMixin, viewsets.GenericViewSet[AccessToken]):
    """The personal access tokens of one user."""

    queryset = AccessToken.objects.select_related("user")
    serializer_class = PersonalTokenSerializer

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if not may_read(request.user, self.owner()):
            raise PermissionDenied

    def get_queryset(self) -> QuerySet[AccessToken]:
        return super().get_queryset().filter(user=self.owner())

    def owner(self) -> User:
        return find_user(User.objects.all(), self.kwargs["user"])


class AuthorizedTokensOfUser(TokensOfUser):
    """The tokens that a user gave to OAuth applications; there are no applications yet."""

    http_method_names: ClassVar = ["get", "head", "options"]

    def get_queryset(self) -> QuerySet[AccessToken]:
        return super().get_queryset().none()
