"""docker-compose.yml and the Dockerfile, as far as they can be checked without an engine to run them."""

import ast
import re
from importlib import import_module, metadata
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import get_commands

REPOSITORY = Path(__file__).resolve().parent.parent
COMPOSE: dict[str, Any] = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = (REPOSITORY / "Dockerfile").read_text()
OURS = sorted(name for name, service in SERVICES.items() if "build" in service)
PINNED = re.compile(r"^[\w./-]+:\d+\.\d+(\.\d+)?(-[a-z]+)*$")
SETTING_READERS = {"str", "list", "choice", "switch", "whole_number", "web_address", "postgresql", "redis"}


def image_command() -> list[str]:
    written = re.search(r"^CMD (\[.*?\])$", DOCKERFILE.replace("\\\n", ""), re.MULTILINE)
    assert written
    return list(ast.literal_eval(written[1]))


def command_lines(service: dict[str, Any]) -> list[list[str]]:
    command = service.get("command") or image_command()
    if command[:2] == ["sh", "-c"]:
        return [line.split() for line in command[2].split("&&")]
    return [command]


def variables_read(path: Path) -> set[str]:
    """The first arguments of the calls that read a setting: `env.str("NAME")`, `choice("NAME", …)`."""
    calls = [
        node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call) and node.args
    ]
    named = [(call.func, call.args[0]) for call in calls]
    return {
        str(argument.value)
        for function, argument in named
        if isinstance(argument, ast.Constant)
        and (getattr(function, "attr", None) or getattr(function, "id", None)) in SETTING_READERS
    }


def test_production_is_these_services() -> None:
    assert set(SERVICES) == {"prepare", "web", "worker", "beat", "postgres", "redis"}
    assert OURS == ["beat", "prepare", "web", "worker"]


@pytest.mark.parametrize("name", SERVICES)
def test_image_is_pinned(name: str) -> None:
    assert PINNED.match(SERVICES[name]["image"])


def test_base_images_are_pinned() -> None:
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)

    assert len(set(bases)) == 1
    assert PINNED.match(bases[0])


@pytest.mark.parametrize("name", OURS)
def test_command_can_be_run(name: str) -> None:
    scripts = {entry.name for entry in metadata.entry_points(group="console_scripts")}
    for program, *arguments in command_lines(SERVICES[name]):
        if program == "python":
            assert arguments[0] == "manage.py"
            assert arguments[1] in get_commands()
        else:
            assert program in scripts


def test_applications_that_commands_name_are_there() -> None:
    gunicorn, celery = image_command(), SERVICES["worker"]["command"]
    module, _, attribute = gunicorn[1].partition(":")

    assert callable(getattr(import_module(module), attribute))
    assert import_module(celery[celery.index("-A") + 1] + ".celery").app.main == "belfry"


@pytest.mark.parametrize("name", OURS)
def test_variables_are_settings(name: str) -> None:
    known = variables_read(REPOSITORY / "scheduler_project" / "settings.py")
    if name == "prepare":
        known |= variables_read(REPOSITORY / "schedules" / "management" / "commands" / "bootstrap.py")

    assert set(SERVICES[name]["environment"]) - known == set()


@pytest.mark.parametrize("name", SERVICES)
def test_conditions_can_come_true(name: str) -> None:
    for other, dependency in SERVICES[name].get("depends_on", {}).items():
        service = SERVICES[other]
        if dependency["condition"] == "service_healthy":
            assert "test" in service["healthcheck"]
        else:
            assert dependency["condition"] == "service_completed_successfully"
            assert service["restart"] == "no"


@pytest.mark.parametrize("name", sorted(set(SERVICES) - {"prepare"}))
def test_service_has_a_health_check_and_comes_back(name: str) -> None:
    service = SERVICES[name]

    assert "test" in service.get("healthcheck", {}) or (name == "web" and "\nHEALTHCHECK " in DOCKERFILE)
    assert service["restart"] == "unless-stopped"


def test_secrets_have_no_default() -> None:
    used = set(re.findall(r"\$\{(\w+)(:?[-?]?)", (REPOSITORY / "docker-compose.yml").read_text()))

    required = {name for name, operator in used if operator == ":?"}
    assert required == {"SECRET_KEY", "POSTGRES_PASSWORD", "BELFRY_ADMIN_PASSWORD"}
    assert {operator for name, operator in used if name not in required} == {":-"}


def test_only_web_is_reachable_from_outside() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["web"]


def test_volumes_are_declared() -> None:
    used = {
        volume.partition(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])
    }

    assert used == set(COMPOSE["volumes"])


def test_image_runs_without_root_and_with_hashes() -> None:
    assert re.search(r"^USER belfry$", DOCKERFILE, re.MULTILINE)
    assert "--require-hashes" in DOCKERFILE
    assert DOCKERFILE.index("USER belfry") < DOCKERFILE.index("\nCMD ")


def test_image_holds_every_package_and_nothing_secret() -> None:
    kept = {
        line[1:] for line in (REPOSITORY / ".dockerignore").read_text().splitlines() if line.startswith("!")
    }
    packages = {path.parent.name for path in REPOSITORY.glob("*/__init__.py")} - {"bench", "tests"}

    assert packages | {"gunicorn.conf.py", "templates", "manage.py", "requirements/production.txt"} == kept
    assert all((REPOSITORY / path).exists() for path in kept)
