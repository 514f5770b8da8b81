"""When things happened last, for all processes and by one clock: the database's."""

from django.db import connection

# The name of the last tick of the schedules.
TICK = "tick"

_NOTE = """
INSERT INTO observability_moment (name, at) VALUES (%(name)s, statement_timestamp())
ON CONFLICT (name) DO UPDATE SET at = excluded.at
"""

_TAKE_TURN = """
INSERT INTO observability_moment AS last (name, at) VALUES (%(name)s, statement_timestamp())
ON CONFLICT (name) DO UPDATE SET at = excluded.at
WHERE last.at <= excluded.at - make_interval(secs => %(every)s)
"""

_FIRST_TO_MISS = """
INSERT INTO observability_moment AS missed (name, at)
SELECT %(name)s, statement_timestamp() FROM observability_moment
WHERE name = %(what)s AND at <= statement_timestamp() - make_interval(secs => %(seconds)s)
ON CONFLICT (name) DO UPDATE SET at = excluded.at
WHERE missed.at < (SELECT at FROM observability_moment WHERE name = %(what)s)
"""

_SECONDS_SINCE = """
SELECT extract(epoch FROM statement_timestamp() - at)::float FROM observability_moment WHERE name = %(name)s
"""


def note(name: str) -> None:
    """It happened now."""
    with connection.cursor() as cursor:
        cursor.execute(_NOTE, {"name": name})


def take_turn(name: str, *, every: float) -> bool:
    """True for one asker in `every` seconds, whose turn it is; it counts as happening now."""
    with connection.cursor() as cursor:
        cursor.execute(_TAKE_TURN, {"name": name, "every": every})
        return bool(cursor.rowcount == 1)


def first_to_miss(name: str, *, what: str, seconds: float) -> bool:
    """True for one asker, each time that `what` has not happened for so long; that it was missed is noted as `name`."""
    with connection.cursor() as cursor:
        cursor.execute(_FIRST_TO_MISS, {"name": name, "what": what, "seconds": seconds})
        return bool(cursor.rowcount == 1)


def seconds_since(name: str) -> float | None:
    """None where it never happened."""
    with connection.cursor() as cursor:
        cursor.execute(_SECONDS_SINCE, {"name": name})
        row = cursor.fetchone()
    return None if row is None else max(row[0], 0.0)
