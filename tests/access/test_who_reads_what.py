"""What users with roles at random may read, beside a rule that goes row by row and knows no SQL."""

import random
from collections.abc import Callable
from typing import Any

import pytest
from django.db.models import Model, QuerySet, prefetch_related_objects
from django.urls import get_resolver

from access.activity import ActivityStream, Operation
from access.models import Organization, Role, Team, User
from access.roles import FOR_USERS_ONLY, grant, holding, holds, kind_named, kind_of, kinds, role_of
from access.rules import accessible
from credentials.models import Credential
from instances.models import ExecutionEnvironment, InstanceGroup
from inventories.models import Group, Host, Inventory
from jobs.models import (
    Attempt,
    InventorySource,
    JobTemplate,
    Label,
    Project,
    UnifiedJob,
    UnifiedJobTemplate,
)
from jobs.statuses import JobKind, Status
from notifications.models import NotificationTemplate
from schedules.calendars import Calendar
from schedules.models import Occurrence, Schedule
from tests.factories.access import make_organization, make_superuser, make_user
from tests.factories.credentials import make_credential
from tests.factories.inventories import make_group, make_host, make_inventory, make_source
from tests.factories.jobs import BEGIN, make_attempt, make_job, make_job_template, make_project
from tests.factories.notifications import make_notification_template
from tests.factories.roles import make_team
from tests.factories.schedules import make_calendar, make_schedule
from tests.factories.workflows import make_node, make_step, make_workflow
from workflows.models import WorkflowApprovalTemplate, WorkflowJobTemplate, WorkflowJobTemplateNode

ASKERS = 30
# Which roles of an object's organization let somebody read it; each role of its own does.
OF_ORGANIZATION = {
    "job_template": ("admin_role", "job_template_admin_role", "execute_role", "auditor_role"),
    "project": ("admin_role", "project_admin_role", "auditor_role"),
    "inventory": ("admin_role", "inventory_admin_role", "auditor_role"),
    "workflow_job_template": (
        *("admin_role", "workflow_admin_role", "execute_role", "approval_role", "auditor_role"),
    ),
    "credential": ("admin_role", "credential_admin_role", "auditor_role"),
    "team": ("admin_role", "auditor_role"),
}
AUDIT = ("admin_role", "auditor_role")


class Naive:
    """What somebody may read, by what he was given: himself, by a team of his, or by one that he administers."""

    def __init__(self, user: User, rows: dict[type[Model], dict[int, Any]]) -> None:
        self.user, self.rows = user, rows
        self.given = keys_of(Role.objects.filter(members=user))
        teams = rows[Team].values()
        ruled = [team for team in teams if self.has(team, "admin_role") or self.has_above(team, "admin_role")]
        mine = [team for team in teams if team in ruled or self.has(team, "member_role")]
        self.given |= keys_of(Role.objects.filter(teams__in=mine))
        self.given |= keys_of(Role.objects.filter(ruling_teams__in=ruled))
        self.audits_any = any(kind == "organization" and name in AUDIT for kind, _, name in self.given)

    def has(self, obj: Any, *names: str) -> bool:
        """Whether he was given one of these roles of an object; any, if none is named."""
        kind = kind_of(type(obj))
        return any((kind.name, obj.pk, name) in self.given for name in names or kind.fields)

    def has_above(self, obj: Any, *names: str) -> bool:
        return obj.organization is not None and self.has(obj.organization, *names)

    def reads(self, obj: Any) -> bool:
        """Of objects that have roles of their own and belong to an organization."""
        return self.has(obj) or self.has_above(obj, *OF_ORGANIZATION[kind_of(type(obj)).name])

    def reads_team(self, team: Team) -> bool:
        return self.audits_any or self.has(team) or self.has_above(team, "member_role")

    def reads_template(self, template: UnifiedJobTemplate | None) -> bool:
        if template is None or template.kind == "system_job_template":
            return False
        if template.kind == "inventory_source":
            return self.reads(template.as_inventory_source.inventory)
        if template.kind == "workflow_approval_template":
            [node] = [
                node
                for node in self.rows[WorkflowJobTemplateNode].values()
                if node.unified_job_template_id == template.pk
            ]
            return self.reads(node.workflow_job_template)
        return self.reads(getattr(template, f"as_{template.kind}"))

    def reads_run(self, run: UnifiedJob) -> bool:
        return (
            self.reads_template(run.unified_job_template)
            or self.has_above(run, *AUDIT)
            or (run.is_bulk_job and run.created_by_id == self.user.pk)
        )

    def reads_user(self, other: User) -> bool:
        together = [
            self.rows[Organization][role.object_id]
            for role in self.rows[Role].values()
            if role.kind == "organization"
            and role.role_field in FOR_USERS_ONLY
            and other in role.members.all()
        ]
        return self.audits_any or other == self.user or other.is_superuser or any(map(self.has, together))

    def reads_role(self, role: Role) -> bool:
        """Of the teams that he sees only because he may add them, he sees no roles."""
        if role.kind == "system":
            return False
        model = kind_named(role.kind).model  # type: ignore[union-attr]
        obj = self.rows[model][role.object_id or 0]
        return self.has(obj) or (model not in (Organization, InstanceGroup) and self.reads(obj))

    def reads_entry(self, entry: ActivityStream) -> bool:
        model = {"job_template": JobTemplate, "host": Host, "job": UnifiedJob, "user": User}[entry.object1]
        return READS[model](self, self.rows[model][entry.object1_pk or 0])


