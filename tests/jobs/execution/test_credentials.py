"""What an endpoint receives of a run's credentials, and that nothing of them is recorded."""

import base64
import hmac
import json
import logging
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.apps import apps
from django.core import serializers
from django.db import connection
from django.test.utils import CaptureQueriesContext
from standardwebhooks import Webhook, WebhookVerificationError

from credentials.models import Credential
from jobs.execution.claiming import claim
from jobs.models import UnifiedJob
from jobs.statuses import Outcome, Status
from tests.certificates import authority, server_context, signed_by
from tests.endpoint import Endpoint
from tests.factories.credentials import make_credential, make_type
from tests.factories.runs import make_run
from tests.jobs.execution.conftest import StartEngine, WaitUntilFinished

pytestmark = pytest.mark.django_db(transaction=True)

SECRET = "pl41n-s3cret-v4lue"


def run_with(url: str, *credentials: Credential, **values: Any) -> UnifiedJob:
    run = make_run(url, save=False, **values)
    run.request["credentials"] = [credential.pk for credential in credentials]
    run.save(force_insert=True)
    return run


@pytest.mark.parametrize(
    ("kind", "inputs", "header", "value"),
    [
        ("http_bearer", {"token": SECRET}, "Authorization", f"Bearer {SECRET}"),
        (
            "http_basic",
            {"username": "ann", "password": SECRET},
            "Authorization",
            "Basic " + base64.b64encode(f"ann:{SECRET}".encode()).decode(),
        ),
        ("http_header", {"name": "X-Plain", "value": SECRET}, "X-Plain", SECRET),
        ("http_header", {"name": "X-Plain", "value": "abc"}, "X-Plain", "abc"),
    ],
)
def test_header_goes_out_and_is_not_recorded(
    *,
    endpoint: Endpoint,
    start_engine: StartEngine,
    wait_until_finished: WaitUntilFinished,
    caplog: pytest.LogCaptureFixture,
    kind: str,
    inputs: dict[str, Any],
    header: str,
    value: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    credential = make_credential(kind, inputs=inputs)
    run = run_with(endpoint.url + "/echo", credential, headers={header.lower(): "of the template"})

    start_engine()

    [done] = wait_until_finished(run)
    [sent] = endpoint.requests
    assert sent["headers"].getall(header) == [value]
    assert done.attempts.get().request["headers"][header] == "$encrypted$"
    if value != "abc":
        assert_nowhere(caplog.text, SECRET, value)


def assert_nowhere(log: str, *secrets: str) -> None:
    """No table, and nothing that was logged, has one of these texts."""
    rows = "".join(serializers.serialize("json", model._default_manager.all()) for model in apps.get_models())
    assert "$encrypted$" in rows
    for secret in secrets:
        assert secret not in rows
        assert secret not in log


def test_body_is_signed(
    endpoint: Endpoint, start_engine: StartEngine, wait_until_finished: WaitUntilFinished
) -> None:
    key = b"k" * 32
    text = "whsec_" + base64.b64encode(key).decode()
    run = run_with(endpoint.url + "/ok", make_credential("http_hmac", inputs={"secret": text}))

    start_engine()
    wait_until_finished(run)

    [sent] = endpoint.requests
    headers = sent["headers"]
    signed = f"{run.run_id}.{headers['webhook-timestamp']}.".encode() + sent["body"]
    expected = base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
    assert headers["webhook-id"] == str(run.run_id)
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert abs(int(headers["webhook-timestamp"]) - datetime.now(UTC).timestamp()) < 60


def test_each_attempt_is_signed_anew_for_the_same_message(
    endpoint: Endpoint, start_engine: StartEngine, wait_until_finished: WaitUntilFinished
) -> None:
    secrets = ["whsec_" + base64.b64encode(key * 32).decode() for key in (b"o", b"n")]
    signing = [make_credential("http_hmac", inputs={"secret": secret}) for secret in secrets]
    endpoint.answers = [503, 503, 200]
    policy = {"max_attempts": 3, "retry_initial_interval": 0}
    run = run_with(endpoint.url + "/ok", *signing, extra_vars={"city": "Köln"}, policy=policy)

    start_engine()
    [done] = wait_until_finished(run)

    assert (done.status, done.attempts_made) == (Status.SUCCESSFUL, 3)
    for number, sent in enumerate(endpoint.requests, start=1):
        # Whoever has either key accepts it.
        for secret in secrets:
            told = Webhook(secret).verify(sent["body"], dict(sent["headers"]))
            assert (told["city"], told["attempt"]) == ("Köln", number)
        with pytest.raises(WebhookVerificationError):
            Webhook(secrets[0]).verify(sent["body"] + b" ", dict(sent["headers"]))
    assert {sent["headers"]["webhook-id"] for sent in endpoint.requests} == {str(run.run_id)}
    for attempt in done.attempts.all():
        assert attempt.request["headers"]["webhook-signature"] == "$encrypted$"


@pytest.mark.parametrize("secret", ["whsec_", "whsec_not base64"])
def test_key_that_cannot_sign_is_not_used(
    endpoint: Endpoint, start_engine: StartEngine, wait_until_finished: WaitUntilFinished, secret: str
) -> None:
    run = run_with(endpoint.url + "/ok", make_credential("http_hmac", inputs={"secret": secret}))

    start_engine()
    [done] = wait_until_finished(run)

    assert (done.status, done.failure_reason) == (Status.ERROR, Outcome.INVALID_REQUEST)
    assert endpoint.requests == []


def oauth(endpoint: Endpoint, *, seconds: int, **inputs: str) -> Credential:
    given = {
        "token_url": f"{endpoint.url}/token/{seconds}",
        "client_id": "belfry",
        "client_secret": SECRET,
        "scope": "jobs:run",
    }
    return make_credential("oauth2_client_credentials", inputs=given | inputs)


def test_token_is_fetched_once_and_kept_in_memory(
    endpoint: Endpoint,
    start_engine: StartEngine,
    wait_until_finished: WaitUntilFinished,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    credential = oauth(endpoint, seconds=600)
    runs = [run_with(endpoint.url + "/echo", credential) for _ in range(5)]

    start_engine()
    done = wait_until_finished(*runs)

    assert {run.status for run in done} == {"successful"}
    assert len(endpoint.tokens) == 1
    [asked] = [sent for sent in endpoint.requests if sent["path"].startswith("/token")]
    pair = base64.b64encode(f"belfry:{SECRET}".encode()).decode()
    assert asked["headers"]["Authorization"] == f"Basic {pair}"
    assert asked["body"] == b"grant_type=client_credentials&scope=jobs%3Arun"
    called = [sent for sent in endpoint.requests if sent["path"] == "/echo"]
    assert {sent["headers"]["Authorization"] for sent in called} == {f"Bearer {endpoint.tokens[0]}"}
    assert_nowhere(caplog.text, SECRET, pair, endpoint.tokens[0])


def test_token_that_has_expired_is_fetched_anew(
    endpoint: Endpoint, start_engine: StartEngine, wait_until_finished: WaitUntilFinished
) -> None:
    credential = oauth(endpoint, seconds=1, client_auth="body")
    start_engine()

    for _ in range(2):
        wait_until_finished(run_with(endpoint.url + "/ok", credential))

    assert len(endpoint.tokens) == 2
    [asked, _] = [sent for sent in endpoint.requests if sent["path"].startswith("/token")]
    assert b"client_id=belfry&client_secret=" in asked["body"]
    assert "Authorization" not in asked["headers"]


@pytest.mark.parametrize(
    ("path", "reason", "words"),
    [
        ("/status/401", "invalid_request", "its token URL answered 401 without a token."),
        ("/status/503", "connect", "its token URL answered 503."),
        ("/bytes", "invalid_request", "its token URL answered 200 without a JSON object."),
    ],
)
def test_run_without_a_token_says_why(
    *,
    endpoint: Endpoint,
    start_engine: StartEngine,
    wait_until_finished: WaitUntilFinished,
    path: str,
    reason: str,
    words: str,
) -> None:
    run = run_with(endpoint.url + "/ok", oauth(endpoint, seconds=1, token_url=endpoint.url + path))

    start_engine()
    [done] = wait_until_finished(run)

    assert done.failure_reason == reason
    assert words in done.attempts.get().error
    assert [sent["path"] for sent in endpoint.requests] == [path]


def test_own_type_gives_headers_and_parameters(
    endpoint: Endpoint, start_engine: StartEngine, wait_until_finished: WaitUntilFinished
) -> None:
    own = make_type(injectors={"headers": {"X-Api": "v1 {{ a }}"}, "extra_vars": {"key": {"of": "{{a}}"}}})
    run = run_with(endpoint.url + "/ok", make_credential(own, inputs={"a": "<&"}), extra_vars={"b": 1})

    start_engine()
    [done] = wait_until_finished(run)

    [sent] = endpoint.requests
    assert sent["headers"]["X-Api"] == "v1 <&"
    body = json.loads(sent["body"])
    assert (body["key"], body["b"]) == ({"of": "<&"}, 1)
    recorded = done.attempts.get().request
    assert recorded["headers"]["X-Api"] == "$encrypted$"
    assert json.loads(recorded["body"])["key"] == "$encrypted$"
    assert done.extra_vars == {"b": 1}


def test_credential_that_is_gone_stops_the_call(
    endpoint: Endpoint, start_engine: StartEngine, wait_until_finished: WaitUntilFinished
) -> None:
    credential = make_credential("http_bearer", inputs={"token": SECRET})
    run = run_with(endpoint.url + "/ok", credential)
    credential.delete()

    start_engine()
    [done] = wait_until_finished(run)

    assert (done.status, done.failure_reason) == ("error", "invalid_request")
    assert endpoint.requests == []


def test_credentials_of_a_batch_are_opened_in_one_statement() -> None:
    costs = []
    for number in (1, 5):
        for _ in range(number):
            credential = make_credential("http_bearer", inputs={"token": SECRET})
            run_with("http://127.0.0.1:9/", credential, status=Status.WAITING)
        with CaptureQueriesContext(connection) as captured:
            claimed = claim("owner", node="node", limit=10, lease_seconds=30)
        assert len(claimed) == number
        assert SECRET not in repr(claimed)
        costs.append(len(captured))

    assert costs[0] == costs[1]


Pair = tuple[str, str]


def pem_pair(issuer: tuple[x509.Certificate, Any] | None = None) -> tuple[x509.Certificate, Any]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "belfry" if issuer else "authority")])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder(
            issuer[0].subject if issuer else name, name, key.public_key(), x509.random_serial_number()
        )
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
    )
    return builder.sign(issuer[1] if issuer else key, hashes.SHA256()), key


