"""A credential's inputs: what its type lets them be, how they are stored and how they are shown. In AWX's words."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_ssh_private_key

from api.values import value_problem
from credentials.certificates import authority_context
from credentials.encryption import MASK, encrypt, is_encrypted
from credentials.exceptions import InvalidInputs
from credentials.models import ASK, CredentialType

MAX_TEXT = 64 * 1024
SHOWN_OF_A_BAD_KEY = 30


def to_store(
    sent: object, credential_type: CredentialType, stored: Mapping[str, Any], sourced: Collection[str] = ()
) -> dict[str, Any]:
    """What is kept of the inputs that a client sent, secrets encrypted. Raises InvalidInputs.

    `$encrypted$` stands for what is `stored`; where nothing is, it stands for nothing. What is `sourced` is looked up
    elsewhere, so it need not be given.
    """
    if not isinstance(sent, Mapping):
        raise InvalidInputs([f"{type(sent).__name__} provided, expected dict"])
    problem = value_problem(dict(sent))
    if problem:
        raise InvalidInputs([problem])
    fields = credential_type.fields_by_id
    unknown = [str(name) for name in sent if name not in fields]
    if unknown:
        raise InvalidInputs([_unexpected(unknown)])
    given = {
        name: value for name, value in sent.items() if not _stands_for_nothing(name, value, fields, stored)
    }
    errors: dict[str, list[str]] = {}
    for name, value in given.items():
        texts = [] if value == MASK else _problems(value, fields[name])
        if texts:
            errors[name] = texts
    for name in credential_type.inputs.get("required", ()):
        if name in fields and name not in sourced and not given.get(name):
            errors[name] = [f"required for {credential_type.name}"]
    errors |= _unlock_problems(given, fields, errors)
    if errors:
        raise InvalidInputs(errors)
    return {name: _kept(name, value, fields[name], stored) for name, value in given.items()}


def checked_metadata(sent: object, credential_type: CredentialType) -> dict[str, Any]:
    """What says which secret is looked up by a credential of this external type. Raises InvalidInputs."""
    if not isinstance(sent, Mapping):
        raise InvalidInputs([f"{type(sent).__name__} provided, expected dict"])
    problem = value_problem(dict(sent))
    if problem:
        raise InvalidInputs([problem])
    fields = credential_type.metadata_by_id
    unknown = [str(name) for name in sent if name not in fields]
    if unknown:
        raise InvalidInputs([_unexpected(unknown)])
    errors = {name: texts for name, value in sent.items() if (texts := _problems(value, fields[name]))}
    for name in credential_type.inputs.get("required", ()):
        if name in fields and not sent.get(name):
            errors[name] = [f"required for {credential_type.name}"]
    if errors:
        raise InvalidInputs(errors)
    return dict(sent)


def shown(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs as a client may see them."""
    return {name: MASK if is_encrypted(value) else value for name, value in inputs.items()}


def _unexpected(names: list[str]) -> str:
    listed = ", ".join(f"'{name[:100]}'" for name in names[:10])
    verb = "was" if len(names) == 1 else "were"
    return f"Additional properties are not allowed ({listed} {verb} unexpected)"


def _stands_for_nothing(
    name: str, value: object, fields: Mapping[str, Any], stored: Mapping[str, Any]
) -> bool:
    return value == MASK and bool(fields[name].get("secret")) and name not in stored


def _kept(name: str, value: Any, field: Mapping[str, Any], stored: Mapping[str, Any]) -> Any:
    if not field.get("secret"):
        return value
    if value == MASK:
        return stored[name]
    if value == "" or (value == ASK and field.get("ask_at_runtime")):
        return value
    return encrypt(value)


def _problems(value: object, field: Mapping[str, Any]) -> list[str]:
    if field.get("type") == "boolean":
        return [] if isinstance(value, bool) else [f"{_quoted(value, field)} is not of type 'boolean'"]
    if not isinstance(value, str):
        return [f"{_quoted(value, field)} is not of type 'string'"]
    if len(value) > MAX_TEXT:
        return [f"Ensure this field has no more than {MAX_TEXT} characters."]
    if value.startswith(MASK):
        return [f"A value may not begin with the reserved word {MASK}."]
    choices = field.get("choices")
    if choices and value not in choices:
        return [f"{_quoted(value, field)} is not one of {choices}"]
    check = _FORMATS.get(str(field.get("format")))
    return check(value) if check and value and value != ASK else []


def _quoted(value: object, field: Mapping[str, Any]) -> str:
    """A value that is of the wrong type is repeated, unless it may be a secret all the same."""
    return "The value" if field.get("secret") else repr(value)[:200]


def _private_key_problems(value: str) -> list[str]:
    if is_private_key(value):
        return []
    return [f"Invalid certificate or key: {value[:SHOWN_OF_A_BAD_KEY]}..."]


def _certificates_problems(value: str) -> list[str]:
    try:
        authority_context(value)
    except ValueError:
        return ["No certificates in PEM."]
    return []


def _vault_id_problems(value: str) -> list[str]:
    return ["@ is not an allowed character"] if "@" in value else []


_FORMATS: dict[str, Callable[[str], list[str]]] = {
    "ssh_private_key": _private_key_problems,
    "certificates": _certificates_problems,
    "vault_id": _vault_id_problems,
}


def is_private_key(text: str) -> bool:
    """Whether it is a private key in PEM, of OpenSSH's kind or another; one that a passphrase locks is one, too."""
    return _opens(text) is not None


def _opens(text: str) -> bool | None:
    """True for a private key that is in the open, False for a locked one, None for what is no private key."""
    data = text.strip().encode() + b"\n"
    load: Callable[..., object] = (
        load_ssh_private_key if b"OPENSSH PRIVATE KEY" in data else load_pem_private_key
    )
    try:
        load(data, password=None)
    except TypeError:
        return False
    except UnsupportedAlgorithm:
        return True
    except ValueError as error:
        return False if "encrypted" in str(error).lower() and "PRIVATE KEY" in text else None
    return True


def _unlock_problems(
    given: Mapping[str, Any], fields: Mapping[str, Any], errors: Mapping[str, Any]
) -> dict[str, list[str]]:
    """A key that is locked needs what opens it, and only such a key."""
    if "ssh_key_unlock" not in fields or "ssh_key_data" in errors:
        return {}
    key, unlock = given.get("ssh_key_data"), given.get("ssh_key_unlock")
    if unlock and not key:
        return {"ssh_key_unlock": [f'cannot be set unless "{fields["ssh_key_data"]["label"]}" is set']}
    if not key or key == MASK:
        return {}
    opens = _opens(key)
    if opens is False and not unlock:
        return {"ssh_key_unlock": ["must be set when SSH key is encrypted."]}
    if opens and unlock:
        return {"ssh_key_unlock": ["should not be set when SSH key is not encrypted."]}
    return {}
