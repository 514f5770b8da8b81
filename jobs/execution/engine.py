"""Runs jobs: one event loop in a thread of its own keeps thousands of slow calls in flight.

The loop claims runs, makes their calls and writes the results, each in batches. It finds work by looking: `wake` only
makes it look at once. Nothing that it holds is needed for what comes after it: see `leases` and `reaping`.
"""

import asyncio
import logging
import threading
import time
import uuid
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from functools import partial

from credentials.lookups import LookupStore
from credentials.oauth import TokenStore
from instances.heartbeat import BEAT_EVERY, Pulse, beat, leave
from jobs.execution.admission import BATCH as ADMITTED_AT_ONCE, admit
from jobs.execution.calling import Cut, Flight
from jobs.execution.claiming import ClaimedRun, claim, recover
from jobs.execution.database import UNREACHABLE, DatabaseThread
from jobs.execution.fan_out import FanOut
from jobs.execution.host_calls import HostCall, Landed, begin_calls, record_calls
from jobs.execution.leases import Holding, look, renew
from jobs.execution.permits import ask
from jobs.execution.results import Result, record
from jobs.execution.service_limits import seconds_until_room
from jobs.execution.shared import Shared
from outbound.addresses import AllowList
from outbound.client import GuardedClient
from outbound.lines import Lines

logger = logging.getLogger(__name__)

CAPACITY = 2000  # calls in flight
BATCH = 500  # runs claimed, or results written, by one statement
LOOK_EVERY = 5.0  # seconds until the engine looks for work that nobody announced
LOOK_SOONEST = 0.05  # seconds between looks that a service's limits ask for
TEND_EVERY = 1.0  # seconds between looks for cancellations and lost leases
FLUSH = 10.0  # seconds that a stopping engine waits for the database to take the last results
BACKOFF = (0.2, 0.5, 1.0, 2.0)
_RESOLVERS = 32


