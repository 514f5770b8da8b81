"""Every secret, put in by every way there is, is looked for wherever anything can be read afterwards."""

import json
import logging
import re
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from psycopg.sql import SQL, Identifier
from rest_framework.test import APIClient

from credentials.models import Credential, CredentialType
from jobs.models import UnifiedJob
from tests.endpoint import Endpoint
from tests.factories.access import client_of, make_organization, make_superuser
from tests.jobs.execution.conftest import StartEngine, WaitUntilFinished
from tests.vault import Vault

pytestmark = pytest.mark.django_db(transaction=True)

PATH = re.compile(r"/api/v2/[a-z_/0-9]+/")
MOST_PATHS = 600


class Secrets:
    """Texts that occur nowhere else. Each is noted with the way in which it was put in."""

    def __init__(self) -> None:
        self.ways: dict[str, str] = {}

    def new(self, way: str) -> str:
        text = f"pl41n-{len(self.ways):02d}-s3cret-v4lue"
        self.ways[text] = way
        return text

    def leaks(self, places: dict[str, str]) -> list[tuple[str, str]]:
        return [
            (way, place) for text, way in self.ways.items() for place, said in places.items() if text in said
        ]


class Maker:
    """A superuser's client that makes objects and keeps what it is answered."""

    def __init__(self) -> None:
        self.client: APIClient = client_of(make_superuser())
        self.said: dict[str, str] = {}

    def post(self, path: str, body: dict[str, Any], *, status: int = 201) -> Any:
        answer = self.client.post(f"/api/v2/{path}", body, format="json")
        assert answer.status_code == status, (path, answer.content)
        self.said[f"POST {len(self.said)} {path}"] = "" if path == "tokens/" else answer.content.decode()
        return answer.json() if answer.content else None

    def credential(self, namespace: str, organization: int, inputs: dict[str, Any]) -> int:
        kind = CredentialType.objects.get(namespace=namespace).pk
        body = {"name": namespace, "credential_type": kind, "organization": organization, "inputs": inputs}
        return int(self.post("credentials/", body)["id"])


def put_in(maker: Maker, secrets: Secrets, endpoint: Endpoint, vault: Vault) -> list[int]:
    """Put secrets in by every way; returns the ids of runs that use them."""
    organization = make_organization("Owner").pk
    user = {"username": "ada", "password": secrets.new("password of a new user")}
    path = maker.post("users/", user)["url"]
    maker.client.patch(path, {"password": secrets.new("password of a user")}, format="json")
    secrets.ways[maker.post("tokens/", {"description": "t"})["token"]] = "access token"
    maker.post("users/", {"password": secrets.new("password of a refused user")}, status=400)
    headers = {
        "Authorization": f"Bearer {secrets.new('header')}",
        "X-Api-Key": secrets.new("header of a key"),
    }

    oauth = {"token_url": f"{endpoint.url}/token/60", "client_id": "b", "client_secret": secrets.new("OAuth")}
    given = {
        "http_header": {"name": "X-Plain", "value": secrets.new("value of a header")},
        "http_basic": {"username": "u", "password": secrets.new("password of basic authentication")},
        "http_hmac": {"secret": secrets.new("key of a signature")},
        "oauth2_client_credentials": oauth,
        "aws": {"username": "u", "password": secrets.new("AWX's kind")},
    }
    credentials = [maker.credential(name, organization, inputs) for name, inputs in given.items()]
    copied = maker.post(f"credentials/{credentials[0]}/copy/", {"name": "copied"})
    maker.client.patch(
        copied["url"], {"inputs": {"name": "X", "value": secrets.new("changed input")}}, format="json"
    )
    for inputs in (
        {"nope": 1, "token": secrets.new("refused input")},
        {"token": [secrets.new("input of a wrong type")]},
    ):
        kind = CredentialType.objects.get(namespace="http_bearer").pk
        body = {"name": "refused", "credential_type": kind, "organization": organization, "inputs": inputs}
        maker.post("credentials/", body, status=400)

    looked_up = maker.credential("http_bearer", organization, {"token": secrets.new("replaced by a look-up")})
    token = secrets.new("token of the vault, refused by it")
    own = {"url": vault.url, "api_version": "v1", "role_id": "belfry"}
    source = maker.credential("hashivault_kv", organization, own | {"secret_id": "s3cret-id-of-approle"})
    secrets.ways |= {"s3cret-id-of-approle": "AppRole's secret_id", "t0ken-of-approle": "AppRole's token"}
    vault.secrets["kv/app"] = {"token": secrets.new("looked up")}
    metadata = {"secret_path": "kv/app", "secret_key": "token"}
    link = {"input_field_name": "token", "source_credential": source, "metadata": metadata}
    maker.post(f"credentials/{looked_up}/input_sources/", link)
    maker.post(f"credentials/{source}/test/", {"metadata": metadata}, status=202)
    tested = {"inputs": own | {"token": token}, "metadata": metadata}
    maker.post(
        f"credential_types/{CredentialType.objects.get(namespace='hashivault_kv').pk}/test/",
        tested,
        status=400,
    )

    runs = []
    # An endpoint that repeats all it is sent, one that fails, and a look-up that does.
    for number, path in enumerate(("/echo", "/status/500", "/reset")):
        used = [looked_up] if number == 2 else credentials
        body = {"name": f"t{number}", "endpoint": endpoint.url + path, "http_headers": headers}
        template = maker.post("job_templates/", body | {"organization": organization})["id"]
        for credential in used:
            maker.post(f"job_templates/{template}/credentials/", {"id": credential}, status=204)
        runs.append(maker.post(f"job_templates/{template}/launch/", {})["id"])
        runs.append(maker.post(f"jobs/{runs[-1]}/relaunch/", {})["id"])
        maker.post(f"job_templates/{template}/copy/", {"name": f"copy {number}"})
    return runs


