import os
import signal
import socket
from pathlib import Path
from urllib.error import URLError

import pytest

from embedded.running_processes import processes_with
from tests.embedded.launched import Launched, eventually, is_running, launched

# Every test here starts real engines and processes.
pytestmark = pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks processes up in /proc")


def commands_run(data_dir: Path) -> list[str]:
    return (data_dir / "commands").read_text().splitlines()


def test_start_brings_up_everything_and_ctrl_c_ends_it(data_dir: Path) -> None:
    with launched(data_dir) as launcher:
        launcher.until_ready()
        pong = launcher.get()
        children = launcher.descendants()
        launcher.process.send_signal(signal.SIGINT)
        status = launcher.ends()

    assert pong == "1"
    assert status == 0
    eventually(lambda: not [children[pid] for pid in children if is_running(pid)])
    wanted = (
        "postgres",
        "valkey-server",
        "scheduler_project.web",
        "scheduler_project.worker",
        "example_endpoint",
        "guardian.py",
    )
    assert [word for word in wanted if not any(word in command for command in children.values())] == []


def test_engines_end_after_those_that_use_them(data_dir: Path) -> None:
    with launched(data_dir) as launcher:
        launcher.until_ready()
        launcher.process.send_signal(signal.SIGTERM)
        launcher.ends()

    ended = [line.split()[0] for line in launcher.output.splitlines() if line.endswith(" ended")]
    assert ended == ["worker", "web", "example", "valkey", "postgres"]


def test_password_is_never_printed(data_dir: Path) -> None:
    with launched(data_dir) as launcher:
        launcher.until_ready()

    password = (data_dir / "admin_password").read_text().strip()
    assert f"bootstrap password={password}" in commands_run(data_dir)
    assert str(data_dir / "admin_password") in launcher.output
    assert password not in launcher.output


def test_second_start_keeps_the_data_and_the_secrets(data_dir: Path) -> None:
    with launched(data_dir) as first:
        first.until_ready()
    kept = {path.name: path.read_text() for path in data_dir.iterdir() if "password" in path.name}

    with launched(data_dir) as second:
        second.until_ready()
        pong = second.get()

    assert pong == "2"
    assert {name: (data_dir / name).read_text() for name in kept} == kept
    assert "with the data of last time" in second.output


def test_second_start_at_the_same_time_is_refused(data_dir: Path) -> None:
    with launched(data_dir) as first:
        first.until_ready()
        with launched(data_dir) as second:
            status = second.ends()
        pong = first.get()

    assert status == 1
    assert f"already runs on the data directory {data_dir} (process {first.process.pid})" in second.output
    assert pong == "1"


def test_killing_the_parent_ends_everything(data_dir: Path) -> None:
    with launched(data_dir) as launcher:
        launcher.until_ready()
        children = launcher.descendants()
        launcher.process.kill()
        launcher.ends()
        eventually(lambda: not any(is_running(pid) for pid in children))

    assert len(children) > 6


def test_start_right_after_the_parent_was_killed_waits_and_keeps_the_data(data_dir: Path) -> None:
    with launched(data_dir) as killed:
        killed.until_ready()
        killed.process.kill()
        killed.ends()

    with launched(data_dir) as launcher:
        launcher.until_ready()
        pong = launcher.get()

    assert pong == "2"


def test_killing_parent_and_guardian_still_ends_everything(data_dir: Path) -> None:
    with launched(data_dir) as launcher:
        launcher.until_ready()
        children = launcher.descendants()
        guardian = launcher.pid_of("guardian.py")
        os.kill(guardian, signal.SIGSTOP)
        launcher.process.kill()
        os.kill(guardian, signal.SIGKILL)
        launcher.ends()
        eventually(lambda: not any(is_running(pid) for pid in children))


def test_process_that_dies_is_started_again_and_it_is_said(data_dir: Path) -> None:
    with launched(data_dir) as launcher:
        launcher.until_ready()
        os.kill(launcher.pid_of("scheduler_project.web"), signal.SIGKILL)
        launcher.until("web ended (killed by SIGKILL)")
        launcher.until("web started again")
        eventually(lambda: answers(launcher))

    assert "started again in 1 s" in launcher.output


@pytest.mark.parametrize("engine", ["postgres", "valkey-server"])
def test_engine_that_dies_is_started_again(data_dir: Path, engine: str) -> None:
    with launched(data_dir) as launcher:
        launcher.until_ready()
        os.kill(launcher.pid_of(f"/{engine} "), signal.SIGKILL)
        launcher.until(f"{engine.partition('-')[0]} started again")
        eventually(lambda: answers(launcher))


