from typing import Any
from urllib.parse import quote

import pytest
from rest_framework.test import APIClient

from access.models import AccessToken, Organization, User
from access.oauth.models import digest_of
from tests.factories.access import make_token

LIST = "/api/v2/organizations/"
pytestmark = pytest.mark.usefixtures("organizations")


def names(client: APIClient, query: str) -> list[int]:
    """Which of the organizations a query finds, by the numbers in their names."""
    answer = client.get(f"{LIST}?order_by=id&{query}")
    assert answer.status_code == 200, answer.content
    return [int(result["name"].removeprefix("org ")) for result in answer.json()["results"]]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("name=org 1", [1]),
        ("name__exact=org 1", [1]),
        ("name__iexact=ORG 1", [1]),
        ("name__icontains=RG 3", [3]),
        ("name__contains=RG 3", []),
        ("name__startswith=org&name__endswith=4", [4]),
        ("name__in=org 1,org 2,x", [1, 2]),
        ("name__regex=^org [13]$", [1, 3]),
        ("name__iregex=^ORG [13]$", [1, 3]),
        ("name__regex=", [0, 1, 2, 3, 4]),
        ("name__isnull=true", []),
        ("max_hosts__gt=2", [3, 4]),
        ("max_hosts__gte=2&max_hosts__lt=4", [2, 3]),
        ("max_hosts__int=2", [2]),
        ("max_hosts__startswith=3", [3]),
        ("max_hosts__in=0,4", [0, 4]),
        ("description=", [1, 3]),
        ("not__description=", [0, 2, 4]),
        ("name=org 1&name=org 2", []),
        ("or__name=org 1&or__name=org 2", [1, 2]),
        ("or__not__description=even&or__name=org 0", [0, 1, 3]),
        ("or__name=org 1&or__name=org 2&max_hosts=2", [2]),
        ("chain__name__icontains=org&chain__max_hosts=2", [2]),
        ("created__gt=2000-01-01", [0, 1, 2, 3, 4]),
        ("created__gt=2000-01-01T00:00:00Z&created__lt=2001-01-01 00:00", []),
        ("created_by__isnull=true", [0, 4]),
        ("created_by=None", [0, 4]),
        ("created_by=null", [0, 4]),
        ("not__created_by=null", [1, 2, 3]),
        ("created_by__username=root", [1, 2, 3]),
        ("created_by__username__in=root,x", [1, 2, 3]),
        ("created_by__is_superuser=true", [1, 2, 3]),
        ("created_by__is_superuser=1", [1, 2, 3]),
        ("created_by__is_superuser=f", []),
        ("created_by__search=RO", [1, 2, 3]),
        ("created_by__search=ro,example", [1, 2, 3]),
        ("created_by__search=ro,nobody", []),
        ("pk__isnull=true", []),
        ("id=99999999999999999999999999", []),
        ("id__gt=99999999999999999999999999", []),
        ("id__lt=99999999999999999999999999", [0, 1, 2, 3, 4]),
        ("id__in=99999999999999999999999999", []),
        ("max_hosts=-99999999999999999999999999", []),
        ("type=organization", [0, 1, 2, 3, 4]),
        ("type=schedule,organization", [0, 1, 2, 3, 4]),
        ("type=schedule", []),
        ("search=EVEN", [0, 2, 4]),
        ("search=even,2", [2]),
        ("search=even 2", [2]),
        ("search=", [0, 1, 2, 3, 4]),
        ("search=x&search=even", [0, 2, 4]),
        ("name__icontains=%25", []),
        ("name__icontains=_", []),
        ("name=☺", []),
        ("role_level=admin_role", [0, 1, 2, 3, 4]),
        ("limit=1&validate=x", [0, 1, 2, 3, 4]),
    ],
)
def test_lookup_finds(client: APIClient, query: str, found: list[int]) -> None:
    assert names(client, quote(query, safe="=&%")) == found


