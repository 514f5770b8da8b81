"""What is done to a running Belfry, one thing at a time: each returns when Belfry is whole again."""

import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import redis
from django.db import connections

from tests.chaos.processes import Processes
from tests.engines import Engines

BROKER_AWAY = 3.0  # seconds
PAST_THE_LEASE = 3.0  # seconds
# Of a hundred faults; the rest are kills.
FREEZES, EMPTIED_BROKERS, STOPPED_BROKERS, RESTARTED_DATABASES = 8, 8, 6, 6


@dataclass
class Faults:
    """`done` counts what was done, by name; `kills` counts kills by process."""

    engines: Engines
    processes: Processes
    lease_seconds: float
    chance: random.Random

    def __post_init__(self) -> None:
        self.done: Counter[str] = Counter()
        self.kills: Counter[str] = Counter()
        others: list[tuple[Callable[[], None], int]] = [
            (self.freeze, FREEZES),
            (self.empty_broker, EMPTIED_BROKERS),
            (self.stop_broker, STOPPED_BROKERS),
            (self.restart_database, RESTARTED_DATABASES),
        ]
        self._kinds = [*others, (self.kill, 100 - sum(weight for _, weight in others))]

    def one(self) -> None:
        kinds, weights = zip(*self._kinds, strict=True)
        fault: Callable[[], None] = self.chance.choices(kinds, weights)[0]
        fault()

    def kill(self) -> None:
        """A process is killed, and a little later it is back."""
        name = self.chance.choice(self.processes.names)
        self.processes.kill(name)
        self.done["kills"] += 1
        self.kills[name] += 1
        time.sleep(self.chance.uniform(0.0, 0.5))
        self.processes.start(name)
        self._watch()

    def freeze(self) -> None:
        """A worker stands still until others have taken its leases for lost, and then goes on as if nothing was."""
        name = self.chance.choice([name for name in self.processes.names if name.startswith("worker")])
        self.processes.freeze(name)
        self.done["freezes"] += 1
        time.sleep(self.lease_seconds + PAST_THE_LEASE)
        self.processes.wake(name)

    def empty_broker(self) -> None:
        with redis.Redis.from_url(self.engines.valkey.url) as broker:
            broker.flushall()
        self.done["emptied_brokers"] += 1

    def stop_broker(self) -> None:
        self.engines.valkey.stop()
        self.done["stopped_brokers"] += 1
        time.sleep(BROKER_AWAY)
        self.engines.valkey.start()
        self._watch()

    def restart_database(self) -> None:
        self.engines.postgres.stop()
        self.done["restarted_databases"] += 1
        self.engines.postgres.start()
        connections.close_all()  # our own, which are cut as well
        self._watch()

    def _watch(self) -> None:
        self.engines.watch(self.processes.ids)
