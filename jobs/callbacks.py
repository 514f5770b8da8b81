"""What a call carries so that its endpoint can report later: the address for that, and the attempt's own token.

A token is the attempt's number and a MAC of it under SECRET_KEY, so nothing that opens anything is stored.
"""

from uuid import UUID

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

TOKEN_HEADER = "X-Belfry-Run-Token"  # noqa: S105 (its name)
ADDRESS_HEADER = "X-Belfry-Status-Url"

_SALT = "jobs.callbacks"


def callback_headers(run_id: UUID, attempt: int) -> dict[str, str]:
    address = f"{settings.BELFRY_URL.rstrip('/')}/api/v2/executions/{run_id}/status/"
    return {TOKEN_HEADER: token_of(run_id, attempt), ADDRESS_HEADER: address}


def token_of(run_id: UUID, attempt: int, *, key: str | None = None) -> str:
    """The token of one attempt, under the present SECRET_KEY unless another is given."""
    mac = salted_hmac(_SALT, f"{run_id}:{attempt}", secret=key, algorithm="sha256")
    return f"{attempt}.{mac.hexdigest()}"


def attempt_of(token: str, run_id: UUID) -> int | None:
    """The number of the attempt whose token this is; None where it is none of this run's."""
    number = token.partition(".")[0]
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        return None
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    is_ours = [constant_time_compare(token, token_of(run_id, int(number), key=key)) for key in keys]
    return int(number) if any(is_ours) else None