def texts(pair: tuple[x509.Certificate, Any], passphrase: bytes | None = None) -> Pair:
    lock: Any = (
        serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
    )
    key = pair[1].private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, lock)
    return pair[0].public_bytes(serialization.Encoding.PEM).decode(), key.decode()


@pytest.fixture
def guarded_endpoint(tmp_path: Path) -> Iterator[tuple[Endpoint, tuple[x509.Certificate, Any]]]:
    """A service that talks only to whoever has a certificate of its authority."""
    authority = pem_pair()
    certificate, key = texts(pem_pair(authority))
    path = tmp_path / "server.pem"
    path.write_text(key + certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    context.load_verify_locations(cadata=texts(authority)[0])
    context.verify_mode = ssl.CERT_REQUIRED
    with Endpoint(context) as running:
        yield running, authority


def test_certificate_is_shown_to_the_endpoint(
    guarded_endpoint: tuple[Endpoint, Any],
    start_engine: StartEngine,
    wait_until_finished: WaitUntilFinished,
) -> None:
    endpoint, authority = guarded_endpoint
    certificate, key = texts(pem_pair(authority), b"open sesame")
    inputs = {"certificate": certificate, "private_key": key, "passphrase": "open sesame"}
    with_it = run_with(endpoint.url + "/ok", make_credential("mtls", inputs=inputs), verify_ssl=False)
    wrong = inputs | {"passphrase": "wrong"}
    locked = run_with(endpoint.url + "/ok", make_credential("mtls", inputs=wrong), verify_ssl=False)
    without = run_with(endpoint.url + "/ok", verify_ssl=False)

    start_engine()
    done = wait_until_finished(with_it, locked, without)

    assert [run.status for run in done][:2] == ["successful", "error"]
    assert done[1].failure_reason == "invalid_request"
    assert done[2].failed
    assert len(endpoint.requests) == 1


@pytest.mark.parametrize("shows_certificate", [False, True])
def test_private_authority_is_trusted_where_a_credential_names_it(
    shows_certificate: bool,
    tmp_path: Path,
    start_engine: StartEngine,
    wait_until_finished: WaitUntilFinished,
) -> None:
    ours, theirs = authority(), authority()
    client = signed_by(ours)
    own = {"certificate": client.pem, "private_key": client.key_pem}
    shown = [make_credential("mtls", inputs=own)] if shows_certificate else []
    context = server_context(signed_by(ours), tmp_path, clients_of=ours if shows_certificate else None)
    with Endpoint(context) as endpoint:
        runs = [
            run_with(endpoint.url + "/ok", *shown, *trusted)
            for trusted in (
                [make_credential("certificate_authority", inputs={"ca": theirs.pem + ours.pem})],
                [make_credential("certificate_authority", inputs={"ca": theirs.pem})],
                [],
            )
        ]

        start_engine()
        done = wait_until_finished(*runs)

    assert [(run.status, run.failure_reason) for run in done] == [
        ("successful", ""),
        ("failed", "tls"),
        ("failed", "tls"),
    ]
    assert len(endpoint.requests) == 1