class Engine:
    """`start`, `wake`, `close` and `stop` may be called from any thread; the rest belongs to the loop.

    `announce` tells other workers that there is more than this one takes.
    """

    def __init__(
        self,
        name: str,
        *,
        allowed: AllowList,
        lease_seconds: float = 30.0,
        capacity: int = CAPACITY,
        look_every: float = LOOK_EVERY,
        tend_every: float = TEND_EVERY,
        announce: Callable[[], None] | None = None,
    ) -> None:
        self.name = name
        # Another life of the same worker does not inherit the leases of this one.
        life = uuid.uuid4()
        self.owner = f"{name[:180]}#{life.hex[:12]}"
        self._node = name[:200]
        self._pulse = Pulse(self._node, life, capacity)
        self._allowed = allowed
        self._lease_seconds = lease_seconds
        self._capacity = capacity
        self._look_every = look_every
        self._tend_every = tend_every
        self._announce = announce
        self._announced = self._renewed = 0.0
        self._claim_in_doubt = False
        self._next_look: asyncio.TimerHandle | None = None
        self._flights: dict[int, Flight] = {}
        # Runs that ended, and calls to hosts that ended before their run did: in the order of their ends.
        self._landed: asyncio.Queue[Flight | Landed] = asyncio.Queue()
        self._tokens = TokenStore()
        self._lookups = LookupStore()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._ready = threading.Event()
        self._closing = threading.Event()
        self._drain = 0.0

    # From any thread.

    def start(self) -> None:
        """Return once the engine looks for work."""
        self._thread = threading.Thread(target=self._run, name=f"engine {self.name}", daemon=True)
        self._thread.start()
        self._ready.wait()
        if self._loop is None:
            raise RuntimeError("The engine could not start; the log says why.")

    def wake(self) -> None:
        """Look for work now."""
        self._tell(self._work_is_there)

    def close(self) -> None:
        """Claim no more; what is in flight goes on."""
        self._closing.set()
        self.wake()

    def stop(self, drain: float = 25.0) -> None:
        """Claim no more, give calls in flight `drain` seconds, record what is cut then, and return."""
        self._drain = drain
        self._closing.set()
        self._tell(self._stop_now)
        if self._thread is not None:
            self._thread.join(drain + FLUSH + 30)

    @property
    def in_flight(self) -> int:
        return len(self._flights)

    def _work_is_there(self) -> None:
        self._work.set()

    def _stop_now(self) -> None:
        self._work.set()
        self._stopping.set()

    def _tell(self, what: Callable[[], object]) -> None:
        loop = self._loop
        if loop is not None:
            try:
                loop.call_soon_threadsafe(what)
            except RuntimeError:  # the loop has ended meanwhile
                logger.debug("The engine has stopped already.")

    # The loop.

    def _run(self) -> None:
        try:
            with asyncio.Runner() as runner:
                runner.run(self._main())
        except Exception:
            logger.exception("The engine ended by an error.", extra={"action": "engine"})
        finally:
            self._loop = None
            self._ready.set()

    async def _main(self) -> None:
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(_RESOLVERS, thread_name_prefix="resolver"))
        self._work = asyncio.Event()
        self._work.set()
        self._stopping = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()
        self._slots = asyncio.Semaphore(self._capacity)
        # Set when a call of a service with limits is on record as ended.
        self._room = asyncio.Event()
        self._intake = DatabaseThread("engine intake")
        self._ledger = DatabaseThread("engine ledger")
        self._tidying = DatabaseThread("engine tidying")
        self._lines = Lines(self._allowed)
        self._loop = loop
        try:
            async with GuardedClient(self._allowed) as self._client:
                claiming = loop.create_task(self._forever("claim", self._claim_what_waits))
                keeping = [
                    loop.create_task(self._forever("beat", self._beat)),
                    loop.create_task(self._forever("tend", self._tend)),
                    loop.create_task(self._forever("record", self._record_what_landed)),
                ]
                logger.info(
                    "Engine %s looks for work.", self.owner, extra={"action": "engine", "owner": self.owner}
                )
                self._ready.set()
                await self._stopping.wait()
                await asyncio.wait([claiming], timeout=FLUSH)
                await self._drain_flights()
                for task in keeping:
                    task.cancel()
                await asyncio.gather(*keeping, return_exceptions=True)
                with suppress(*UNREACHABLE):
                    await self._ledger.run(leave, self._pulse)
        finally:
            self._lines.close()
            await asyncio.to_thread(self._intake.close)
            await asyncio.to_thread(self._ledger.close)
            await asyncio.to_thread(self._tidying.close)

    async def _forever(self, what: str, step: Callable[[], Awaitable[bool]]) -> None:
        """Repeat `step` until it returns False. A fault is logged and the step repeated, a little later each time."""
        faults = 0
        while True:
            try:
                if not await step():
                    return
                faults = 0
            except UNREACHABLE as error:
                logger.warning(
                    "The database cannot be reached (%s): %s again shortly.",
                    type(error).__name__,
                    what,
                    extra={"action": what, "owner": self.owner},
                )
                faults += 1
            except Exception:
                logger.exception(
                    "The engine could not %s.", what, extra={"action": what, "owner": self.owner}
                )
                faults += 1
            if faults:
                await asyncio.sleep(BACKOFF[min(faults, len(BACKOFF)) - 1])
                if what == "claim" and self._closing.is_set():
                    return

    # Claiming.

    async def _claim_what_waits(self) -> bool:
        if self._closing.is_set():
            return False
        with suppress(TimeoutError):
            await asyncio.wait_for(self._work.wait(), self._look_every)
        self._work.clear()
        while not self._closing.is_set():
            room = self._capacity - len(self._flights)
            if room <= 0:
                await self._call_others()
                break
            if not await self._claim_batch(min(room, BATCH)):
                self._look_again_in(await self._intake.run(seconds_until_room))
                break
        return True

    async def _claim_batch(self, limit: int) -> bool:
        """True if there may be more to claim."""
        if self._claim_in_doubt:
            self._launch(
                await self._intake.run(recover, self.owner, list(self._flights), self._lease_seconds)
            )
            self._claim_in_doubt = False
        admitted = await self._intake.run(admit)
        try:
            runs = await self._intake.run(
                claim, self.owner, node=self._node, limit=limit, lease_seconds=self._lease_seconds
            )
        except UNREACHABLE:
            self._claim_in_doubt = True
            raise
        self._launch(runs)
        if admitted is None:
            # Another engine admits: what it did not see is admitted in a moment.
            asyncio.get_running_loop().call_later(0.05, self._work.set)
        return len(runs) == limit or admitted == ADMITTED_AT_ONCE

    def _look_again_in(self, seconds: float | None) -> None:
        if self._next_look is not None:
            self._next_look.cancel()
        if seconds is not None and seconds < self._look_every:
            self._next_look = asyncio.get_running_loop().call_later(
                max(seconds, LOOK_SOONEST), self._work.set
            )

    def _launch(self, runs: list[ClaimedRun]) -> None:
        for run in runs:
            flight = self._flight(run)
            self._flights[run.id] = flight
            self._empty.clear()
            flight.task = asyncio.get_running_loop().create_task(
                flight.fly(Shared(self._client, self._lines, self._tokens, self._lookups, self._tidying))
            )
            flight.task.add_done_callback(partial(self._land, flight))

    def _flight(self, run: ClaimedRun) -> Flight:
        if run.inventory is None:
            return Flight(run)
        return FanOut(
            run,
            begin=self._begin_calls,
            may_begin=self._may_begin,
            land=self._landed.put_nowait,
            slots=self._slots,
        )

    async def _begin_calls(self, run: ClaimedRun) -> list[HostCall]:
        while True:
            try:
                return await self._intake.run(begin_calls, self.owner, self.name[:200], run)
            except UNREACHABLE:
                await asyncio.sleep(BACKOFF[-1])

    async def _may_begin(self, service: int, run: ClaimedRun, call: HostCall) -> str:
        """Waits until a call to a host may begin; returns why it is not to be made, if it is not."""
        while True:
            try:
                permit = await self._intake.run(ask, service, run.id, call.number)
            except UNREACHABLE:
                await asyncio.sleep(BACKOFF[-1])
                continue
            if permit.wait is None:
                return permit.refusal
            self._room.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._room.wait(), min(permit.wait, self._look_every))

    def _land(self, flight: Flight, task: asyncio.Task[Result]) -> None:
        if not task.cancelled():
            flight.result = task.result()
        elif flight.cut is Cut.NO_LONGER_MINE:
            self._forget(flight)
            return
        else:
            flight.result = flight.cut_result()
        self._landed.put_nowait(flight)

    def _forget(self, flight: Flight) -> None:
        was_full = len(self._flights) >= self._capacity
        if self._flights.get(flight.run.id) is flight:
            del self._flights[flight.run.id]
        # There is room again, or another run of the same template or service may have waited for this one.
        if was_full or not flight.run.allow_simultaneous or flight.run.service is not None:
            self._work.set()
        if not self._flights:
            self._empty.set()

    async def _call_others(self) -> None:
        if self._announce is not None and time.monotonic() - self._announced >= 1.0:
            self._announced = time.monotonic()
            await asyncio.to_thread(self._announce)

    # Results.

    async def _record_what_landed(self) -> bool:
        landed = [await self._landed.get()]
        while len(landed) < BATCH and not self._landed.empty():
            landed.append(self._landed.get_nowait())
        flights = [one for one in landed if isinstance(one, Flight)]
        try:
            await self._write_calls([one for one in landed if isinstance(one, Landed)])
            await self._write([flight.result for flight in flights if flight.result is not None])
        except BaseException:
            self._put_back(landed)
            raise
        if any(one.result is not None and one.result.service is not None for one in landed):
            self._room.set()
            self._work.set()
        for flight in flights:
            self._forget(flight)
            if flight.result is not None and flight.result.retry_in is not None:
                # A hint like every other: whoever looks next finds it without.
                asyncio.get_running_loop().call_later(flight.result.retry_in, self._work.set)
        return True

    def _put_back(self, landed: list[Flight | Landed]) -> None:
        """Before what has landed meanwhile: a run must not end before its calls."""
        while not self._landed.empty():
            landed.append(self._landed.get_nowait())
        for one in landed:
            self._landed.put_nowait(one)

    async def _write_calls(self, calls: list[Landed]) -> None:
        if not calls:
            return
        try:
            await self._ledger.run(record_calls, self.owner, calls)
        except UNREACHABLE:
            raise
        except Exception:
            if len(calls) > 1:
                for call in calls:
                    await self._write_calls([call])
                return
            logger.exception(
                "The record of a call of job %s was refused by the database; it is kept without details.",
                calls[0].result.job_id,
                extra=_about("record", calls[0].result),
            )
            bare = replace(calls[0], result=calls[0].result.without_details())
            await self._ledger.run(record_calls, self.owner, [bare])

    async def _write(self, results: list[Result]) -> None:
        try:
            ended = await self._ledger.run(record, self.owner, results)
        except UNREACHABLE:
            raise
        except Exception:
            if len(results) > 1:
                for result in results:
                    await self._write([result])
                return
            logger.exception(
                "The result of job %s was refused by the database; it is recorded without details.",
                results[0].job_id,
                extra=_about("record", results[0]),
            )
            ended = await self._ledger.run(record, self.owner, [results[0].without_details()])
        for result in results:
            if result.job_id not in ended:
                logger.warning(
                    "The result of job %s was dropped: the job is no longer this engine's.",
                    result.job_id,
                    extra=_about("record", result),
                )

    # Signs of life, leases and cancellations.

    async def _beat(self) -> bool:
        await self._ledger.run(beat, self._pulse)
        await asyncio.sleep(BEAT_EVERY)
        return True

    async def _tend(self) -> bool:
        """One look a second, which renews the leases when a third of them has passed."""
        await asyncio.sleep(self._tend_every)
        asked, now = list(self._flights), time.monotonic()
        if not asked:
            return True
        if now - self._renewed >= self._lease_seconds / 3:
            holding = await self._ledger.run(renew, self.owner, asked, lease_seconds=self._lease_seconds)
            self._renewed = now
        else:
            holding = await self._ledger.run(look, self.owner, asked)
        self._heed(asked, holding)
        return True

    def _heed(self, asked: list[int], holding: Holding) -> None:
        for job_id in asked:
            flight = self._flights.get(job_id)
            if flight is None or flight.result is not None:
                continue
            if job_id in holding.cancel:
                flight.end(Cut.CANCELED)
            elif job_id not in holding.mine:
                logger.warning(
                    "Job %s is no longer this engine's; its call is ended.",
                    job_id,
                    extra={"action": "lease", "job_id": job_id, "run_id": str(flight.run.run_id)},
                )
                flight.end(Cut.NO_LONGER_MINE)

    # The end.

    async def _drain_flights(self) -> None:
        flying = [flight.task for flight in self._flights.values() if flight.task and not flight.task.done()]
        if flying:
            logger.info(
                "Engine %s stops: %s calls in flight.", self.owner, len(flying), extra={"action": "drain"}
            )
            await asyncio.wait(flying, timeout=self._drain)
        for flight in list(self._flights.values()):
            flight.end(Cut.STOPPED)
        try:
            await asyncio.wait_for(self._empty.wait(), FLUSH)
        except TimeoutError:
            for run in [flight.run for flight in self._flights.values()]:
                logger.error(  # noqa: TRY400 (the trace of a time limit says nothing)
                    "The result of job %s could not be written before the end: it will be recorded as lost.",
                    run.id,
                    extra={"action": "drain", "job_id": run.id, "run_id": str(run.run_id)},
                )


def _about(action: str, result: Result) -> dict[str, object]:
    """What a line of the log says besides its words."""
    return {"action": action, "job_id": result.job_id, "run_id": str(result.run_id)}
