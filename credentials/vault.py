"""Secrets in HashiCorp Vault's key/value engine, of version 1 and 2, by a token or an AppRole."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from credentials.certificates import authority_context
from credentials.exceptions import LookupRefused
from outbound.client import GuardedClient
from outbound.messages import Request

DEFAULT_AUTH_PATH = "approle"


class HashiVault:
    """`inputs`: url, token or role_id and secret_id, cacert, namespace, api_version; `metadata`: which secret."""

    async def fetch(
        self, inputs: Mapping[str, str], metadata: Mapping[str, str], client: GuardedClient, *, within: float
    ) -> str:
        context = None
        if inputs.get("cacert"):
            try:
                context = await asyncio.to_thread(authority_context, inputs["cacert"])
            except ValueError as error:
                raise LookupRefused(str(error)) from None
        vault = _Vault(inputs, client, context, within)
        token = inputs.get("token") or await vault.log_in(metadata.get("auth_path"))
        path, version = _path(inputs, metadata), metadata.get("secret_version")
        query = "?" + urlencode({"version": version}) if version and _is_v2(inputs) else ""
        data = (await vault.ask("GET", path + query, token=token)).get("data")
        if _is_v2(inputs) and isinstance(data, dict):
            data = data.get("data")
        key = metadata.get("secret_key", "")
        value = data.get(key) if isinstance(data, dict) else None
        if not isinstance(value, str | int | float) or isinstance(value, bool):
            raise LookupRefused(f"{key} is not present at {metadata.get('secret_path', '')}.")
        return str(value)


def _is_v2(inputs: Mapping[str, str]) -> bool:
    return inputs.get("api_version") == "v2"


def _path(inputs: Mapping[str, str], metadata: Mapping[str, str]) -> str:
    """Where the secret is. Version 2 has `data` behind the engine's name: the first part of the path, if not given."""
    path = metadata.get("secret_path", "").strip("/")
    engine = metadata.get("secret_backend", "").strip("/")
    if not engine and _is_v2(inputs):
        engine, _, path = path.partition("/")
    return quote("/".join(part for part in (engine, "data" if _is_v2(inputs) else "", path) if part))


class _Vault:
    def __init__(self, inputs: Mapping[str, str], client: GuardedClient, context: Any, within: float) -> None:
        self._inputs, self._client, self._context, self._within = inputs, client, context, within

    async def log_in(self, auth_path: str | None) -> str:
        """A token for the AppRole. Raises LookupRefused and CallFailed."""
        ids = {name: self._inputs.get(name) for name in ("role_id", "secret_id")}
        if not all(ids.values()):
            raise LookupRefused("it has neither a token nor a role_id with a secret_id.")
        path = auth_path or self._inputs.get("default_auth_path") or DEFAULT_AUTH_PATH
        auth = (await self.ask("POST", f"auth/{quote(path.strip('/'))}/login", body=ids)).get("auth")
        token = auth.get("client_token") if isinstance(auth, dict) else None
        if not isinstance(token, str):
            raise LookupRefused("Vault's answer to the log-in has no token.")
        return token

    async def ask(self, method: str, path: str, *, token: str = "", body: object = None) -> dict[str, Any]:
        """The answer's JSON object. What Vault says of a failure is not repeated: it may hold what was sent."""
        headers = {"X-Vault-Token": token} if token else {}
        if self._inputs.get("namespace"):
            headers["X-Vault-Namespace"] = self._inputs["namespace"]
        response = await self._client.send(
            Request(
                method,
                f"{self._inputs.get('url', '').rstrip('/')}/v1/{path}",
                headers=headers,
                body=None if body is None else json.dumps(body).encode(),
                ssl_context=self._context,
                timeout=self._within,
            )
        )
        if response.status != 200:
            raise LookupRefused(f"Vault answered {response.status} to {method} /v1/{path.partition('?')[0]}.")
        try:
            answer = json.loads(response.body)
        except (ValueError, RecursionError):
            answer = None
        if not isinstance(answer, dict):
            raise LookupRefused("Vault's answer is no JSON object.")
        return answer
