"""How many seconds after its times a schedule launches, where it is one of many with the same times."""

from hashlib import sha256
from uuid import UUID

LONGEST_WINDOW = 86_400


def slot(identity: UUID, window: int) -> int:
    """The same whole second for the same schedule always, from 0 to below `window` (0 where that is 0).

    It grows with the window in proportion, and those of many schedules are spread evenly.
    """
    if not window:
        return 0
    share = int.from_bytes(sha256(identity.bytes).digest()[:8])
    return share * window >> 64
