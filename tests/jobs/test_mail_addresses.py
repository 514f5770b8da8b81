import pytest

from jobs.mail_addresses import InvalidMail, Mailto, read_mailto


@pytest.mark.parametrize(
    ("url", "mail"),
    [
        ("mailto:a@example.org", Mailto(to=["a@example.org"])),
        ("MAILTO:a@example.org,b@example.org", Mailto(to=["a@example.org", "b@example.org"])),
        ("mailto:?to=a@example.org&bcc=b@example.org", Mailto(to=["a@example.org"], bcc=["b@example.org"])),
        ("mailto:a@example.org?to=b@example.org", Mailto(to=["a@example.org", "b@example.org"])),
        ("mailto:a+b@example.org?CC=c%40example.org", Mailto(to=["a+b@example.org"], cc=["c@example.org"])),
        (
            "mailto:a@example.org?subject=Caf%C3%A9%20%26+tea&body=one%0D%0Atwo",
            Mailto(to=["a@example.org"], subject="Café &+tea", body="one\ntwo"),
        ),
    ],
)
def test_mailto(url: str, mail: Mailto) -> None:
    assert read_mailto(url) == mail


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("mailto:", "recipient"),
        ("mailto:?subject=x", "recipient"),
        ("mailto:nobody", "not an e-mail address"),
        ("mailto:a@example.org%0D%0ABcc:b@example.org", "not an e-mail address"),
        ("mailto:a@example.org?cc=b@example.org%0Ac@example.org", "not an e-mail address"),
        ("mailto:Ann%20%3Ca@example.org%3E", "not an e-mail address"),
        ("mailto:a@example.org?subject=x%0D%0ABcc:b@example.org", "one line"),
        ("mailto:a@example.org?subject=" + "x" * 251, "at most 250"),
        ("mailto:a@example.org?subject=%00", "Null"),
        ("mailto:a@example.org?subject=%FF", "UTF-8"),
        ("mailto:a@example.org?from=b@example.org", "'from' cannot be given"),
        ("mailto:a@example.org?reply-to=b@example.org", "'reply-to' cannot be given"),
        ("mailto:a@example.org?X-Mine%0D%0A=x", "cannot be given"),
        ("mailto:" + ",".join(["a@example.org"] * 51), "at most 50"),
    ],
)
def test_mailto_is_refused(url: str, why: str) -> None:
    with pytest.raises(InvalidMail, match=why):
        read_mailto(url)
