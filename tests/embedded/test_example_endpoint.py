import json
from collections.abc import Iterator

import httpx
import pytest

from embedded.commands import example_endpoint
from embedded.environment import for_example
from embedded.ports import bind, url_of
from embedded.processes import end, spawn, wait_until
from tests.embedded.launched import PATIENCE


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    log = tmp_path_factory.mktemp("example") / "log"
    with bind("127.0.0.1", 0) as bound, log.open("ab") as output:
        process = spawn(example_endpoint(for_example(), bound.fileno()), output)
        try:
            with httpx.Client(base_url=url_of(bound), timeout=PATIENCE, trust_env=False) as client:
                assert wait_until(lambda: answers(client), PATIENCE)
                yield client
        finally:
            end(process)


def answers(client: httpx.Client) -> bool:
    try:
        return client.get("/").status_code == 200
    except httpx.TransportError:
        return False


def test_job_answers_with_what_it_received(service: httpx.Client) -> None:
    answer = service.post("/jobs/hello", json={"runId": "7", "dryRun": False, "items": [1, 2, 3]})

    body = answer.json()
    assert answer.status_code == 200
    assert body.pop("durationMs") >= 0
    assert body == {
        "status": "ok",
        "processed": 3,
        "received": {"runId": "7", "dryRun": False, "items": [1, 2, 3]},
    }


def test_job_has_the_name_of_awxs_playbook_too(service: httpx.Client) -> None:
    assert service.post("/hello_world.yml", json={}).status_code == 200


def test_dry_run_processes_nothing(service: httpx.Client) -> None:
    body = service.post("/jobs/hello", json={"dryRun": True}, headers={"Authorization": "Bearer x"}).json()

    assert body["processed"] == 0


@pytest.mark.parametrize("content", [b"[1]", b"{", b"\xff", json.dumps({"a": "x" * 1_000_000}).encode()])
def test_other_bodies_are_refused(service: httpx.Client, content: bytes) -> None:
    answer = service.post("/jobs/hello", content=content)

    assert (answer.status_code, answer.json()["status"]) == (400, "error")


def test_other_paths_are_not_there(service: httpx.Client) -> None:
    assert service.post("/jobs/other", json={}).status_code == 404
    assert service.get("/jobs/hello").status_code == 404
