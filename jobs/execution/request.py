"""A run → the HTTP request that it makes, and what is recorded of it. Pure but for the key that opens secrets."""

import json
import re
import ssl
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from credentials.encryption import MASK, UndecryptableSecret, decrypt, is_encrypted
from credentials.injection import Injection
from jobs import catalogues, inventory_feeds
from jobs.callbacks import TOKEN_HEADER, callback_headers
from jobs.execution.claiming import ClaimedRun
from jobs.execution.masking import Secrets
from jobs.headers import is_reserved, is_secret
from jobs.statuses import JobKind, JobType
from outbound.messages import Request
from outbound.urls import masked_url

# Seconds that a run may take whose template says nothing (0).
DEFAULT_TIMEOUT = 1800
DEFAULT_TIMEOUT_OF_UPDATES = 60
# Bytes that are read of the answer to an update.
MAX_DOCUMENTS: dict[str, int] = {
    JobKind.PROJECT_UPDATE: catalogues.MAX_DOCUMENT,
    JobKind.INVENTORY_UPDATE: inventory_feeds.MAX_DOCUMENT,
}
MAX_TIMEOUT = 7 * 24 * 3600
MAX_RECORDED = 64 * 1024  # characters
MAX_REDIRECTS = 5
USER_AGENT = "Belfry/0.1 (+scheduler)"

_ABSOLUTE = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)


class InvalidRequest(Exception):
    """The run's request cannot be made; the message says why and holds no secret."""


@dataclass(frozen=True, slots=True)
class PreparedCall:
    """`recorded` is {"method", "url", "headers", "body", "body_truncated"}, secrets masked."""

    request: Request
    recorded: dict[str, Any]
    secrets: Secrets = field(repr=False)


def prepare(
    run: ClaimedRun,
    injection: Injection | None = None,
    *,
    ssl_context: ssl.SSLContext | None = None,
    now: float = 0.0,
) -> PreparedCall:
    """The call, with what its credentials give to it; `now` is what a signature says. Raises InvalidRequest."""
    injection = injection or Injection()
    spec = run.request
    url = url_of(str(spec.get("base_url") or ""), str(spec.get("endpoint") or ""))
    method = str(spec.get("method") or "POST").upper()
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
    headers = _headers(run, _with_injected(user_headers, given), has_body=body is not None) | callback
    request = Request(
        method=method,
        url=url,
        headers=headers,
        body=body,
        verify_ssl=spec.get("verify_ssl") is not False,
        ssl_context=ssl_context,
        timeout=timeout_of(run),
        connect_timeout=float(run.policy.connect_timeout),
        read_timeout=float(run.policy.read_timeout) or None,
        max_body=MAX_DOCUMENTS.get(run.kind),
        max_redirects=MAX_REDIRECTS if spec.get("follow_redirects") is True else 0,
    )
    # Secret parameters are masked one by one: a short one would not be found by its text.
    shown = _body(run, method, spec.get("body"), dict.fromkeys(given_vars, MASK))
    record = recorded(replace(request, body=shown), secrets)
    record["headers"] |= {name: MASK for name in injection.headers if name in record["headers"]}
    return PreparedCall(request, record, secrets)


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
    if run.timeout > 0:
        return float(min(run.timeout, MAX_TIMEOUT))
    return float(DEFAULT_TIMEOUT_OF_UPDATES if run.kind in MAX_DOCUMENTS else DEFAULT_TIMEOUT)


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


def recorded(request: Request, secrets: Secrets) -> dict[str, Any]:
    body = (request.body or b"").decode(errors="replace").replace("\x00", "\ufffd")
    return {
        "method": request.method,
        "url": secrets.masked(masked_url(request.url)),
        "headers": secrets.masked_headers(request.headers),
        "body": secrets.masked(body)[:MAX_RECORDED],
        "body_truncated": len(body) > MAX_RECORDED,
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
    defaults = {"User-Agent": USER_AGENT, "Accept": "application/json, */*;q=0.5"}
    if has_body:
        defaults["Content-Type"] = "application/json"
    given = {name.lower() for name in user_headers}
    reserved = {
        "Idempotency-Key": str(run.run_id),
        "X-Belfry-Run-Id": str(run.run_id),
        "X-Belfry-Attempt": str(run.number),
        "X-Belfry-Dry-Run": "true" if run.job_type == JobType.CHECK else "false",
    }
    if run.scheduled_for is not None:
        reserved["X-Belfry-Scheduled-For"] = iso_z(run.scheduled_for)
    return {
        **{name: value for name, value in defaults.items() if name.lower() not in given},
        **user_headers,
        **reserved,
    }


def _body(run: ClaimedRun, method: str, given: object, injected: dict[str, Any]) -> bytes | None:
    if given is None and method in ("GET", "HEAD"):
        return None
    try:
        if isinstance(given, str):
            return given.encode()
        value = _default_body(run, injected) if given is None else given
        return json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, TypeError, RecursionError):
        raise InvalidRequest("The body cannot be written as JSON.") from None


def _default_body(run: ClaimedRun, injected: dict[str, Any]) -> dict[str, Any]:
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
