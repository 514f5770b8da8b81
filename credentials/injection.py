"""What a call is given of its credentials: headers, parameters, a signature, a client certificate, whom it trusts.

`opened` reads and decrypts them, once for a whole batch of runs; `injection_of` makes of them what one call needs.
Plaintexts live in these objects only, which show none of them.
"""

import asyncio
import base64
import binascii
import re
import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from standardwebhooks import Webhook

from credentials import managed
from credentials.certificates import authority_context, client_context
from credentials.encryption import UndecryptableSecret, decrypt, is_encrypted
from credentials.exceptions import UnusableCredential
from credentials.injectors import render
from credentials.lookups import Lookup, LookupStore
from credentials.models import Credential, CredentialInputSource
from credentials.oauth import TokenRequest, TokenStore
from outbound.client import GuardedClient

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_UNSENDABLE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class OpenedCredential:
    """A credential in plain text, for as long as a call needs it. `problem` says why it cannot be used."""

    id: int
    name: str
    namespace: str
    inputs: Mapping[str, Any] = field(default_factory=dict, repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    injectors: Mapping[str, Any] = field(default_factory=dict, repr=False)
    problem: str = ""
    # By input, what is not stored but has to be looked up.
    lookups: Mapping[str, Lookup] = field(default_factory=dict, repr=False)

    def text(self, name: str) -> str:
        return str(self.inputs.get(name) or "")


@dataclass(slots=True)
class Injection:
    """What is added to one call. `secrets` are all plaintexts that must not be recorded."""

    headers: dict[str, str] = field(default_factory=dict, repr=False)
    extra_vars: dict[str, Any] = field(default_factory=dict, repr=False)
    secrets: list[str] = field(default_factory=list, repr=False)
    signing_keys: list[bytes] = field(default_factory=list, repr=False)
    certificate: OpenedCredential | None = None
    authority: OpenedCredential | None = None
    token: TokenRequest | None = field(default=None, repr=False)
    # User and password, for what has a login of its own.
    login: tuple[str, str] | None = field(default=None, repr=False)

    def signature_headers(self, message_id: str, body: bytes | None, *, now: float) -> dict[str, str]:
        """The headers of Standard Webhooks; none where nothing signs."""
        if not self.signing_keys:
            return {}
        at, text = datetime.fromtimestamp(int(now), UTC), (body or b"").decode()
        signatures = (Webhook(key).sign(message_id, at, text) for key in self.signing_keys)
        return {
            "webhook-id": message_id,
            "webhook-timestamp": str(int(now)),
            "webhook-signature": " ".join(signatures),
        }

    @property
    def needs_context(self) -> bool:
        """Whether its calls need an SSL context of their own."""
        return self.certificate is not None or self.authority is not None

    def ssl_context(self, *, verify: bool) -> ssl.SSLContext | None:
        """With the client's certificate, and its own authority before the other's. Raises UnusableCredential."""
        opened = self.certificate or self.authority
        if opened is None:
            return None
        authority = opened.text("ca") or (self.authority.text("ca") if self.authority else "")
        try:
            if self.certificate is None:
                return authority_context(authority, verify=verify)
            return client_context(
                certificate=opened.text("certificate"),
                private_key=opened.text("private_key"),
                passphrase=opened.text("passphrase"),
                authority=authority,
                verify=verify,
            )
        except ValueError as error:
            raise UnusableCredential(f"The credential {opened.name!r} cannot be used: {error}") from None


def opened(ids: Iterable[int]) -> dict[int, OpenedCredential]:
    """These credentials by id, decrypted: two statements, or none where there are no ids."""
    wanted = set(ids)
    if not wanted:
        return {}
    rows = Credential.objects.filter(pk__in=wanted).select_related("credential_type")
    lookups = _lookups(wanted)
    found = {row.pk: replace(_open(row), lookups=lookups.get(row.pk, {})) for row in rows}
    gone = "A credential that the run was to use no longer exists."
    return {number: found.get(number) or OpenedCredential(number, "", "", problem=gone) for number in wanted}


def _open(row: Credential) -> OpenedCredential:
    kind = row.credential_type
    secret_names = row.encrypted_inputs
    try:
        inputs = {name: decrypt(v) if is_encrypted(v) else v for name, v in row.inputs.items()}
    except UndecryptableSecret as error:
        return OpenedCredential(
            row.pk, row.name, kind.namespace or "", problem=f"The credential {row.name!r}: {error}"
        )
    secrets = tuple(str(inputs[name]) for name in secret_names)
    return OpenedCredential(row.pk, row.name, kind.namespace or "", inputs, secrets, kind.injectors)


def _lookups(targets: set[int]) -> dict[int, dict[str, Lookup]]:
    found: dict[int, dict[str, Lookup]] = {}
    rows = CredentialInputSource.objects.filter(target_credential__in=targets)
    for row in rows.select_related("source_credential__credential_type"):
        lookup = lookup_by(row.source_credential, row.metadata)
        found.setdefault(row.target_credential_id, {})[row.input_field_name] = lookup
    return found


def lookup_by(source: Credential, metadata: Mapping[str, Any]) -> Lookup:
    """The question that an external credential asks."""
    opened_ = _open(source)
    if opened_.problem:
        return Lookup(source.name, opened_.namespace, problem=opened_.problem)
    return Lookup.of(source.name, opened_.namespace, opened_.inputs, metadata)


async def looked_up(
    credentials: Iterable[OpenedCredential], client: GuardedClient, store: LookupStore, *, within: float
) -> list[OpenedCredential]:
    """The credentials with all their inputs, those that are kept elsewhere included. Raises CallFailed."""
    return [await _completed(one, client, store, within) for one in credentials]


async def _completed(
    credential: OpenedCredential, client: GuardedClient, store: LookupStore, within: float
) -> OpenedCredential:
    if not credential.lookups:
        return credential
    values = await asyncio.gather(
        *(store.value(lookup, client, within=within) for lookup in credential.lookups.values())
    )
    inputs = {**credential.inputs, **dict(zip(credential.lookups, values, strict=True))}
    return replace(credential, inputs=inputs, secrets=(*credential.secrets, *values))


def injection_of(credentials: Iterable[OpenedCredential]) -> Injection:
    """What these give to a call. Raises UnusableCredential."""
    made = Injection()
    for opened_ in credentials:
        if opened_.problem:
            raise UnusableCredential(opened_.problem)
        made.secrets += opened_.secrets
        _add(opened_, made)
    for name, value in made.headers.items():
        if not _HEADER_NAME.fullmatch(name) or _UNSENDABLE.search(value):
            raise UnusableCredential(
                "A credential gives a header whose name or value cannot be sent: it has characters that headers "
                "do not have."
            )
    return made


def _add(credential: OpenedCredential, made: Injection) -> None:
    match credential.namespace:
        case managed.BEARER:
            made.headers["Authorization"] = f"Bearer {credential.text('token')}"
        case managed.BASIC:
            made.login = credential.text("username"), credential.text("password")
            pair = ":".join(made.login)
            made.headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        case managed.HEADER:
            made.headers[credential.text("name")] = credential.text("value")
        case managed.HMAC:
            made.signing_keys.append(_signing_key(credential))
        case managed.CLIENT_CREDENTIALS:
            made.token = _token_request(credential)
        case managed.MTLS:
            made.certificate = credential
        case managed.AUTHORITY:
            made.authority = credential
        case "":
            made.headers |= render(credential.injectors.get("headers", {}), credential.inputs)
            made.extra_vars |= render(credential.injectors.get("extra_vars", {}), credential.inputs)
        case _:
            # AWX's kinds give nothing to an HTTP call.
            pass


def _signing_key(credential: OpenedCredential) -> bytes:
    text = credential.text("secret")
    problem = "it has no secret"
    try:
        key = (
            base64.b64decode(text.removeprefix("whsec_"), validate=True)
            if text.startswith("whsec_")
            else text.encode()
        )
    except (binascii.Error, ValueError):
        key, problem = b"", "what follows whsec_ is not base64"
    if not key:
        raise UnusableCredential(f"The credential {credential.name!r} cannot be used: {problem}.")
    return key


def _token_request(credential: OpenedCredential) -> TokenRequest:
    return TokenRequest(
        credential=credential.name,
        url=credential.text("token_url"),
        client_id=credential.text("client_id"),
        client_secret=credential.text("client_secret"),
        scope=credential.text("scope"),
        audience=credential.text("audience"),
        in_body=credential.text("client_auth") == "body",
    )


async def fetch_token(made: Injection, client: GuardedClient, store: TokenStore, *, within: float) -> None:
    """Put the OAuth token, where one is needed, into the headers. Raises UnusableCredential and CallFailed."""
    if made.token is not None:
        token = await store.token(made.token, client, within=within)
        made.headers["Authorization"] = f"Bearer {token}"
        made.secrets.append(token)
