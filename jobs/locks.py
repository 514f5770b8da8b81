"""Locks that other processes wait for, or pass over."""

# To be selected together with a lock: it ends the transaction of a process that is frozen while it has it. That is
# less than a lease, so who waits can still renew its own.
LET_GO_WHEN_IDLE = "set_config('idle_in_transaction_session_timeout', '10s', true)"
