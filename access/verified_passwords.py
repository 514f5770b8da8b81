"""Passwords that were right a moment ago: clients of basic authentication send theirs with every request.

Argon2 is costly (a tenth of a second of all cores, 100 MiB) for the sake of those who guess, not of those who know.
What is kept is in the memory of this process alone: a MAC, under a key that is made when the process starts, of the
stored hash and the password that fits it. A changed password has another hash, so what is known of the old one is
worth nothing from that moment on, and a wrong one is always hashed.
"""

import hashlib
import hmac
import secrets
import threading
from collections import OrderedDict

# Seconds for which a password need not be hashed again, and how many are remembered.
REMEMBERED = 60.0
MOST = 1000


class VerifiedPasswords:
    """Times are seconds of one clock that never goes back."""

    def __init__(self, remembered: float = REMEMBERED, most: int = MOST) -> None:
        self._remembered = remembered
        self._most = most
        self._key = secrets.token_bytes(32)
        self._lock = threading.Lock()
        # Until when each is known, the oldest first.
        self._until: OrderedDict[bytes, float] = OrderedDict()

    def add(self, stored_hash: str, password: str, *, at: float) -> None:
        mac = self._mac(stored_hash, password)
        with self._lock:
            self._until[mac] = at + self._remembered
            self._until.move_to_end(mac)
            while len(self._until) > self._most or next(iter(self._until.values())) <= at:
                self._until.popitem(last=False)

    def has(self, stored_hash: str, password: str, *, at: float) -> bool:
        mac = self._mac(stored_hash, password)
        with self._lock:
            return self._until.get(mac, at) > at

    def _mac(self, stored_hash: str, password: str) -> bytes:
        text = f"{stored_hash}\0{password}".encode("utf-8", "surrogatepass")
        return hmac.digest(self._key, text, hashlib.sha256)
