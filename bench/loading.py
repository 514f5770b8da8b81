"""Rows by the million: COPY into a table without its indexes and foreign keys, which are put back afterwards."""

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.db import connection
from django.db.models import Max, Model
from psycopg.types.json import Jsonb

from jobs.copy_format import NULL, json_of, text_of
from jobs.migrations._text_grams import called_in_parallel

# What a COPY holds in memory before it sends it, in rows.
_CHUNK = 2000


def load(prototype: Model, rows: Iterable[Mapping[str, Any]], *, texts: type[Model] | None = None) -> None:
    """Store a copy of `prototype` for each of `rows`, which says by column what is different in it.

    All of `rows` have the same columns. Their values are numbers, truths, texts and aware times. `texts` is the table
    into which triggers put texts of the rows.
    """
    rows = iter(rows)
    first = next(rows)
    table = prototype._meta.db_table
    common = _common_columns(prototype, first)
    statement = f"COPY {table} ({', '.join([*common, *first])}) FROM STDIN"
    shared = "".join(f"{_text(value)}\t" for value in common.values())
    tables = [table] if texts is None else [table, texts._meta.db_table]
    with _bare(tables), connection.cursor() as cursor:
        with cursor.copy(statement) as copy:
            for lines in _chunks(_lines(shared, [first], rows)):
                copy.write("".join(lines))
        last = type(prototype)._default_manager.aggregate(Max("pk"))["pk__max"]
        cursor.execute("SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)", [table, last])
    with connection.cursor() as cursor:
        # As autovacuum would have left them, with statistics of what is indexed.
        cursor.execute(f"VACUUM (ANALYZE) {', '.join(tables)}")


def _common_columns(prototype: Model, different: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for field in prototype._meta.concrete_fields:
        assert field.column is not None
        if not field.generated and field.column not in different and not field.primary_key:
            found[field.column] = field.get_db_prep_save(field.pre_save(prototype, add=True), connection)
    return found


def _lines(shared: str, *sources: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for source in sources:
        for row in source:
            yield f"{shared}{chr(9).join(map(_text, row.values()))}\n"


def _chunks(lines: Iterator[str]) -> Iterator[list[str]]:
    chunk = []
    for line in lines:
        chunk.append(line)
        if len(chunk) == _CHUNK:
            yield chunk
            chunk = []
    yield chunk


def _text(value: Any) -> str:
    if value is None:
        return NULL
    if isinstance(value, Jsonb):
        return json_of(value.obj)
    return "{}" if value == [] else text_of(value)


@contextlib.contextmanager
def _bare(tables: list[str]) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT format('DROP INDEX %%I', index.relname), pg_get_indexdef(index.oid) FROM pg_index AS entry
            JOIN pg_class AS index ON index.oid = entry.indexrelid
            WHERE entry.indrelid = ANY (%s::regclass[])
                AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = entry.indexrelid)
            UNION ALL
            SELECT format('ALTER TABLE %%s DROP CONSTRAINT %%I', conrelid::regclass, conname),
                format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', conrelid::regclass, conname, pg_get_constraintdef(oid))
            FROM pg_constraint WHERE conrelid = ANY (%s::regclass[]) AND contype = 'f'
            """,
            [tables] * 2,
        )
        steps = cursor.fetchall()
        for drop, _ in steps:
            cursor.execute(drop)
        yield
        # By several processes, as migrations make them.
        cursor.execute(called_in_parallel("SAFE"))
        cursor.execute("SET maintenance_work_mem = '512MB'")
        for _, create in steps:
            cursor.execute(create)
        cursor.execute("RESET maintenance_work_mem")
        cursor.execute(called_in_parallel("UNSAFE"))
