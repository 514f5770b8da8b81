import pytest

from outbound.brokers import Broker, check_queue


@pytest.mark.parametrize(
    ("url", "broker", "shown"),
    [
        ("amqp://mq.example.org", ("amqp", "mq.example.org", 5672, "/"), "amqp://mq.example.org:5672/%2F/q"),
        ("amqp://mq/", ("amqp", "mq", 5672, "/"), "amqp://mq:5672/%2F/q"),
        ("AMQPS://mq:7/a%2Fb", ("amqps", "mq", 7, "a/b"), "amqps://mq:7/a%2Fb/q"),
        ("redis://[::1]", ("redis", "::1", 6379, "0"), "redis://[::1]:6379/0/q"),
        ("rediss://mq:6380/15", ("rediss", "mq", 6380, "15"), "rediss://mq:6380/15/q"),
    ],
)
def test_broker(url: str, broker: tuple[str, str, int, str], shown: str) -> None:
    found = Broker.parse(url)

    assert (found.scheme, found.host, found.port, found.virtual_host) == broker
    assert found.url_of("q") == shown


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://mq",
        "sqs://mq",
        "amqp://",
        "amqp:///vhost",
        "amqp://mq/a/b",
        "amqp://mq/%00",
        "amqp://mq/" + "x" * 256,
        "amqp://mq?heartbeat=1",
        "amqp://mq#x",
        "amqp://mq:x",
        "redis://mq/one",
        "redis://mq/-1",
        "redis://mq/0/1",
        "redis://mq/99999",
        "redis://mq/0?socket_timeout=1",
    ],
)
def test_url_that_is_no_broker(url: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (urlsplit's own among them)
        Broker.parse(url)


def test_names_of_queues_are_bounded() -> None:
    check_queue("ä" * 127)
    for name in ("", "ä" * 128):
        with pytest.raises(ValueError, match="1 to 255 bytes"):
            check_queue(name)
