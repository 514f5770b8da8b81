from typing import Any

import pytest

from inventories.addresses import NoAddress, base_url


@pytest.mark.parametrize(
    ("name", "variables", "url"),
    [
        ("api.example.com", {}, "https://api.example.com"),
        ("api", {"ansible_host": "10.0.0.5"}, "https://10.0.0.5"),
        ("api", {"ansible_port": 8443}, "https://api:8443"),
        ("api", {"ansible_ssh_port": 8443}, "https://api:8443"),
        ("api", {"belfry_scheme": "http", "ansible_port": "80"}, "http://api:80"),
        ("api", {"ansible_host": "fe80::1"}, "https://[fe80::1]"),
        (
            "api",
            {"belfry_url": "http://127.0.0.1:8001/base", "ansible_host": "x"},
            "http://127.0.0.1:8001/base",
        ),
    ],
)
def test_base_url(name: str, variables: dict[str, Any], url: str) -> None:
    assert base_url(name, variables) == url


@pytest.mark.parametrize(
    "variables",
    [
        {"belfry_url": "ftp://x/"},
        {"belfry_url": "x"},
        {"belfry_url": "http://"},
        {"belfry_url": 5},
        {"belfry_scheme": "gopher"},
        {"ansible_port": "x"},
        {"ansible_port": 99999},
        {"ansible_host": "a b"},
        {"ansible_host": "a\nb"},
    ],
)
def test_what_makes_no_url_is_refused(variables: dict[str, Any]) -> None:
    with pytest.raises(NoAddress, match=r"Host api has no base URL"):
        base_url("api", variables)
