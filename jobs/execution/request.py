"""A run → what it says to whatever it calls, and what is recorded of it. Pure but for the key that opens secrets.

What is called, and how, is `calls`'.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from credentials.encryption import MASK, UndecryptableSecret, decrypt, is_encrypted
from credentials.injection import Injection
from jobs import catalogues, inventory_feeds
from jobs.callbacks import TOKEN_HEADER, callback_headers
from jobs.execution.claiming import ClaimedRun
from jobs.execution.masking import Secrets
from jobs.headers import is_reserved, is_secret
from jobs.policies import DEFAULT_TIMEOUT, seconds_of_call
from jobs.statuses import JobKind, JobType
from outbound.urls import masked_url

# Seconds that an update may take whose template says nothing (0).
DEFAULT_TIMEOUT_OF_UPDATES = 60
# Bytes that are read of the answer to an update.
MAX_DOCUMENTS: dict[str, int] = {
    JobKind.PROJECT_UPDATE: catalogues.MAX_DOCUMENT,
    JobKind.INVENTORY_UPDATE: inventory_feeds.MAX_DOCUMENT,
}
MAX_RECORDED = 64 * 1024  # characters

_ABSOLUTE = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)


class InvalidRequest(Exception):
    """The run's request cannot be made; the message says why and holds no secret."""


@dataclass(frozen=True, slots=True)
class Content:
    """What a run says. `shown` is the body with secret parameters masked; `hidden` are headers of credentials."""

    headers: dict[str, str] = field(repr=False)
    body: bytes | None = field(repr=False)
    shown: bytes | None = field(repr=False)
    secrets: Secrets = field(repr=False)
    hidden: frozenset[str]

    def recorded(self, method: str, url: str) -> dict[str, Any]:
        """What is kept of the call: {"method", "url", "headers", "body", "body_truncated"}, secrets masked."""
        record = recorded(method, url, self.headers, self.shown, self.secrets)
        record["headers"] |= {name: MASK for name in self.hidden if name in record["headers"]}
        return record


def content_of(run: ClaimedRun, injection: Injection, *, method: str, url: str, now: float) -> Content:
    """With what its credentials give to it; `now` is what a signature says. Raises InvalidRequest."""
    spec = run.request
    answers = _opened_variables(run)
    given_vars = answers | injection.extra_vars
    user_headers, secret_texts = _opened(spec.get("headers") or {}, url)
    body = _body(run, method, spec.get("body"), given_vars)
    callback = callback_headers(run.run_id, run.number) if run.awaits_report else {}
    secrets = Secrets.of(
        [
            *secret_texts,
            *answers.values(),
            *injection.secrets,
            *injection.headers.values(),
            callback.get(TOKEN_HEADER, ""),
        ]
    )
    given = injection.headers | injection.signature_headers(str(run.run_id), body, now=now)
    return Content(
        headers=_headers(run, _with_injected(user_headers, given), has_body=body is not None) | callback,
        body=body,
        # Secret parameters are masked one by one: a short one would not be found by its text.
        shown=_body(run, method, spec.get("body"), dict.fromkeys(given_vars, MASK)) if given_vars else body,
        secrets=secrets,
        hidden=frozenset(injection.headers),
    )


def _with_injected(user_headers: dict[str, str], given: dict[str, str]) -> dict[str, str]:
    """What a credential gives replaces what the template says. Raises InvalidRequest."""
    for name in given:
        if is_reserved(name):
            raise InvalidRequest(
                f"The header {name[:100]}, which a credential gives, is set by Belfry itself."
            )
    replaced = {name.lower() for name in given}
    return {name: value for name, value in user_headers.items() if name.lower() not in replaced} | given


def timeout_of(run: ClaimedRun) -> float:
    """Seconds that the call may take."""
    is_update = run.kind in MAX_DOCUMENTS
    return seconds_of_call(run.timeout, DEFAULT_TIMEOUT_OF_UPDATES if is_update else DEFAULT_TIMEOUT)


def url_of(base_url: str, endpoint: str) -> str:
    """The endpoint itself if it is absolute, else its path under the base URL. Raises InvalidRequest."""
    endpoint = endpoint.strip()
    if _ABSOLUTE.match(endpoint):
        return endpoint
    if not base_url.strip():
        if not endpoint:
            raise InvalidRequest("Nothing says where to fetch it from: neither an endpoint nor a base URL.")
        raise InvalidRequest("The endpoint is a path, and there is no base URL to which it belongs.")
    base = re.split(r"[?#]", base_url.strip(), maxsplit=1)[0].rstrip("/")
    if not endpoint or endpoint.startswith(("?", "#")):
        return base + endpoint
    return f"{base}/{endpoint.lstrip('/')}"


