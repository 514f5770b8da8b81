"""How each of Belfry's own processes is started."""

import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from embedded.processes import Command, StopSteps

WEB = "scheduler_project.web"
CELERY_APPLICATION = "scheduler_project"
WORKER = "scheduler_project.worker"

# SIGTERM is the warm shutdown of a Celery worker: it takes no more, and lets what runs come to its end.
STOP_WORKER: StopSteps = ((signal.SIGTERM, 30.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0))
# Longer than it gives its requests.
STOP_WEB: StopSteps = ((signal.SIGTERM, 10.0), (signal.SIGKILL, 5.0))
STOP_SMALL: StopSteps = ((signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0))


def web(project: Path, environment: Mapping[str, str], socket_fd: int) -> Command:
    """One process of threads, which does for a team, on a socket that is bound already; a second would cost as much."""
    return Command(
        name="web",
        argv=_python("-m", WEB, str(socket_fd)),
        environment=environment,
        directory=project,
        fds=(socket_fd,),
        stop=STOP_WEB,
    )


def worker(project: Path, environment: Mapping[str, str], beat_schedule: Path | None) -> Command:
    """A Celery worker, with beat inside if it is told where beat keeps its times."""
    beat = () if beat_schedule is None else ("--beat-schedule", str(beat_schedule))
    return Command(
        name="worker",
        argv=_python("-m", WORKER, *beat),
        environment=environment,
        directory=project,
        stop=STOP_WORKER,
    )


def beat(project: Path, environment: Mapping[str, str], beat_schedule: Path) -> Command:
    """Celery's beat alone."""
    return Command(
        name="beat",
        # Quiet: without the banner, which is no line of a log.
        argv=_python(
            *("-m", "celery", "--quiet", "-A", CELERY_APPLICATION),
            *("beat", "-s", str(beat_schedule), "--pidfile", "", "--loglevel", "INFO"),
        ),
        environment=environment,
        directory=project,
        stop=STOP_SMALL,
    )


def example_endpoint(environment: Mapping[str, str], socket_fd: int) -> Command:
    """The service that the demonstration calls, on a socket that is bound already."""
    return Command(
        name="example",
        argv=_python("-m", "embedded.example_endpoint", str(socket_fd)),
        environment=environment,
        directory=Path(__file__).resolve().parent.parent,
        fds=(socket_fd,),
        stop=STOP_SMALL,
    )


def manage(project: Path, environment: Mapping[str, str], arguments: Sequence[str]) -> Command:
    """One of the project's management commands."""
    return Command(
        name=arguments[0],
        argv=_python(str(project / "manage.py"), *arguments),
        environment=environment,
        directory=project,
        stop=STOP_SMALL,
    )


def _python(*arguments: str) -> tuple[str, ...]:
    return (sys.executable, *arguments)
