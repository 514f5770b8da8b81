"""What every kind of call is to the engine, whatever it reaches."""

from typing import Any, Protocol, Self

from credentials.injection import Injection
from jobs.execution.claiming import ClaimedRun
from jobs.execution.masking import Secrets
from jobs.execution.shared import Shared
from outbound.messages import Response


class Call(Protocol):
    """One call of a run, ready to be made. Its bounds are the run's.

    `recorded` is {"method", "url", "headers", "body", "body_truncated"}, `secrets` masked in it.
    """

    @property
    def recorded(self) -> dict[str, Any]: ...

    @property
    def secrets(self) -> Secrets: ...

    @classmethod
    async def prepare(cls, run: ClaimedRun, injection: Injection, shared: Shared, /) -> Self:
        """With what the run's credentials give to it. Raises InvalidRequest, UnusableCredential, CallFailed."""
        ...

    async def send(self, shared: Shared, /) -> Response | None:
        """What was answered; None where all that can be known is that it was taken. Raises CallFailed."""
        ...
