"""Which addresses Belfry may call. Pure: no network, no Django.

Addresses that lead into the operator's own networks are refused unless `OUTBOUND_ALLOWED_NETWORKS` names them: whoever
may write an endpoint could otherwise reach what only this machine can. Ranges are IANA's special-purpose registries,
and one public address behind which a cloud speaks to its own machines.
"""

import re
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# The first that holds an address names the reason.
_REFUSED: tuple[tuple[Network, str], ...] = tuple(
    (ip_network(network), reason)
    for network, reason in (
        ("0.0.0.0/32", "unspecified"),
        ("0.0.0.0/8", "reserved"),
        ("10.0.0.0/8", "private"),
        ("100.64.0.0/10", "shared by a provider's customers (CGNAT)"),
        ("127.0.0.0/8", "loopback"),
        ("168.63.129.16/32", "a cloud's own (Azure)"),
        ("169.254.0.0/16", "link-local"),
        ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "reserved"),
        ("192.0.2.0/24", "reserved for documentation"),
        ("192.31.196.0/24", "reserved"),
        ("192.52.193.0/24", "reserved"),
        ("192.88.99.0/24", "a 6to4 relay"),
        ("192.168.0.0/16", "private"),
        ("192.175.48.0/24", "reserved"),
        ("198.18.0.0/15", "reserved for benchmarks"),
        ("198.51.100.0/24", "reserved for documentation"),
        ("203.0.113.0/24", "reserved for documentation"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),
        ("::/128", "unspecified"),
        ("::1/128", "loopback"),
        ("64:ff9b:1::/48", "private (NAT64)"),
        ("100::/64", "reserved"),
        ("2001::/32", "a Teredo tunnel"),
        ("2001::/23", "reserved"),
        ("2001:db8::/32", "reserved for documentation"),
        ("2002::/16", "a 6to4 tunnel"),
        ("3fff::/20", "reserved for documentation"),
        ("5f00::/16", "reserved"),
        ("fc00::/7", "private"),
        ("fe80::/10", "link-local"),
        ("fec0::/10", "private (site-local)"),
        ("ff00::/8", "multicast"),
    )
)
_NAT64 = IPv6Network("64:ff9b::/96")
_V4_COMPATIBLE = IPv6Network("::/96")
_GLOBAL_UNICAST = IPv6Network("2000::/3")
# ISATAP: an interface identifier of 0000:5efe or 0200:5efe holds an IPv4 address after it.
_ISATAP = (0x00005EFE, 0x02005EFE)

_HOST = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)(\.(?!-)[a-z0-9_-]{1,63}(?<!-))*", re.ASCII)


def literal_address(host: str) -> Address | None:
    """The address that `host` spells, in any way a C library reads it (`127.1`, `0x7f000001`, `017700000001`).

    None if it is a name. Raises ValueError where it looks like an address and is none.
    """
    text = host.strip("[]").partition("%")[0]
    if ":" in text:
        return IPv6Address(text)
    try:
        return IPv4Address(socket.inet_aton(text)) if text.isascii() else None
    except OSError:
        if text.replace(".", "").isdigit():
            raise ValueError(f"{host} is not an IPv4 address") from None
        return None


@lru_cache(maxsize=4096)
def why_refused(address: Address) -> str | None:
    """In a word or two, why `address` may not be called unless it is allowed; None where anybody may call it."""
    if isinstance(address, IPv6Address):
        address = IPv6Address(int(address))  # without its scope
        inner = _embedded(address)
        if inner is not None:
            return why_refused(inner)
    for network, reason in _REFUSED:
        if address.version == network.version and address in network:
            return reason
    if isinstance(address, IPv6Address):
        return _why_refused_by_shape(address)
    return None


def _embedded(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that a packet to this IPv6 address reaches."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _NAT64 or (address in _V4_COMPATIBLE and int(address) > 0xFFFF):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return None


def _why_refused_by_shape(address: IPv6Address) -> str | None:
    if (int(address) >> 32) & 0xFFFFFFFF in _ISATAP:
        return "an ISATAP tunnel"
    return None if address in _GLOBAL_UNICAST else "reserved"


@dataclass(frozen=True, slots=True)
class _Entry:
    host: str | None
    network: Network | None
    port: int | None

    def permits(self, host: str, address: Address, port: int) -> bool:
        if self.port is not None and self.port != port:
            return False
        if self.network is None:
            return self.host == host
        return address.version == self.network.version and address in self.network


@dataclass(frozen=True, slots=True)
class AllowList:
    """What may be called although it is refused otherwise."""

    entries: tuple[_Entry, ...] = ()

    @classmethod
    def parse(cls, entries: Iterable[str]) -> "AllowList":
        """Each of `entries` is a host, an address, either with `:port`, or a network. Raises ValueError."""
        return cls(tuple(_parse_entry(entry.strip().lower()) for entry in entries if entry.strip()))

    def permits(self, host: str, address: Address, port: int) -> bool:
        """Whether `address`, which `host` (a name or an address) stands for, may be called on `port`."""
        plain = address
        if isinstance(address, IPv6Address):
            plain = address.ipv4_mapped or IPv6Address(int(address))
        name = host.lower().rstrip(".")
        return why_refused(plain) is None or any(entry.permits(name, plain, port) for entry in self.entries)


def _parse_entry(text: str) -> _Entry:
    if "/" in text:
        return _Entry(None, _parse_network(text), None)
    host, port = _split_port(text)
    try:
        return _Entry(None, ip_network(ip_address(host)), port)
    except ValueError:
        pass
    host = host.rstrip(".")
    # A last label of digits is no name: it is an address, misspelt.
    if not _HOST.fullmatch(host) or host.rpartition(".")[2].isdigit():
        raise ValueError(f"{text!r} is neither a host, an address nor a network, such as 10.1.0.0/16")
    return _Entry(host, None, port)


def _parse_network(text: str) -> Network:
    try:
        return ip_network(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is not a network: {error}") from None


def _split_port(text: str) -> tuple[str, int | None]:
    """`host`, `host:port`, `::1`, `[::1]`, `[::1]:port` → host, port."""
    bracketed = re.fullmatch(r"\[(?P<host>[^\]]*)\](?::(?P<port>.*))?", text)
    if bracketed:
        host, port = bracketed["host"], bracketed["port"]
        if ":" not in host:
            raise ValueError(f"{text!r} has brackets round what is not an IPv6 address")
    elif text.count(":") > 1:
        return text, None
    else:
        host, _, rest = text.partition(":")
        port = rest if ":" in text else None
    if port is None:
        return host, None
    if not (port.isascii() and port.isdigit() and 1 <= int(port[:6]) <= 65535):
        raise ValueError(f"{text!r} has no port between 1 and 65535 after its colon")
    return host, int(port)


def spelled(host: str, port: int) -> str:
    """`host:port` as the allow list reads it."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
