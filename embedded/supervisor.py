"""The parent: starts everything in order, keeps it running, and ends it in order."""

import signal
import socket
import time
from collections.abc import Callable, Mapping

from embedded import commands, environment
from embedded.console import Console
from embedded.data_directory import DataDirectory
from embedded.errors import CannotStart, StopRequested
from embedded.first_administrator import first_administrator
from embedded.guarding import Guarding
from embedded.listening import silent_place
from embedded.logs import cut_long_logs
from embedded.options import Options
from embedded.ping import answers
from embedded.ports import bind, bind_kept, url_of
from embedded.postgres import Postgres
from embedded.processes import Command, last_lines
from embedded.secret_files import kept_secret
from embedded.services import CommandService, Kept, PostgresService, Service, ValkeyService
from embedded.signals import Signals
from embedded.valkey import Valkey

SECONDS_BETWEEN_LOOKS = 5.0
SECONDS_BETWEEN_PINGS = 0.1
SECONDS_UNTIL_WORRY = 60.0


class Supervisor:
    """One run of Belfry under one parent. Call `run()` or `run_command()`, once, in the main thread."""

    def __init__(self, options: Options, caller: Mapping[str, str], console: Console) -> None:
        self._options = options
        self._caller = caller
        self._console = console
        self._data = DataDirectory(options.data_dir)
        self._signals = Signals()
        # In the order in which they started; they end in the reverse order.
        self._kept: list[Kept] = []
        self._guarding: Guarding | None = None
        self._web: socket.socket | None = None
        self._example: socket.socket | None = None

    def run(self) -> int:
        """Start, supervise until somebody asks to stop, stop; the exit status."""
        try:
            self._take_data_directory()
            if "web" in self._options.processes:
                self._web = bind(self._options.host, self._options.port)
            self._look_for_broker()
            settings = self._start_engines(with_example=True)
            administrator = first_administrator(self._data.path, self._options.admin_password)
            self._run_step("migrate", settings, "--no-input")
            self._run_step("bootstrap", environment.for_bootstrap(settings, administrator.password))
            self._start_processes(settings)
            self._supervise(f"User      admin\nPassword  {administrator.where}")
        except CannotStart as error:
            self._console.say(f"Belfry did not start. {error}")
            return 1
        except StopRequested:
            return 0
        else:
            return 0
        finally:
            self._stop()

    def _look_for_broker(self) -> None:
        """Say so where nothing listens: whatever needs it waits for it."""
        place = silent_place(self._options.redis_url) if self._options.redis_url is not None else None
        if place is not None:
            self._console.say(f"  REDIS_URL leads to {place}, where nothing listens. Belfry waits for it.")

    def run_command(self, run: Callable[[dict[str, str]], int]) -> int:
        """Start the engines alone, run one thing with the settings that it needs, stop; its exit status.

        Raises AlreadyRuns where a Belfry has the data directory, CannotStart where an engine fails.
        """
        try:
            self._take_data_directory()
            return run(self._start_engines(with_example=False))
        except StopRequested:
            return 1
        finally:
            self._stop()

    def _take_data_directory(self) -> None:
        self._data.create()
        self._data.lock(self._console.say, self._signals.pause)
        cut_long_logs(self._data.logs)

    def _start_engines(self, *, with_example: bool) -> dict[str, str]:
        """Start the engines that no URL was given for; the environment of Belfry's own processes."""
        assert self._data.lock_fd is not None
        self._guarding = Guarding(self._data.lock_fd)
        options, logs = self._options, self._data.logs
        database_url, redis_url, example_url = options.database_url, options.redis_url, None
        if database_url is None:
            password = kept_secret(self._data.path / "database_password")
            server = Postgres(
                self._data.postgres, self._data.sockets(), password, logs / "postgres.log", frugal=True
            )
            postgres = PostgresService(server)
            with self._console.step("PostgreSQL") as remarks:
                self._start_service(postgres)
                remarks.append("a new database" if postgres.is_new else "with the data of last time")
            database_url = server.url
            if with_example:
                self._example = bind_kept(self._data.path / "example_endpoint_port")
                example_url = url_of(self._example)
        if redis_url is None:
            valkey = Valkey(self._data.sockets(), logs / "valkey.log")
            with self._console.step("Valkey"):
                self._start_service(ValkeyService(valkey))
            redis_url = valkey.url
        return environment.for_processes(
            self._caller,
            options,
            database_url=database_url,
            redis_url=redis_url,
            secret_key=options.secret_key or kept_secret(self._data.path / "secret_key"),
            example_url=example_url,
            web_url=url_of(self._web) if self._web is not None else None,
        )

    def _start_processes(self, settings: Mapping[str, str]) -> None:
        """Start what was asked for, so that the reverse order is: beat, worker, web, the example service."""
        project, processes, schedule = (
            self._options.project_dir,
            self._options.processes,
            self._data.beat_schedule,
        )
        if self._example is not None:
            self._start_command(commands.example_endpoint(environment.for_example(), self._example.fileno()))
        if self._web is not None:
            self._start_command(commands.web(project, settings, self._web.fileno()))
        if "worker" in processes:
            with_beat = "beat" in processes
            self._start_command(commands.worker(project, settings, schedule if with_beat else None))
        elif "beat" in processes:
            self._start_command(commands.beat(project, settings, schedule))

    def _start_command(self, command: Command) -> None:
        self._start_service(CommandService(command, self._data.logs))

    def _start_service(self, service: Service) -> None:
        kept = Kept(service)
        self._kept.append(kept)
        kept.start(self._pause)
        self._tell_guardian()

    def _run_step(self, name: str, settings: Mapping[str, str], *arguments: str) -> None:
        """Run a management command to its end; raises CannotStart with its last words if it fails."""
        command = commands.manage(self._options.project_dir, settings, (name, *arguments))
        service = CommandService(command, self._data.logs)
        kept = Kept(service)
        with self._console.step(name):
            self._kept.append(kept)
            kept.start(self._pause)
            process = service.process
            assert process is not None
            while process.poll() is None:
                self._pause(SECONDS_BETWEEN_LOOKS)
            self._kept.remove(kept)
            if process.returncode != 0:
                words = "\n".join(last_lines(service.log, since=service.said_before))
                raise CannotStart(
                    f"`manage.py {name}` failed; {service.log} has all of it. It ends:\n{words}"
                )

    def _supervise(self, access: str) -> None:
        """Keep everything running; returns by StopRequested only."""
        started = time.monotonic()
        ready = worried = False
        while True:
            for kept in self._kept:
                self._look_after(kept)
            if not ready and self._answers():
                ready = True
                self._announce(time.monotonic() - started, access)
            elif not ready and not worried and time.monotonic() - started > SECONDS_UNTIL_WORRY:
                worried = True
                self._console.say(f"  web is not ready yet; {self._data.logs / 'web.log'} says why")
            cut_long_logs(self._data.logs)
            self._pause(self._seconds_to_next_look(SECONDS_BETWEEN_LOOKS if ready else SECONDS_BETWEEN_PINGS))

    def _answers(self) -> bool:
        """Whether the web process answers; true where none was asked for."""
        return self._web is None or answers(url_of(self._web))

    def _look_after(self, kept: Kept) -> None:
        """Take note of a death, say so, and start again what has waited long enough."""
        if kept.has_died:
            process = kept.service.process
            assert process is not None
            # It may have left children of its own.
            kept.stop(lambda: False)
            delay = kept.plan_restart()
            self._console.say(
                f"  {kept.service.name} ended ({_how(process.returncode)}); started again in {delay:.0f} s"
            )
            if kept.failures == 1:
                self._console.say(f"  The end of {kept.service.log}:")
                self._console.lines(last_lines(kept.service.log))
        elif kept.restart_at is not None and time.monotonic() >= kept.restart_at:
            try:
                kept.start(self._pause)
                self._console.say(f"  {kept.service.name} started again")
            except CannotStart as error:
                delay = kept.plan_restart()
                self._console.say(f"  {kept.service.name}: tried again in {delay:.0f} s. {error}")

    def _seconds_to_next_look(self, longest: float) -> float:
        waits = [kept.restart_at - time.monotonic() for kept in self._kept if kept.restart_at is not None]
        return max(0.0, min([longest, *waits]))

    def _announce(self, seconds: float, access: str) -> None:
        url = [] if self._web is None else [f"URL       {url_of(self._web)}/"]
        self._console.say(f"\nBelfry is ready, {seconds:.1f} s after its processes started.")
        for line in (*url, *access.splitlines(), f"Logs      {self._data.logs}"):
            self._console.say(f"  {line}")
        self._console.say("  Ctrl-C ends it.\n")

    def _pause(self, seconds: float) -> None:
        """Wait for a signal or that long, with a guardian that knows what runs; raises StopRequested."""
        self._tell_guardian()
        self._signals.pause(seconds)

    def _tell_guardian(self) -> None:
        assert self._guarding is not None
        processes = ((kept.service.process, kept.service.stop_steps) for kept in reversed(self._kept))
        self._guarding.watch((process.pid, steps) for process, steps in processes if process is not None)

    def _stop(self) -> None:
        """End everything, the last started first, each within its bound; a second request cuts the bounds."""
        if self._kept:
            self._console.say("Belfry ends: what runs comes to its end first (Ctrl-C again: at once).")
        while self._kept:
            kept = self._kept[-1]
            kept.stop(lambda: self._signals.in_haste)
            self._kept.pop()
            self._console.say(f"  {kept.service.name} ended")
        if self._guarding is not None:
            self._guarding.watch([])
            self._guarding.close()


def _how(status: int) -> str:
    """An exit status in words; negative is the number of the signal that killed it."""
    return f"killed by {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"
