from pathlib import Path
from urllib.parse import unquote

import environ
from psycopg.conninfo import conninfo_to_dict

from embedded.environment import for_bootstrap, for_processes
from embedded.options import Options
from embedded.postgres import Postgres
from embedded.valkey import Valkey


def settings(
    caller: dict[str, str],
    example_url: str | None = "http://127.0.0.1:8081",
    web_url: str | None = "http://127.0.0.1:8000",
) -> dict[str, str]:
    return for_processes(
        caller,
        Options.from_environment(caller, Path("/srv/belfry")),
        database_url="postgresql:///belfry",
        redis_url="unix:///run/valkey.sock",
        secret_key="key",
        example_url=example_url,
        web_url=web_url,
    )


def test_example_service_is_allowed_beside_what_the_user_allows() -> None:
    made = settings({"OUTBOUND_ALLOWED_NETWORKS": "10.0.0.0/8"})

    assert made["OUTBOUND_ALLOWED_NETWORKS"] == "10.0.0.0/8,127.0.0.1:8081"
    assert made["DEMO_ENDPOINT_URL"] == "http://127.0.0.1:8081"


def test_nothing_is_allowed_where_nobody_asks() -> None:
    assert "OUTBOUND_ALLOWED_NETWORKS" not in settings({}, example_url=None)


def test_caller_keeps_its_other_variables() -> None:
    assert settings({"AWX_CONTRACT": "server"})["AWX_CONTRACT"] == "server"


def test_links_lead_to_the_port_that_is_listened_on() -> None:
    assert settings({}, web_url="http://127.0.0.1:8077")["BELFRY_URL"] == "http://127.0.0.1:8077"
    assert "BELFRY_URL" not in settings({}, web_url=None)


def test_links_lead_where_the_caller_says() -> None:
    assert (
        settings({"BELFRY_URL": "https://belfry.example.com"})["BELFRY_URL"] == "https://belfry.example.com"
    )
    assert "BELFRY_URL" not in settings({"BELFRY_URL_FILE": "/run/secrets/url"})


def test_first_password_is_for_bootstrap_only() -> None:
    made = settings({"BELFRY_ADMIN_PASSWORD": "secret"})

    assert "BELFRY_ADMIN_PASSWORD" not in made
    assert for_bootstrap(made, "secret")["BELFRY_ADMIN_PASSWORD"] == "secret"
    assert for_bootstrap(made, None) == made


def test_django_and_libpq_read_the_url_of_a_socket_with_capitals_blanks_and_signs() -> None:
    server = Postgres(Path("/x"), Path("/srv/My Data/100%/run"), "p@ss/wörd%?", Path("/x"))

    read = environ.Env.db_url_config(server.url)
    libpq = conninfo_to_dict(server.url)

    assert (read["USER"], read["PASSWORD"], read["NAME"]) == ("belfry", "p@ss/wörd%?", "belfry")
    assert unquote(read["HOST"]) == libpq["host"] == "/srv/My Data/100%/run/postgres"


def test_redis_url_names_the_socket() -> None:
    assert Valkey(Path("/srv/run"), Path("/x")).url == "unix:///srv/run/valkey.sock?db=0"
