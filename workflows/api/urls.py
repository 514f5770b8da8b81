from api.routers import Router
from jobs.audit.reading import add_source
from workflows.api.views.approvals import (
    ApprovalsOfTemplate,
    ApprovalTemplateViewSet,
    Approve,
    Deny,
    WorkflowApprovalViewSet,
)
from workflows.api.views.bulk import BulkJobLaunch
from workflows.api.views.jobs import (
    JobNodeCredentials,
    JobNodeGroups,
    JobNodeLabels,
    JobNodeViewSet,
    NodesAlways,
    NodesOfJob,
    NodesOnFailure,
    NodesOnSuccess,
    SlicedJobs,
    WorkflowJobCancel,
    WorkflowJobLabels,
    WorkflowJobRelaunch,
    WorkflowJobsOfTemplate,
    WorkflowJobViewSet,
)
from workflows.api.views.launching import WorkflowLaunch
from workflows.api.views.nodes import (
    AlwaysNodes,
    FailureNodes,
    NodeApproval,
    NodeCredentials,
    NodeGroups,
    NodeLabels,
    NodeViewSet,
    SuccessNodes,
    WorkflowNodes,
)
from workflows.api.views.templates import (
    OrganizationWorkflows,
    WorkflowAccessList,
    WorkflowCopy,
    WorkflowJobTemplateViewSet,
    WorkflowLabels,
    WorkflowObjectRoles,
    WorkflowSurvey,
)
from workflows.audit_facts import known_of_steps

TEMPLATE = "workflow_job_templates/<int:parent_pk>"
NODE = "workflow_job_template_nodes/<int:parent_pk>"
JOB = "workflow_jobs/<int:parent_pk>"
JOB_NODE = "workflow_job_nodes/<int:parent_pk>"

add_source(known_of_steps)

router = Router()
router.endpoint("bulk/job_launch", BulkJobLaunch)
router.sublist("job_templates/<int:parent_pk>/slice_workflow_jobs", SlicedJobs)
router.endpoint("workflow_job_templates/<int:pk>/launch", WorkflowLaunch)
router.endpoint("workflow_job_templates/<int:pk>/copy", WorkflowCopy)
router.endpoint("workflow_job_templates/<int:pk>/survey_spec", WorkflowSurvey)
router.sublist(f"{TEMPLATE}/workflow_nodes", WorkflowNodes)
router.sublist(f"{TEMPLATE}/workflow_jobs", WorkflowJobsOfTemplate)
router.sublist(f"{TEMPLATE}/labels", WorkflowLabels)
router.sublist(f"{TEMPLATE}/object_roles", WorkflowObjectRoles)
router.sublist(f"{TEMPLATE}/access_list", WorkflowAccessList)
router.sublist("organizations/<int:parent_pk>/workflow_job_templates", OrganizationWorkflows)
router.endpoint("workflow_job_template_nodes/<int:pk>/create_approval_template", NodeApproval)
router.sublist(f"{NODE}/success_nodes", SuccessNodes)
router.sublist(f"{NODE}/failure_nodes", FailureNodes)
router.sublist(f"{NODE}/always_nodes", AlwaysNodes)
router.sublist(f"{NODE}/credentials", NodeCredentials)
router.sublist(f"{NODE}/labels", NodeLabels)
router.sublist(f"{NODE}/instance_groups", NodeGroups)
router.sublist("workflow_approval_templates/<int:parent_pk>/approvals", ApprovalsOfTemplate)
router.endpoint("workflow_jobs/<int:pk>/cancel", WorkflowJobCancel)
router.endpoint("workflow_jobs/<int:pk>/relaunch", WorkflowJobRelaunch)
router.sublist(f"{JOB}/workflow_nodes", NodesOfJob)
router.sublist(f"{JOB}/labels", WorkflowJobLabels)
router.sublist(f"{JOB_NODE}/success_nodes", NodesOnSuccess)
router.sublist(f"{JOB_NODE}/failure_nodes", NodesOnFailure)
router.sublist(f"{JOB_NODE}/always_nodes", NodesAlways)
router.sublist(f"{JOB_NODE}/credentials", JobNodeCredentials)
router.sublist(f"{JOB_NODE}/labels", JobNodeLabels)
router.sublist(f"{JOB_NODE}/instance_groups", JobNodeGroups)
router.endpoint("workflow_approvals/<int:pk>/approve", Approve)
router.endpoint("workflow_approvals/<int:pk>/deny", Deny)
router.register("workflow_job_templates", WorkflowJobTemplateViewSet)
router.register("workflow_job_template_nodes", NodeViewSet)
router.register("workflow_approval_templates", ApprovalTemplateViewSet, listed_in_root=False)
router.register("workflow_jobs", WorkflowJobViewSet)
router.register("workflow_job_nodes", JobNodeViewSet)
router.register("workflow_approvals", WorkflowApprovalViewSet)

urlpatterns = router.urls
