"""Inputs that are not stored here: looked up where they are kept when a call needs them, and forgotten soon.

A `Backend` is what one kind of such a place has to do; BACKENDS has them by the namespaces of their credential types.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from credentials import managed
from credentials.exceptions import LookupRefused
from credentials.vault import HashiVault
from outbound.addresses import AllowList
from outbound.client import GuardedClient
from outbound.exceptions import CallFailed

# Seconds that one look-up may take, log-in included.
TIMEOUT = 15.0
# Seconds for which its outcome, good or bad, stands for all who ask the same: a batch of runs asks once.
KEPT = 5.0


class Backend(Protocol):
    async def fetch(
        self, inputs: Mapping[str, str], metadata: Mapping[str, str], client: GuardedClient, *, within: float
    ) -> str:
        """The secret that `metadata` names, with the credential's `inputs`. Raises LookupRefused, CallFailed."""


BACKENDS: dict[str, Backend] = {managed.HASHIVAULT_KV: HashiVault()}


@dataclass(frozen=True, slots=True)
class Lookup:
    """What is asked where. Equal look-ups have one answer; `problem` says why it cannot be asked at all."""

    source: str = field(compare=False)
    namespace: str
    inputs: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    metadata: tuple[tuple[str, str], ...] = ()
    problem: str = field(default="", compare=False)

    @classmethod
    def of(
        cls, source: str, namespace: str, inputs: Mapping[str, Any], metadata: Mapping[str, Any]
    ) -> "Lookup":
        problem = "" if namespace in BACKENDS else "its type has no look-up"
        return cls(source, namespace, _texts(inputs), _texts(metadata), problem)

    async def fetch(self, client: GuardedClient) -> str:
        """Raises CallFailed, whose message says which credential's look-up failed and holds no secret."""
        failed = f"The look-up by the credential {self.source!r} failed"
        if self.problem:
            raise CallFailed("connect", f"{failed}: {self.problem}.")
        try:
            return await BACKENDS[self.namespace].fetch(
                dict(self.inputs), dict(self.metadata), client, within=TIMEOUT
            )
        except LookupRefused as error:
            raise CallFailed("connect", f"{failed}: {error}") from None
        except CallFailed as error:
            raise CallFailed(error.reason, f"{failed}: {error}") from None


def _texts(values: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((name, str(value)) for name, value in values.items() if value not in (None, "")))


class LookupStore:
    """The look-ups of one engine, in one event loop. A run that is canceled meanwhile does not end them for others."""

    def __init__(self) -> None:
        self._asked: dict[Lookup, asyncio.Task[str]] = {}

    async def value(self, lookup: Lookup, client: GuardedClient, *, within: float) -> str:
        """Raises CallFailed."""
        task = self._asked.get(lookup)
        if task is None:
            task = self._asked[lookup] = asyncio.create_task(lookup.fetch(client))
            task.add_done_callback(lambda ended: self._ended(lookup, ended))
        try:
            return await asyncio.wait_for(asyncio.shield(task), within)
        except TimeoutError:
            text = f"The look-up by the credential {lookup.source!r} had no answer within {within:g} s."
            raise CallFailed("timeout", text) from None

    def _ended(self, lookup: Lookup, task: "asyncio.Task[str]") -> None:
        if not task.cancelled():
            task.exception()  # whoever asked may be gone: then nobody else would hear of it
        asyncio.get_running_loop().call_later(KEPT, self._asked.pop, lookup, None)


def look_up_now(lookup: Lookup, allowed: AllowList) -> str:
    """For a request that tests a look-up. Raises CallFailed."""

    async def ask() -> str:
        async with GuardedClient(allowed) as client:
            return await lookup.fetch(client)

    return asyncio.run(ask())
