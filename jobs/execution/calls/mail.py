"""A mail, by the mail server of the settings: the template's text, or the run's parameters as JSON to read."""

import smtplib
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from email.utils import parseaddr
from typing import Any, Self

from django.conf import settings
from django.core.mail import EmailMessage

from credentials.encryption import MASK
from credentials.injection import Injection
from jobs.execution.claiming import ClaimedRun
from jobs.execution.masking import Secrets
from jobs.execution.request import (
    InvalidRequest,
    default_body,
    recorded,
    reserved_headers,
    silence_of,
    text_of,
    timeout_of,
)
from jobs.execution.shared import Shared
from jobs.mail_addresses import InvalidMail, Mailto, read_mailto
from jobs.statuses import JobType
from outbound.addresses import AllowList, spelled
from outbound.exceptions import CallFailed
from outbound.lines import Line
from outbound.mail import Backend

METHOD = "MAIL"
SILENCE = 30.0  # seconds, where the run says nothing
GOODBYE = 2.0  # seconds that the server has to say goodbye
TEMPORARY = range(400, 500)  # RFC 5321, section 4.2.1


@dataclass(frozen=True, slots=True)
class Mail:
    """No secret is in it: mail is read on its way, and kept."""

    message: EmailMessage
    recorded: dict[str, Any]
    connect_timeout: float
    silence: float
    timeout: float
    secrets: Secrets = field(default=Secrets(), repr=False)

    @classmethod
    async def prepare(cls, run: ClaimedRun, injection: Injection, _shared: Shared, /) -> Self:
        return cls.of(run, injection)

    @classmethod
    def of(cls, run: ClaimedRun, injection: Injection) -> Self:
        """Raises InvalidRequest."""
        if not settings.EMAIL_HOST:
            raise InvalidRequest("No mail can be sent: the setting EMAIL_HOST names no mail server.")
        url = str(run.request.get("endpoint") or "")
        try:
            message = _message(run, injection, read_mailto(url))
            shown = {name: str(value) for name, value in message.message().items()}
        except (InvalidMail, ValueError) as error:
            raise InvalidRequest(f"The mail cannot be written: {error}") from None
        return cls(
            message,
            recorded(METHOD, url, shown, str(message.body).encode(), Secrets()),
            connect_timeout=float(run.policy.connect_timeout),
            silence=silence_of(run) or SILENCE,
            timeout=timeout_of(run),
        )

    async def send(self, shared: Shared, /) -> None:
        # Whoever writes a template chooses the recipients; the server is the operator's, wherever it is.
        server = AllowList.parse([spelled(settings.EMAIL_HOST, settings.EMAIL_PORT)])
        await shared.lines.call(self._send, within=self.timeout, allowed=server)

    def _send(self, line: Line) -> None:
        def open_line(host: str, port: int, _: float) -> socket.socket:
            made = line.connect(host, port, timeout=self.connect_timeout)
            made.settimeout(self.silence)
            return made

        backend = Backend(open_line, timeout=self.silence)
        where = spelled(settings.EMAIL_HOST, settings.EMAIL_PORT)
        try:
            backend.open()
            backend.send_messages([self.message])
            refused = backend.refused
        except (smtplib.SMTPException, OSError) as error:
            # smtplib makes a broken connection of a server that is silent.
            if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
                text = f"{where} was silent for {self.silence:g} s."
                raise CallFailed("timeout", text) from None
            raise _failure(error, where) from None
        finally:
            _say_goodbye(backend)
        if refused:
            # The others have it: it must not be sent again.
            text = f"{where} refused {len(refused)} of {len(self.message.recipients())} recipients"
            raise CallFailed("invalid_request", f"{text}: {', '.join(refused)}.")


def _message(run: ClaimedRun, injection: Injection, mailto: Mailto) -> EmailMessage:
    sender = settings.DEFAULT_FROM_EMAIL
    domain = parseaddr(sender)[1].rpartition("@")[2]
    subject = mailto.subject or f"Belfry: job {run.id}"
    headers = {
        # The same whenever the run sends it again.
        "Message-ID": f"<{run.run_id}@{domain}>",
        "Auto-Submitted": "auto-generated",
        **reserved_headers(run),
    }
    return EmailMessage(
        f"[dry run] {subject}" if run.job_type == JobType.CHECK else subject,
        _text(run, injection, mailto),
        sender,
        to=mailto.to,
        cc=mailto.cc,
        bcc=mailto.bcc,
        headers=headers,
    )


def _text(run: ClaimedRun, injection: Injection, mailto: Mailto) -> str:
    given = run.request.get("body")
    if given is None and mailto.body:
        return mailto.body
    secret = [*(run.request.get("secret_variables") or ()), *injection.extra_vars]
    body = default_body(run, dict.fromkeys(secret, MASK)) if given is None else given
    return text_of(body, indent=2)


def _say_goodbye(backend: Backend) -> None:
    """What the server has taken it keeps, however it takes leave. Django leaves a refused connection open."""
    if backend.connection is not None and backend.connection.sock is not None:
        backend.connection.sock.settimeout(GOODBYE)
    with suppress(OSError, smtplib.SMTPException):
        backend.close()


def _failure(error: Exception, where: str) -> CallFailed:
    """By the server's status only: its words may repeat what it was told."""
    match error:
        case smtplib.SMTPAuthenticationError():
            return CallFailed("invalid_request", f"{where} refused the login ({error.smtp_code}).")
        case smtplib.SMTPRecipientsRefused():
            codes = [code for code, _ in error.recipients.values()]
            is_temporary = any(code in TEMPORARY for code in codes)
            text = f"{where} refused the recipients ({', '.join(str(code) for code in sorted(set(codes)))})."
            return CallFailed("connect" if is_temporary else "invalid_request", text)
        case smtplib.SMTPResponseException():
            is_temporary = error.smtp_code in TEMPORARY
            return CallFailed(
                "connect" if is_temporary else "invalid_request",
                f"{where} did not take the mail ({error.smtp_code}).",
            )
        case ssl.SSLError() | smtplib.SMTPNotSupportedError():
            return CallFailed("tls", f"{where} has no TLS that can be trusted.")
        case _:
            return CallFailed("connect", f"The connection to {where} broke ({type(error).__name__}).")
