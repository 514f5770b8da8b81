"""AWX's endpoint for many jobs at once."""

from typing import Any

from django.db import transaction
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from access.api.views import asker
from access.permissions import EveryUser
from api.openapi import ANY_OBJECT, OpenApi
from api.views import Endpoint
from workflows.api.serializers.bulk import BulkLaunchSerializer
from workflows.api.views.jobs import announced
from workflows.bulk import launch_together


class BulkJobLaunch(Endpoint):
    """POST launches up to a hundred templates together, as the nodes of one workflow job: all of them, or none."""

    permission_classes = (EveryUser,)
    http_method_names = ["get", "post", "options"]
    serializer_class = BulkLaunchSerializer

    @OpenApi(responses={200: ANY_OBJECT})
    def get(self, request: Request) -> Response:
        text = "Specify a list of unified job templates to launch alongside their launchtime parameters"
        return Response({"detail": text})

    @OpenApi(responses={201: ANY_OBJECT})
    @transaction.atomic
    def post(self, request: Request) -> Response:
        serializer = BulkLaunchSerializer(data=request.data, context={"request": request})
        serializer.is_valid(raise_exception=True)
        values: dict[str, Any] = dict(serializer.validated_data)
        job = launch_together(values.pop("jobs"), user=asker(request), **values)
        return Response(announced(self, job), status=status.HTTP_201_CREATED)
