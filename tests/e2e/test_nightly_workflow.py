"""A nightly workflow (extract → transform → approval → load, or alert): a worker is killed at every node in turn."""

import os
import queue
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.utils import timezone

from jobs.models import JobTemplate, UnifiedJob
from notifications.models import Event, Notification, NotificationTemplate, Subscription
from schedules.models import Occurrence
from tests.chaos.processes import Processes, commands
from tests.e2e.receiver import Call, Receiver
from tests.factories.access import client_of, make_superuser
from tests.factories.jobs import make_job_template
from tests.factories.notifications import make_notification_template
from tests.factories.schedules import make_schedule
from tests.factories.workflows import make_node, make_step, make_workflow
from tests.jobs.execution.conftest import eventually
from tests.notifications.mail_server import MailServer
from workflows.models import WorkflowApproval, WorkflowJob, WorkflowJobNode, WorkflowJobTemplate

LEASE = 5  # seconds, the shortest that there is
WITHIN = 120.0
WORKERS = ("worker-1", "worker-2")
KEY = "Idempotency-Key"


class Services(Receiver):
    """Holds the first call of each run until `let_go`; what is called again, and the webhook, is answered at once."""

    def __init__(self) -> None:
        super().__init__()
        self.held: queue.Queue[Call] = queue.Queue()
        self._gates: dict[str, threading.Event] = {}

    def respond(self, call: Call) -> tuple[int, dict[str, Any]]:
        key = call.headers.get(KEY, "")
        if key and key not in self._gates:
            self._gates[key] = threading.Event()
            self.held.put(call)
            self._gates[key].wait(WITHIN)
        if call.path == "/extract" and call.body.get("broken"):
            return 500, {}
        return 200, {"rows": 3} if call.path == "/extract" else {}

    def let_go(self, call: Call) -> None:
        self._gates[call.headers[KEY]].set()

    def next_held(self, path: str) -> Call:
        call = self.held.get(timeout=WITHIN)
        assert call.path == path
        return call


@pytest.fixture
def services() -> Iterator[Services]:
    with Services() as running:
        yield running


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with MailServer() as running:
        yield running


@pytest.fixture
def processes(transactional_db: None, tmp_path: Path) -> Iterator[Processes]:
    """One beat and two workers, on this test's own database."""
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    environment = {
        "DATABASE_URL": url,
        "EXECUTION_LEASE_SECONDS": str(LEASE),
        "SCHEDULER_POLL_INTERVAL": "1",
        "OUTBOUND_ALLOWED_NETWORKS": "127.0.0.0/8",
    }
    made = Processes(tmp_path, commands(tmp_path, beats=1, workers=len(WORKERS)), environment)
    for name in made.names:
        made.start(name)
    yield made
    made.close()


def make_nightly(url: str) -> tuple[WorkflowJobTemplate, dict[str, JobTemplate]]:
    """Whatever fails leads to the alert. A call that was lost is made again."""
    policy = {"max_attempts": 3, "retry_on": "lost", "retry_initial_interval": 0}
    asks = {"ask_variables_on_launch": True}
    templates = {
        name: make_job_template(name=name, endpoint=f"{url}/{name}", **policy, **asks)
        for name in ("extract", "transform", "load", "alert")
    }
    workflow = make_workflow(name="Nightly", **asks)
    nodes = {name: make_node(workflow, one, identifier=name) for name, one in templates.items()}
    nodes["approve"] = make_step(workflow, name="Approve")
    nodes["approve"].identifier = "approve"
    nodes["approve"].save()
    for before, after in (("extract", "transform"), ("transform", "approve"), ("approve", "load")):
        nodes[before].success_nodes.add(nodes[after])
    for name in ("extract", "transform", "approve", "load"):
        nodes[name].failure_nodes.add(nodes["alert"])
    return workflow, templates


def subscribe(workflow: WorkflowJobTemplate, extract: JobTemplate, mail_port: int, hook: str) -> None:
    """Approvals and the ends of the workflow, and failed extracts, are told by mail and by a webhook."""
    configuration = {
        "host": "127.0.0.1",
        "port": mail_port,
        "username": "",
        "password": "",
        "use_tls": False,
        "use_ssl": False,
        "sender": "belfry@example.com",
        "recipients": ["team@example.com"],
    }
    for template in (
        make_notification_template("email", configuration),
        make_notification_template("webhook", {"url": hook, "headers": {}}),
    ):
        for told_of, event in (
            (workflow, Event.APPROVALS),
            (workflow, Event.SUCCESS),
            (workflow, Event.ERROR),
            (extract, Event.ERROR),
        ):
            Subscription.objects.create(
                notification_template=template, event=event, unified_job_template_id=told_of.pk
            )


def all_told() -> bool:
    return not Notification.objects.filter(status="pending").exists()


