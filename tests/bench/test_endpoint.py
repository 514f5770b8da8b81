import os

import httpx

from bench.endpoint import Endpoint
from bench.machine import family, memory, peak_memory, processor_seconds

# 2026-01-01T00:00:00Z
SCHEDULED_FOR = 1767225600


def test_endpoint_says_how_late_calls_were() -> None:
    with Endpoint() as endpoint:
        for scheduled_for in (None, {"X-Belfry-Scheduled-For": "2026-01-01T00:00:00Z"}):
            assert httpx.post(f"{endpoint.url}/after/0", json={}, headers=scheduled_for).is_success
        noted = endpoint.noted()

        assert len(noted.arrived) == 2
        assert [round(noted.arrived[1] - late, 3) for late in noted.late] == [SCHEDULED_FOR]
        assert noted.most_at_once == 1
        assert endpoint.noted().arrived == []


def test_processes_are_weighed_with_their_children() -> None:
    with Endpoint() as endpoint:
        pids = family(os.getpid())

        assert endpoint.pid in pids
        assert 0 < memory([endpoint.pid]) <= peak_memory([endpoint.pid])
        assert memory(pids) > memory([endpoint.pid])
        assert processor_seconds(pids) > 0