def rows_of(model: type[Model]) -> QuerySet[Any]:
    return QuerySet(model).order_by()


def keys_of(roles: QuerySet[Role]) -> set[tuple[str, int | None, str]]:
    return set(roles.values_list("kind", "object_id", "role_field"))


READS: dict[type[Model], Callable[[Naive, Any], bool]] = {
    Organization: Naive.has,
    Team: Naive.reads_team,
    User: Naive.reads_user,
    Role: Naive.reads_role,
    JobTemplate: Naive.reads,
    Project: Naive.reads,
    WorkflowJobTemplate: Naive.reads,
    Inventory: Naive.reads,
    Credential: Naive.reads,
    InstanceGroup: Naive.has,
    Host: lambda naive, row: naive.reads(row.inventory),
    Group: lambda naive, row: naive.reads(row.inventory),
    InventorySource: lambda naive, row: naive.reads(row.inventory),
    WorkflowJobTemplateNode: lambda naive, row: naive.reads(row.workflow_job_template),
    WorkflowApprovalTemplate: Naive.reads_template,
    UnifiedJobTemplate: Naive.reads_template,
    Schedule: lambda naive, row: naive.reads_template(row.unified_job_template),
    Occurrence: lambda naive, row: naive.reads_template(row.schedule.unified_job_template),
    UnifiedJob: Naive.reads_run,
    Attempt: lambda naive, row: naive.reads_run(row.job),
    Label: Naive.has_above,
    Calendar: Naive.has_above,
    ExecutionEnvironment: lambda naive, row: row.organization is None or naive.has_above(row),
    NotificationTemplate: lambda naive, row: naive.has_above(row, "notification_admin_role", *AUDIT),
    ActivityStream: Naive.reads_entry,
}


