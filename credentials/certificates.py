"""Who is trusted and what is shown to a server, in SSL contexts.

A client's key is never in a file that anybody else could read or that stays behind.
"""

import os
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager


def client_context(
    *, certificate: str, private_key: str, passphrase: str, authority: str, verify: bool
) -> ssl.SSLContext:
    """One that shows a certificate, and trusts `authority`. Raises ValueError, with a message that holds no secret."""
    context = authority_context(authority, verify=verify)
    chain = f"{private_key.strip()}\n{certificate.strip()}\n".encode()
    try:
        with _as_file(chain) as path:
            # Given always: without it OpenSSL would ask on the terminal for what a locked key needs.
            context.load_cert_chain(path, password=passphrase)
    except (ssl.SSLError, ValueError):
        raise ValueError(
            "its certificate and private key are not in PEM, do not belong together, or need another passphrase."
        ) from None
    return context


def authority_context(authority: str, *, verify: bool = True) -> ssl.SSLContext:
    """One that trusts the authorities in this PEM instead of the system's, or these where it is empty.

    Raises ValueError.
    """
    try:
        context = ssl.create_default_context(cadata=authority or None)
    except (ssl.SSLError, ValueError, TypeError):  # the last for what is not ASCII
        raise ValueError("its CA certificate is not a certificate in PEM.") from None
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


@contextmanager
def _as_file(content: bytes) -> Iterator[str]:
    """A path from which OpenSSL reads `content`: in memory where the system can do that, else a file of one's own."""
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("certificate", os.MFD_CLOEXEC)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            yield f"/proc/self/fd/{descriptor}"
        return
    with tempfile.NamedTemporaryFile() as file_:
        file_.write(content)
        file_.flush()
        yield file_.name
