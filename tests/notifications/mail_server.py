"""A mail server on a free port of loopback that keeps what it is given."""

from email import message_from_bytes
from email.message import Message
from types import TracebackType
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword


class _Controller(Controller):
    def _trigger_server(self) -> None:
        """Connect to the port that was found, and not to 0, which was asked for."""
        server: Any = self.server
        self.port = server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


class MailServer:
    """`answers` are given first, in turn, to mails; `unknown` recipients are refused."""

    def __init__(self, password: str = "") -> None:
        self.messages: list[Message] = []
        self.recipients: list[str] = []
        self.answers: list[str] = []
        self.unknown: list[str] = []
        self._password = password
        self._controller = _Controller(
            self,
            hostname="127.0.0.1",
            port=0,
            # Longer than a busy machine takes.
            ready_timeout=120.0,
            auth_required=bool(password),
            auth_require_tls=False,
            authenticator=self._authenticate,
        )

    def _authenticate(
        self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any
    ) -> AuthResult:
        known = isinstance(data, LoginPassword) and data.password == self._password.encode()
        return AuthResult(success=known, handled=False)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - as it is called
        self.messages.append(message_from_bytes(envelope.content))
        self.recipients += envelope.rcpt_tos
        return self.answers.pop(0) if self.answers else "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if address in self.unknown:
            return "550 No such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    @property
    def port(self) -> int:
        return int(self._controller.port)

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._controller.stop()
