"""Django's SMTP, on connections that are made by rules of our own: to addresses that may be called, with bounds."""

import smtplib
import socket
from collections.abc import Callable
from typing import Any

from django.core.mail.backends.smtp import EmailBackend

# Host, port and seconds → a connection.
Open = Callable[[str, int, float], socket.socket]


class Backend(EmailBackend):
    """`refused` are the recipients that the server did not take of the last mail, while it took others."""

    def __init__(self, open_line: Open, **settings: Any) -> None:
        super().__init__(**settings)
        self._open_line = open_line

    @property
    def connection_class(self) -> Any:
        made = _Encrypted if self.use_ssl else _Plain
        # A property of the class would be a method.
        return type(made.__name__, (made,), {"open_line": staticmethod(self._open_line)})

    @property
    def refused(self) -> list[str]:
        return list(getattr(self.connection, "refused", ()))


class _Plain(smtplib.SMTP):
    open_line: Open
    refused: dict[str, Any]

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return self.open_line(host, port, timeout)

    def sendmail(self, *args: Any, **options: Any) -> dict[str, Any]:
        self.refused = {}
        self.refused = super().sendmail(*args, **options)
        return self.refused


class _Encrypted(smtplib.SMTP_SSL, _Plain):
    """Its parent puts TLS around the socket that the next one makes."""