NO_INTEGER = '["“x” value must be an integer."]'
NO_TIME = '["“x” value has an invalid format. It must be in YYYY-MM-DD HH:MM[:ss[.uuuuuu]][TZ] format."]'


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("nosuch=1", "Organization has no field named 'nosuch'"),
        ("NAME=x", "Organization has no field named 'NAME'"),
        ("__name=1", "Organization has no field named ''"),
        ("name__=1", "No related model for field ."),
        ("name__len=1", "No related model for field len."),
        ("id__range=1,5", "No related model for field range."),
        ("url=x", "Organization has no field named 'url'"),
        ("related=x", "Organization has no field named 'related'"),
        ("sort=name", "Organization has no field named 'sort'"),
        ("not__not__name=x", "Organization has no field named 'not'"),
        ("not__or__name=x", "Organization has no field named 'or'"),
        ("or__chain__name=x", "Organization has no field named 'chain'"),
        ("created_by__nosuch=1", "User has no field named 'nosuch'"),
        ("name__search=x", "name is not searchable"),
        ("nosuch__search=x", "Organization has no field named 'nosuch'"),
        ("name__in=", "cannot provide empty value for __in"),
        ("id=x", NO_INTEGER),
        ("id__in=1,x", NO_INTEGER),
        ("id__gt=x", NO_INTEGER),
        ("created__gt=x", NO_TIME),
        ("created_by=x", "Invalid created_by id: x"),
        ("name__isnull=x", 'Unable to convert "x" to boolean'),
        ("name__isnull=", 'Unable to convert "" to boolean'),
        ("created_by__is_superuser=x", 'Unable to convert "x" to boolean'),
        ("name__regex=[", "unterminated character set at position 0"),
        ("name__regex=(a)\\1", "A pattern may not have back references."),
        ("id__iexact=1", "id is not a text field and cannot be filtered by case-insensitive search"),
        ("ñame=x", "'ñame' is not an allowed field name. Must be ascii encodable."),
        ("name__icontains=%00", "Null characters are not allowed."),
        ("max_hosts__int=x", "'x' is not a whole number."),
        ("order_by=nosuch", "Organization has no field named 'nosuch'"),
        ("order_by=", "Organization has no field named ''"),
        ("order_by=-", "Organization has no field named ''"),
        ("order_by=name,nosuch", "Organization has no field named 'nosuch'"),
        ("order_by=type", "Organization has no field named 'type'"),
        ("order_by=created_by__nosuch", "User has no field named 'nosuch'"),
    ],
)
def test_lookup_is_refused_in_awx_words(client: APIClient, query: str, text: str) -> None:
    answer = client.get(f"{LIST}?{quote(query, safe='=&%')}")

    assert (answer.status_code, answer.json()) == (400, {"detail": text})


@pytest.mark.parametrize(
    "query",
    [
        "name__regex=" + "a?" * 400,
        "name__regex=" + "a" * 1001,
        "name__regex=(?P<n>a)",
        "&".join(["or__name=x"] * 101),
        "&".join(["chain__name=x"] * 11),
        "id__in=" + ",".join(["1"] * 1001),
        "__".join(["created_by__tokens__user"] * 9) + "=1",
        "order_by=" + ",".join(["name"] * 11),
    ],
)
def test_costly_queries_end_soon(client: APIClient, query: str) -> None:
    assert client.get(f"{LIST}?{query}").status_code in (200, 400)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"{LIST}?created_by__password__startswith=x", 403),
        (f"{LIST}?order_by=created_by__password", 403),
        ("/api/v2/users/?password=x", 403),
        ("/api/v2/users/?or__password__isnull=true", 403),
        ("/api/v2/users/?access_tokens__token_checksum__startswith=a", 403),
        ("/api/v2/tokens/?token_checksum__startswith=a", 403),
        ("/api/v2/tokens/?order_by=token_checksum", 403),
        ("/api/v2/users/?groups__name=x", 400),
        ("/api/v2/users/?user_permissions__name=x", 400),
        ("/api/v2/tokens/?last_used__isnull=true", 400),
    ],
)
def test_no_lookup_reaches_a_secret_or_what_is_no_resource(client: APIClient, path: str, status: int) -> None:
    assert client.get(path).status_code == status


def test_password_is_not_found_by_relation_search(client: APIClient, root: User) -> None:
    digest = make_token(root)[0].token_checksum

    assert names(client, f"created_by__search={digest[:12]}") == []
    assert names(client, f"created_by__search={quote(root.password[:12])}") == []


def test_relation_to_many_repeats_no_row(client: APIClient, root: User) -> None:
    for _ in range(3):
        AccessToken.objects.create(user=root, token_checksum=digest_of(str(_)), expires="2100-01-01T00:00Z")

    page = client.get("/api/v2/users/?access_tokens__scope__icontains=r&order_by=username").json()

    assert [user["username"] for user in page["results"]] == ["root"]
    assert page["count"] == 1


def test_order_by_takes_the_last_and_breaks_ties_by_id(client: APIClient) -> None:
    ordered = [r["name"] for r in client.get(f"{LIST}?order_by=name&order_by=-description").json()["results"]]
    assert ordered == ["org 4", "org 2", "org 0", "org 3", "org 1"]

    by_relation = client.get(f"{LIST}?order_by=created_by__username,-id").json()["results"]
    assert [r["name"] for r in by_relation] == ["org 3", "org 2", "org 1", "org 4", "org 0"]


def test_runaway_pattern_is_cut_off(client: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.views.COSTLY_MILLISECONDS", 1)
    Organization.objects.bulk_create(Organization(name="a" * 500 + str(n)) for n in range(2000))
    pattern: Any = "(a*)*(a*)*(a*)*b"

    answer = client.get(f"{LIST}?name__regex={quote(pattern)}")

    assert answer.status_code == 400
    assert answer.json() == {"detail": "The query takes too long; ask for less at once."}
