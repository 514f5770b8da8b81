import pytest

from jobs.endpoints import InvalidEndpoint, check_base_url, check_endpoint


@pytest.mark.parametrize(
    "endpoint",
    ["", "/jobs/x", "jobs/x?y=1#z", "http://a/", "HTTPS://a.example:8443/x", "http://[::1]:8000/x", "hello_world.yml"],
)
def test_endpoint_is_accepted(endpoint: str) -> None:
    check_endpoint(endpoint)


@pytest.mark.parametrize(
    "endpoint",
    [
        "ftp://a/",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "//a/b",
        "http://",
        "http://user:pass@a/",
        "http://user@a/",
        "http://a:99999/",
        "http://a:0/",
        "http://[::1/",
        "/a b",
        "/a\nb",
        "/a\tb",
        "http://a\\@b/",
        "/" + "x" * 1024,
    ],
)
def test_endpoint_is_refused(endpoint: str) -> None:
    with pytest.raises(InvalidEndpoint):
        check_endpoint(endpoint)


@pytest.mark.parametrize("url", ["", "/path", "ftp://a/", "http://u:p@a/"])
def test_base_url_must_be_an_absolute_url_without_a_password(url: str) -> None:
    with pytest.raises(InvalidEndpoint):
        check_base_url(url)
