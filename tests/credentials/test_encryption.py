import pytest
from pytest_django import Settings

from credentials.encryption import MASK, UndecryptableSecret, decrypt, encrypt, is_encrypted


@pytest.mark.parametrize("secret", ["", "s3cret", "ünï·©ødé 🔑", "$encrypted$", "a\0b", "x" * 100_000])
def test_secret_comes_back(secret: str) -> None:
    assert decrypt(encrypt(secret)) == secret


def test_same_secret_is_written_differently_each_time() -> None:
    assert encrypt("s3cret") != encrypt("s3cret")


def test_secret_is_not_readable() -> None:
    written = encrypt("s3cret")

    assert (written.startswith(MASK), "s3cret" in written) == (True, False)


@pytest.mark.parametrize("position", [len(MASK), len(MASK) + 20, -2])
def test_tampered_secret_is_refused(position: int) -> None:
    written = list(encrypt("s3cret"))
    written[position] = "A" if written[position] != "A" else "B"

    with pytest.raises(UndecryptableSecret):
        decrypt("".join(written))


def test_secret_of_another_key_is_refused(settings: Settings) -> None:
    written = encrypt("s3cret")

    settings.SECRET_KEY = "another key than the one of before, long enough"

    with pytest.raises(UndecryptableSecret) as caught:
        decrypt(written)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("written", [MASK, "", "s3cret", MASK + "ü", MASK + "\0", MASK + "\ud800"])
def test_what_was_never_encrypted_is_refused(written: str) -> None:
    with pytest.raises(UndecryptableSecret):
        decrypt(written)


def test_mask_is_no_secret() -> None:
    assert [is_encrypted(value) for value in (MASK, encrypt("x"), "x", None, 1)] == [
        False,
        True,
        False,
        False,
        False,
    ]
