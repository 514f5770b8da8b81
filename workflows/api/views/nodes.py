"""The nodes of workflows, what they launch with, and the paths between them."""

from typing import Any, ClassVar

from django.db import transaction
from django.db.models import Prefetch, QuerySet
from rest_framework import status
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from access.api.views import asker
from api import changes
from api.attaching import AttachSublist
from api.openapi import ANY_OBJECT, OpenApi
from api.views import OneObject, Resource, Sublist
from credentials.api.credentials import CREDENTIALS, CredentialSerializer
from instances.api.groups import AttachedGroups
from inventories.querysets import WITH_TOTALS
from jobs.api.serializers.prompts import PROMPT_NAMES
from jobs.api.views.labels import AttachedLabels
from jobs.attaching import why_not_attached
from jobs.kinds import with_own
from jobs.models import JobTemplate
from jobs.querysets import with_run_state
from workflows.api.serializers.approvals import NewApprovalSerializer, WorkflowApprovalTemplateSerializer
from workflows.api.serializers.nodes import WorkflowJobTemplateNodeSerializer
from workflows.edges import edges_from
from workflows.editing import make_approval
from workflows.graph import Edge, Path, has_cycle
from workflows.models import EDGES, WorkflowApprovalTemplate, WorkflowJobTemplate, WorkflowJobTemplateNode

NODE_SEARCH = ("unified_job_template__name", "unified_job_template__description")


def with_edges(model: Any) -> list[Any]:
    """For `prefetch_related`: of the nodes that follow, their ids."""
    return [Prefetch(name, model.objects.only("id")) for name in EDGES]


NODES = WorkflowJobTemplateNode.objects.select_related(
    "workflow_job_template", "execution_environment"
).prefetch_related(with_own("unified_job_template"), WITH_TOTALS, *with_edges(WorkflowJobTemplateNode))


class NodeViewSet(Resource):
    """What workflows launch, and where they go from there."""

    queryset = NODES
    serializer_class = WorkflowJobTemplateNodeSerializer
    search_fields = NODE_SEARCH
    unfilterable = PROMPT_NAMES
    named_by = (
        ("identifier",),
        ("workflow_job_template__name",),
        ("workflow_job_template__organization__name",),
    )


class WorkflowNodes(Sublist):
    """The nodes of one workflow."""

    queryset = NODES
    serializer_class = WorkflowJobTemplateNodeSerializer
    search_fields = NODE_SEARCH
    unfilterable = PROMPT_NAMES
    parents: ClassVar[QuerySet[Any]] = WorkflowJobTemplate.objects.all()
    parent_relation: ClassVar[str] = "workflow_job_template"
    parent_field: ClassVar[str] = "workflow_job_template"


class NextNodes(AttachSublist):
    """Base of the nodes that follow one node. POST draws a path to a node, or to a new one, or removes it."""

    queryset = NODES
    serializer_class = WorkflowJobTemplateNodeSerializer
    search_fields = NODE_SEARCH
    unfilterable = PROMPT_NAMES
    parents = WorkflowJobTemplateNode.objects.select_related("workflow_job_template")

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        data = kwargs.get("data")
        if data is not None:
            parent: Any = self.get_parent()
            kwargs["data"] = data.copy()
            kwargs["data"]["workflow_job_template"] = parent.workflow_job_template_id
        return super().get_serializer(*args, **kwargs)

    def check_attach(self, parent: WorkflowJobTemplateNode, child: WorkflowJobTemplateNode) -> None:
        """Raises PermissionDenied where they are not of one workflow, and ValidationError."""
        if parent.workflow_job_template_id != child.workflow_job_template_id:
            raise PermissionDenied
        # Two paths at once must not close a circle between them.
        WorkflowJobTemplate.objects.select_for_update(of=("self",)).get(pk=parent.workflow_job_template_id)
        if parent.pk == child.pk:
            raise ValidationError({"Error": "Cycle detected."})
        siblings = WorkflowJobTemplateNode.objects.filter(
            workflow_job_template=parent.workflow_job_template_id
        )
        nodes = list(siblings.values_list("pk", flat=True))
        edges = edges_from(WorkflowJobTemplateNode, nodes)
        new = Edge(parent.pk, child.pk, Path(self.relation))
        if any((e.parent, e.child) == (new.parent, new.child) and e.path is not new.path for e in edges):
            raise ValidationError({"Error": "Relationship not allowed."})
        if has_cycle(nodes, [*edges, new]):
            raise ValidationError({"Error": "Cycle detected."})


class SuccessNodes(NextNodes):
    """The nodes that follow one node when it was successful."""

    relation = "success_nodes"
    parent_relation: ClassVar[str] = "workflowjobtemplatenodes_success"


class FailureNodes(NextNodes):
    """The nodes that follow one node when it failed."""

    relation = "failure_nodes"
    parent_relation: ClassVar[str] = "workflowjobtemplatenodes_failure"


class AlwaysNodes(NextNodes):
    """The nodes that follow one node however it ended."""

    relation = "always_nodes"
    parent_relation: ClassVar[str] = "workflowjobtemplatenodes_always"


class NodeLabels(AttachedLabels):
    """The labels of the runs that one node launches, where its template asks for them."""

    parents = WorkflowJobTemplateNode.objects.select_related("workflow_job_template")
    parent_relation: ClassVar[str] = "workflowjobtemplatenodes"


class NodeCredentials(AttachSublist):
    """The credentials that one node launches its template with, where the template asks for them."""

    queryset = CREDENTIALS
    serializer_class = CredentialSerializer
    parents = WorkflowJobTemplateNode.objects.select_related("workflow_job_template", "unified_job_template")
    relation = "credentials"
    parent_relation: ClassVar[str] = "workflowjobtemplatenodes"
    creates = False

    def check_attach(self, parent: WorkflowJobTemplateNode, child: Any) -> None:
        template = JobTemplate.objects.filter(pk=parent.unified_job_template_id or 0).first()
        if template is None:
            raise ValidationError({"msg": "Related template cannot accept credentials on launch."})
        if not template.ask_credential_on_launch:
            raise ValidationError(
                {"msg": "Related template is not configured to accept credentials on launch."}
            )
        problem = why_not_attached(child, parent.credentials.select_related("credential_type"))
        if problem:
            raise ValidationError({"error": problem})


class NodeGroups(AttachedGroups):
    """The instance groups that one node launches its template in."""

    parents = WorkflowJobTemplateNode.objects.select_related("workflow_job_template")
    parent_relation: ClassVar[str] = "workflowjobtemplatenodes"

    def get_queryset(self) -> Any:
        return AttachSublist.get_queryset(self)


class NodeApproval(OneObject):
    """POST lets the node wait for approval, by a template made for it, whatever it launched before."""

    action = "change"
    queryset = NODES
    serializer_class = NewApprovalSerializer

    @OpenApi(responses={200: ANY_OBJECT})
    def get(self, request: Request, pk: int) -> Response:
        self.get_object()
        return Response({})

    @OpenApi(responses={201: WorkflowApprovalTemplateSerializer})
    @transaction.atomic
    def post(self, request: Request, pk: int) -> Response:
        node = self.get_object()
        given = self.get_serializer(data=request.data)
        given.is_valid(raise_exception=True)
        made = make_approval(node, user=asker(request), **given.validated_data)
        shown = WorkflowApprovalTemplateSerializer(
            with_run_state(WorkflowApprovalTemplate.objects.all()).get(pk=made.pk),
            context=self.get_serializer_context(),
        )
        answer: dict[str, Any] = dict(shown.data)
        changes.announce_created(request, shown)
        return Response(answer, status=status.HTTP_201_CREATED)
