"""`mailto:` URLs (RFC 6068): to whom a mail goes, and what it says."""

from dataclasses import dataclass, field
from typing import NoReturn
from urllib.parse import unquote

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

MAX_RECIPIENTS = 50
MAX_SUBJECT = 250


class InvalidMail(ValueError):
    """What is wrong with a `mailto:` URL, for the client."""


@dataclass(slots=True)
class Mailto:
    to: list[str] = field(default_factory=list)
    cc: list[str] = field(default_factory=list)
    bcc: list[str] = field(default_factory=list)
    subject: str = ""
    body: str = ""

    @property
    def recipients(self) -> list[str]:
        return [*self.to, *self.cc, *self.bcc]


def read_mailto(url: str) -> Mailto:
    """`mailto:ann@example.org,bob@example.org?cc=…&bcc=…&subject=…&body=…`. Raises InvalidMail."""
    addresses, _, fields = url.partition(":")[2].partition("?")
    mail = Mailto(to=_addresses(addresses))
    for given in filter(None, fields.split("&")):
        name, _, value = given.partition("=")
        _take(mail, _text(name).lower(), value)
    if not mail.recipients:
        raise InvalidMail("Enter a recipient: mailto:ops@example.org.")
    if len(mail.recipients) > MAX_RECIPIENTS:
        raise InvalidMail(f"A mail has at most {MAX_RECIPIENTS} recipients.")
    return mail


def _take(mail: Mailto, name: str, value: str) -> None:
    match name:
        case "to" | "cc" | "bcc":
            getattr(mail, name).extend(_addresses(value))
        case "subject":
            mail.subject = _text(value)
            if not mail.subject.isprintable() or len(mail.subject) > MAX_SUBJECT:
                raise InvalidMail(f"A subject is one line of at most {MAX_SUBJECT} characters.")
        case "body":
            mail.body = _text(value).replace("\r\n", "\n")
        case _:
            _refuse(name)


def _refuse(name: str) -> NoReturn:
    shown = ascii(name if len(name) <= 60 else f"{name[:60]}…")
    raise InvalidMail(f"{shown} cannot be given: only to, cc, bcc, subject and body.")


def _addresses(text: str) -> list[str]:
    """Commas part them, before anything is decoded (RFC 6068, section 2)."""
    addresses = [_text(one).strip() for one in text.split(",") if one]
    for address in addresses:
        try:
            validate_email(address)
        except ValidationError:
            raise InvalidMail(f"{address[:100]!a} is not an e-mail address.") from None
    return addresses


def _text(encoded: str) -> str:
    try:
        text = unquote(encoded, errors="strict")
    except UnicodeDecodeError:
        raise InvalidMail("What is percent-encoded must be UTF-8.") from None
    if "\x00" in text:
        raise InvalidMail("Null characters are not allowed.")
    return text
