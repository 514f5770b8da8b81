"""URLs as they may be called, and as they may be shown."""

import re

from yarl import URL

from outbound.addresses import literal_address
from outbound.exceptions import CallFailed

MASK = "$encrypted$"

_UNSEEN = re.compile(r"[\x00-\x20\x7f]")
_USERINFO = re.compile(r"(?<=//)[^/?#]*@")
_SECRET_PARAMETER = re.compile(
    r"(?<=[?&;])([^=&;#]*(?:secret|token|passw|passphrase|api[-_.]?key|access[-_.]?key|credential|signature|sig)"
    r"[^=&;#]*)=[^&;#]*",
    re.IGNORECASE,
)


def parse_url(text: str) -> URL:
    """A URL that may be called, an address in it in its plain spelling. Raises CallFailed (invalid_request)."""
    if _UNSEEN.search(text.strip(" ")):
        raise CallFailed("invalid_request", "The URL has a space or a control character in it.")
    try:
        url = URL(text.strip(" "))
        host, port = url.raw_host, url.port
        address = literal_address(host) if host else None
    except ValueError as error:
        raise CallFailed("invalid_request", f"The URL cannot be read: {_without_url(error, text)}.") from None
    if url.scheme not in ("http", "https"):
        raise CallFailed("invalid_request", "The URL must begin with http:// or https://.")
    if not host or not port:
        raise CallFailed("invalid_request", "The URL has no host.")
    return url if address is None or ":" in host else url.with_host(str(address))


def _without_url(error: ValueError, text: str) -> str:
    # Messages quote what they could not read, and a password may be in that.
    return str(error).rstrip(".") if "@" not in text else "it is malformed"


def masked_url(url: str) -> str:
    """`url` without its user and password, nor the values of parameters that are named like secrets."""
    return _SECRET_PARAMETER.sub(rf"\1={MASK}", _USERINFO.sub(f"{MASK}@", url))
