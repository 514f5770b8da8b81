"""Addresses that may not be called, in all the spellings in which they have been smuggled past a guard."""

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address

INSIDE = (
    "127.0.0.1",  # loopback
    "0.0.0.0",  # noqa: S104 (this host)
    "169.254.169.254",  # the metadata of most clouds
    "168.63.129.16",  # Azure's
    "100.100.100.200",  # Alibaba's
    "192.0.0.192",  # Oracle's
    "10.0.0.1",
    "172.16.0.1",
    "192.168.0.1",
    "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255",
)

BY_HAND = (
    *("localhost", "LOCALHOST", "localhost.", "127.0.0.01", "0177.1", "0x7f.1", "127.0x1", "00000000177.0.0.1"),
    *("0x7f.0.0x0.01", "0", "00", "0x0", "127.255.255.254", "127.0.0.2"),
    # what Unicode's compatibility forms come to
    *("\uff11\uff12\uff17.0.0.1", "\u2460\u2461\u2466.\u24ea.\u24ea.\u2460", "127\u30020\u30020\u30021"),
    *("127\uff0e0\uff0e0\uff0e1", "127\uff610\uff610\uff611", "\u24db\u24de\u24d2\u24d0\u24db\u24d7\u24de\u24e2\u24e3"),
    # escapes, and names that only look like the host
    *("%31%32%37.0.0.1", "127.1%2e", "example.com@127.0.0.1", "example.com:80@127.0.0.1", "a%40b@[::1]"),
    # IPv6's own
    *("[::1]", "[0:0:0:0:0:0:0:1]", "[0000:0000:0000:0000:0000:0000:0000:0001]", "[::1%25lo]", "[::]", "[::2]"),
    *("[fe80::1]", "[fe80::a9fe:a9fe%25eth0]", "[fec0::1]", "[fc00::1]", "[fd00:ec2::254]", "[fd20:ce::254]"),
    *("[ff02::1]", "[ff0e::1]", "[2001:db8::1]", "[100::1]", "[3fff::1]", "[5f00::1]", "[4000::1]", "[2001:20::1]"),
)  # fmt: skip


def hosts() -> list[str]:
    """As they stand in a URL."""
    return [*(spelling for address in INSIDE for spelling in _spellings(IPv4Address(address))), *BY_HAND]


def _spellings(address: IPv4Address) -> Iterator[str]:
    number, (a, b, c, d) = int(address), address.packed
    yield str(address)
    yield str(number)
    yield f"{number:#x}"
    yield f"0{number:o}"
    yield ".".join(f"{part:#x}" for part in address.packed)
    yield ".".join(f"0{part:o}" for part in address.packed)
    yield f"{a}.{number & 0xFFFFFF}"
    yield f"{a}.{b}.{c << 8 | d}"
    for disguise in _in_ipv6(number):
        yield f"[{disguise}]"
    yield f"[::ffff:{address}]"


def _in_ipv6(number: int) -> Iterator[IPv6Address]:
    def beside(text: str, value: int, shift: int = 0) -> IPv6Address:
        return IPv6Address(int(IPv6Address(text)) | value << shift)

    yield beside("::ffff:0:0", number)  # mapped
    yield beside("::", number)  # compatible
    yield beside("::ffff:0:0:0", number)  # translated
    yield beside("64:ff9b::", number)  # NAT64
    yield beside("64:ff9b:1::", number)  # NAT64 of one's own
    yield beside("2002::", number, 80)  # 6to4
    yield beside("2001:0:0102:0304::", number ^ 0xFFFFFFFF)  # Teredo
    yield beside("2600::5efe:0:0", number)  # ISATAP
