import pytest

from credentials.encryption import MASK, decrypt, encrypt
from jobs.headers import InvalidHeaders, is_secret, masked, to_store


@pytest.mark.parametrize(
    "name",
    [
        "Authorization",
        "Proxy-Authorization",
        "Cookie",
        "X-Api-Key",
        "x-gitlab-token",
        "My-PASSWORD",
        "X-Hub-Signature",
    ],
)
def test_secret_names_are_known_in_any_letters(name: str) -> None:
    assert is_secret(name)


@pytest.mark.parametrize(
    "name", ["Accept", "Content-Type", "User-Agent", "X-Request-Id", "Idempotency-Key", "X-Belfry-Run-Id"]
)
def test_ordinary_names_are_not_secret(name: str) -> None:
    assert not is_secret(name)


def test_secret_value_is_stored_encrypted_and_shown_masked() -> None:
    stored = to_store({"Authorization": "Bearer s3cret-of-a-test", "Accept": "text/plain"})

    # Three letters are in what is encrypted once in some thousand times.
    assert "s3cret-of-a-test" not in str(stored)
    assert decrypt(stored["Authorization"]) == "Bearer s3cret-of-a-test"
    assert masked(stored) == {"Authorization": MASK, "Accept": "text/plain"}


def test_mask_sent_back_keeps_the_stored_value_whatever_the_letters() -> None:
    kept = encrypt("Bearer abc")

    assert to_store({"authorization": MASK}, {"Authorization": kept}) == {"authorization": kept}


def test_empty_secret_is_empty() -> None:
    assert masked(to_store({"X-Token": ""})) == {"X-Token": ""}


def test_client_cannot_pass_off_text_as_encrypted() -> None:
    stored = to_store({"X-Token": MASK + "gAAAA"})

    assert decrypt(stored["X-Token"]) == MASK + "gAAAA"


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ([], 'Expected a dictionary of items but got type "list".'),
        ({"A B": "x"}, "'A B' is not a valid name of a header."),
        ({"": "x"}, "'' is not a valid name of a header."),
        ({"Ä": "x"}, "'\\xc4' is not a valid name of a header."),
        ({"A": 1}, "The value of the header A is not a string."),
        ({"A": "x\r\nB: y"}, "The value of the header A contains a line break or control character."),
        ({"A": "x\0"}, "The value of the header A contains a line break or control character."),
        ({"A": "\ud800"}, "The value of the header A contains a line break or control character."),
        ({"A": "x" * 8193}, "The value of the header A has more than 8192 characters."),
        ({"host": "x"}, "The header host is set by Belfry itself and cannot be given."),
        ({"Idempotency-Key": "x"}, "The header Idempotency-Key is set by Belfry itself and cannot be given."),
        ({"X-Belfry-Run": "x"}, "The header X-Belfry-Run is set by Belfry itself and cannot be given."),
        ({"Accept": "x", "ACCEPT": "y"}, "The header ACCEPT is given more than once."),
        ({"X-Token": MASK}, "The header X-Token has no stored value that $encrypted$ could stand for."),
        ({"Accept": MASK + "x"}, "The value of the header Accept begins with the reserved word $encrypted$."),
        ({f"A{n}": "x" for n in range(101)}, "There may be at most 100 headers."),
    ],
)
def test_bad_headers_are_refused_by_name(headers: object, message: str) -> None:
    with pytest.raises(InvalidHeaders) as refused:
        to_store(headers)

    assert str(refused.value) == message
