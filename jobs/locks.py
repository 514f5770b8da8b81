"""Locks that other processes wait for, or pass over."""

from django.db import connection

# To be selected together with a lock: it ends the transaction of a process that is frozen while it has it. That is
# less than a lease, so who waits can still renew its own.
LET_GO_WHEN_IDLE = "set_config('idle_in_transaction_session_timeout', '10s', true)"


def try_gate(gate: int) -> bool:
    """Take, until the transaction ends, what only one process has at a time; False where another has it."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_try_advisory_xact_lock(%s), {LET_GO_WHEN_IDLE}", [gate])
        [(taken, _)] = cursor.fetchall()
    return bool(taken)