def everything_said(client: APIClient) -> dict[str, str]:
    """What the API says at each path that it names anywhere, to programs and to people."""
    said: dict[str, str] = {}
    paths = list(client.get("/api/v2/").json().values())
    for path in paths:
        if len(said) > MOST_PATHS:
            break
        answer = client.get(path, {"page_size": 200} if path.count("/") == 4 else {})
        text = answer.content.decode()
        said[path] = text
        paths += sorted(set(PATH.findall(text)) - set(paths))
    for path in [path for path in paths if "/jobs/" in path]:
        for accept in ("text/html", "text/plain"):
            said[f"{path} {accept}"] = client.get(path, HTTP_ACCEPT=accept).content.decode()
    return said


def dump() -> dict[str, str]:
    """Every row of every table, as text."""
    with connection.cursor() as cursor:
        rows = {}
        for table in connection.introspection.table_names(cursor):
            cursor.execute(
                SQL("SELECT coalesce(string_agg(t::text, ' '), '') FROM {} t").format(Identifier(table))
            )
            rows[table] = cursor.fetchone()[0]
    return rows


def test_no_secret_is_left_anywhere(
    endpoint: Endpoint,
    start_engine: StartEngine,
    wait_until_finished: WaitUntilFinished,
    caplog: pytest.LogCaptureFixture,
    settings: Any,
) -> None:
    settings.OUTBOUND_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    secrets, maker = Secrets(), Maker()
    with Vault() as vault, caplog.at_level(logging.DEBUG):
        runs = put_in(maker, secrets, endpoint, vault)
        start_engine()
        wait_until_finished(*UnifiedJob.objects.filter(pk__in=runs))
        secrets.ways |= dict.fromkeys(endpoint.tokens, "OAuth token")
        answers = everything_said(maker.client)

    sent = json.dumps([[list(one["headers"].items()), one["body"].decode()] for one in endpoint.requests])
    reached = {way for text, way in secrets.ways.items() if text in sent}
    assert reached >= {"header of a key", "value of a header", "looked up", "OAuth token"}
    models = {repr(row) for model in apps.get_models() for row in model._default_manager.all()[:200]}
    shown = {repr(vars(row)) for row in Credential.objects.all()}
    places = maker.said | answers | dump() | {"log": caplog.text, "repr": str(models | shown)}
    assert len(answers) > 100
    assert secrets.leaks(places) == []