def kill_the_caller(processes: Processes, call: Call) -> None:
    """Kill the worker that makes a call, once nothing else is on its way that a claim would hold back."""
    eventually(all_told, within=WITHIN)
    owner = UnifiedJob.objects.get(run_id=call.headers[KEY]).lease_owner
    name = owner.partition("@")[0]
    processes.kill(name)
    processes.start(name)


def decide_while_no_worker_lives(processes: Processes) -> None:
    eventually(lambda: WorkflowApproval.objects.filter(status="pending").exists(), within=WITHIN)
    eventually(lambda: Notification.objects.exists() and all_told(), within=WITHIN)
    for name in WORKERS:
        processes.kill(name)
    approval = WorkflowApproval.objects.get(status="pending")
    answer = client_of(make_superuser("boss")).post(f"/api/v2/workflow_approvals/{approval.pk}/approve/")
    assert answer.status_code == 204
    for name in WORKERS:
        processes.start(name)


def states(job: WorkflowJob) -> dict[str, str]:
    nodes = WorkflowJobNode.objects.filter(workflow_job=job).select_related("job")
    return {node.identifier: node.job.status if node.job else "skipped" for node in nodes}


@pytest.mark.django_db(transaction=True)
def test_nightly_workflow_ends_right_though_workers_are_killed_at_every_node(
    services: Services, mail: MailServer, processes: Processes
) -> None:
    workflow, templates = make_nightly(services.url)
    subscribe(workflow, templates["extract"], mail.port, f"{services.url}/hook")
    now = timezone.now()
    rule = f"DTSTART:{now + timedelta(seconds=2):%Y%m%dT%H%M%SZ} RRULE:FREQ=DAILY;INTERVAL=1"
    make_schedule(rule, now=now, template=workflow, name="Nightly")

    for path in ("/extract", "/transform"):
        call = services.next_held(path)
        kill_the_caller(processes, call)
        services.let_go(call)
    decide_while_no_worker_lives(processes)
    call = services.next_held("/load")
    kill_the_caller(processes, call)
    services.let_go(call)
    eventually(lambda: WorkflowJob.objects.filter(status="successful").count() == 1, within=WITHIN)
    # The other night nothing can be extracted.
    make_schedule(rule, now=now, template=workflow, name="Broken", extra_data={"broken": True})
    services.let_go(services.next_held("/extract"))
    call = services.next_held("/alert")
    kill_the_caller(processes, call)
    services.let_go(call)
    eventually(lambda: WorkflowJob.objects.filter(status="successful").count() == 2, within=WITHIN)
    eventually(all_told, within=WITHIN)

    good, broken = WorkflowJob.objects.order_by("pk")
    done = dict.fromkeys(("extract", "transform", "approve", "load"), "successful")
    assert states(good) == done | {"alert": "skipped"}
    assert states(broken) == dict.fromkeys(done, "skipped") | {"extract": "failed", "alert": "successful"}
    assert list(Occurrence.objects.values_list("outcome", flat=True)) == ["launched", "launched"]
    called = Counter((call.path, call.headers[KEY]) for call in services.calls if KEY in call.headers)
    # Those whose worker was killed were called again, under the same key.
    assert sorted((path, times) for (path, _), times in called.items()) == [
        ("/alert", 2),
        ("/extract", 1),
        ("/extract", 2),
        ("/load", 2),
        ("/transform", 2),
    ]
    transform = next(call for call in services.calls if call.path == "/transform")
    assert transform.body["rows"] == 3
    told_everything(services, mail, good, broken)


def told_everything(services: Services, mail: MailServer, good: WorkflowJob, broken: WorkflowJob) -> None:
    base = "http://localhost:8000/api/v2"
    extract = UnifiedJob.objects.get(name="extract", status="failed")
    here = f"{base}/workflow_jobs/{good.pk}/"
    subjects = [" ".join(message["Subject"].split()) for message in mail.messages]
    assert Counter(subjects) == Counter(
        [
            f"'Approve' waits for approval: {here}",
            f"'Approve' was approved: {here}",
            f"Workflow Job #{good.pk} 'Nightly' successful: {here}",
            f"Job #{extract.pk} 'extract' failed: {base}/jobs/{extract.pk}/",
            f"Workflow Job #{broken.pk} 'Nightly' successful: {base}/workflow_jobs/{broken.pk}/",
        ]
    )
    hooked = [call.body for call in services.calls if call.path == "/hook"]
    assert Counter(one.get("body") or (one["id"], one["status"]) for one in hooked) == Counter(
        [
            f"'Approve' waits for approval: {here}",
            f"'Approve' was approved: {here}",
            (good.pk, "successful"),
            (extract.pk, "failed"),
            (broken.pk, "successful"),
        ]
    )
    assert set(Notification.objects.values_list("status", "attempts")) == {("successful", 1)}
    assert NotificationTemplate.objects.count() == 2
