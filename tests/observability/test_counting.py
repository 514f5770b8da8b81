import pytest
from django.db import transaction

from observability.counting import fold, increase, read_counts
from observability.models import Count, Increment
from observability.moments import note, seconds_since, take_turn

pytestmark = pytest.mark.django_db


def test_counts_are_what_was_added_before_and_after_they_are_folded() -> None:
    increase({"calls": 2, "seconds": 0.5}, {"kind": "a"})
    increase({"calls": 3}, {"kind": "b"})
    fold()
    increase({"calls": -1}, {"kind": "a"})

    counts = read_counts()

    assert counts.of("calls") == [({"kind": "a"}, 1.0), ({"kind": "b"}, 3.0)]
    assert counts.by("calls", "kind") == {"a": 1.0, "b": 3.0}
    assert (counts.total("calls"), counts.total("seconds"), counts.of("nothing")) == (4.0, 0.5, [])


def test_fold_leaves_one_row_of_each_count() -> None:
    for _ in range(3):
        increase({"calls": 1}, {"kind": "a", "of": "b"})
        increase({"calls": 1}, {"of": "b", "kind": "a"})
        fold()

    assert (Count.objects.count(), Increment.objects.count()) == (1, 0)
    assert Count.objects.get().value == 6


def test_what_is_rolled_back_was_not_counted() -> None:
    with transaction.atomic():
        increase({"calls": 1})
        transaction.set_rollback(True)

    assert read_counts().total("calls") == 0


def test_moments() -> None:
    assert seconds_since("tick") is None

    note("tick")
    note("tick")

    since = seconds_since("tick")
    assert since is not None
    assert 0 <= since < 60


def test_only_one_has_its_turn() -> None:
    assert [take_turn("heartbeat", every=3600) for _ in range(3)] == [True, False, False]
    assert take_turn("heartbeat", every=0)
    assert take_turn("other", every=3600)
