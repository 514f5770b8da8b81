"""Counts that are kept in the transactions that change them, and read without looking at what they count.

A change is a row of its own, so transactions that count the same thing do not wait for each other; `fold` adds the
rows up now and then. What a process counts that dies before its commit was not counted, nor did it happen.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from django.db import connection

from observability.models import Increment

Labels = Mapping[str, str]

_FOLD = """
WITH taken AS (
    DELETE FROM observability_increment RETURNING name, labels, value
)
INSERT INTO observability_count AS known (name, labels, value)
SELECT name, labels, sum(value) FROM taken GROUP BY name, labels ORDER BY name, labels
ON CONFLICT (name, labels) DO UPDATE SET value = known.value + excluded.value
"""

_READ = """
SELECT name, labels, sum(value)
FROM (
    SELECT name, labels, value FROM observability_count
    UNION ALL
    SELECT name, labels, value FROM observability_increment
) AS every
GROUP BY name, labels
ORDER BY name, labels
"""


@dataclass(frozen=True, slots=True)
class Counts:
    """All counts at one instant, by name."""

    rows: Mapping[str, list[tuple[dict[str, str], float]]]

    def of(self, name: str) -> list[tuple[dict[str, str], float]]:
        """(labels, value) of each count of this name; none where nothing was counted yet."""
        return self.rows.get(name, [])

    def by(self, name: str, label: str) -> dict[str, float]:
        """The sums by one label."""
        sums: dict[str, float] = {}
        for labels, value in self.of(name):
            sums[labels.get(label, "")] = sums.get(labels.get(label, ""), 0.0) + value
        return sums

    def total(self, name: str) -> float:
        return sum(value for _, value in self.of(name))


def increase(changes: Mapping[str, float], labels: Labels | None = None) -> None:
    """Add to counts of these names, in the present transaction."""
    Increment.objects.bulk_create(
        Increment(name=name, labels=dict(labels or {}), value=value) for name, value in changes.items()
    )


def fold() -> None:
    """Add up what was counted since the last time. Any number of processes may do so at once."""
    with connection.cursor() as cursor:
        cursor.execute(_FOLD)


def read_counts() -> Counts:
    """One statement. Its cost follows how many counts there are, and how much was counted since the last fold."""
    rows: dict[str, list[tuple[dict[str, str], float]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_READ)
        for name, labels, value in cursor.fetchall():
            # Django leaves jsonb as text in raw cursors.
            rows.setdefault(name, []).append((json.loads(labels), value))
    return Counts(rows)
