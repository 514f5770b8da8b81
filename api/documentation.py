"""The names, descriptions and answers that views show on their pages."""

import re
from typing import Any

from django.utils.html import escape, format_html_join
from django.utils.safestring import SafeString, mark_safe

STANDARD_ACTIONS = ("list", "create", "retrieve", "update", "partial_update", "destroy", "metadata")

CODE = re.compile(r"`([^`]+)`")
PATH = re.compile(r"/api/(\w+/)+")
SUFFIXES = re.compile(r"(ViewSet|View|List|Endpoint)$")
WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def view_name(view: Any) -> str:
    """DRF's VIEW_NAME_FUNCTION: a resource goes by its model's name, in the plural for its list.

    A sub-list goes by its name in the path (api/routers.py). A view is called otherwise by its `name`, and a viewset,
    which DRF takes that from, by `called`: one and many.
    """
    given = getattr(view, "name", None)
    if given:
        return str(given)
    is_list = getattr(view, "is_list", False)
    queryset = getattr(view, "queryset", None)
    action = getattr(view, "action", None)
    if queryset is not None and (action is None or action in STANDARD_ACTIONS):
        meta = queryset.model._meta
        one, many = getattr(view, "called", (meta.verbose_name, meta.verbose_name_plural))
        name = str(many if is_list else one)
        return name[:1].upper() + name[1:]
    words = WORDS.sub(" ", SUFFIXES.sub("", view.__class__.__name__))
    return words[:1] + words[1:].lower()


def view_description(view: Any, html: bool = False) -> str:  # noqa: FBT001, FBT002 - DRF's signature
    """DRF's VIEW_DESCRIPTION_FUNCTION: the docstring of the view's own class, with its `code` marked."""
    own = view.__class__.__dict__.get("__doc__") or ""
    action = getattr(view, "action", None)
    if action and action not in STANDARD_ACTIONS:
        own = getattr(getattr(view, action, None), "__doc__", None) or own
    paragraphs = [" ".join(part.split()) for part in re.split(r"\n\s*\n", own.strip())]
    if not html:
        return plain("\n\n".join(paragraphs))
    return format_html_join("", "<p>{}</p>", ((text_as_html(text),) for text in paragraphs if text))


def plain(text: str) -> str:
    """A text without the marks of its `code`, for those who read no Markdown."""
    return CODE.sub(r"\1", text)


def text_as_html(text: str) -> SafeString:
    """A text for a page, with its `code` as such, and paths of this server as links."""
    return mark_safe(CODE.sub(_code, str(escape(text))))  # noqa: S308 - escaped first


def _code(match: re.Match[str]) -> str:
    code = f"<code>{match[1]}</code>"
    return f'<a href="{match[1]}">{code}</a>' if PATH.fullmatch(match[1]) else code


# There is one way only to read a text, so one that fits nowhere is given up at once.
TEXT = r"&quot;(?:\\(?:&quot;|(?!&quot;).)|(?!&quot;|\\).)*+&quot;"
TOKENS = re.compile(
    rf"(?P<key>{TEXT})(?=:\s)"
    r"|(?P<path>&quot;(?P<target>/api/[^\s&]*(?:&amp;[^\s&]*)*)&quot;)"
    rf"|(?P<text>{TEXT})"
    r"|(?P<word>\b(?:true|false|null)\b)"
    r"|(?P<number>(?<![\w.])-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.]))"
)


def _mark(match: re.Match[str]) -> str:
    if match["path"]:
        return f'<span class="json-text">&quot;<a href="{match["target"]}">{match["target"]}</a>&quot;</span>'
    return f'<span class="json-{match.lastgroup}">{match[0]}</span>'


def json_as_html(text: str) -> SafeString:
    """A JSON text for a page: its kinds of values marked, paths of this server as links."""
    return mark_safe(TOKENS.sub(_mark, str(escape(text))))  # noqa: S308 - escaped first
