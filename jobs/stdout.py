"""A run's record as a document: plain text, text with terminal colours, HTML."""

from collections.abc import Iterable
from html import escape

from jobs.record import Event, Line, Tone

_ANSI = {Tone.HEADING: "1", Tone.GOOD: "0;32", Tone.BAD: "0;31", Tone.FAINT: "2"}

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{title}</title>
<style>
body {{ margin: 1rem; background: #fff; color: #1d2129; }}
pre {{ font: 0.85rem/1.45 ui-monospace, Menlo, Consolas, monospace; white-space: pre-wrap; overflow-wrap: anywhere; }}
.heading {{ font-weight: 600; }}
.good {{ color: #17693a; }}
.bad {{ color: #b3261e; }}
.faint {{ color: #5b6472; }}
</style>
</head>
<body>
<pre>{content}</pre>
</body>
</html>
"""


def lines_of(events: Iterable[Event]) -> list[Line]:
    return [line for event in events for line in event.lines]


def as_text(lines: Iterable[Line]) -> str:
    return "".join(f"{line.text}\n" for line in lines)


def as_ansi(lines: Iterable[Line]) -> str:
    return "".join(f"{_coloured(line)}\n" for line in lines)


def as_html(lines: Iterable[Line]) -> str:
    """The lines alone, escaped, to be put into a `<pre>`."""
    return "".join(f"{_marked_up(line)}\n" for line in lines)


def as_page(lines: Iterable[Line], *, title: str) -> str:
    return _PAGE.format(title=escape(title), content=as_html(lines))


def _coloured(line: Line) -> str:
    code = _ANSI.get(line.tone)
    return f"\x1b[{code}m{line.text}\x1b[0m" if code and line.text else line.text


def _marked_up(line: Line) -> str:
    text = escape(line.text)
    return text if line.tone is Tone.PLAIN or not text else f'<span class="{line.tone}">{text}</span>'
