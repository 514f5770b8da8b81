"""One run, many hosts: its call is made to each, to a few at once, and the run ends as they did together."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from inventories.addresses import NoAddress
from inventories.limit import InvalidLimit
from inventories.targets import Target
from jobs.endpoints import is_absolute
from jobs.execution.calling import Flight
from jobs.execution.calls.choice import call_of
from jobs.execution.claiming import ClaimedRun
from jobs.execution.host_calls import HostCall, Landed
from jobs.execution.outcome import fitting
from jobs.execution.request import InvalidRequest, url_of
from jobs.execution.results import Result
from jobs.execution.shared import Shared
from jobs.policies import may_begin
from jobs.statuses import Outcome

# AWX's number of forks where none is given, and the most that it takes.
DEFAULT_FORKS = 5
MAX_FORKS = 200
MAX_NAMED = 10  # hosts that an explanation names

Begin = Callable[[ClaimedRun], Awaitable[list[HostCall]]]
# Returns once a call may begin, or why it is not to be made.
MayBegin = Callable[[int, ClaimedRun, HostCall], Awaitable[str]]


class FanOut(Flight):
    """The calls of a run with an inventory. Each that ends is handed to `land` at once."""

    def __init__(
        self,
        run: ClaimedRun,
        *,
        begin: Begin,
        may_begin: MayBegin,
        land: Callable[[Landed], None],
        slots: asyncio.Semaphore,
    ) -> None:
        """`slots` are those of all calls to hosts that an engine makes; `may_begin` is asked where limits hold."""
        super().__init__(run)
        self._begin = begin
        self._may_begin = may_begin
        # One call asks at a time, for all.
        self._turn = asyncio.Lock()
        self._land = land
        self._slots = slots
        self._first_place = 0
        self._ended_calls: list[tuple[HostCall, Result]] = []
        self._forks = asyncio.Semaphore(min(run.forks or DEFAULT_FORKS, MAX_FORKS))

    async def _attempt(self, shared: Shared) -> Result:
        try:
            call_of(self.run)
            # As by hand, no schedule calls the hosts of a template that has lost its project, wherever they are.
            url_of(self.run.request.get("base_url") or "", self.run.request.get("endpoint") or "")
            calls = await self._begin(self.run)
        except InvalidRequest as error:
            return self._ended(Outcome.INVALID_REQUEST, str(error))
        except InvalidLimit as error:
            return self._ended(Outcome.INVALID_REQUEST, f"limit: {error}")
        if not calls and self.run.number > 1:
            # All hosts have succeeded; the end of the run was not recorded.
            return self._ended(Outcome.SUCCESS, "")
        if not calls and self.run.slice.number > 1:
            # There are fewer hosts than slices.
            return self._ended(Outcome.SUCCESS, "")
        if not calls:
            return self._ended(Outcome.INVALID_REQUEST, _no_host(self.run))
        self._first_place = calls[0].number - 1
        async with asyncio.TaskGroup() as group:
            for call in calls:
                group.create_task(self._call_host(call, shared))
        return self._together()

    async def _call_host(self, call: HostCall, shared: Shared) -> None:
        async with self._forks:
            refusal = await self._refusal(call)
            async with self._slots:
                result = await self._called(call, shared, refusal)
        self._land(Landed(call, self._first_place + len(self._ended_calls), result))
        # What the run's own end is made of; the rest is on record.
        self._ended_calls.append((call, replace(result, request={}, response_headers={}, response_body="")))

    async def _refusal(self, call: HostCall) -> str:
        """Waits until the limits of the service let the call begin; returns why it is not to be made, if it is not."""
        if self.run.service is None:
            return ""
        async with self._turn:
            return await self._may_begin(self.run.service, self.run, call)

    async def _called(self, call: HostCall, shared: Shared, refusal: str) -> Result:
        # The run's own start is the database's time; the calls' are as much later as ours says.
        started = self.run.started + timedelta(seconds=time.monotonic() - self.begun)
        if refusal:
            return replace(self._ended(Outcome.CIRCUIT_OPEN, refusal), started=started, seconds=0.0)
        try:
            own = replace(for_host(self.run, call.target), started=started)
        except NoAddress as error:
            return replace(self._ended(Outcome.INVALID_REQUEST, str(error)), started=started, seconds=0.0)
        return await Flight(own).fly(shared)

    def _ended(self, outcome: Outcome, explanation: str, **details: Any) -> Result:
        """Of the run as a whole the breaker of its service hears nothing: it has heard of each call."""
        return replace(super()._ended(outcome, explanation, **details), service=None)

    def _retry_in(self, result: Result) -> float | None:
        """The longest wait of those of its calls that would be made again, if there are any."""
        if result.outcome in (Outcome.LOST, Outcome.DEADLINE):
            return super()._retry_in(result)
        waits = [ended.retry_in for _, ended in self._ended_calls if ended.retry_in is not None]
        wait = max(waits, default=None)
        if wait is None or not may_begin(
            self.run.policy, self.run.progress, result.finished + timedelta(seconds=wait)
        ):
            return None
        return wait

    def _together(self) -> Result:
        """How the run ends: by its first host that failed, if one did."""
        by_number = sorted(self._ended_calls, key=lambda ended: ended[0].number)
        failed = [(call, result) for call, result in by_number if result.outcome != Outcome.SUCCESS]
        outcome = failed[0][1].outcome if failed else Outcome.SUCCESS
        artifacts = {"hosts": {call.target.name: result.artifacts for call, result in by_number}}
        return replace(
            self._ended(outcome, _explain(failed, len(by_number)) if failed else ""),
            artifacts=fitting(artifacts),
        )


def for_host(run: ClaimedRun, target: Target) -> ClaimedRun:
    """The run as it is made to one host: its base URL, and its variables below the run's own (Ansible's order).

    Raises NoAddress.
    """
    request = run.request
    if not is_absolute(str(request.get("endpoint") or "")):
        request = {**request, "base_url": target.base_url(str(request.get("base_url") or ""))}
    parameters = {**target.parameters, "inventory_hostname": target.name, **run.extra_vars}
    return replace(run, request=request, extra_vars=parameters)


def _explain(failed: Sequence[tuple[HostCall, Result]], total: int) -> str:
    lines = [f"{len(failed)} of {total} {'host' if total == 1 else 'hosts'} failed."]
    lines += [f"{call.target.name}: {result.explanation}" for call, result in failed[:MAX_NAMED]]
    if len(failed) > MAX_NAMED:
        lines.append(f"… and {len(failed) - MAX_NAMED} more.")
    return "\n".join(lines)


def _no_host(run: ClaimedRun) -> str:
    if run.limit:
        return f"No enabled host of the inventory matches the limit {run.limit[:200]!r}."
    return "The inventory has no enabled host."
