"""The view classes that resources and other endpoints are made of.

`Resource` and `ReadOnlyResource` serve a list and its objects, `Sublist` and `ReadOnlySublist` what belongs to one
object (`/job_templates/N/schedules/`), `Endpoint` whatever is no list. How they are put together: api/routers.py.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any, ClassVar

from django.db import connection, transaction
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest
from rest_framework import exceptions, mixins, parsers, serializers, status, viewsets
from rest_framework.authentication import SessionAuthentication
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from api import changes
from api.missing import find, missing
from api.parsers import PageFormParser

# What a list may cost the database when it crosses relations to many or matches patterns.
COSTLY_MILLISECONDS = 5000

FORM_MEDIA_TYPE = "application/x-www-form-urlencoded"
WITH_BODY = ("POST", "PUT", "PATCH")
OVERRIDDEN = ("PUT", "PATCH", "DELETE", "OPTIONS")


def is_page_request(request: HttpRequest) -> bool:
    """Whether a browser sent it to see a page, rather than a client of the API."""
    return str(request.META.get("HTTP_ACCEPT", "")).startswith("text/html")


class Endpoint(APIView):
    """A view with AWX's manners. One that takes or gives an object names its `serializer_class`."""

    serializer_class: Any = None
    # What its page is called, where that is not said otherwise (api/documentation.py).
    name: str | None = None
    # Whether it is a list: OPTIONS says then how it can be searched.
    is_list: bool = False

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        if request.method == "POST" and is_page_request(request) and request.content_type == FORM_MEDIA_TYPE:
            self._read_form(request)
        return super().initialize_request(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if request.method in WITH_BODY:
            # What is no JSON object is refused, also where nothing is asked of it.
            _ = request.data

    @staticmethod
    def _read_form(request: HttpRequest) -> None:
        """What a form says beside its fields: its token against forgery, and by `_method` what POST stands for."""
        request.META.setdefault("HTTP_X_CSRFTOKEN", request.POST.get("csrfmiddlewaretoken", ""))
        method = request.POST.get("_method", "").upper()
        if method in OVERRIDDEN:
            request.method = method

    def get_parsers(self) -> list[parsers.BaseParser]:
        found: list[parsers.BaseParser] = super().get_parsers()
        # There is none while the OpenAPI document is made.
        request: HttpRequest | None = self.request
        if request is not None and is_page_request(request):
            found.append(PageFormParser())
        return found

    def perform_authentication(self, request: Request) -> None:
        """Wrong credentials are none (AWX's way): they are refused where some are needed, and only there."""
        with suppress(exceptions.AuthenticationFailed):
            super().perform_authentication(request)
        if is_page_request(request) and (request.content_type or "").startswith(FORM_MEDIA_TYPE):
            # A browser sends the password of basic authentication by itself, just as it sends a cookie.
            SessionAuthentication().enforce_csrf(request)


class Queried(Endpoint):
    """What a view says about queries on its model (api/exposure.py); said once, it holds wherever the model is reached.

    By default a query may name each field that the serializer shows and each relation to a resource of the API.
    """

    # API name → ORM path, where they differ: {"schedule": "occurrence__schedule"}.
    lookup_aliases: ClassVar[dict[str, str]] = {}
    # API name → how a query's text is turned into what the database has.
    lookup_values: ClassVar[dict[str, Callable[[str], str]]] = {}
    # Fields that AWX does not have as columns: "… has no field named …".
    unfilterable: ClassVar[tuple[str, ...]] = ()
    # Refused with 403, beside the names that are secret everywhere.
    secret_fields: ClassVar[tuple[str, ...]] = ()
    # Refused as well, in AWX's other words for what it stores encrypted.
    encrypted_fields: ClassVar[tuple[str, ...]] = ()
    # Parameters of a query that the view reads itself, so that they are no lookups.
    own_parameters: ClassVar[tuple[str, ...]] = ()
    # For `?search=`; by default name and description, or whatever a user goes by.
    search_fields: ClassVar[tuple[str, ...] | None] = None
    # What paths may name an object by, instead of its number (api/named_urls.py).
    named_by: ClassVar[tuple[tuple[str, ...], ...]] = ()
    # Annotations of the queryset that queries may name like fields.
    computed: ClassVar[tuple[str, ...]] = ()
    # The type of a mixed list's objects, for OPTIONS; by default the serializer's.
    object_types: ClassVar[tuple[str, ...]] = ()


class NothingSerializer(serializers.Serializer[Any]):
    """A request or an answer without fields of its own."""


class OneObject(Queried, GenericAPIView[Any]):
    """Something about one object, or something to do with it, at `<resource>/<int:pk>/<action>/`.

    `action` is what access.rules are asked about for a POST. One that exists but is closed to the asker is a 403.
    """

    action: str = ""
    serializer_class: Any = NothingSerializer

    def get_object(self) -> Any:
        """Raises Http404 and PermissionDenied."""
        obj = find(self.get_queryset(), self.kwargs["pk"])
        self.check_object_permissions(self.request, obj)
        return obj


class Listing(mixins.ListModelMixin):
    """GET of a list. A query that may cost much is cut off by the database."""

    costly_query = False

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        queryset = self.filter_queryset(self.get_queryset())  # type: ignore[attr-defined]
        if not self.costly_query:
            return self._page(queryset)
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL statement_timeout = {COSTLY_MILLISECONDS}")
            return self._page(queryset)

    def _page(self, queryset: QuerySet[Any]) -> Response:
        view: Any = self
        page = view.paginate_queryset(queryset)
        if page is None:
            return Response(view.get_serializer(queryset, many=True).data)
        answer: Response = view.get_paginated_response(view.get_serializer(page, many=True).data)
        return answer


def has_column(view: Any, name: str) -> bool:
    model: type[Model] = view.get_queryset().model
    return any(field.name == name for field in model._meta.fields)


class Creating(mixins.CreateModelMixin):
    """POST to a list, in one transaction. Who made the object is recorded where it has a place for that."""

    @transaction.atomic
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        serializer: BaseSerializer[Any] = self.get_serializer(data=request.data)  # type: ignore[attr-defined]
        serializer.is_valid(raise_exception=True)
        self.perform_create(serializer)
        headers = self.get_success_headers(serializer.data)
        changes.announce_created(request, serializer)
        return Response(serializer.data, status=status.HTTP_201_CREATED, headers=headers)

    def perform_create(self, serializer: BaseSerializer[Any]) -> None:
        user = self.request.user  # type: ignore[attr-defined]
        serializer.save(
            **{name: user for name in ("created_by", "modified_by") if has_column(self, name)},
        )


class Updating(mixins.UpdateModelMixin):
    """PUT and PATCH of one object, in one transaction. Who changed it is recorded where it has a place for that."""

    @transaction.atomic
    def update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        view: Any = self
        changes.lock(self.changed_together())
        instance = view.get_object()
        before = changes.state_of(view.get_serializer(instance))
        serializer = view.get_serializer(instance, data=request.data, partial=kwargs.pop("partial", False))
        serializer.is_valid(raise_exception=True)
        self.perform_update(serializer)
        answer = Response(serializer.data)
        changes.announce_changed(request, serializer, before)
        return answer

    def changed_together(self) -> QuerySet[Any]:
        """The rows that two requests must not change at once: the object, and what its change depends on."""
        view: Any = self
        return QuerySet(view.get_queryset().model).filter(pk=view.kwargs["pk"])

    def perform_update(self, serializer: BaseSerializer[Any]) -> None:
        user = self.request.user  # type: ignore[attr-defined]
        serializer.save(**({"modified_by": user} if has_column(self, "modified_by") else {}))


class Deleting(mixins.DestroyModelMixin):
    """DELETE of one object, in one transaction."""

    @transaction.atomic
    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        self.delete_object(self.get_object())  # type: ignore[attr-defined]
        return Response(status=status.HTTP_204_NO_CONTENT)

    def delete_object(self, instance: Model) -> None:
        view: Any = self
        before = changes.state_of(view.get_serializer(instance))
        view.perform_destroy(instance)
        changes.announce_deleted(view.request, instance, before)


class ReadOnlyResource(Listing, mixins.RetrieveModelMixin, Queried, viewsets.GenericViewSet[Any]):
    """GET of a list and of one object."""

    lookup_value_regex = r"\d+"

    @property
    def is_list(self) -> bool:  # type: ignore[override]
        return self.detail is False

    def get_serializer_class(self) -> Any:
        return self.serializer_class

    def get_object(self) -> Any:
        """Raises Http404 and PermissionDenied."""
        try:
            return super().get_object()
        except Http404:
            raise missing(self.get_queryset().model) from None


class Resource(Creating, Updating, Deleting, ReadOnlyResource):
    """GET, POST of a list; GET, PUT, PATCH, DELETE of one object. Who made and changed it is recorded."""


class BelowObject:
    """What belongs to one object, at `<parents>/<int:parent_pk>/<name>/`. A parent that is not there is a 404."""

    parents: ClassVar[QuerySet[Any]]

    def find_parent(self) -> Model:
        """The object that the path names, whoever may see it. Raises Http404."""
        view: Any = self
        parent: Model = find(self.parents.all(), view.kwargs["parent_pk"])
        return parent

    def get_parent(self) -> Model:
        """The object that the path names. Raises Http404, and what the view's permissions raise."""
        view: Any = self
        parent = self.find_parent()
        view.check_object_permissions(view.request, parent)
        return parent


class ReadOnlySublist(BelowObject, Listing, Queried, GenericAPIView[Any]):
    """GET of the objects that belong to one; `parent_relation` is the ORM path from a listed object to its parent."""

    is_list = True
    parent_relation: ClassVar[str]

    def get_queryset(self) -> QuerySet[Any]:
        queryset = super().get_queryset()
        if getattr(self, "swagger_fake_view", False):
            return queryset.none()
        if self.request.method == "OPTIONS":
            return queryset
        return queryset.filter(**{self.parent_relation: self.get_parent()})

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request, *args, **kwargs)


class Sublist(Creating, ReadOnlySublist):
    """GET of what belongs to one object, and POST of more of it.

    `parent_field` is the field of the body that names the parent; the path fills it in, whatever the body says.
    """

    parent_field: ClassVar[str]

    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.create(request, *args, **kwargs)

    def get_queryset(self) -> QuerySet[Any]:
        request: Request | None = self.request
        if request is not None and request.method == "POST":
            return GenericAPIView.get_queryset(self)
        return super().get_queryset()

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        data = kwargs.get("data")
        if data is not None and self.request.method == "POST":
            data = data.copy()
            data[self.parent_field] = self._parent_key()
            kwargs["data"] = data
        return super().get_serializer(*args, **kwargs)

    def _parent_key(self) -> Any:
        """The parent's id. Raises ValidationError in the words for a body that names what is not there (AWX's way)."""
        try:
            return self.get_parent().pk
        except Http404:
            number = self.kwargs["parent_pk"]
            text = f'Invalid pk "{number}" - object does not exist.'
            raise exceptions.ValidationError({self.parent_field: [text]}) from None
