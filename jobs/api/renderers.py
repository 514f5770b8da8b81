"""The formats of a run's record: `?format=` txt, ansi, html, json, and the two to be saved as a file."""

import json
from typing import Any

from rest_framework.renderers import BaseRenderer


class PlainTextRenderer(BaseRenderer):
    """Text as it is; errors, which are objects, as JSON."""

    media_type = "text/plain"
    format = "txt"
    charset = "utf-8"

    def render(self, data: Any, accepted_media_type: Any = None, renderer_context: Any = None) -> bytes:
        text = data if isinstance(data, str) else "" if data is None else json.dumps(data)
        return text.encode()


class AnsiTextRenderer(PlainTextRenderer):
    format = "ansi"


class HtmlPageRenderer(PlainTextRenderer):
    media_type = "text/html"
    format = "html"


class TextFileRenderer(PlainTextRenderer):
    format = "txt_download"


class AnsiFileRenderer(PlainTextRenderer):
    format = "ansi_download"
