"""OAuth 2.0 client credentials (RFC 6749, section 4.4): tokens are fetched when needed and kept in memory only."""

import asyncio
import base64
import json
import time
from dataclasses import dataclass, field
from urllib.parse import quote_plus, urlencode

from credentials.exceptions import UnusableCredential
from outbound.client import GuardedClient
from outbound.exceptions import CallFailed
from outbound.messages import Request, Response

# Seconds that a token is kept whose answer does not say for how long it lives.
UNSAID_LIFETIME = 60.0
# A token is not used in the last seconds of its life: the call has to arrive, too.
MARGIN = 10.0
LONGEST = 24 * 3600.0
TIMEOUT = 30.0
MAX_TOKENS = 1000


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """What is asked of a token endpoint. Equal requests share a token; a changed credential asks anew."""

    credential: str = field(compare=False)
    url: str = field(repr=False)
    client_id: str = field(repr=False)
    client_secret: str = field(repr=False)
    scope: str
    audience: str
    in_body: bool

    def http(self, timeout: float) -> Request:
        form = {"grant_type": "client_credentials"}
        form |= {name: value for name in ("scope", "audience") if (value := getattr(self, name))}
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        if self.in_body:
            form |= {"client_id": self.client_id, "client_secret": self.client_secret}
        else:
            pair = f"{quote_plus(self.client_id)}:{quote_plus(self.client_secret)}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        return Request("POST", self.url, headers=headers, body=urlencode(form).encode(), timeout=timeout)


class TokenStore:
    """The tokens of one engine, in one event loop. Calls that need the same token at once wait for one request."""

    def __init__(self) -> None:
        self._tokens: dict[TokenRequest, tuple[str, float]] = {}
        self._locks: dict[TokenRequest, asyncio.Lock] = {}

    async def token(self, request: TokenRequest, client: GuardedClient, *, within: float) -> str:
        """Raises UnusableCredential and CallFailed."""
        async with self._locks.setdefault(request, asyncio.Lock()):
            token, until = self._tokens.get(request, ("", 0.0))
            if time.monotonic() < until:
                return token
            self._make_room()
            token, lifetime = await self._fetch(request, client, min(within, TIMEOUT))
            self._tokens[request] = (token, time.monotonic() + min(lifetime, LONGEST) - MARGIN)
            return token

    def forget(self, request: TokenRequest) -> None:
        """An endpoint refused the token: the next call fetches another."""
        self._tokens.pop(request, None)

    def _make_room(self) -> None:
        if len(self._tokens) >= MAX_TOKENS:
            self._tokens.clear()
        if len(self._locks) >= 2 * MAX_TOKENS:
            self._locks = {key: lock for key, lock in self._locks.items() if lock.locked()}

    async def _fetch(self, request: TokenRequest, client: GuardedClient, within: float) -> tuple[str, float]:
        try:
            response = await client.send(request.http(within))
        except CallFailed as error:
            raise CallFailed(
                error.reason, f"No token for the credential {request.credential!r}: {error}"
            ) from None
        if response.status >= 500:
            raise CallFailed(
                "connect",
                f"No token for the credential {request.credential!r}: its token URL answered {response.status}.",
            )
        return _read(request, response)


def _read(request: TokenRequest, response: Response) -> tuple[str, float]:
    """Token and lifetime. The answer itself is never repeated: it may hold a token."""
    refused = f"No token for the credential {request.credential!r}: its token URL answered {response.status}"
    try:
        body = json.loads(response.body)
    except (ValueError, RecursionError):
        raise UnusableCredential(f"{refused} without a JSON object.") from None
    if not isinstance(body, dict):
        raise UnusableCredential(f"{refused} without a JSON object.")
    token, lifetime = body.get("access_token"), body.get("expires_in")
    if response.status != 200 or not isinstance(token, str) or not token:
        raise UnusableCredential(f"{refused} without a token.")
    if isinstance(lifetime, str) and lifetime.isascii() and lifetime.isdigit():
        lifetime = float(lifetime[:10])
    if isinstance(lifetime, bool) or not isinstance(lifetime, int | float):
        lifetime = UNSAID_LIFETIME
    return token, float(min(lifetime, LONGEST))
