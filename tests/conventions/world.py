"""Objects of every resource, as many as are asked for, and all that lists show below the first of each."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from access.activity import ActivityStream, Operation
from access.models import Role, Team, User
from access.roles import grant, role_of
from api.exposure import kinds
from credentials.models import Credential, CredentialInputSource
from instances.models import ExecutionEnvironment, Instance, InstanceGroup
from inventories.models import Group, Host
from jobs.models import (
    InventorySource,
    InventoryUpdate,
    Label,
    ProjectUpdate,
    SystemJob,
    SystemJobTemplate,
    UnifiedJob,
    UnifiedJobTemplate,
)
from jobs.statuses import JobKind, Status, TemplateKind
from jobs.system_jobs import make_missing_templates
from schedules.calendars import Calendar
from schedules.models import Backfill, BackfillPlace, Occurrence
from tests.factories.access import make_application, make_organization, make_superuser, make_token, make_user
from tests.factories.credentials import make_credential, make_type
from tests.factories.inventories import make_group, make_host, make_inventory
from tests.factories.jobs import BEGIN, make_attempt, make_job, make_job_template, make_project
from tests.factories.notifications import make_notification, make_notification_template
from tests.factories.roles import make_team
from tests.factories.schedules import make_calendar, make_entry, make_schedule
from tests.factories.workflows import make_node, make_step, make_workflow
from workflows.models import (
    EDGES,
    Approval,
    WorkflowApproval,
    WorkflowApprovalTemplate,
    WorkflowJob,
    WorkflowJobNode,
)


@dataclass
class World:
    """`first` has an object of each resource by its path; what is made later is put below these."""

    root: User
    # Not a superuser: he administers the first organization.
    user: User
    first: dict[str, Any] = field(default_factory=dict)

    @property
    def ids(self) -> dict[str, int]:
        return {resource: obj.pk for resource, obj in self.first.items()}

    def add(self, resource: str, obj: Any) -> Any:
        self.first.setdefault(resource, obj)
        return obj


def begin() -> World:
    return World(make_superuser("world-root"), make_user("world-user"))


def grow(world: World, number: int) -> None:
    """Make so many more objects of each resource, each with all that it can have."""
    for make in FACTORIES.values():
        for _ in range(number):
            make(world)
    tie(world)


def tie(world: World) -> None:
    """Put all that there is below the first object of each resource, as far as it can be there."""
    grant(role_of(world.first["organizations"], "admin_role"), world.user)
    role: Role = world.first["roles"]
    role.members.set(User.objects.exclude(is_superuser=True))
    role.teams.set(Team.objects.all())
    world.first["groups"].hosts.set(Host.objects.all())
    world.first["hosts"].groups.set(Group.objects.all())
    world.first["instance_groups"].instances.set(Instance.objects.all())
    world.first["instances"].rampart_groups.set(InstanceGroup.objects.all())
    for obj in (world.first["job_templates"], world.first["jobs"]):
        obj.labels.set(Label.objects.all())
        obj.credentials.set(Credential.objects.all())


def an_organization(world: World) -> None:
    made = world.add("organizations", make_organization(created_by=world.root, modified_by=world.root))
    world.add("users", make_user())
    for role_field in ("member_role", "admin_role"):
        grant(role_of(made, role_field), world.first["users"])


def a_user(world: World) -> None:
    made = make_user()
    for role_field in ("member_role", "admin_role"):
        grant(role_of(world.first["organizations"], role_field), made)


def a_team(world: World) -> None:
    made = world.add(
        "teams", make_team(f"Team {Team.objects.count()}", organization=world.first["organizations"])
    )
    grant(role_of(made, "member_role"), world.first["users"])
    grant(role_of(world.first["teams"], "member_role"), make_user())


def an_application(world: World) -> None:
    world.add("applications", make_application(organization=world.first["organizations"])[0])


def a_token(world: World) -> None:
    for user in (world.first["users"], world.root):
        world.add("tokens", make_token(user)[0])


def a_credential_type(world: World) -> None:
    world.add("credential_types", make_type(created_by=world.root, modified_by=world.root))


def a_credential(world: World) -> None:
    world.add(
        "credentials",
        make_credential(world.first["credential_types"], organization=world.first["organizations"]),
    )
    own = make_credential(world.first["credential_types"], organization=None)
    grant(role_of(own, "admin_role"), world.first["users"])


def an_input_source(world: World) -> None:
    number = CredentialInputSource.objects.count()
    made = CredentialInputSource.objects.create(
        target_credential=world.first["credentials"],
        source_credential=world.first["credentials"],
        input_field_name=f"a{number}",
        created_by=world.root,
    )
    world.add("credential_input_sources", made)


def an_instance_group(world: World) -> None:
    number = InstanceGroup.objects.count()
    world.add("instances", Instance.objects.create(hostname=f"node{number}"))
    group = world.add("instance_groups", InstanceGroup.objects.create(name=f"Group {number}"))
    group.instances.add(world.first["instances"])


def an_execution_environment(world: World) -> None:
    number = ExecutionEnvironment.objects.count()
    values = {"organization": world.first["organizations"], "created_by": world.root}
    made = ExecutionEnvironment.objects.create(name=f"Environment {number}", image="an/image", **values)
    world.add("execution_environments", made)


def an_inventory(world: World) -> None:
    values = {"organization": world.first["organizations"], "created_by": world.root}
    world.add("inventories", make_inventory(**values))
    host = world.add("hosts", make_host(world.first["inventories"], created_by=world.root))
    group = world.add("groups", make_group(world.first["inventories"], hosts=(host,)))
    if group != world.first["groups"]:
        world.first["groups"].children.add(group)


def a_label(world: World) -> None:
    number = Label.objects.count()
    world.add("labels", Label.objects.create(name=f"l{number}", organization=world.first["organizations"]))


def a_project(world: World) -> None:
    made = world.add(
        "projects",
        make_project(
            organization=world.first["organizations"], created_by=world.root, modified_by=world.root
        ),
    )
    world.add("roles", role_of(made, "use_role"))
    grant(role_of(made, "use_role"), world.first["teams"])


def a_job_template(world: World) -> None:
    made = make_job_template(
        organization=world.first["organizations"],
        project=world.first["projects"],
        inventory=world.first["inventories"],
        execution_environment=world.first["execution_environments"],
        created_by=world.root,
        modified_by=world.root,
    )
    world.add("job_templates", made)
    world.add("unified_job_templates", made)
    made.labels.add(world.first["labels"])
    made.credentials.add(world.first["credentials"])


def a_calendar(world: World) -> None:
    organization, root = world.first["organizations"], world.root
    world.add("calendars", make_calendar(organization, created_by=root, modified_by=root))
    world.add("calendar_entries", make_entry(world.first["calendars"], BEGIN.date(), created_by=root))


def a_schedule(world: World) -> None:
    for template in (world.first["job_templates"], world.first["projects"]):
        made = make_schedule(template=template, created_by=world.root, modified_by=world.root)
        world.add("schedules", made)
        made.calendars.set(Calendar.objects.all())
    world.first["schedules"].calendars.set(Calendar.objects.all())


def a_job(world: World) -> None:
    template = world.first["job_templates"]
    made = world.add("jobs", make_job(template, created_by=world.root))
    world.add("unified_jobs", made)
    made.labels.add(world.first["labels"])
    made.credentials.add(world.first["credentials"])
    make_attempt(made)
    make_job(template, status=Status.FAILED, attempts_allowed=2)
    host = world.first["hosts"]
    make_attempt(world.first["jobs"], host=host, host_name=host.name)
    Occurrence.objects.create(
        schedule=world.first["schedules"],
        scheduled_for=BEGIN + timedelta(hours=made.pk),
        outcome=Occurrence.Outcome.LAUNCHED,
        job=made,
    )


def a_backfill(world: World) -> None:
    schedule = world.first["schedules"]
    end = BEGIN + timedelta(hours=1)
    made = world.add(
        "backfills", Backfill.objects.create(schedule=schedule, start=BEGIN, end=end, created_by=world.root)
    )
    job = make_job(world.first["job_templates"], created_by=world.root)
    BackfillPlace.objects.create(
        backfill=world.first["backfills"], position=made.pk, scheduled_for=BEGIN, job=job
    )


def a_project_update(world: World) -> None:
    project = world.first["projects"]
    made = run_of(project, JobKind.PROJECT_UPDATE, world.root)
    world.add("project_updates", ProjectUpdate.objects.get(pk=made.pk))
    make_attempt(world.first["project_updates"])


def an_inventory_source(world: World) -> None:
    number = InventorySource.objects.count()
    made = InventorySource.objects.create(
        kind=TemplateKind.INVENTORY_SOURCE,
        name=f"Source {number}",
        inventory=world.first["inventories"],
        source=InventorySource.Source.SCM,
        created_by=world.root,
    )
    world.add("inventory_sources", made)
    run_of(world.first["inventory_sources"], JobKind.INVENTORY_UPDATE, world.root)
    world.add("inventory_updates", InventoryUpdate.objects.order_by("pk")[0])


def run_of(template: UnifiedJobTemplate, kind: JobKind, user: User) -> UnifiedJob:
    return UnifiedJob.objects.create(
        name=template.name,
        kind=kind,
        unified_job_template_id=template.pk,
        organization=template.organization,
        created_by=user,
        status=Status.SUCCESSFUL,
        finished=BEGIN,
    )


def a_system_job(world: World) -> None:
    make_missing_templates()
    template = world.add("system_job_templates", SystemJobTemplate.objects.order_by("pk")[0])
    made = run_of(template, JobKind.SYSTEM_JOB, world.root)
    world.add("system_jobs", SystemJob.objects.get(pk=made.pk))


def a_workflow(world: World) -> None:
    made = make_workflow(
        organization=world.first["organizations"],
        inventory=world.first["inventories"],
        created_by=world.root,
        modified_by=world.root,
    )
    first = world.add("workflow_job_templates", made)
    made.labels.add(world.first["labels"])
    node = make_node(first, world.first["job_templates"], inventory=world.first["inventories"])
    step = make_step(first)
    begin_with = world.add("workflow_job_template_nodes", node)
    if node != begin_with:
        for edge in EDGES:
            getattr(begin_with, edge).add(node)
    world.add(
        "workflow_approval_templates", WorkflowApprovalTemplate.objects.get(workflowjobtemplatenodes=step)
    )
    world.add("schedules", make_schedule(template=first, created_by=world.root, modified_by=world.root))


def a_workflow_job(world: World) -> None:
    workflow, step = world.first["workflow_job_templates"], world.first["workflow_approval_templates"]
    made = run_of(workflow, JobKind.WORKFLOW_JOB, world.root)
    job = world.add("workflow_jobs", WorkflowJob.objects.get(pk=made.pk))
    waiting = run_of(step, JobKind.WORKFLOW_APPROVAL, world.root)
    Approval.objects.create(run_id=waiting.pk, approved_or_denied_by=world.root)
    world.add("workflow_approvals", WorkflowApproval.objects.get(pk=waiting.pk))
    for run in (make_job(world.first["job_templates"], created_by=world.root), waiting):
        node = WorkflowJobNode.objects.create(
            workflow_job=job, job=run, unified_job_template_id=run.unified_job_template_id
        )
        begin_with = world.add("workflow_job_nodes", node)
        if node != begin_with:
            for edge in EDGES:
                getattr(begin_with, edge).add(node)


def a_notification_template(world: World) -> None:
    values = {"organization": world.first["organizations"], "created_by": world.root}
    world.add("notification_templates", make_notification_template(**values))


def a_notification(world: World) -> None:
    template = world.first["notification_templates"]
    world.add("notifications", make_notification(template))
    # A template tells of a run once.
    other = make_notification_template(organization=world.first["organizations"])
    make_notification(other, job=world.first["jobs"])


def activity(world: World) -> None:
    by_type = {kind: model for kind, model in kinds().items() if model is not ActivityStream}
    for kind, model in by_type.items():
        for obj in [first for first in world.first.values() if type(first) is model][:1]:
            entry = ActivityStream.objects.create(
                operation=Operation.CREATE, object1=kind, object1_pk=obj.pk, actor=world.root
            )
            world.add("activity_stream", entry)


# AWX's type → what makes one more object of it, in an order in which each finds what it refers to.
FACTORIES: dict[str, Callable[[World], None]] = {
    "organization": an_organization,
    "user": a_user,
    "team": a_team,
    "o_auth2_application": an_application,
    "o_auth2_access_token": a_token,
    "credential_type": a_credential_type,
    "credential": a_credential,
    "credential_input_source": an_input_source,
    "instance_group": an_instance_group,
    "execution_environment": an_execution_environment,
    "inventory": an_inventory,
    "label": a_label,
    "project": a_project,
    "job_template": a_job_template,
    "calendar": a_calendar,
    "schedule": a_schedule,
    "job": a_job,
    "backfill": a_backfill,
    "project_update": a_project_update,
    "inventory_source": an_inventory_source,
    "system_job": a_system_job,
    "workflow_job_template": a_workflow,
    "workflow_job": a_workflow_job,
    "notification_template": a_notification_template,
    "notification": a_notification,
    "activity_stream": activity,
}
