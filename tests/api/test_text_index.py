"""Searches by the index of texts find what reading every row finds."""

import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from django.db.models import Q, QuerySet
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from api import pagination, text_index
from api.text_index import narrowed
from jobs.models import UnifiedJob
from schedules.models import Schedule
from tests.factories.jobs import make_job
from tests.factories.schedules import make_schedule, make_template

# Letters whose upper case is another number of them, theirs alone or that of two; and what patterns take for more.
LETTERS = "aAbBäÄßẞſsSİıiI\u0307σςΣǆǅéE\u0301%_\\ \n'\"{,}1🦊"  # noqa: RUF001
LOOKUPS = (
    *("contains", "icontains", "startswith", "istartswith", "endswith", "iendswith", "iexact"),
    # Most are asked for by these.
    *("icontains",) * 5,
)
pytestmark = pytest.mark.django_db


def random_text(rng: random.Random, longest: int) -> str:
    return "".join(rng.choices(LETTERS, k=rng.randrange(longest + 1)))


def random_part(rng: random.Random, texts: list[str]) -> str:
    """Mostly of one of `texts`, in this case or that."""
    text = rng.choice(texts)
    start = rng.randrange(len(text) + 1)
    part = text[start : start + rng.randrange(1, 7)]
    return rng.choice((str, str.upper, str.lower, str.title, lambda _: random_text(rng, 4)))(part)


def random_condition(rng: random.Random, texts: list[str]) -> Q:
    def plain() -> Q:
        return Q(**{f"{rng.choice(('name', 'description'))}__{rng.choice(LOOKUPS)}": random_part(rng, texts)})

    part = random_part(rng, texts)
    searched = Q(description__icontains=part) | Q(name__icontains=part)
    return rng.choice((plain(), searched, plain() & plain(), plain() | plain(), searched & ~plain()))


@pytest.fixture
def _by_index() -> Iterator[None]:
    """A few rows PostgreSQL would rather read."""
    others = ("seqscan", "indexscan", "indexonlyscan")
    with connection.cursor() as cursor:
        for name in others:
            cursor.execute(f"SET enable_{name} = off")
        yield
        for name in others:
            cursor.execute(f"RESET enable_{name}")


def make_schedules(texts: list[tuple[str, str]]) -> QuerySet[Any]:
    template = make_template()
    for number, (name, description) in enumerate(texts):
        make_schedule(
            template=template, name=f"{number}{name}", description=description, enabled=number % 2 == 0
        )
    return Schedule.objects.all()


def make_jobs(texts: list[tuple[str, str]]) -> QuerySet[Any]:
    """Each description with two names, each name with two descriptions."""
    template = make_template()
    names = [name for name, _ in texts]
    for (name, description), other in zip(texts, [*names[1:], *names[:1]], strict=True):
        make_job(template, name=name, description=description)
        make_job(template, name=other, description=description)
    return UnifiedJob.objects.all()


@pytest.mark.usefixtures("_by_index")
@pytest.mark.parametrize("make", [make_schedules, make_jobs])
@pytest.mark.parametrize("seed", range(2))
def test_the_same_rows_are_found_as_without_it(
    seed: int, make: Callable[[list[tuple[str, str]]], QuerySet[Any]]
) -> None:
    rng = random.Random(seed)
    texts = [(random_text(rng, 8), random_text(rng, 20)) for _ in range(30)]
    rows = make(texts)
    flat = [text for pair in texts for text in pair if text]
    by_index = 0

    for _ in range(200):
        chosen = rows.filter(random_condition(rng, flat))
        with CaptureQueriesContext(connection) as captured:
            found = narrowed(chosen)
        expected = {row.pk for row in chosen}
        assert {row.pk for row in found.rows} == expected, chosen.query
        assert found.known in (None, len(expected))
        by_index += sum(
            "text_grams" in one["sql"] and not one["sql"].startswith("EXPLAIN") for one in captured
        )

    assert by_index > 50


@pytest.mark.usefixtures("_by_index")
@pytest.mark.parametrize("seed", range(2))
def test_what_more_rows_fulfill_than_are_looked_up_is_found_as_well(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_index, "MOST_TEXTS", 3)
    rng = random.Random(seed)
    texts = [(random_text(rng, 5), random_text(rng, 8)) for _ in range(20)]
    rows = make_schedules(texts)
    flat = [text for pair in texts for text in pair if text]

    for _ in range(100):
        condition = random_condition(rng, flat)
        chosen = rows.filter(condition, rng.choice((Q(), Q(enabled=True))))
        found = narrowed(chosen)
        expected = {row.pk for row in chosen}
        assert {row.pk for row in found.rows} == expected, chosen.query
        assert found.known in (None, min(len(expected), 4))


@pytest.mark.parametrize(
    "condition",
    [
        Q(name="Nightly"),
        Q(name__regex="Night"),
        Q(name__icontains="N"),
        Q(name__contains="Nächt"),
        ~Q(name__icontains="Night"),
        Q(unified_job_template__name__icontains="Night"),
        Q(name__icontains="Night") | Q(enabled=True),
        Q(name__in=["Nightly"]),
        Q(),
    ],
)
def test_other_conditions_are_left_alone(condition: Q) -> None:
    rows = Schedule.objects.filter(condition)

    with CaptureQueriesContext(connection) as captured:
        assert narrowed(rows).rows is rows

    assert len(captured) == 0


@pytest.mark.parametrize("most", [2, 100])
def test_the_pages_of_a_search_lead_through_what_it_finds(
    client: APIClient, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(text_index, "MOST_TEXTS", most)
    monkeypatch.setattr(pagination, "COUNTED", most)
    make_schedules([("Nightly", "")] * 5 + [("Daily", "not nightly")] * 2 + [("Daily", "")])
    names: list[str] = []
    link = "/api/v2/schedules/?page_size=3&order_by=-name&search=nigHT"

    while link:
        page = client.get(link).json()
        names += [result["name"] for result in page["results"]]
        link = page["next"]

    assert names == ["6Daily", "5Daily", *(f"{number}Nightly" for number in (4, 3, 2, 1, 0))]
    assert page["count"] == 7


def test_a_letter_outside_the_first_plane_is_one_of_three(client: APIClient) -> None:
    make_schedules([("a🦊b", ""), ("a🦊c", "")])

    answer = client.get("/api/v2/schedules/?search=🦊b").json()

    assert [result["name"] for result in answer["results"]] == ["0a🦊b"]
