"""Runs whose secrets are kept in a Vault: looked up for the call, once for a batch, and recorded nowhere."""

import logging
from collections.abc import Iterator

import pytest

from credentials.models import Credential, CredentialInputSource
from tests.endpoint import Endpoint
from tests.factories.credentials import make_credential
from tests.jobs.execution.conftest import StartEngine, WaitUntilFinished
from tests.jobs.execution.test_credentials import assert_nowhere, run_with
from tests.vault import TOKEN, Vault

pytestmark = pytest.mark.django_db(transaction=True)

SECRET = "pl41n-s3cret-v4lue"


@pytest.fixture
def vault() -> Iterator[Vault]:
    with Vault() as running:
        running.secrets["kv/data/app"] = {"data": {"token": SECRET}}
        yield running


def looked_up_in(url: str, **metadata: str) -> Credential:
    """A bearer token that a Vault keeps."""
    target = make_credential("http_bearer", inputs={"token": "what the look-up replaces"})
    source = make_credential(
        "hashivault_kv", name="vault", inputs={"url": url, "token": TOKEN, "api_version": "v2"}
    )
    metadata = {"secret_path": "kv/app", "secret_key": "token"} | metadata
    CredentialInputSource.objects.create(
        target_credential=target, source_credential=source, input_field_name="token", metadata=metadata
    )
    return target


def test_batch_looks_up_once_and_nothing_is_recorded(
    endpoint: Endpoint,
    vault: Vault,
    start_engine: StartEngine,
    wait_until_finished: WaitUntilFinished,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    credential = looked_up_in(vault.url)
    runs = [run_with(endpoint.url + "/echo", credential) for _ in range(8)]

    start_engine()
    done = wait_until_finished(*runs)

    assert {run.status for run in done} == {"successful"}
    assert {sent["headers"]["Authorization"] for sent in endpoint.requests} == {f"Bearer {SECRET}"}
    assert vault.asked == ["kv/data/app"]
    assert_nowhere(caplog.text, SECRET, TOKEN)


@pytest.mark.parametrize(
    ("metadata", "words"),
    [
        ({"secret_path": "kv/none"}, "Vault answered 404 to GET /v1/kv/data/none."),
        ({"secret_key": "none"}, "none is not present at kv/app."),
    ],
)
def test_failed_look_up_ends_the_attempt_and_says_why(
    *,
    endpoint: Endpoint,
    vault: Vault,
    start_engine: StartEngine,
    wait_until_finished: WaitUntilFinished,
    metadata: dict[str, str],
    words: str,
) -> None:
    run = run_with(endpoint.url + "/ok", looked_up_in(vault.url, **metadata))

    start_engine()
    [done] = wait_until_finished(run)

    assert (done.status, done.failure_reason) == ("failed", "connect")
    assert done.attempts.get().error == f"The look-up by the credential 'vault' failed: {words}"
    assert endpoint.requests == []


def test_other_runs_go_on_while_a_vault_is_silent(
    endpoint: Endpoint, start_engine: StartEngine, wait_until_finished: WaitUntilFinished
) -> None:
    waiting = run_with(endpoint.url + "/ok", looked_up_in(endpoint.url + "/hold"), timeout=600)
    other = run_with(endpoint.url + "/ok")

    start_engine()
    wait_until_finished(other)

    waiting.refresh_from_db()
    assert waiting.status == "running"


def test_silence_of_a_vault_ends_with_the_time_of_the_call(
    endpoint: Endpoint, start_engine: StartEngine, wait_until_finished: WaitUntilFinished
) -> None:
    run = run_with(endpoint.url + "/ok", looked_up_in(endpoint.url + "/hold"), timeout=1)

    start_engine()

    [done] = wait_until_finished(run)
    assert (done.status, done.failure_reason) == ("failed", "timeout")