def make_things(organization: Organization | None) -> None:
    """Objects of an organization, or of none, where there may be such."""
    project = make_project(organization=organization)
    inventory = make_inventory(organization=organization)
    host = make_host(inventory)
    make_group(inventory)
    source = make_source(inventory)
    template = make_job_template(organization=organization, project=project)
    workflow = make_workflow(organization=organization)
    make_node(workflow, template)
    make_step(workflow)
    make_credential(organization=organization)
    ExecutionEnvironment.objects.create(name=f"of {organization}", image="i", organization=organization)
    InstanceGroup.objects.create(name=f"of {organization}")
    job = make_job(template)
    make_attempt(job)
    for kind, base in (
        (JobKind.WORKFLOW_JOB, workflow),
        (JobKind.PROJECT_UPDATE, project),
        (JobKind.INVENTORY_UPDATE, source),
    ):
        UnifiedJob.objects.create(
            kind=kind, unified_job_template_id=base.pk, organization=organization, status=Status.SUCCESSFUL
        )
    UnifiedJob.objects.create(kind=JobKind.JOB, organization=organization, status=Status.SUCCESSFUL)
    for one in (template, project, workflow, source):
        schedule = make_schedule(template=one)
        Occurrence.objects.create(schedule=schedule, scheduled_for=BEGIN, outcome=Occurrence.Outcome.SKIPPED)
    for name, obj in (("job_template", template), ("host", host), ("job", job)):
        ActivityStream.objects.create(operation=Operation.CREATE, object1=name, object1_pk=obj.pk)


def make_world(chance: random.Random) -> list[User]:
    """Three organizations with all that they have, and users and teams that were given some of it."""
    organizations = [make_organization() for _ in range(3)]
    for organization in organizations:
        make_things(organization)
        Label.objects.create(name="l", organization=organization)
        make_calendar(organization)
        make_notification_template(organization=organization)
    make_things(None)
    teams = [make_team(name, organization=one) for one in organizations for name in ("a", "b")]
    make_superuser()
    askers = [make_user() for _ in range(ASKERS)]
    roles = list(Role.objects.exclude(kind="system").order_by("pk"))
    of_organizations = [role for role in roles if role.kind == "organization"]
    for_teams = [
        role
        for role in roles
        if role.kind != "team" and not (role.kind == "organization" and role.role_field in FOR_USERS_ONLY)
    ]
    for team in teams:
        for role in chance.sample(for_teams, 4):
            grant(role, team)
        role_of(chance.choice(Credential.objects.all()), "admin_role").ruling_teams.add(team)
    for number, user in enumerate(askers):
        for role in chance.sample(roles, number % 4):
            grant(role, user)
        if chance.random() < 0.4:
            grant(role_of(chance.choice(teams), chance.choice(("admin_role", "member_role"))), user)
        if chance.random() < 0.4:
            grant(chance.choice(of_organizations), user)
        job = UnifiedJob.objects.create(kind=JobKind.JOB, is_bulk_job=number % 5 == 0, created_by=user)
        ActivityStream.objects.create(operation=Operation.CREATE, object1="job", object1_pk=job.pk)
        ActivityStream.objects.create(operation=Operation.UPDATE, object1="user", object1_pk=user.pk)
    return askers


@pytest.mark.django_db
def test_everybody_reads_what_a_rule_that_goes_row_by_row_says() -> None:
    # What the activity stream is about is known once the views have been read.
    assert get_resolver().url_patterns
    chance = random.Random(20300101)
    askers = make_world(chance)
    rows = {model: rows_of(model).in_bulk() for model in READS}
    prefetch_related_objects(list(rows[Role].values()), "members")
    opened = dict.fromkeys(READS, 0)

    for user in askers:
        naive = Naive(user, rows)
        for model, reads in READS.items():
            expected = {pk for pk, row in rows[model].items() if reads(naive, row)}
            found = accessible(rows_of(model), user).values_list("pk", flat=True)
            assert (user.pk, model, sorted(found)) == (user.pk, model, sorted(expected))
            opened[model] += bool(expected)

    assert [model for model, number in opened.items() if number < 3] == []


@pytest.mark.django_db
def test_who_has_a_role_of_one_object_is_who_finds_it_among_all() -> None:
    chance = random.Random(20300102)

    for user in make_world(chance)[::10]:
        for kind in kinds():
            has_organization = any(field.name == "organization" for field in kind.model._meta.fields)
            rows = list(rows_of(kind.model))
            for role_field in kind.fields:
                condition = holding(
                    user, kind.name, role_field, organization="organization_id" if has_organization else ""
                )
                found = rows_of(kind.model).filter(condition).values_list("pk", flat=True)
                assert sorted(found) == sorted(row.pk for row in rows if holds(user, row, role_field))
