"""Runs that bring inventories up to date."""

from typing import Any, ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from api.openapi import ANY_OBJECT, OpenApi
from jobs.api.serializers.inventory_updates import (
    RELATIONS,
    InventoryUpdateListSerializer,
    InventoryUpdateSerializer,
)
from jobs.api.serializers.jobs import JOB_LISTS
from jobs.api.views.credentials import JobCredentials
from jobs.api.views.jobs import JobCancel, RunViewSet
from jobs.api.views.record import JobAttempt, JobAttempts, JobEvent, JobEvents, JobStdout
from jobs.models import InventoryUpdate
from jobs.recorded import OF_INVENTORY_UPDATES, with_recorded

UPDATES = with_recorded(
    InventoryUpdate.objects.select_related(*RELATIONS).prefetch_related(*JOB_LISTS), OF_INVENTORY_UPDATES
)
RECORDED = UPDATES.prefetch_related("attempts")


class InventoryUpdateViewSet(RunViewSet):
    """Updates of inventories. They are made by updating, and can be deleted once they have ended."""

    queryset = UPDATES
    serializer_class = InventoryUpdateListSerializer
    computed = tuple(OF_INVENTORY_UPDATES)

    def get_serializer_class(self) -> Any:
        return InventoryUpdateSerializer if self.detail else InventoryUpdateListSerializer


class InventoryUpdateCancel(JobCancel):
    """GET says whether the update can be canceled; POST cancels it, and ends a call that is in flight."""

    queryset = UPDATES


class InventoryUpdateStdout(JobStdout):
    queryset = RECORDED


class InventoryUpdateEvents(JobEvents):
    queryset = RECORDED
    run_name = "inventory_update"

    @OpenApi(operation_id="inventory_updates_events_list", responses={200: ANY_OBJECT})
    def get(self, request: Request, pk: int) -> Response:
        return super().get(request, pk)


class InventoryUpdateEvent(JobEvent):
    queryset = RECORDED


class InventoryUpdateAttempts(JobAttempts):
    """The calls that an update made: request, response, timing, outcome."""

    parents: ClassVar = UPDATES


class InventoryUpdateAttempt(JobAttempt):
    queryset = RECORDED


class InventoryUpdateCredentials(JobCredentials):
    """The credentials with which an update fetched its feed."""

    parents: ClassVar = UPDATES
