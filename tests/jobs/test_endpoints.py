import pytest

from jobs.endpoints import (
    InvalidEndpoint,
    Means,
    check_base_url,
    check_endpoint,
    check_web_endpoint,
    means_of,
    misfits,
    origin_of,
)


@pytest.mark.parametrize(
    "endpoint",
    [
        "",
        "/jobs/x",
        "jobs/x?y=1#z",
        "http://a/",
        "HTTPS://a.example:8443/x",
        "http://[::1]:8000/x",
        "hello_world.yml",
        "mailto:a@example.org?subject=x",
    ],
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
        "amqp://mq/orders",
        "mailto:",
        "mailto:a b@example.org",
    ],
)
def test_endpoint_is_refused(endpoint: str) -> None:
    with pytest.raises(InvalidEndpoint):
        check_endpoint(endpoint)


@pytest.mark.parametrize("url", ["", "/path", "ftp://a/", "http://u:p@a/"])
def test_base_url_must_be_an_absolute_url_without_a_password(url: str) -> None:
    with pytest.raises(InvalidEndpoint):
        check_base_url(url)


@pytest.mark.parametrize("url", ["amqp://mq.example.org", "AMQPS://mq:1/v", "redis://[::1]/0", "rediss://mq"])
def test_base_url_may_be_a_broker(url: str) -> None:
    check_base_url(url)


@pytest.mark.parametrize(
    "url", ["amqp://", "amqp://u:p@mq", "amqp://mq:0", "redis://mq/x", "sqs://mq", "amqp:mq"]
)
def test_base_url_that_is_no_broker(url: str) -> None:
    with pytest.raises(InvalidEndpoint):
        check_base_url(url)


def test_what_is_fetched_comes_from_the_web() -> None:
    with pytest.raises(InvalidEndpoint):
        check_web_endpoint("mailto:a@example.org")


@pytest.mark.parametrize(
    ("base", "endpoint", "means", "origin"),
    [
        ("", "http://a/b", Means.HTTP, ("http", "a", 80)),
        ("https://a/", "b", Means.HTTP, ("https", "a", 443)),
        ("", "b", Means.HTTP, None),
        ("amqp://mq/v", "orders", Means.QUEUE, ("amqp", "mq", 5672)),
        ("Rediss://mq:1", "orders", Means.QUEUE, ("rediss", "mq", 1)),
        ("amqp://mq", "http://a:8/", Means.HTTP, ("http", "a", 8)),
        ("amqp://mq", "mailto:a@example.org", Means.MAIL, None),
    ],
)
def test_scheme_says_what_is_called(
    base: str, endpoint: str, means: Means, origin: tuple[str, str, int] | None
) -> None:
    assert means_of(base, endpoint) == means
    assert origin_of(base, endpoint) == origin


@pytest.mark.parametrize(
    ("base", "endpoint", "fields"),
    [
        ("http://a", "b", set()),
        ("amqp://mq", "", {"inventory"}),
        ("amqp://mq", "orders", {"inventory"}),
        ("amqp://mq", "x" * 256, {"endpoint", "inventory"}),
        ("", "mailto:a@example.org", {"inventory", "completion"}),
    ],
)
def test_what_an_endpoint_cannot_do(base: str, endpoint: str, fields: set[str]) -> None:
    assert set(misfits(base, endpoint, has_inventory=True, awaits_reports=True)) == fields
    assert set(misfits(base, endpoint, has_inventory=False, awaits_reports=False)) == fields & {"endpoint"}
