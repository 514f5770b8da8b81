"""E-mail by the template's own server, whose address is checked like every other that Belfry calls."""

import smtplib
import socket
from contextlib import suppress

from django.core.mail import EmailMessage

from notifications.exceptions import NotDelivered
from notifications.telling import Telling
from outbound.addresses import AllowList
from outbound.mail import Backend
from outbound.sockets import connect

# Seconds without a word from the server.
LONGEST_TIMEOUT = 30


def send(telling: Telling, allowed: AllowList) -> int:
    """Raises NotDelivered and CallFailed."""
    given = telling.configuration
    if given["use_tls"] and given["use_ssl"]:
        raise NotDelivered("A mail server is reached by use_tls or by use_ssl, and not by both.", final=True)

    def open_line(host: str, port: int, timeout: float) -> socket.socket:
        return connect(host, port, timeout=timeout, allowed=allowed)

    backend = Backend(
        open_line,
        host=given["host"],
        port=given["port"],
        username=given["username"],
        password=given["password"],
        use_tls=given["use_tls"],
        use_ssl=given["use_ssl"],
        timeout=max(1, min(given["timeout"], LONGEST_TIMEOUT)),
    )
    subject = " ".join(telling.subject.split())
    try:
        backend.send_messages([EmailMessage(subject, str(telling.body), given["sender"], telling.recipients)])
    except smtplib.SMTPAuthenticationError:
        raise NotDelivered("The mail server did not accept the username and password.") from None
    except smtplib.SMTPRecipientsRefused:
        raise NotDelivered("The mail server refused the recipients.") from None
    except smtplib.SMTPResponseException as error:
        raise NotDelivered(f"The mail server answered {error.smtp_code}.") from None
    except (smtplib.SMTPException, OSError) as error:
        # Their words may repeat what was sent.
        raise NotDelivered(f"The mail could not be sent ({type(error).__name__}).") from None
    except ValueError:
        raise NotDelivered("The mail has an address or a header that cannot be sent.", final=True) from None
    finally:
        # Django leaves it open where the server refuses the password.
        with suppress(OSError):
            backend.close()
    return 1
