"""What is told by HTTP: for each type the requests that AWX sends."""

import base64
import json
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from api.values import read_json
from notifications.exceptions import NotDelivered
from notifications.telling import Telling
from outbound.client import GuardedClient
from outbound.messages import Request, Response

SLACK = "https://slack.com/api/chat.postMessage"
PAGERDUTY = "https://events.pagerduty.com/generic/2010-04-15/create_event.json"
TWILIO = "https://api.twilio.com/2010-04-01/Accounts/{}/Messages.json"
TIMEOUT = 30.0
# The server may think otherwise in a while.
PASSING = (408, 425, 429)
JSON = {"Content-Type": "application/json", "User-Agent": "Belfry"}
COLOR = re.compile(r"#([0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})")
ERROR_WORD = re.compile(r"[a-z_]{1,60}")


async def send(telling: Telling, client: GuardedClient) -> int:
    """Raises NotDelivered and CallFailed."""
    make = _REQUESTS.get(telling.kind)
    if make is None:
        raise NotDelivered(f"Belfry keeps notifications of type {telling.kind}, but sends none.", final=True)
    requests = make(telling)
    for request in requests:
        _check(telling.kind, await client.send(request))
    return len(requests)


def _check(kind: str, response: Response) -> None:
    if not 200 <= response.status < 300:
        final = 300 <= response.status < 500 and response.status not in PASSING
        raise NotDelivered(f"Error sending notification {kind}: {response.status}", final=final)
    if kind == "slack":
        answer = _object(response.body.decode("utf-8", "replace"))
        if not answer.get("ok"):
            word = str(answer.get("error", ""))
            said = word if ERROR_WORD.fullmatch(word) else "no reason given"
            raise NotDelivered(f"Error sending notification slack: {said}", final=word != "ratelimited")


def _object(text: Any) -> dict[str, Any]:
    """A message's body as an object; empty where it spells none (AWX's way)."""
    if isinstance(text, dict):
        return text
    try:
        found = read_json(text)
    except (TypeError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _post(url: str, value: Any, *, verify: bool = True, authorization: str = "") -> Request:
    body = json.dumps(value, ensure_ascii=False).encode()
    headers = JSON | ({"Authorization": authorization} if authorization else {})
    return Request("POST", url, headers=headers, body=body, verify_ssl=verify, timeout=TIMEOUT)


def _basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def _webhook(telling: Telling) -> list[Request]:
    given = telling.configuration
    headers = {name: str(value) for name, value in given["headers"].items()}
    headers = {name: value for name, value in headers.items() if name.lower() != "content-type"}
    if given["username"] or given["password"]:
        headers = {name: value for name, value in headers.items() if name.lower() != "authorization"}
        headers["Authorization"] = _basic(given["username"], given["password"])
    if "user-agent" not in {name.lower() for name in headers}:
        headers["User-Agent"] = JSON["User-Agent"]
    return [
        Request(
            given["http_method"].upper(),
            given["url"],
            headers=headers | {"Content-Type": JSON["Content-Type"]},
            body=json.dumps(_object(telling.body), ensure_ascii=False).encode(),
            verify_ssl=not given["disable_ssl_verification"],
            timeout=TIMEOUT,
        )
    ]


def _slack(telling: Telling) -> list[Request]:
    given = telling.configuration
    color = str(given.get("hex_color") or "")
    said: dict[str, Any] = {"text": telling.subject}
    if COLOR.fullmatch(color):
        said = {"attachments": [{"color": color, "text": telling.subject}]}
    return [
        _post(SLACK, {"channel": channel.removeprefix("#")} | said, authorization=f"Bearer {given['token']}")
        for channel in telling.recipients
    ]


def _chat(prefix: str, names: tuple[str, ...]) -> Callable[[Telling], list[Request]]:
    def requests(telling: Telling) -> list[Request]:
        given = telling.configuration
        optional = {name: given.get(f"{prefix}_{name}") for name in names}
        value = {name: text.strip() for name, text in optional.items() if isinstance(text, str)}
        url, verify = given[f"{prefix}_url"], not given[f"{prefix}_no_verify_ssl"]
        return [_post(url, value | {"text": telling.subject}, verify=verify)]

    return requests


def _grafana(telling: Telling) -> list[Request]:
    given, body = telling.configuration, _object(telling.body)
    value = {
        "text": telling.subject,
        "isRegion": given.get("isRegion", True),
        "dashboardId": given.get("dashboardId"),
        "panelId": given.get("panelId"),
    }
    if given.get("annotation_tags"):
        value["tags"] = given["annotation_tags"]
    if body.get("started"):
        value["time"] = value["timeEnd"] = _milliseconds(body["started"])
        if body.get("finished"):
            value["timeEnd"] = _milliseconds(body["finished"])
    url = f"{given['grafana_url'].rstrip('/')}/api/annotations"
    verify = not given.get("grafana_no_verify_ssl")
    return [_post(url, value, verify=verify, authorization=f"Bearer {given['grafana_key']}")]


def _milliseconds(text: Any) -> int:
    try:
        return int(datetime.fromisoformat(str(text)).timestamp() * 1000)
    except (ValueError, OverflowError):
        raise NotDelivered("The body's times of start and end cannot be read.", final=True) from None


def _pagerduty(telling: Telling) -> list[Request]:
    given = telling.configuration
    value = {
        "service_key": given["service_key"],
        "event_type": "trigger",
        "description": telling.subject,
        "details": _object(telling.body) or telling.body,
        "client": given["client_name"],
    }
    return [_post(PAGERDUTY, value, authorization=f"Token token={given['token']}")]


def _twilio(telling: Telling) -> list[Request]:
    given = telling.configuration
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Authorization": _basic(given["account_sid"], given["account_token"]),
    }
    url = TWILIO.format(quote(given["account_sid"], safe=""))
    return [
        Request(
            "POST",
            url,
            headers=headers,
            body=urlencode({"To": number, "From": given["from_number"], "Body": telling.subject}).encode(),
            timeout=TIMEOUT,
        )
        for number in telling.recipients
    ]


_REQUESTS: dict[str, Callable[[Telling], list[Request]]] = {
    "webhook": _webhook,
    "slack": _slack,
    "mattermost": _chat("mattermost", ("channel", "username", "icon_url")),
    "rocketchat": _chat("rocketchat", ("username", "icon_url")),
    "grafana": _grafana,
    "pagerduty": _pagerduty,
    "twilio": _twilio,
}
