import pytest

from outbound.urls import masked_url


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://a.example/b?c=d", "http://a.example/b?c=d"),
        ("http://bob:pa55@a.example/", "http://$encrypted$@a.example/"),
        ("http://token@a.example/", "http://$encrypted$@a.example/"),
        ("http://a.example/?token=x&page=2", "http://a.example/?token=$encrypted$&page=2"),
        ("http://a.example/?page=2&X-Api-Key=x#f", "http://a.example/?page=2&X-Api-Key=$encrypted$#f"),
        ("http://a.example/@b?c=d@e", "http://a.example/@b?c=d@e"),
    ],
)
def test_masked_url(url: str, shown: str) -> None:
    assert masked_url(url) == shown
