from access.api.activity import show_owner
from api.routers import Router
from jobs.api.serializers.audit import AUDITED
from jobs.api.views.audit import AuditList, audit_view_of
from jobs.api.views.credentials import JobCredentials, TemplateCredentials
from jobs.api.views.dashboard import Dashboard, JobsGraph
from jobs.api.views.dead_letters import (
    DeadLetters,
    DeadLettersDismissal,
    DeadLettersReplay,
    JobDismissal,
    JobReplay,
)
from jobs.api.views.host_summaries import GroupSummaries, HostSummaries, JobHostSummaries, NumberedSummary
from jobs.api.views.instances import EnvironmentTemplates, GroupJobs, InstanceJobs, TemplateGroups
from jobs.api.views.inventory_sources import (
    GroupSources,
    HostSources,
    InventorySources,
    InventorySourceViewSet,
    InventoryUpdateAll,
    ProjectSources,
    SourceCredentials,
    SourceGroups,
    SourceHosts,
    SourceUpdate,
    SourceUpdates,
)
from jobs.api.views.inventory_updates import (
    InventoryUpdateAttempt,
    InventoryUpdateAttempts,
    InventoryUpdateCancel,
    InventoryUpdateCredentials,
    InventoryUpdateEvent,
    InventoryUpdateEvents,
    InventoryUpdateStdout,
    InventoryUpdateViewSet,
)
from jobs.api.views.job_templates import (
    InventoryTemplates,
    JobTemplateViewSet,
    TemplateAccessList,
    TemplateCopy,
    TemplateJobs,
    TemplateLaunch,
    TemplateObjectRoles,
)
from jobs.api.views.jobs import JobCancel, JobRelaunch, JobViewSet
from jobs.api.views.labels import InventoryLabels, JobLabels, LabelViewSet, TemplateLabels
from jobs.api.views.memberships import (
    OrganizationJobTemplates,
    OrganizationProjects,
    ProjectTeams,
    TeamProjects,
    UserProjects,
)
from jobs.api.views.project_updates import (
    ProjectUpdateAttempt,
    ProjectUpdateAttempts,
    ProjectUpdateCancel,
    ProjectUpdateEvent,
    ProjectUpdateEvents,
    ProjectUpdateSources,
    ProjectUpdateStdout,
    ProjectUpdateViewSet,
)
from jobs.api.views.projects import (
    ProjectAccessList,
    ProjectCopy,
    ProjectEndpoints,
    ProjectFetch,
    ProjectInventoryFiles,
    ProjectObjectRoles,
    ProjectService,
    ProjectUpdates,
    ProjectViewSet,
)
from jobs.api.views.record import JobAttempt, JobAttempts, JobEvent, JobEvents, JobStdout, NumberedEvent
from jobs.api.views.reports import RunStatus
from jobs.api.views.statistics import statistics_view_of
from jobs.api.views.surveys import JobTemplateSurvey
from jobs.api.views.system_jobs import (
    SystemJobCancel,
    SystemJobEvent,
    SystemJobEvents,
    SystemJobLaunch,
    SystemJobStdout,
    SystemJobTemplateViewSet,
    SystemJobViewSet,
    SystemTemplateJobs,
)
from jobs.api.views.triage import JobTriage
from jobs.api.views.unified import UnifiedJobTemplateViewSet, UnifiedJobViewSet
from jobs.api.views.webhooks import key_of, receiver_of
from jobs.kinds import launchable_kinds
from jobs.webhooks import SERVICES

show_owner("job", "unified_job_template")

