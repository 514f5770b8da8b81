"""`python -m embedded` runs Belfry; `python -m embedded manage …` runs a management command on its data."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from embedded import commands, environment
from embedded.console import Console
from embedded.data_directory import DataDirectory
from embedded.errors import AlreadyRuns, CannotStart
from embedded.options import Options
from embedded.postgres import Postgres
from embedded.secret_files import kept_secret
from embedded.supervisor import Supervisor
from embedded.valkey import Valkey

PROJECT = Path(__file__).resolve().parent.parent
USAGE = "usage: python -m embedded [run | manage COMMAND …]"


def main(arguments: list[str], project_dir: Path = PROJECT) -> int:
    """The exit status of the run, or of the command."""
    act: Callable[[Options, list[str]], int]
    match arguments:
        case [] | ["run"]:
            act = _run
        case ["manage", _, *_]:
            act = _manage
        case _:
            print(USAGE, file=sys.stderr)
            return 2
    try:
        return act(Options.from_environment(os.environ, project_dir), arguments[1:])
    except CannotStart as error:
        print(error, file=sys.stderr)
        return 1


def _run(options: Options, _arguments: list[str]) -> int:
    console = Console()
    console.say(f"Belfry starts, with its data in {options.data_dir}")
    return Supervisor(options, os.environ, console).run()


def _manage(options: Options, arguments: list[str]) -> int:
    """On the engines of the Belfry that runs on the data directory, else on engines of its own."""

    def run(settings: dict[str, str]) -> int:
        command = commands.manage(options.project_dir, settings, arguments)
        return subprocess.run(
            command.argv, env=command.environment, cwd=command.directory, check=False
        ).returncode

    try:
        return Supervisor(options, os.environ, Console(sys.stderr)).run_command(run)
    except AlreadyRuns:
        return run(_settings_of_the_running(options))


def _settings_of_the_running(options: Options) -> dict[str, str]:
    data = DataDirectory(options.data_dir)
    password = kept_secret(data.path / "database_password")
    return environment.for_processes(
        os.environ,
        options,
        database_url=options.database_url or Postgres(data.postgres, data.sockets(), password, data.logs).url,
        redis_url=options.redis_url or Valkey(data.sockets(), data.logs).url,
        secret_key=options.secret_key or kept_secret(data.path / "secret_key"),
        example_url=None,
        web_url=None,
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
