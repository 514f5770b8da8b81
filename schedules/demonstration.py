"""What a first start finds: a job template that calls the example endpoint, and a schedule for it, switched off."""

from typing import Any

from access.activity import ActivityStream, Operation
from access.models import Organization, User
from api.changes import state_of
from api.middleware import NODE
from credentials.models import Credential, CredentialType
from credentials.roles import give_to_user
from inventories.api.serializers.inventories import InventorySerializer
from inventories.api.serializers.members import HostSerializer
from inventories.api.views.hosts import HOSTS
from inventories.api.views.inventories import INVENTORIES
from inventories.models import Host, Inventory
from jobs.models import JobTemplate, Project
from jobs.statuses import TemplateKind
from schedules.models import Schedule
from schedules.planning import compute_times

RULE = "DTSTART:20260101T000000Z RRULE:FREQ=MINUTELY;INTERVAL=5"


def create_demonstration(*, endpoint_url: str, organization: Organization, owner: User) -> None:
    """Make AWX's demonstration objects, calling the service at `endpoint_url`."""
    project = Project.objects.create(
        kind=TemplateKind.PROJECT,
        name="Demo Project",
        description="The example service that runs beside Belfry.",
        organization=organization,
        scm_type=Project.SourceType.GIT,
        scm_url=endpoint_url,
        catalog_url="/openapi.json",
        created_by=owner,
        modified_by=owner,
    )
    inventory = Inventory.objects.create(
        name="Demo Inventory", organization=organization, created_by=owner, modified_by=owner
    )
    host = Host.objects.create(
        name="localhost",
        description="The example service that runs beside Belfry.",
        inventory=inventory,
        variables=variables_of_host(endpoint_url),
        created_by=owner,
        modified_by=owner,
    )
    _record(InventorySerializer(INVENTORIES.get(pk=inventory.pk)), owner)
    _record(HostSerializer(HOSTS.get(pk=host.pk)), owner)
    template = JobTemplate.objects.create(
        kind=TemplateKind.JOB_TEMPLATE,
        name="Demo Job Template",
        organization=organization,
        project=project,
        inventory=inventory,
        endpoint="hello_world.yml",
        created_by=owner,
        modified_by=owner,
    )
    machine = CredentialType.objects.get(namespace="ssh")
    credential = Credential.objects.create(
        name="Demo Credential",
        credential_type=machine,
        inputs={"username": "admin"},
        created_by=owner,
        modified_by=owner,
    )
    give_to_user(credential, owner)
    template.credentials.add(credential)
    schedule = Schedule(
        name="Demo Schedule",
        description="Every five minutes, once it is enabled.",
        unified_job_template=template.template,
        enabled=False,
        rrule=RULE,
        created_by=owner,
        modified_by=owner,
    )
    compute_times(schedule, now=owner.date_joined)
    schedule.save()


def _record(serializer: Any, owner: User) -> None:
    """Hosts show what was done to their inventories, its creation first (AWX's way)."""
    obj = serializer.instance
    ActivityStream.objects.create(
        actor=owner,
        actor_username=owner.username,
        operation=Operation.CREATE,
        object1=serializer.object_type,
        object1_pk=obj.pk,
        changes=state_of(serializer).shown,
        action_node=NODE,
    )


def follow_example_service(endpoint_url: str) -> None:
    """Point an untouched Demo Project and host at where the example service listens in this start."""
    Project.objects.filter(name="Demo Project", scm_url__startswith="http://127.0.0.1:").update(
        scm_url=endpoint_url
    )
    Host.objects.filter(
        name="localhost", variables__startswith=variables_of_host("http://127.0.0.1:")
    ).update(variables=variables_of_host(endpoint_url))


def variables_of_host(endpoint_url: str) -> str:
    return f"belfry_url: {endpoint_url}"