def test_worker_that_is_killed_leaves_no_beat_behind(data_dir: Path) -> None:
    with launched(data_dir) as launcher:
        launcher.until_ready()
        workers = {
            pid for pid, command in launcher.descendants().items() if "scheduler_project.worker" in command
        }
        os.kill(launcher.pid_of("scheduler_project.worker"), signal.SIGKILL)
        launcher.until("worker started again")

        eventually(lambda: not any(is_running(pid) for pid in workers))


def test_taken_port_is_said_before_anything_is_started(data_dir: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with launched(data_dir, PORT=str(port)) as launcher:
            status = launcher.ends()

    assert status == 1
    assert f"Port {port} on 127.0.0.1 is taken; set PORT to another one." in launcher.output
    assert not (data_dir / "postgres").exists()


def test_given_urls_are_used_and_no_engine_is_started(data_dir: Path) -> None:
    urls = {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL")}
    with launched(data_dir, **urls) as launcher:
        launcher.until_ready()
        children = launcher.descendants().values()

    assert not [command for command in children if "valkey" in command or "postgres" in command]
    assert not (data_dir / "postgres").exists()
    assert "PostgreSQL" not in launcher.output


def test_one_given_url_leaves_the_other_engine(data_dir: Path) -> None:
    with launched(data_dir, REDIS_URL=os.environ["REDIS_URL"], PROCESSES="web") as launcher:
        launcher.until_ready()
        children = launcher.descendants().values()

    assert [command for command in children if "bin/postgres " in command]
    assert not [command for command in children if "valkey" in command]


def test_only_the_processes_that_were_asked_for_run(data_dir: Path) -> None:
    with launched(data_dir, PROCESSES="beat") as launcher:
        launcher.until_ready()
        ours = [command for command in launcher.descendants().values() if " -m " in command]

    assert (
        len([command for command in ours if " -m celery --quiet -A scheduler_project beat " in command]) == 1
    )
    assert not [
        command
        for command in ours
        if "scheduler_project.web" in command or "scheduler_project.worker" in command
    ]
    assert "URL" not in launcher.output


def test_given_password_goes_to_bootstrap_and_nowhere_else(data_dir: Path) -> None:
    with launched(data_dir, BELFRY_ADMIN_PASSWORD="of-my-own") as launcher:
        launcher.until_ready()
        environments = launcher.environments()

    assert len(environments) > 6
    assert commands_run(data_dir) == ["migrate --no-input password=None", "bootstrap password=of-my-own"]
    assert not [seen for seen in environments if b"of-my-own" in seen]
    assert not (data_dir / "admin_password").exists()


def test_step_that_fails_ends_the_start_with_its_words(data_dir: Path) -> None:
    with launched(data_dir, STAND_IN_FAILS="bootstrap") as launcher:
        status = launcher.ends()

    assert status == 1
    assert "`manage.py bootstrap` failed" in launcher.output
    assert "The stand-in was told to fail." in launcher.output
    assert not list((data_dir / "run").rglob("*.sock"))


def test_step_that_fails_again_tells_only_its_new_words(data_dir: Path) -> None:
    for _ in range(2):
        with launched(data_dir, STAND_IN_FAILS="migrate") as launcher:
            launcher.ends()

    assert launcher.output.count("The stand-in was told to fail.") == 1


def test_broker_where_nothing_listens_is_told_before_anything_is_started(data_dir: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{taken.getsockname()[1]}"
        with launched(data_dir, REDIS_URL=f"redis://:p4ssw0rd@{place}/0", PROCESSES="web") as launcher:
            launcher.until("migrate")

    told = launcher.output.partition("migrate")[0]
    assert f"REDIS_URL leads to {place}, where nothing listens." in told
    assert "p4ssw0rd" not in launcher.output


def test_management_command_finds_the_engines_of_a_running_belfry(data_dir: Path) -> None:
    with launched(data_dir) as launcher:
        launcher.until_ready()
        with launched(data_dir, "manage", "check") as command:
            status = command.ends()
        pong = launcher.get()

    assert (status, pong) == (0, "1")
    assert commands_run(data_dir)[-1] == "check password=None"


def test_management_command_starts_engines_of_its_own_and_ends_them(data_dir: Path) -> None:
    with launched(data_dir, "manage", "check") as command:
        status = command.ends()

    assert status == 0
    assert commands_run(data_dir) == ["check password=None"]
    inode = (data_dir / "postgres").stat()
    assert processes_with(f"belfry-{inode.st_dev:x}-{inode.st_ino:x}") == []


def answers(launcher: Launched) -> bool:
    try:
        return bool(launcher.get())
    except (URLError, OSError):
        return False
