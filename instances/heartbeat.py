"""How a worker says that it is alive: one small statement every few seconds, by the database's clock."""

import os
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models.functions import Now

from api.middleware import PRODUCT_VERSION
from instances.models import Instance

BEAT_EVERY = 10.0  # seconds
LOST_AFTER = timedelta(minutes=1)
GONE_AFTER = timedelta(days=1)

_BEAT = """
INSERT INTO instances_instance AS known (
    hostname, uuid, version, node_type, full_capacity, cpu, memory, started, last_seen, enabled, managed_by_policy,
    capacity_adjustment, created, modified
) VALUES (
    %(hostname)s, %(uuid)s, %(version)s, %(node_type)s, %(capacity)s, %(cpu)s, %(memory)s, statement_timestamp(),
    statement_timestamp(), true, true, 1, statement_timestamp(), statement_timestamp()
)
ON CONFLICT (hostname) DO UPDATE
SET uuid = excluded.uuid, version = excluded.version, full_capacity = excluded.full_capacity, cpu = excluded.cpu,
    memory = excluded.memory, last_seen = excluded.last_seen,
    started = CASE WHEN known.uuid = excluded.uuid THEN known.started ELSE excluded.started END
RETURNING id, created = statement_timestamp()
"""

# A new instance joins what says that all do, and what names it.
_JOIN = """
INSERT INTO instances_instancegroup_instances (instancegroup_id, instance_id)
SELECT id, %(instance)s FROM instances_instancegroup
WHERE NOT is_container_group AND (policy_instance_percentage = 100 OR policy_instance_list ? %(hostname)s)
ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class Pulse:
    """What a worker says of itself. `life` is another after each start."""

    hostname: str
    life: UUID
    capacity: int


def beat(pulse: Pulse) -> None:
    """Record that the worker is alive; its first beat makes its row and lets it join groups."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            _BEAT,
            {
                "hostname": pulse.hostname,
                "uuid": pulse.life,
                "version": PRODUCT_VERSION,
                "node_type": Instance.NodeType.HYBRID.value,
                "capacity": pulse.capacity,
                "cpu": os.cpu_count() or 0,
                "memory": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
            },
        )
        instance, is_new = cursor.fetchone()
        if is_new:
            cursor.execute(_JOIN, {"instance": instance, "hostname": pulse.hostname})


def leave(pulse: Pulse) -> None:
    """Record that the worker has stopped, unless another of its name lives already."""
    Instance.objects.filter(hostname=pulse.hostname, uuid=pulse.life).update(full_capacity=0)


def sweep() -> None:
    """Forget the instances that were not seen for a day."""
    Instance.objects.filter(last_seen__lt=Now() - GONE_AFTER).delete()
