from ipaddress import ip_address

import pytest

from outbound.addresses import AllowList, literal_address, spelled, why_refused


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("127.0.0.1", "loopback"),
        ("127.255.255.254", "loopback"),
        ("0.0.0.0", "unspecified"),  # noqa: S104
        ("0.1.2.3", "reserved"),
        ("10.0.0.1", "private"),
        ("172.16.0.1", "private"),
        ("172.31.255.255", "private"),
        ("192.168.1.1", "private"),
        ("169.254.169.254", "link-local"),
        ("100.64.0.1", "shared by a provider's customers (CGNAT)"),
        ("198.18.0.1", "reserved for benchmarks"),
        ("224.0.0.1", "multicast"),
        ("240.0.0.1", "reserved"),
        ("255.255.255.255", "reserved"),
        ("::", "unspecified"),
        ("::1", "loopback"),
        ("fe80::1", "link-local"),
        ("fe80::1%eth0", "link-local"),
        ("fc00::1", "private"),
        ("fd12:3456::1", "private"),
        ("fec0::1", "private (site-local)"),
        ("ff02::1", "multicast"),
        ("4000::1", "reserved"),
        # disguises of 127.0.0.1 and 169.254.169.254
        ("::ffff:127.0.0.1", "loopback"),
        ("::ffff:a9fe:a9fe", "link-local"),
        ("::127.0.0.1", "loopback"),
        ("64:ff9b::7f00:1", "loopback"),
        ("64:ff9b::a9fe:a9fe", "link-local"),
        ("64:ff9b:1::a9fe:a9fe", "private (NAT64)"),
        ("2002:7f00:1::", "a 6to4 tunnel"),
        ("2001:0:4136:e378:8000:63bf:80ff:fffe", "a Teredo tunnel"),
        ("2600::5efe:7f00:1", "an ISATAP tunnel"),
    ],
)
def test_address_inside_is_refused(address: str, reason: str) -> None:
    assert why_refused(ip_address(address)) == reason


@pytest.mark.parametrize(
    "address",
    [
        "1.1.1.1",
        "172.32.0.1",
        "100.128.0.1",
        "11.0.0.1",
        "2606:4700::1111",
        "::ffff:1.1.1.1",
        "64:ff9b::101:101",
    ],
)
def test_public_address_is_open(address: str) -> None:
    assert why_refused(ip_address(address)) is None


@pytest.mark.parametrize(
    ("spelling", "address"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("2130706433", "127.0.0.1"),
        ("0x7f000001", "127.0.0.1"),
        ("017700000001", "127.0.0.1"),
        ("0177.0.0.1", "127.0.0.1"),
        ("0x7f.1", "127.0.0.1"),
        ("127.1", "127.0.0.1"),
        ("[::1]", "::1"),
        ("::ffff:127.0.0.1", "::ffff:127.0.0.1"),
    ],
)
def test_spellings_of_an_address(spelling: str, address: str) -> None:
    assert literal_address(spelling) == ip_address(address)


@pytest.mark.parametrize("host", ["1.2.3.4.5", "999.1.1.1", "99999999999", ":::", "12::34::56"])
def test_misspelt_address_is_an_error(host: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        literal_address(host)


def test_name_is_no_address() -> None:
    assert literal_address("billing.internal") is None


@pytest.mark.parametrize(
    ("entry", "host", "address", "port", "allowed"),
    [
        ("10.1.0.0/16", "a.example", "10.1.2.3", 80, True),
        ("10.1.0.0/16", "a.example", "10.2.2.3", 80, False),
        ("127.0.0.1:8081", "127.0.0.1", "127.0.0.1", 8081, True),
        ("127.0.0.1:8081", "127.0.0.1", "127.0.0.1", 8082, False),
        ("127.0.0.1", "127.0.0.1", "127.0.0.1", 1, True),
        ("127.0.0.1", "[::ffff:127.0.0.1]", "::ffff:127.0.0.1", 1, True),
        ("Billing.Internal", "billing.internal.", "10.1.2.3", 443, True),
        ("billing.internal:443", "billing.internal", "10.1.2.3", 443, True),
        ("billing.internal:443", "billing.internal", "10.1.2.3", 80, False),
        ("billing.internal", "other.internal", "10.1.2.3", 80, False),
        ("::1", "localhost", "::1", 80, True),
        ("[::1]:80", "localhost", "::1", 80, True),
        ("[::1]:80", "localhost", "::1", 81, False),
        ("fd00::/8", "localhost", "fd00::1%eth0", 81, True),
        ("10.0.0.0/8", "localhost", "fd00::1", 81, False),
    ],
)
def test_allow_list_opens_what_it_names(
    entry: str, host: str, address: str, port: int, allowed: bool
) -> None:
    assert AllowList.parse([entry]).permits(host, ip_address(address), port) is allowed


@pytest.mark.parametrize(
    "entry",
    [
        "10.1.0.0/99",
        "10.1.0.1/16",
        "10.1",
        "300.1.1.1",
        "host:0",
        "host:99999",
        "host:x",
        "a b",
        "http://a",
        "[a]:1",
        "*.a",
    ],
)
def test_malformed_entry_is_an_error_that_names_it(entry: str) -> None:
    with pytest.raises(ValueError, match=r"is not|is neither|has no port|has brackets") as caught:
        AllowList.parse(["10.0.0.0/8", entry])
    assert entry in str(caught.value)


def test_refusal_can_be_copied_into_the_list() -> None:
    for host, port in (("10.1.2.3", 80), ("::1", 8080), ("a.example", 443)):
        assert AllowList.parse([spelled(host, port)]).entries[0].port == port
