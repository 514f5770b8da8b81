"""Where a queue is. Pure: no network, no Django."""

from dataclasses import dataclass
from typing import Self
from urllib.parse import quote, unquote, urlsplit

# The port of each scheme.
SCHEMES = {"amqp": 5672, "amqps": 5671, "redis": 6379, "rediss": 6379}
MAX_QUEUE = 255  # bytes: AMQP's short strings
MAX_DATABASE = 4  # digits


@dataclass(frozen=True, slots=True)
class Broker:
    """An AMQP broker with a virtual host, or a Redis with a database."""

    scheme: str
    host: str
    port: int
    virtual_host: str

    @classmethod
    def parse(cls, url: str) -> Self:
        """`amqp://host/vhost` (`/` without one) or `redis://host/0`. Raises ValueError, for the client."""
        parts = urlsplit(url)
        scheme, host = parts.scheme.lower(), parts.hostname
        if scheme not in SCHEMES or not host:
            raise ValueError(f"Enter the URL of a broker: {', '.join(f'{one}://' for one in SCHEMES)}.")
        if parts.query or parts.fragment:
            raise ValueError("The URL of a broker has no query and no fragment.")
        path = parts.path.removeprefix("/")
        place = _virtual_host(path) if scheme.startswith("amqp") else _database(path)
        return cls(scheme, host, parts.port or SCHEMES[scheme], place)

    @property
    def is_amqp(self) -> bool:
        return self.scheme in ("amqp", "amqps")

    @property
    def has_tls(self) -> bool:
        return self.scheme in ("amqps", "rediss")

    def url_of(self, queue: str) -> str:
        """For people: the broker's URL with the virtual host, and the queue below it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}/{quote(self.virtual_host, safe='')}/{queue}"


def _virtual_host(path: str) -> str:
    name = unquote(path)
    if "/" in path or len(name.encode()) > MAX_QUEUE or not name.isprintable():
        raise ValueError("What follows the host is one virtual host; a slash in it is written %2F.")
    return name or "/"


def _database(path: str) -> str:
    if path and not (path.isascii() and path.isdigit() and len(path) <= MAX_DATABASE):
        raise ValueError("What follows the host of a Redis is the number of a database.")
    return str(int(path or "0"))


def check_queue(name: str) -> None:
    """Raises ValueError where no broker can have such a queue."""
    if not name or len(name.encode()) > MAX_QUEUE:
        raise ValueError(f"The name of a queue has 1 to {MAX_QUEUE} bytes.")
