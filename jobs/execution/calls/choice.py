"""Which kind of call a run makes: its URLs say so."""

from jobs.endpoints import Means, means_of, misfits
from jobs.execution.calls.base import Call
from jobs.execution.calls.http import HttpCall
from jobs.execution.calls.mail import Mail
from jobs.execution.calls.queue import QueueMessage
from jobs.execution.claiming import ClaimedRun
from jobs.execution.request import InvalidRequest
from jobs.statuses import JobKind

CALLS: dict[Means, type[Call]] = {Means.HTTP: HttpCall, Means.QUEUE: QueueMessage, Means.MAIL: Mail}


def call_of(run: ClaimedRun) -> type[Call]:
    """Raises InvalidRequest where the run asks for what its endpoint cannot do."""
    if run.kind != JobKind.JOB:
        return HttpCall
    base_url, endpoint = str(run.request.get("base_url") or ""), str(run.request.get("endpoint") or "")
    unfit = misfits(
        base_url,
        endpoint,
        has_inventory=run.inventory is not None,
        awaits_reports=run.policy.awaits_reports,
    )
    for sentences in unfit.values():
        raise InvalidRequest(sentences[0])
    return CALLS[means_of(base_url, endpoint)]
