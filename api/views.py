"""The view classes that resources are made of."""

from typing import Any

from rest_framework import mixins, viewsets
from rest_framework.serializers import BaseSerializer


class ReadOnlyResource(mixins.RetrieveModelMixin, mixins.ListModelMixin, viewsets.GenericViewSet[Any]):
    """GET of a list and of one object."""


class Resource(mixins.CreateModelMixin, mixins.UpdateModelMixin, mixins.DestroyModelMixin, ReadOnlyResource):
    """GET, POST of a list; GET, PUT, PATCH, DELETE of one object. Who made and changed it is recorded."""

    def perform_create(self, serializer: BaseSerializer[Any]) -> None:
        serializer.save(created_by=self.request.user, modified_by=self.request.user)

    def perform_update(self, serializer: BaseSerializer[Any]) -> None:
        serializer.save(modified_by=self.request.user)
