"""Searches by the index of texts find what reading every row finds."""

import random
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import F, Q, QuerySet
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from access.models import User
from access.rules import accessible
from api import pagination, text_index
from api.text_index import narrowed
from jobs.models import JobTemplate, UnifiedJob, UnifiedJobTemplate
from schedules.models import Schedule, ScheduleText
from tests.factories.jobs import make_job
from tests.factories.roles import holder
from tests.factories.schedules import make_schedule, make_template

# Letters whose upper case is another number of them, theirs alone or that of two; and what patterns take for more.
LETTERS = "aAbBäÄßẞſsSİıiI\u0307σςΣǆǅéE\u0301%_\\ \n'\"{,}1🦊"  # noqa: RUF001
LOOKUPS = (
    *("contains", "icontains", "startswith", "istartswith", "endswith", "iendswith", "iexact"),
    # Most are asked for by these.
    *("icontains",) * 5,
)
NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
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


def read_no_templates() -> None:
    """Of so few rows PostgreSQL would rather read all of a template, or not: by what it last counted in the tables."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexname FROM pg_indexes WHERE tablename IN ('schedules_scheduletext', 'jobs_runtext')"
            " AND indexdef LIKE '%%USING btree %%unified_job_template_id%%'"
        )
        for [name] in cursor.fetchall():
            cursor.execute(f'DROP INDEX "{name}"')


def random_scope(rng: random.Random, texts: list[str]) -> Q:
    """Mostly of some templates, in the ways in which clients and rules ask for them."""
    templates = UnifiedJobTemplate.objects.order_by("pk")
    one, other = rng.choices(templates, k=2)
    part = Q(name__icontains=random_part(rng, texts))
    return rng.choice(
        (
            Q(),
            Q(unified_job_template=one),
            Q(unified_job_template__in=[one.pk, other.pk]),
            Q(unified_job_template__in=[None, one.pk]),
            Q(unified_job_template__in=[]),
            Q(Q(unified_job_template=one) & part, part | Q(description="")),
            Q(unified_job_template__in=templates.filter(pk=one.pk)),
            Q(unified_job_template__one_of=templates.filter(pk__in=[one.pk, other.pk]).values("pk")),
            ~Q(unified_job_template=one),
            Q(unified_job_template=one) | part,
            Q(unified_job_template__gt=one.pk) & part | Q(unified_job_template__lt=other.pk) & part,
            Q(unified_job_template__gt=one.pk),
            Q(unified_job_template__name=one.name),
        )
    )


def make_templates() -> list[JobTemplate]:
    return [make_template() for _ in range(3)]


def make_schedules(texts: list[tuple[str, str]]) -> QuerySet[Any]:
    templates = make_templates()
    for number, (name, description) in enumerate(texts):
        make_schedule(
            template=templates[number % 3],
            name=f"{number}{name}",
            description=description,
            enabled=number % 2 == 0,
        )
    return Schedule.objects.all()


def make_jobs(texts: list[tuple[str, str]]) -> QuerySet[Any]:
    """Each description with two names, each name with two descriptions."""
    templates = make_templates()
    names = [name for name, _ in texts]
    for number, (name, description) in enumerate(texts):
        make_job(templates[number % 3], name=name, description=description)
        make_job(templates[(number + 1) % 3], name=names[number - 1], description=description)
    return UnifiedJob.objects.all()


def make_reader() -> User:
    """He may read one of the templates."""
    template = UnifiedJobTemplate.objects.order_by("pk")[1]
    return holder(template.as_job_template, "read_role")


def change_one(rng: random.Random, rows: QuerySet[Any], texts: list[str]) -> None:
    one = rng.choice(rows.order_by("pk"))
    templates: list[UnifiedJobTemplate | None] = list(UnifiedJobTemplate.objects.order_by("pk"))
    if rows.model is UnifiedJob:
        # What a run has when its template is deleted.
        templates.append(None)
    change: dict[str, Any] = {"unified_job_template": rng.choice(templates)}
    if rng.random() < 0.5:
        change = {"name": f"{one.pk} {rng.choice(texts)}", "description": rng.choice(texts)}
    rows.filter(pk=one.pk).update(**change)


@pytest.mark.usefixtures("_by_index")
@pytest.mark.parametrize("make", [make_schedules, make_jobs])
@pytest.mark.parametrize("seed", range(2))
def test_the_same_rows_are_found_as_without_it(
    seed: int, make: Callable[[list[tuple[str, str]]], QuerySet[Any]]
) -> None:
    rng = random.Random(seed)
    texts = [(random_text(rng, 8), random_text(rng, 20)) for _ in range(30)]
    rows = make(texts)
    reader = make_reader()
    flat = [text for pair in texts for text in pair if text]
    by_index = by_owners = 0

    for number in range(200):
        if number % 5 == 0:
            change_one(rng, rows, flat)
        if number == 100:
            read_no_templates()
            by_index = by_owners = 0
        seen = accessible(rows, reader) if rng.random() < 0.3 else rows
        chosen = seen.filter(random_condition(rng, flat)).filter(random_scope(rng, flat))
        with CaptureQueriesContext(connection) as captured:
            found = narrowed(chosen)
        expected = {row.pk for row in chosen}
        assert {row.pk for row in found.rows} == expected, chosen.query
        assert found.known in (None, len(expected))
        assert found.counted.count() == len(expected)
        asked = [one["sql"] for one in captured if not one["sql"].startswith("EXPLAIN")]
        by_index += sum("text_grams" in one for one in asked)
        by_owners += sum("owned_grams" in one for one in asked)

    assert by_index > 30
    assert (by_owners > 10) == (make is make_schedules)


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
        condition = rng.choice((random_condition(rng, flat), Q()))
        scope = rng.choice((Q(), Q(enabled=True), random_scope(rng, flat)))
        chosen = rows.filter(condition, scope).order_by(
            rng.choice((F("name").desc(), F("next_run").asc())), "pk"
        )
        found = narrowed(chosen)
        expected = [row.pk for row in chosen]
        assert [row.pk for row in found.rows] == expected, chosen.query
        assert found.known in (None, min(len(expected), 4))


@pytest.mark.parametrize(
    "condition",
    [
        Q(name__regex="Night"),
        Q(name__icontains="N"),
        Q(name__contains="Nächt"),
        ~Q(name__icontains="Night"),
        Q(unified_job_template__name__icontains="Night"),
        Q(name__icontains="Night") | Q(enabled=True),
        Q(created__isnull=True),
        Q(unified_job_template__in=[1]),
        Q(pk__gt=1) & ~Q(next_run__gt=NOON),
        Q(),
    ],
)
def test_other_conditions_are_left_alone(condition: Q) -> None:
    rows = Schedule.objects.filter(condition)

    with CaptureQueriesContext(connection) as captured:
        assert narrowed(rows).rows is rows

    assert len(captured) == 0
    assert list(rows) == []


def random_choice_by_columns(rng: random.Random, rows: QuerySet[Any]) -> Q:
    one, other = rng.choices(rows.order_by("pk"), k=2)
    lookup = rng.choice(("exact", "gt", "gte", "lt", "lte"))
    column = rng.choice(("name", "created", "modified"))
    plain = Q((f"{column}__{lookup}", getattr(one, column)))
    several = Q((f"{column}__in", [getattr(one, column), getattr(other, column)]))
    return rng.choice(
        (Q(), plain, ~plain, several, plain & ~several, plain | several, plain | Q(enabled=True))
    )


@pytest.mark.parametrize("seed", range(2))
def test_lists_are_ordered_and_chosen_by_columns_beside_the_texts(seed: int) -> None:
    rng = random.Random(seed)
    rows = make_schedules([(random_text(rng, 3), random_text(rng, 3)) for _ in range(20)])
    for row in rows:
        moments = {name: NOON + timedelta(days=rng.randrange(5)) for name in ("created", "modified")}
        rows.filter(pk=row.pk).update(**moments)
    reader = make_reader()
    flat = list(rows.values_list("name", flat=True))
    asked_there = 0

    for _ in range(200):
        seen = accessible(rows, reader) if rng.random() < 0.3 else rows
        condition = random_choice_by_columns(rng, rows) & rng.choice((Q(), random_scope(rng, flat)))
        columns = rng.sample(("name", "created", "modified", "next_run", "enabled"), k=2)
        order = [rng.choice((F(column).asc(), F(column).desc())) for column in columns]
        chosen = seen.filter(condition).order_by(*order, "pk")
        found = narrowed(chosen)
        expected = [row.pk for row in chosen]
        assert [row.pk for row in found.rows] == expected, chosen.query
        assert found.counted.count() == len(expected)
        asked_there += found.rows is not chosen

    assert asked_there > 100


@pytest.mark.parametrize(
    ("condition", "order"),
    [
        (Q(name="0Nightly"), []),
        (Q(name="0Nightly") | ~Q(name__in=["1Nightly"]), []),
        (Q(created__gt=NOON), []),
        (Q(), [F("name").desc()]),
        (Q(unified_job_template=1), [F("modified").asc()]),
    ],
)
def test_what_the_texts_have_an_index_for_is_asked_of_them_alone(condition: Q, order: list[Any]) -> None:
    chosen = Schedule.objects.filter(condition).order_by(*order, "pk")

    found = narrowed(chosen)

    own = re.compile(r'"schedules_schedule"\."(name|created|modified)"')
    assert own.search(str(chosen.values("pk").query))
    assert not own.search(str(found.rows.values("pk").query))
    assert found.counted.model is ScheduleText


def test_the_order_of_a_list_plays_no_part_in_its_count() -> None:
    chosen = Schedule.objects.filter(missed_limit=0, unified_job_template=1).order_by(F("name").asc(), "pk")

    assert narrowed(chosen).counted is chosen


@pytest.mark.parametrize("most", [1, 100])
def test_the_schedules_of_some_templates_are_counted_with_their_texts(
    monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(text_index, "MOST_TEXTS", most)
    rows = make_schedules([("Nightly", "")] * 6)
    reader = make_reader()
    [first, *_] = UnifiedJobTemplate.objects.order_by("pk")
    searched = rows.filter(name__icontains="nightly")

    assert narrowed(searched).known == min(6, most + 1)
    assert narrowed(searched.filter(unified_job_template=first)).known == 2
    assert narrowed(accessible(searched, reader)).known == 2
    assert narrowed(accessible(searched, reader).filter(unified_job_template=first)).known == 0
    assert narrowed(searched.filter(enabled=True)).known == min(3, most + 1)
    assert narrowed(searched.filter(missed_limit__gt=0)).known is None


@pytest.mark.parametrize("most", [1, 100])
def test_a_text_that_is_asked_for_only_together_with_something_else(
    monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(text_index, "MOST_TEXTS", most)
    rows = make_schedules([("Nightly", "")] * 6)
    nightly = Q(name__icontains="nightly")

    found = narrowed(rows.filter(nightly & Q(enabled=True) | nightly & Q(missed_limit=0)))

    assert {row.name for row in found.rows} == {"0Nightly", "2Nightly", "4Nightly"}
    assert found.known is None


@pytest.mark.usefixtures("_by_index")
@pytest.mark.parametrize(
    ("word", "found", "reads_texts"),
    [
        ("b7", {"0aB7", "2b"}, False),
        ("7b", {"0aB7"}, False),
        ("ab7", {"0aB7", "2b"}, False),
        ("b7 b", set(), True),
    ],
)
def test_a_search_for_three_letters_is_answered_by_the_index_alone(
    word: str, found: set[str], reads_texts: bool
) -> None:
    rows = make_schedules([("aB7", "7b"), ("b", "b"), ("b", "7ab7"), ("a7", "B")])

    with CaptureQueriesContext(connection) as captured:
        chosen = narrowed(rows.filter(Q(description__icontains=word) | Q(name__icontains=word)))
        assert {row.name for row in chosen.rows} == found

    [asked] = [one["sql"] for one in captured if "COUNT" in one["sql"]]
    assert "text_grams" in asked
    assert ("LIKE" in asked) == reads_texts


@pytest.mark.usefixtures("_by_index")
@pytest.mark.parametrize(("most", "asks_for_owners"), [(1, False), (2, True)])
@pytest.mark.parametrize("word", ["ab", "about", "ab about"])
def test_letters_of_a_few_templates_are_looked_up_together_with_these(
    monkeypatch: pytest.MonkeyPatch, word: str, most: int, asks_for_owners: bool
) -> None:
    monkeypatch.setattr(text_index, "MOST_OWNERS", most)
    first = make_template()
    second, other = (make_template(id=first.pk + more) for more in (1, 2))
    # The index does not tell it from the first.
    alike = make_template(id=first.pk + 256)
    for template in (first, second, other, alike):
        make_schedule(template=template, name="Ab about", enabled=True)
        make_schedule(template=template, name="Ba tuoba", enabled=True)
    read_no_templates()
    searched = Schedule.objects.filter(
        unified_job_template__in=[first.pk, second.pk], name__icontains=word, enabled=True
    )

    with CaptureQueriesContext(connection) as captured:
        found = narrowed(searched)

    assert found.known == 2
    assert {row.unified_job_template_id for row in found.rows} == {first.pk, second.pk}
    [asked] = [one["sql"] for one in captured if "COUNT" in one["sql"]]
    assert ("owned_grams" in asked) == asks_for_owners


def test_runs_are_looked_for_by_the_names_that_those_of_their_templates_have() -> None:
    mine, other = make_template(), make_template()
    make_job(mine, name="Nightly")
    make_job(other, name="Nightly")
    make_job(other, name="Every night")

    searched = UnifiedJob.objects.filter(name__icontains="night")
    of_mine = narrowed(searched.filter(unified_job_template=mine)).rows

    assert "Every night" in str(narrowed(searched).rows.query)
    assert "Every night" not in str(of_mine.query)
    assert [run.unified_job_template_id for run in of_mine] == [mine.pk]


def test_runs_are_counted_by_their_template_where_all_of_its_texts_are_found() -> None:
    mine, other = make_template(), make_template()
    for name in ("Nightly", "By night"):
        make_job(mine, name=name)
        make_job(other, name=name)
    make_job(other, name="Daily")
    searched = UnifiedJob.objects.filter(name__icontains="night")
    of_mine = searched.filter(unified_job_template__in=[mine.pk, other.pk + 1])

    assert "Nightly" not in str(narrowed(of_mine).counted.query)
    assert "Nightly" in str(narrowed(of_mine).rows.query)
    assert (narrowed(of_mine).counted.count(), len(narrowed(of_mine).rows)) == (2, 2)
    assert "Nightly" in str(narrowed(searched).counted.query)
    make_job(mine, name="Daily")
    assert (narrowed(of_mine).counted.count(), len(narrowed(of_mine).rows)) == (2, 2)


@pytest.mark.parametrize("letters", range(3, 12))
def test_of_a_word_as_few_groups_are_looked_up_as_have_all_of_its_letters(letters: int) -> None:
    word = "abcdefghijk"[:letters]

    with connection.cursor() as cursor:
        cursor.execute("SELECT covering_grams(text_grams(%s, '{3}'))", [word])
        [[found]] = cursor.fetchall()

    groups = ["".join(chr(gram >> shift & 0x1FFFFF) for shift in (42, 21, 0)) for gram in found]
    assert len(groups) == -(-letters // 3)
    assert set("".join(groups)) == set(word)
    assert all(group in word for group in groups)


@pytest.mark.parametrize(
    ("word", "reads_texts"), [("nightly", False), ("0nightly", True), ("daily", True), ("nowhere", True)]
)
def test_what_more_names_have_than_are_looked_up_is_told_by_their_index(
    monkeypatch: pytest.MonkeyPatch, word: str, reads_texts: bool
) -> None:
    monkeypatch.setattr(text_index, "MOST_TEXTS", 3)
    rows = make_schedules([("Nightly", "daily")] * 12)
    searched = accessible(rows, make_reader()).filter(
        Q(description__icontains=word) | Q(name__icontains=word)
    )
    with connection.cursor() as cursor:
        # As where so much is found: no index of letters is read.
        cursor.execute("SET LOCAL enable_bitmapscan = off")

    with CaptureQueriesContext(connection) as captured:
        found = narrowed(searched)

    assert found.known == min(len(searched), 4)
    assert {row.pk for row in found.rows} == {row.pk for row in searched}
    assert any("ARRAY_AGG" in one["sql"] and "scheduletext" in one["sql"] for one in captured) == reads_texts


def test_who_searches_has_his_templates_found_once() -> None:
    rows = make_schedules([("Nightly", "")] * 6)
    searched = accessible(rows, make_reader()).filter(name__icontains="nightly")

    with CaptureQueriesContext(connection) as captured:
        found = narrowed(searched)
        assert found.rows.count() == len(list(found.rows)) == len(list(searched)) == 2

    assert sum('FROM "jobs_unifiedjobtemplate"' in one["sql"] for one in captured) == 1


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
