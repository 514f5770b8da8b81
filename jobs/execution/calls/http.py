"""An HTTP request."""

import asyncio
import ssl
import time
from dataclasses import dataclass, field
from typing import Any, Self

from credentials.injection import Injection, fetch_token
from jobs.execution.claiming import ClaimedRun
from jobs.execution.masking import Secrets
from jobs.execution.request import MAX_DOCUMENTS, content_of, silence_of, timeout_of, url_of
from jobs.execution.shared import Shared
from outbound.messages import Request, Response

MAX_REDIRECTS = 5
USER_AGENT = "Belfry/0.1 (+scheduler)"
UNAUTHORIZED = 401


@dataclass(frozen=True, slots=True)
class HttpCall:
    request: Request
    recorded: dict[str, Any]
    secrets: Secrets = field(repr=False)
    injection: Injection = field(repr=False)

    @classmethod
    async def prepare(cls, run: ClaimedRun, injection: Injection, shared: Shared, /) -> Self:
        await fetch_token(injection, shared.client, shared.tokens, within=timeout_of(run))
        context = None
        if injection.needs_context:
            # Reading the system's authorities and a locked key takes its time.
            verify = run.request.get("verify_ssl") is not False
            context = await asyncio.to_thread(injection.ssl_context, verify=verify)
        return cls.of(run, injection, ssl_context=context, now=time.time())

    @classmethod
    def of(
        cls,
        run: ClaimedRun,
        injection: Injection | None = None,
        *,
        ssl_context: ssl.SSLContext | None = None,
        now: float = 0.0,
    ) -> Self:
        """The call with a token that is there already. Raises InvalidRequest."""
        injection = injection or Injection()
        spec = run.request
        url = url_of(str(spec.get("base_url") or ""), str(spec.get("endpoint") or ""))
        method = str(spec.get("method") or "POST").upper()
        content = content_of(run, injection, method=method, url=url, now=now)
        given = {name.lower() for name in content.headers}
        own = {"User-Agent": USER_AGENT, "Accept": "application/json, */*;q=0.5"}
        content.headers.update({name: value for name, value in own.items() if name.lower() not in given})
        request = Request(
            method=method,
            url=url,
            headers=content.headers,
            body=content.body,
            verify_ssl=spec.get("verify_ssl") is not False,
            ssl_context=ssl_context,
            timeout=timeout_of(run),
            connect_timeout=float(run.policy.connect_timeout),
            read_timeout=silence_of(run),
            max_body=MAX_DOCUMENTS.get(run.kind),
            max_redirects=MAX_REDIRECTS if spec.get("follow_redirects") is True else 0,
        )
        return cls(request, content.recorded(method, url), content.secrets, injection)

    async def send(self, shared: Shared, /) -> Response:
        response = await shared.client.send(self.request)
        if response.status == UNAUTHORIZED and self.injection.token is not None:
            shared.tokens.forget(self.injection.token)
        return response
