"""An ordeal: schedules come due while faults happen, and then everything must have come right by itself."""

import random
import time
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import connection

from jobs.models import UnifiedJob
from schedules.models import Schedule
from tests import databases
from tests.chaos.faults import Faults
from tests.chaos.load import make_schedules
from tests.chaos.processes import Processes
from tests.chaos.verdict import Verdict, judge
from tests.e2e.receiver import Receiver
from tests.engines import Engines

ENDPOINT_SECONDS = 0.3
# Until the first schedule is due: the processes start, and this many schedules a second are made.
LEAD = timedelta(seconds=15)
MADE_PER_SECOND = 400
LOOK_EVERY = 1.0  # seconds


@dataclass(frozen=True)
class Ordeal:
    """`occurrences` within `seconds`, with `faults` spread over them; all must have ended `grace` seconds later."""

    occurrences: int
    seconds: int
    faults: int
    grace: int
    seed: int
    is_unguarded: bool = False

    def undergo(
        self, engines: Engines, processes: Processes, lease_seconds: float
    ) -> tuple[Verdict, dict[str, Any]]:
        """The verdict, and all figures."""
        started = time.monotonic()
        chance = random.Random(self.seed)
        databases.migrate_template()
        if self.is_unguarded:
            _take_the_guard_away()
        with Receiver(delay=ENDPOINT_SECONDS) as receiver:
            lead = LEAD + timedelta(seconds=self.occurrences // MADE_PER_SECOND)
            begin = datetime.now(UTC).replace(microsecond=0) + lead
            due = make_schedules(
                self.occurrences,
                begin=begin,
                seconds=self.seconds,
                endpoint=receiver.url + "/x",
                chance=chance,
            )
            end = max(one.at for one in due)
            for name in processes.names:
                processes.start(name)
            engines.watch(processes.ids)
            faults = Faults(engines, processes, lease_seconds, chance)
            self._inflict(faults, begin, end)
            self._wait_until_all_have_ended(end)
            called = Counter(call.headers["Idempotency-Key"] for call in receiver.calls)
        verdict = judge(due, called)
        return verdict, {
            "seed": self.seed,
            "seconds": round(time.monotonic() - started),
            **faults.done,
            **asdict(verdict),
        }

    def _inflict(self, faults: Faults, begin: datetime, end: datetime) -> None:
        """Evenly over the time, as far as each leaves time for the next."""
        pause = (end - begin) / (self.faults + 1)
        for place in range(self.faults):
            at = begin + pause * (place + faults.chance.random())
            time.sleep(max(0.0, (at - datetime.now(UTC)).total_seconds()))
            faults.one()

    def _wait_until_all_have_ended(self, end: datetime) -> None:
        deadline = max(end, datetime.now(UTC)) + timedelta(seconds=self.grace)
        while datetime.now(UTC) < deadline and not (
            datetime.now(UTC) > end
            and not Schedule.objects.filter(next_run__isnull=False).exists()
            and not UnifiedJob.objects.filter(finished__isnull=True).exists()
        ):
            time.sleep(LOOK_EVERY)


def _take_the_guard_away() -> None:
    with connection.cursor() as cursor:
        cursor.execute(Path(__file__).with_name("unguarded.sql").read_text(encoding="utf-8"))
