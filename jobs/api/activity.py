"""What the activity stream is told of runs: who launched and who canceled them. What is due by itself is not told."""

from collections.abc import Mapping
from typing import Any

from api import changes
from jobs.models import UnifiedJob
from jobs.statuses import Status

# Of what a run shows, what was decided when it was launched.
DECIDED = (
    "id",
    "name",
    "description",
    "unified_job_template",
    "job_type",
    "launch_type",
    "inventory",
    "project",
    "playbook",
    "scm_branch",
    "forks",
    "limit",
    "verbosity",
    "extra_vars",
    "job_tags",
    "skip_tags",
    "timeout",
    "diff_mode",
    "execution_environment",
)


def announce_launch(request: Any, run: UnifiedJob, shown: Mapping[str, Any]) -> None:
    """`shown` is the run as the API shows it, so nothing secret is in it."""
    decided = {name: shown[name] for name in DECIDED if name in shown}
    for name in ("credentials", "labels"):
        decided[name] = [f"{one.name} ({one.pk})" for one in getattr(run, name).all()]
    changes.created.send(type(run), request=request, kind=run.kind, obj=run, changes=decided)


def announce_cancel(request: Any, run: UnifiedJob) -> None:
    values = {"cancel_flag": [run.cancel_requested, True]}
    if not run.cancel_requested:
        changes.changed.send(type(run), request=request, kind=run.kind, obj=run, changes=values)


def announce_dismissal(request: Any, run: UnifiedJob) -> None:
    values = {"dismissed": [None, run.dismissed]}
    changes.changed.send(type(run), request=request, kind=run.kind, obj=run, changes=values)


def announce_replay(request: Any, run: UnifiedJob) -> None:
    """`run` is as it was before."""
    values = {"status": [run.status, Status.PENDING.value]}
    changes.changed.send(type(run), request=request, kind=run.kind, obj=run, changes=values)
