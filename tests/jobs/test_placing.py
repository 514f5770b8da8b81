"""Which instances a run goes to."""

from uuid import uuid4

import pytest
from django.utils import timezone

from instances.heartbeat import Pulse, beat
from instances.models import Instance, InstanceGroup, OrganizationGroup
from jobs.execution.admission import admit
from jobs.execution.claiming import ClaimedRun, claim
from jobs.launching import launch
from jobs.models import JobTemplate, JobTemplateGroup, UnifiedJob
from jobs.prompts import LaunchAnswers
from tests.factories.jobs import make_job_template, make_organization

pytestmark = pytest.mark.django_db


def make_group(name: str, *workers: str) -> InstanceGroup:
    group = InstanceGroup.objects.create(name=name)
    for worker in workers:
        beat(Pulse(worker, uuid4(), 10))
        group.instances.add(Instance.objects.get(hostname=worker))
    return group


def launched(template: JobTemplate) -> UnifiedJob:
    run = launch(template, user=None, answers=LaunchAnswers())
    admit()
    return run


def claimed_by(worker: str) -> list[ClaimedRun]:
    return claim(f"{worker}#1", node=worker, limit=5, lease_seconds=30, now=timezone.now())


def test_run_without_groups_goes_to_any_instance() -> None:
    make_group("group", "inside")
    run = launched(make_job_template())

    assert [one.id for one in claimed_by("unheard of")] == [run.pk]


def test_run_goes_to_the_instances_of_its_groups_alone() -> None:
    template = make_job_template()
    beat(Pulse("outside", uuid4(), 10))
    for group in (make_group("empty"), make_group("group", "inside")):
        JobTemplateGroup.objects.create(job_template=template, instance_group=group)
    run = launched(template)

    assert claimed_by("outside") == []
    assert claimed_by("unheard of") == []
    assert [one.id for one in claimed_by("inside")] == [run.pk]
    run.refresh_from_db()
    assert run.instance_group is not None
    assert (run.execution_node, run.instance_group.name) == ("inside", "group")


def test_run_that_anyone_may_claim_is_in_the_default_group() -> None:
    beat(Pulse("worker", uuid4(), 10))
    run = launched(make_job_template())

    claimed_by("worker")

    run.refresh_from_db()
    assert run.instance_group == InstanceGroup.objects.get(name="default")


@pytest.mark.parametrize(("alone", "expected"), [(False, ["own", "shared"]), (True, ["own"])])
def test_organization_s_groups_follow_the_template_s(*, alone: bool, expected: list[str]) -> None:
    organization = make_organization()
    template = make_job_template(organization=organization, prevent_instance_group_fallback=alone)
    own, shared = make_group("own"), make_group("shared")
    JobTemplateGroup.objects.create(job_template=template, instance_group=own)
    for group in (shared, own):
        OrganizationGroup.objects.create(organization=organization, instance_group=group)

    run = launched(template)

    names = dict(InstanceGroup.objects.values_list("pk", "name"))
    assert [names[pk] for pk in run.preferred_groups] == expected


def test_run_does_not_wait_for_a_group_that_is_gone() -> None:
    template, group = make_job_template(), make_group("group")
    JobTemplateGroup.objects.create(job_template=template, instance_group=group)
    run = launched(template)
    assert claimed_by("worker") == []

    group.delete()

    assert [one.id for one in claimed_by("worker")] == [run.pk]


def test_disabled_instance_claims_nothing() -> None:
    beat(Pulse("worker", uuid4(), 10))
    Instance.objects.update(enabled=False)
    run = launched(make_job_template())

    assert claimed_by("worker") == []
    Instance.objects.update(enabled=True)
    assert [one.id for one in claimed_by("worker")] == [run.pk]