def silence_of(run: ClaimedRun) -> float | None:
    """Seconds for which the other side may be silent; None for as long as the call may take."""
    return float(run.policy.read_timeout) or None


def recorded(
    method: str, url: str, headers: Mapping[str, str], body: bytes | None, secrets: Secrets
) -> dict[str, Any]:
    text = (body or b"").decode(errors="replace").replace("\x00", "\ufffd")
    return {
        "method": method,
        "url": secrets.masked(masked_url(url)),
        "headers": secrets.masked_headers(headers),
        "body": secrets.masked(text)[:MAX_RECORDED],
        "body_truncated": len(text) > MAX_RECORDED,
    }


def _opened(stored: object, url: str) -> tuple[dict[str, str], list[str]]:
    """The headers in plain text, one of each name, and the secrets among them."""
    if not isinstance(stored, dict):
        raise InvalidRequest("The headers are not a mapping of names to values.")
    headers: dict[str, str] = {}
    secret: list[str] = re.findall(r"//[^/?#@]*?:([^/?#]*)@", url)
    spelling: dict[str, str] = {}
    for key, value in stored.items():
        name = str(key)
        plain = _plain(name, value)
        if is_encrypted(value) or is_secret(name):
            secret.append(plain)
        if is_reserved(name):
            continue
        # A name that is given twice, in other letters, counts once: the last.
        headers.pop(spelling.get(name.lower(), name), "")
        spelling[name.lower()] = name
        headers[name] = plain
    return headers, secret


def _opened_variables(run: ClaimedRun) -> dict[str, str]:
    """The answers to password questions in plain text."""
    names = run.request.get("secret_variables") or ()
    opened: dict[str, str] = {}
    for name in names:
        try:
            opened[name] = decrypt(str(run.extra_vars.get(name, "")))
        except UndecryptableSecret:
            raise InvalidRequest(
                f"The secret answer {name[:100]} cannot be read with the present SECRET_KEY."
            ) from None
    return opened


def _plain(name: str, value: object) -> str:
    if is_encrypted(value):
        try:
            return decrypt(str(value))
        except UndecryptableSecret:
            raise InvalidRequest(
                f"The secret in the header {name[:100]} cannot be read with the present SECRET_KEY."
            ) from None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise InvalidRequest(f"The value of the header {name[:100]} is not text.")
    return str(value)


def _headers(run: ClaimedRun, user_headers: dict[str, str], *, has_body: bool) -> dict[str, str]:
    defaults = {"Content-Type": "application/json"} if has_body else {}
    given = {name.lower() for name in user_headers}
    return {
        **{name: value for name, value in defaults.items() if name.lower() not in given},
        **user_headers,
        **reserved_headers(run),
    }


def reserved_headers(run: ClaimedRun) -> dict[str, str]:
    """What Belfry itself says of each call."""
    reserved = {
        "Idempotency-Key": str(run.run_id),
        "X-Belfry-Run-Id": str(run.run_id),
        "X-Belfry-Attempt": str(run.number),
        "X-Belfry-Dry-Run": "true" if run.job_type == JobType.CHECK else "false",
    }
    if run.scheduled_for is not None:
        reserved["X-Belfry-Scheduled-For"] = iso_z(run.scheduled_for)
    return reserved


def _body(run: ClaimedRun, method: str, given: object, injected: dict[str, Any]) -> bytes | None:
    if given is None and method in ("GET", "HEAD"):
        return None
    return text_of(given if given is not None else default_body(run, injected)).encode()


def text_of(body: object, *, indent: int | None = None) -> str:
    """A text as it is, anything else as JSON. Raises InvalidRequest."""
    try:
        text = (
            body
            if isinstance(body, str)
            else json.dumps(body, ensure_ascii=False, allow_nan=False, indent=indent)
        )
        text.encode()
    except (ValueError, TypeError, RecursionError):
        raise InvalidRequest("The body cannot be written as JSON.") from None
    return text


def default_body(run: ClaimedRun, injected: dict[str, Any]) -> dict[str, Any]:
    return {
        **run.extra_vars,
        **injected,
        "runId": str(run.run_id),
        "dryRun": run.job_type == JobType.CHECK,
        "scheduledFor": None if run.scheduled_for is None else iso_z(run.scheduled_for),
        "attempt": run.number,
    }


def iso_z(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
