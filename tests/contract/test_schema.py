"""The OpenAPI document is made without a warning, and what it says is true: schemathesis asks every operation in it.

Operations are taken from the document, so that a new resource is tested as soon as it is there.
"""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from django.test import Client
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema
from hypothesis import HealthCheck, Phase, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from access.activity import ActivityStream, Operation
from access.models import User
from access.roles import role_of
from instances.models import ExecutionEnvironment, Instance, InstanceGroup
from jobs.models import Label
from jobs.statuses import JobKind
from jobs.system_jobs import make_missing_templates
from scheduler_project.wsgi import application
from tests.factories.access import make_application, make_organization, make_superuser, make_token, make_user
from tests.factories.inventories import make_group, make_host, make_inventory
from tests.factories.jobs import make_attempt, make_job, make_job_template, make_project
from tests.factories.roles import make_team
from tests.factories.schedules import make_schedule


def document() -> dict[str, Any]:
    made: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return made


def test_document_is_valid_and_made_without_warnings() -> None:
    GENERATOR_STATS.reset()

    made = document()

    assert GENERATOR_STATS._warn_cache == {}
    assert GENERATOR_STATS._error_cache == {}
    validate_schema(made)  # type: ignore[no-untyped-call]


@pytest.mark.django_db
def test_document_and_its_page_need_a_login(client: Client, django_user_model: type[User]) -> None:
    assert client.get("/api/v2/schema/").status_code == 401
    assert client.get("/api/v2/docs/").status_code == 401

    client.force_login(django_user_model.objects.create_superuser("reader", password="pw"))

    assert (
        client.get("/api/v2/schema/", headers={"Accept": "application/json"}).json()["info"]["title"]
        == "Belfry"
    )
    page = client.get("/api/v2/docs/", headers={"Accept": "text/html"}).content.decode()
    assert "/static/drf_spectacular_sidecar/" in page
    assert "https://" not in page


class World:
    """One object of each resource, so that examples with its id reach something."""

    def __init__(self) -> None:
        self.root = make_superuser("schema-root")
        self.token = make_token(self.root)[1]
        template = make_job_template()
        job = make_job(template)
        make_attempt(job)
        self.ids = {
            "organizations": make_organization().pk,
            "users": make_user().pk,
            "teams": (team := make_team()).pk,
            "roles": role_of(team, "member_role").pk,
            "tokens": make_token(self.root)[0].pk,
            "applications": make_application()[0].pk,
            "projects": make_project().pk,
            "job_templates": template.pk,
            "unified_job_templates": template.pk,
            "jobs": job.pk,
            "unified_jobs": job.pk,
            "inventories": make_inventory().pk,
            "hosts": (host := make_host()).pk,
            "groups": make_group(host.inventory, hosts=(host,)).pk,
            "schedules": make_schedule(template=template).pk,
            "labels": Label.objects.create(name="label", organization=make_organization()).pk,
            "instances": Instance.objects.create(hostname="worker").pk,
            "instance_groups": InstanceGroup.objects.create(name="group").pk,
            "execution_environments": ExecutionEnvironment.objects.create(name="made", image="a/b").pk,
            "system_job_templates": (system := make_missing_templates()[0]).pk,
            "system_jobs": make_job(system, kind=JobKind.SYSTEM_JOB, job_type=system.job_type).pk,
            "activity_stream": ActivityStream.objects.create(
                operation=Operation.CREATE, object1="job_template", object1_pk=template.pk, actor=self.root
            ).pk,
        }

    def known(self, path: str) -> int | None:
        """The id of an object of the resource that a path begins with."""
        return self.ids.get(path.removeprefix("/api/v2/").partition("/")[0])


@pytest.fixture
def world(db: None) -> Iterator[World]:
    """Requests share the test's transaction, as those of Django's own test client do."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield World()
    for signal in signals:
        signal.connect(close_old_connections)


schema = schemathesis.openapi.from_dict(document())
schema.app = application
schema.config.generation.update(modes=[GenerationMode.POSITIVE, GenerationMode.NEGATIVE])

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@pytest.mark.slow
@schema.parametrize()
@settings(
    max_examples=5,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_operation_keeps_to_the_document(case: schemathesis.Case[Any], world: World) -> None:
    ask(case, world)
    known = world.known(case.path)
    if known is not None and case.path_parameters:
        for name in case.path_parameters:
            case.path_parameters[name] = known if name != "counter" else 1
        ask(case, world)


def ask(case: schemathesis.Case[Any], world: World) -> None:
    """Send one request and check its answer; what it changed is undone."""
    with transaction.atomic():
        response = case.call(headers={"Authorization": f"Bearer {world.token}"})
        transaction.set_rollback(True)
    case.validate_response(response, checks=CHECKS)
