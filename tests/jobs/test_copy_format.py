from datetime import UTC, datetime

import pytest
from django.db import connection

from jobs.copy_format import NULL, json_of, text_of, time_of

TEXT = "a\tb\\n\nc\r\\N \\. ü \x0b"
JSON = {"deep": ["\t\\", {"é": None}], "end": "\\."}
TRUTH = True
TIME = datetime(2030, 1, 1, 12, 30, 0, 5, tzinfo=UTC)


@pytest.mark.django_db
def test_what_is_copied_is_read_as_it_was_written() -> None:
    rows = [
        (text_of(TEXT), text_of(7.25), text_of(TRUTH), json_of(JSON), time_of(TIME)),
        (NULL, NULL, NULL, NULL, time_of(None)),
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE copied (a text, b numeric, c boolean, d jsonb, e timestamptz) ON COMMIT DROP"
        )
        with cursor.copy("COPY copied FROM STDIN") as copy:
            copy.write("".join("\t".join(row) + "\n" for row in rows))
        cursor.execute(
            "SELECT a, b::float, c, d = %s::jsonb, e FROM copied",
            [connection.ops.adapt_json_value(JSON, None)],
        )

        assert cursor.fetchall() == [(TEXT, 7.25, True, True, TIME), (None,) * 5]
