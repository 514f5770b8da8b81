"""What is secret is nowhere to be read after it was used: not in the database, not in an answer, not in a log."""

import base64
import logging

import pytest
from django.db import connection
from psycopg.sql import SQL, Identifier
from rest_framework.test import APIClient

from tests.factories.access import bearer, client_of, make_superuser

pytestmark = pytest.mark.django_db

PASSWORD = "a password as clear as daylight"
WRONG = "a guess as clear as daylight"


def dump() -> str:
    """Every row of every table, as text."""
    with connection.cursor() as cursor:
        rows = []
        for table in connection.introspection.table_names(cursor):
            cursor.execute(SQL("SELECT t::text FROM {} t").format(Identifier(table)))
            rows += [row[0] for row in cursor.fetchall()]
    return "\n".join(rows)


def test_no_password_or_token_is_left_in_clear(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        admin = client_of(make_superuser())
        user = admin.post(
            "/api/v2/users/", {"username": "ada", "password": PASSWORD, "first_name": "Augusta"}
        ).json()
        browser = APIClient()
        browser.login(username="ada", password=PASSWORD)
        credentials = base64.b64encode(f"ada:{PASSWORD}".encode()).decode()
        made = APIClient(HTTP_AUTHORIZATION=f"Basic {credentials}").post(
            "/api/v2/tokens/", {"description": "mine"}
        )
        token = made.json()["token"]
        answers = [
            bearer(token).get("/api/v2/me/"),
            bearer(token).get("/api/v2/tokens/"),
            bearer(token).get(made.json()["url"]),
            bearer(token).patch(user["url"], {"password": WRONG + PASSWORD, "is_superuser": "x"}),
            bearer(token).patch(user["url"], {"password": [WRONG]}),
            bearer(token + "x").get("/api/v2/me/"),
            admin.get("/api/v2/users/?password__startswith=argon2"),
            admin.get("/api/v2/tokens/?digest__startswith=a"),
            admin.get("/api/v2/tokens/?order_by=token_checksum"),
            admin.get("/api/v2/users/?access_tokens__digest__startswith=a"),
            admin.get(user["url"]),
        ]
    stored = dump()

    assert [answer.status_code for answer in answers[:3]] == [200, 200, 200]
    assert {answer.status_code for answer in answers[6:10]} <= {400, 403}
    assert "Augusta" in stored
    places = {"database": stored, "log": caplog.text} | {
        f"answer {number}": answer.content.decode() for number, answer in enumerate(answers)
    }
    leaks = [
        (place, secret)
        for place, text in places.items()
        for secret in (PASSWORD, WRONG, token, credentials)
        if secret in text
    ]
    assert leaks == []
    assert [place for place, text in places.items() if "argon2$" in text] == ["database"]
