"""PostgreSQL's text format of COPY: how values of columns are written, with tabs between and a line for each row.

https://www.postgresql.org/docs/current/sql-copy.html (File Formats, Text Format)
"""

import json
from datetime import datetime
from typing import Any

NULL = r"\N"
_ESCAPED = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})


def text_of(value: object) -> str:
    """A text, or what PostgreSQL reads as Python writes it."""
    return str(value).translate(_ESCAPED)


def json_of(value: Any) -> str:
    # Of all that must be escaped it has but this.
    return json.dumps(value).replace("\\", r"\\")


def time_of(instant: datetime | None) -> str:
    return NULL if instant is None else instant.isoformat()