router = Router()
router.endpoint("dashboard", Dashboard, name="dashboard")
router.endpoint("dashboard/graphs/jobs", JobsGraph)
router.endpoint("job_templates/<int:pk>/launch", TemplateLaunch)
router.endpoint("job_templates/<int:pk>/copy", TemplateCopy)
router.endpoint("job_templates/<int:pk>/survey_spec", JobTemplateSurvey)
router.sublist("job_templates/<int:parent_pk>/jobs", TemplateJobs)
router.sublist("job_templates/<int:parent_pk>/labels", TemplateLabels)
router.sublist("jobs/<int:parent_pk>/labels", JobLabels)
router.sublist("inventories/<int:parent_pk>/labels", InventoryLabels)
router.sublist("inventories/<int:parent_pk>/job_templates", InventoryTemplates)
router.sublist("job_templates/<int:parent_pk>/instance_groups", TemplateGroups)
router.sublist("instances/<int:parent_pk>/jobs", InstanceJobs)
router.sublist("instance_groups/<int:parent_pk>/jobs", GroupJobs)
router.sublist("execution_environments/<int:parent_pk>/unified_job_templates", EnvironmentTemplates)
router.sublist("job_templates/<int:parent_pk>/credentials", TemplateCredentials)
router.sublist("jobs/<int:parent_pk>/credentials", JobCredentials)
router.endpoint("jobs/<int:pk>/cancel", JobCancel)
router.endpoint("jobs/<int:pk>/relaunch", JobRelaunch)
router.endpoint("jobs/<int:pk>/replay", JobReplay)
router.endpoint("jobs/<int:pk>/dismiss", JobDismissal)
router.endpoint("jobs/<int:pk>/stdout", JobStdout)
router.endpoint("jobs/<int:pk>/job_events", JobEvents)
router.endpoint("jobs/<int:pk>/job_events/<int:counter>", JobEvent)
router.endpoint("job_events/<int:pk>", NumberedEvent)
router.sublist("jobs/<int:parent_pk>/job_host_summaries", JobHostSummaries)
router.sublist("hosts/<int:parent_pk>/job_host_summaries", HostSummaries)
router.sublist("groups/<int:parent_pk>/job_host_summaries", GroupSummaries)
router.endpoint("job_host_summaries/<int:pk>", NumberedSummary)
router.sublist("jobs/<int:parent_pk>/attempts", JobAttempts)
router.endpoint("jobs/<int:pk>/attempts/<int:number>", JobAttempt)
router.endpoint("jobs/<int:pk>/triage", JobTriage)
router.sublist("job_templates/<int:parent_pk>/object_roles", TemplateObjectRoles)
router.sublist("job_templates/<int:parent_pk>/access_list", TemplateAccessList)
router.sublist("projects/<int:parent_pk>/object_roles", ProjectObjectRoles)
router.sublist("projects/<int:parent_pk>/access_list", ProjectAccessList)
router.endpoint("projects/<int:pk>/update", ProjectFetch)
router.endpoint("projects/<int:pk>/playbooks", ProjectEndpoints)
router.endpoint("projects/<int:pk>/inventories", ProjectInventoryFiles)
router.endpoint("projects/<int:pk>/copy", ProjectCopy)
router.endpoint("projects/<int:pk>/service", ProjectService)
router.sublist("projects/<int:parent_pk>/project_updates", ProjectUpdates)
router.endpoint("project_updates/<int:pk>/cancel", ProjectUpdateCancel)
router.endpoint("project_updates/<int:pk>/stdout", ProjectUpdateStdout)
router.endpoint("project_updates/<int:pk>/events", ProjectUpdateEvents)
router.endpoint("project_updates/<int:pk>/events/<int:counter>", ProjectUpdateEvent)
router.sublist("project_updates/<int:parent_pk>/scm_inventory_updates", ProjectUpdateSources)
router.sublist("project_updates/<int:parent_pk>/attempts", ProjectUpdateAttempts)
router.endpoint("project_updates/<int:pk>/attempts/<int:number>", ProjectUpdateAttempt)
router.endpoint("system_job_templates/<int:pk>/launch", SystemJobLaunch)
router.sublist("system_job_templates/<int:parent_pk>/jobs", SystemTemplateJobs)
router.endpoint("system_jobs/<int:pk>/cancel", SystemJobCancel)
router.endpoint("system_jobs/<int:pk>/stdout", SystemJobStdout)
router.endpoint("system_jobs/<int:pk>/events", SystemJobEvents)
router.endpoint("system_jobs/<int:pk>/events/<int:counter>", SystemJobEvent)
router.sublist("projects/<int:parent_pk>/scm_inventory_sources", ProjectSources)
router.sublist("inventories/<int:parent_pk>/inventory_sources", InventorySources)
router.endpoint("inventories/<int:pk>/update_inventory_sources", InventoryUpdateAll)
router.sublist("hosts/<int:parent_pk>/inventory_sources", HostSources)
router.sublist("groups/<int:parent_pk>/inventory_sources", GroupSources)
router.endpoint("inventory_sources/<int:pk>/update", SourceUpdate)
router.sublist("inventory_sources/<int:parent_pk>/inventory_updates", SourceUpdates)
router.sublist("inventory_sources/<int:parent_pk>/credentials", SourceCredentials)
router.sublist("inventory_sources/<int:parent_pk>/hosts", SourceHosts)
router.sublist("inventory_sources/<int:parent_pk>/groups", SourceGroups)
router.endpoint("inventory_updates/<int:pk>/cancel", InventoryUpdateCancel)
router.endpoint("inventory_updates/<int:pk>/stdout", InventoryUpdateStdout)
router.endpoint("inventory_updates/<int:pk>/events", InventoryUpdateEvents)
router.endpoint("inventory_updates/<int:pk>/events/<int:counter>", InventoryUpdateEvent)
router.sublist("inventory_updates/<int:parent_pk>/attempts", InventoryUpdateAttempts)
router.endpoint("inventory_updates/<int:pk>/attempts/<int:number>", InventoryUpdateAttempt)
router.sublist("inventory_updates/<int:parent_pk>/credentials", InventoryUpdateCredentials)
router.register("inventory_sources", InventorySourceViewSet)
router.register("inventory_updates", InventoryUpdateViewSet)
router.sublist("organizations/<int:parent_pk>/projects", OrganizationProjects)
router.sublist("organizations/<int:parent_pk>/job_templates", OrganizationJobTemplates)
router.sublist("users/<int:parent_pk>/projects", UserProjects)
router.sublist("teams/<int:parent_pk>/projects", TeamProjects)
router.sublist("projects/<int:parent_pk>/teams", ProjectTeams)
for kind in launchable_kinds():
    if hasattr(kind.model, "webhook_key"):
        router.endpoint(f"{kind.name}s/<int:pk>/statistics", statistics_view_of(kind))
        router.endpoint(f"{kind.name}s/<int:pk>/webhook_key", key_of(kind))
        for service in SERVICES:
            router.endpoint(f"{kind.name}s/<int:pk>/{service.value}", receiver_of(kind, service))
for kind in AUDITED:
    router.endpoint(f"{kind.name}s/<int:pk>/audit", audit_view_of(kind))
router.endpoint("audit", AuditList, name="audit")
router.endpoint("executions/<str:run_id>/status", RunStatus)
router.endpoint("dead_letters", DeadLetters, name="dead_letters")
router.endpoint("dead_letters/replay", DeadLettersReplay)
router.endpoint("dead_letters/dismiss", DeadLettersDismissal)
router.register("projects", ProjectViewSet)
router.register("project_updates", ProjectUpdateViewSet)
router.register("job_templates", JobTemplateViewSet)
router.register("jobs", JobViewSet)
router.register("system_job_templates", SystemJobTemplateViewSet)
router.register("system_jobs", SystemJobViewSet)
router.register("labels", LabelViewSet)
router.register("unified_job_templates", UnifiedJobTemplateViewSet)
router.register("unified_jobs", UnifiedJobViewSet)

urlpatterns = router.urls
