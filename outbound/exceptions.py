"""Why an outgoing call had no answer: one exception, with a word for programs and a sentence for people."""

from typing import Literal

Reason = Literal["timeout", "connect", "tls", "forbidden_address", "invalid_request"]


class CallFailed(Exception):
    """`reason` is a word; the message is a sentence and holds no secret."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason
