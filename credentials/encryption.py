"""Secrets at rest: encrypted with a key derived from SECRET_KEY, written as `$encrypted$…`.

`$encrypted$` alone is what clients see and may send back to mean "keep what is stored" (AWX's convention).
"""

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings

MASK = "$encrypted$"


class UndecryptableSecret(Exception):
    """A stored secret cannot be read with the present SECRET_KEY."""


def _fernet() -> Fernet:
    key = hashlib.sha256(b"belfry.credentials:" + settings.SECRET_KEY.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))


def encrypt(secret: str) -> str:
    return MASK + _fernet().encrypt(secret.encode()).decode()


def is_encrypted(value: object) -> bool:
    return isinstance(value, str) and value.startswith(MASK) and value != MASK


def decrypt(value: str) -> str:
    """The plaintext of what `encrypt` wrote. Raises UndecryptableSecret."""
    try:
        return _fernet().decrypt(value.removeprefix(MASK).encode("utf-8", "surrogatepass")).decode()
    except InvalidToken:
        raise UndecryptableSecret("A stored secret cannot be read with the present SECRET_KEY.") from None
