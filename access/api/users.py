"""Users, and the one who asks."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.contrib.auth import update_session_auth_hash
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.validators import UniqueValidator

from access.api.names import resource_summary
from access.api.object_roles import page_of
from access.api.serializers import RuledSerializer
from access.exceptions import LastSuperuser
from access.models import User
from access.role_rules import note_organizations
from access.rules import may_delete
from access.users import MASK, change_user, create_user, delete_user
from api import sublists
from api.fields import FlagField, TextField
from api.named_urls import named_url
from api.views import Listing, Queried, Resource

USERNAME_TAKEN = "A user with that username already exists."
CANNOT_DELETE = "Cannot delete user."


class UsernameField(TextField):
    """A user name, brought into Unicode's normal form NFKC before it is compared with others."""

    def to_internal_value(self, data: Any) -> str:
        return str(User.normalize_username(super().to_internal_value(data)))


class UserSerializer(RuledSerializer):
    resource = "users"
    object_type = "user"
    # The model does not know that a password may be left as it is.
    checked_by_model = False

    created = serializers.DateTimeField(source="date_joined", read_only=True)
    # AWX shows the last login here, too.
    modified = serializers.DateTimeField(source="last_login", read_only=True)
    username = UsernameField(
        max_length=150,
        validators=[User.username_validator, UniqueValidator(User.objects.all(), message=USERNAME_TAKEN)],
        help_text="Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only.",
    )
    is_superuser = FlagField(
        default=False, label="Superuser status", help_text="May do everything, without any role."
    )
    is_system_auditor = FlagField(default=False, help_text="May read everything.")
    password = serializers.CharField(
        default="",
        trim_whitespace=False,
        style={"input_type": "password"},
        help_text="Never shown; what is sent becomes the password.",
    )

    class Meta:
        model = User
        fields: ClassVar = [
            "created",
            "modified",
            "username",
            "first_name",
            "last_name",
            "email",
            "is_superuser",
            "is_system_auditor",
            "password",
            "last_login",
        ]
        read_only_fields: ClassVar = ["last_login"]

    def get_related(self, obj: Any) -> dict[str, str]:
        named = {} if self.is_in_list else named_url(self.resource, obj)
        return {**named, **sublists.paths(self.resource, self.get_url(obj))}

    def get_summary_fields(self, obj: Any) -> dict[str, Any]:
        if self.is_in_list and "known_organizations" not in obj.__dict__:
            note_organizations(page_of(self, obj))
        return {"resource": resource_summary(obj, "user"), **super().get_summary_fields(obj)}

    def may(self, capability: str, obj: Any) -> bool:
        is_oneself = obj.pk == self.context["request"].user.pk
        return not (capability == "delete" and is_oneself) and super().may(capability, obj)

    def validate_password(self, value: str) -> str:
        if self.instance is None and not value:
            raise ValidationError("Password required for new User.")
        return value

    def create(self, validated_data: dict[str, Any]) -> User:
        return create_user(**validated_data)

    def update(self, instance: User, validated_data: dict[str, Any]) -> User:
        request = self.context["request"]
        has_new_password = change_user(instance, **validated_data)
        if has_new_password and instance.pk == request.user.pk:
            update_session_auth_hash(request, instance)
        return instance

    def to_representation(self, instance: User) -> dict[str, Any]:
        return {**super().to_representation(instance), "password": MASK}


class UserViewSet(Resource):
    """The accounts of those who use Belfry. A path may name a user by id or by user name."""

    queryset = User.objects.all()
    serializer_class = UserSerializer
    named_by = (("username",),)
    # AWX keeps them elsewhere.
    unfilterable = ("is_system_auditor", "created", "modified")

    def check_object_permissions(self, request: Request, obj: User) -> None:
        if request.method == "DELETE" and (obj.pk == request.user.pk or not may_delete(request.user, obj)):
            raise PermissionDenied(CANNOT_DELETE)
        super().check_object_permissions(request, obj)

    def changed_together(self) -> QuerySet[User]:
        """Whoever is no longer superuser leaves others: two who demote each other take these in one order."""
        return User.objects.filter(Q(pk=self.kwargs["pk"]) | Q(is_superuser=True, is_active=True))

    def perform_create(self, serializer: BaseSerializer[Any]) -> None:
        save_user(serializer)

    def perform_update(self, serializer: BaseSerializer[Any]) -> None:
        refuse_promotion(self.request.user, serializer.instance, self.request.data)
        save_user(serializer)

    def perform_destroy(self, instance: User) -> None:
        try:
            delete_user(instance)
        except LastSuperuser:
            raise PermissionDenied(CANNOT_DELETE) from None


def save_user(serializer: BaseSerializer[Any]) -> User:
    """Save an account. Raises ValidationError for what only the database could tell."""
    try:
        with transaction.atomic():
            user: User = serializer.save()
    except IntegrityError:
        raise ValidationError({"username": [USERNAME_TAKEN]}) from None
    except LastSuperuser as error:
        raise ValidationError({"is_superuser": [str(error)]}) from None
    return user


class Me(Listing, Queried, GenericAPIView[User]):
    """The user who asks, as a list of one."""

    name = "Me"
    queryset = User.objects.all()
    serializer_class = UserSerializer
    is_list = True

    def get_queryset(self) -> QuerySet[User]:
        return super().get_queryset().filter(pk=self.request.user.pk or 0)

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request, *args, **kwargs)


def refuse_promotion(asker: Any, user: Any, data: Any) -> None:
    """Refuse an ordinary user's attempt to change what only a superuser may, and his own name."""
    if asker.is_superuser or not isinstance(data, Mapping):
        return
    reserved = ("is_superuser", "is_system_auditor", *(["username"] if asker.pk == user.pk else []))
    changed = [name for name in reserved if data.get(name) is not None and data[name] != getattr(user, name)]
    if changed:
        raise PermissionDenied(f"Cannot change {', '.join(changed)}.")
