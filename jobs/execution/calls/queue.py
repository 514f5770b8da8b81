"""A message to a queue: the JSON that an HTTP call would carry, in a broker's keeping."""

import ssl
import time
from dataclasses import dataclass, field, replace
from typing import Any, Self

from credentials.injection import Injection
from jobs.execution.claiming import ClaimedRun
from jobs.execution.masking import Secrets
from jobs.execution.request import InvalidRequest, content_of, silence_of, timeout_of
from jobs.execution.shared import Shared
from outbound.brokers import Broker
from outbound.lines import Line
from outbound.publishing import Bounds, Message, publish

METHOD = "PUBLISH"
SILENCE = 30.0  # seconds, where the run says nothing: brokers take a message at once, or not


@dataclass(frozen=True, slots=True)
class QueueMessage:
    message: Message
    broker: Broker
    recorded: dict[str, Any]
    secrets: Secrets = field(repr=False)
    injection: Injection = field(repr=False)
    verify: bool
    bounds: Bounds
    timeout: float

    @classmethod
    async def prepare(cls, run: ClaimedRun, injection: Injection, _shared: Shared, /) -> Self:
        return cls.of(run, injection, now=time.time())

    @classmethod
    def of(cls, run: ClaimedRun, injection: Injection, *, now: float) -> Self:
        """Raises InvalidRequest."""
        try:
            broker = Broker.parse(str(run.request.get("base_url") or ""))
        except ValueError as error:
            raise InvalidRequest(str(error)) from None
        queue = str(run.request.get("endpoint") or "")
        url = broker.url_of(queue)
        # Authorization is for a server. The broker has its login; whoever reads the queue must not have another's.
        headers = {
            name: value for name, value in injection.headers.items() if name.lower() != "authorization"
        }
        content = content_of(run, replace(injection, headers=headers), method=METHOD, url=url, now=now)
        message = Message(
            queue=queue,
            body=content.body or b"",
            content_type=next(v for name, v in content.headers.items() if name.lower() == "content-type"),
            headers=content.headers,
            key=str(run.run_id),
        )
        bounds = Bounds(float(run.policy.connect_timeout), silence_of(run) or SILENCE)
        verify = run.request.get("verify_ssl") is not False
        return cls(
            message,
            broker,
            content.recorded(METHOD, url),
            content.secrets,
            injection,
            verify,
            bounds,
            timeout_of(run),
        )

    async def send(self, shared: Shared, /) -> None:
        await shared.lines.call(self._publish, within=self.timeout)

    def _publish(self, line: Line) -> None:
        tls = self._tls() if self.broker.has_tls else None
        publish(self.message, self.broker, line, bounds=self.bounds, login=self.injection.login, tls=tls)

    def _tls(self) -> ssl.SSLContext:
        """As HTTP has it: the system's authorities, unless a certificate brings its own."""
        given: ssl.SSLContext | None = self.injection.ssl_context(verify=self.verify)
        if given is not None:
            return given
        context = ssl.create_default_context()
        if not self.verify:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return context
