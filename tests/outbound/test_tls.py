"""Whose certificate is trusted, and who is shown ours."""

import asyncio
import os
import ssl
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from credentials.certificates import client_context
from outbound.addresses import AllowList
from outbound.client import GuardedClient
from outbound.exceptions import CallFailed
from outbound.messages import Request, Response
from tests.certificates import Signed, authority, server_context, signed_by
from tests.endpoint import Endpoint


def send(request: Request) -> Response | CallFailed:
    async def call() -> Response:
        async with GuardedClient(AllowList.parse(["127.0.0.1"])) as client:
            return await client.send(request)

    try:
        return asyncio.run(call())
    except CallFailed as error:
        return error


def reason(answer: Response | CallFailed) -> str | int:
    return answer.reason if isinstance(answer, CallFailed) else answer.status


def showing(own: Signed, trusted: Signed | None) -> ssl.SSLContext:
    """What a credential of the kind `mtls` gives to a request."""
    return client_context(
        certificate=own.pem,
        private_key=own.key_pem,
        passphrase="",
        authority=trusted.pem if trusted else "",
        verify=True,
    )


def test_private_authority_is_trusted_where_the_credential_says_so(tmp_path: Path) -> None:
    ours, theirs = authority(), authority()
    own = signed_by(ours)
    with Endpoint(server_context(signed_by(ours), tmp_path, clients_of=ours)) as endpoint:
        url = endpoint.url + "/ok"
        answers = [
            send(Request("GET", url, ssl_context=showing(own, ours))),
            send(Request("GET", url, ssl_context=showing(own, theirs))),
            send(Request("GET", url, ssl_context=showing(own, None))),
            send(Request("GET", url, ssl_context=showing(signed_by(theirs), ours))),
            send(Request("GET", url)),
        ]

    assert list(map(reason, answers[:3])) == [200, "tls", "tls"]
    # By TLS 1.3 a client learns that it is refused only after its request.
    assert {reason(answer) for answer in answers[3:]} <= {"tls", "connect"}
    assert len(endpoint.requests) == 1


@pytest.mark.parametrize("mistake", [{"days": -1}, {"address": "127.0.0.2"}])
def test_certificate_that_is_over_or_of_another_is_refused(tmp_path: Path, mistake: dict[str, Any]) -> None:
    ours = authority()
    own = signed_by(ours)
    with Endpoint(server_context(signed_by(ours, **mistake), tmp_path)) as endpoint:
        answer = send(Request("GET", endpoint.url + "/ok", ssl_context=showing(own, ours)))

    assert reason(answer) == "tls"
    assert endpoint.requests == []


def test_certificate_is_not_shown_to_whom_a_redirect_leads(tmp_path: Path) -> None:
    ours = authority()
    own = signed_by(ours)
    with (
        Endpoint(server_context(signed_by(ours), tmp_path, clients_of=ours)) as other,
        Endpoint(server_context(signed_by(ours), tmp_path)) as endpoint,
    ):
        url = f"{endpoint.url}/onward/302?to={other.url}/ok"
        answer = send(Request("GET", url, verify_ssl=False, max_redirects=1, ssl_context=showing(own, ours)))

    assert len(endpoint.requests) == 1
    assert isinstance(answer, CallFailed)
    assert other.requests == []


ALONE = """
import sys
from tests.outbound.test_tls import reason, send
from outbound.messages import Request
print(reason(send(Request("GET", sys.argv[1]))))
"""


def test_private_authority_of_the_whole_system(tmp_path: Path) -> None:
    ours = authority()
    bundle = tmp_path / "authorities.pem"
    bundle.write_text(ours.pem)
    with Endpoint(server_context(signed_by(ours), tmp_path)) as endpoint:
        told = subprocess.run(
            [sys.executable, "-c", ALONE, endpoint.url + "/ok"],
            env={**os.environ, "SSL_CERT_FILE": str(bundle)},
            capture_output=True,
            text=True,
            check=True,
        )

    assert told.stdout == "200\n"
