"""A template's own messages: what they may be, in AWX's words, and how a change of them keeps the rest."""

from collections.abc import Mapping
from typing import Any

from notifications.context import SAMPLE
from notifications.exceptions import CannotRender
from notifications.rendering import render_foreign

EVENTS = ("started", "success", "error", "workflow_approval")
# Belfry's own, which is shown only where it was given.
RECOVERY = "recovery"
APPROVAL_EVENTS = ("running", "approved", "timed_out", "denied")
TEXTS = ("message", "body")

_CANNOT = "Unable to render message '{message}': {detail}"
_RENDERING = {
    "syntax": _CANNOT,
    "undefined": "Field '{detail}' unavailable",
    "security": "Security error due to field '{detail}'",
    "other": _CANNOT,
}


def problems_of(messages: object) -> list[str]:
    """What is wrong with them; empty where nothing is."""
    problems: list[str] = []
    texts: list[str] = []
    if not isinstance(messages, dict):
        return [f"Expected dict for 'messages' field, found {type(messages)}"]
    for event, of_event in messages.items():
        if event not in (*EVENTS, RECOVERY):
            problems.append(
                f"Event '{event}' invalid, must be one of 'started', 'success', 'error', or 'workflow_approval'"
            )
        elif of_event is None:
            continue
        elif not isinstance(of_event, dict):
            problems.append(f"Expected dict for event '{event}', found {type(of_event)}")
        elif event == "workflow_approval":
            _look_at_approvals(of_event, texts, problems)
        else:
            _look_at(event, of_event, texts, problems)
    return problems + _rendering_problems(texts)


def _look_at_approvals(of_event: Mapping[str, Any], texts: list[str], problems: list[str]) -> None:
    for name, of_approval in of_event.items():
        if name not in APPROVAL_EVENTS:
            problems.append(
                f"Workflow Approval event '{name}' invalid, must be one of 'running', 'approved', 'timed_out', "
                "or 'denied'"
            )
        elif of_approval is None:
            continue
        elif not isinstance(of_approval, dict):
            problems.append(f"Expected dict for workflow approval event '{name}', found {type(of_approval)}")
        else:
            _look_at("workflow_approval", of_approval, texts, problems)


def _look_at(event: str, of_event: Mapping[str, Any], texts: list[str], problems: list[str]) -> None:
    for name, text in of_event.items():
        if name not in TEXTS:
            problems.append(f"Message type '{name}' invalid, must be either 'message' or 'body'")
        elif text is None:
            continue
        elif not isinstance(text, str):
            problems.append(f"Expected string for '{name}', found {type(text)}, ")
        elif name == "message" and "\n" in text:
            problems.append(f"Messages cannot contain newlines (found newline in {event} event)")
        else:
            texts.append(text)


def _rendering_problems(texts: list[str]) -> list[str]:
    try:
        rendered = render_foreign(texts, SAMPLE, strict=True)
    except CannotRender as error:
        return [str(error)]
    return [
        _RENDERING[one["error"]].format(message=text, detail=one["detail"])
        for text, one in zip(texts, rendered, strict=True)
        if "error" in one
    ]


def merged(new: Mapping[str, Any] | None, old: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """New messages, with the old ones of all that they leave out (AWX's way); null for each event without any."""
    if new is None:
        return None
    old = old or {}
    found: dict[str, Any] = {}
    for event in (*EVENTS, *({RECOVERY} & (new.keys() | old.keys()))):
        if event == "workflow_approval" and new.get(event) and old.get(event):
            found[event] = {
                name: _merged_texts(new[event].get(name), old[event].get(name))
                for name in APPROVAL_EVENTS
                if name in new[event] or name in old[event]
            }
        else:
            found[event] = _merged_texts(new.get(event), old.get(event))
    return found


def _merged_texts(new: Mapping[str, Any] | None, old: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    if not new:
        return old or new
    return {**new} | {name: text for name, text in (old or {}).items() if name not in new and text}
