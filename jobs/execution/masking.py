"""Keeps secrets out of what is recorded of a call: by the name of what holds them, and by their very text."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from credentials.encryption import MASK
from jobs.headers import is_secret

# Shorter values would be found by chance everywhere. They are still masked where they stand alone, by name.
SHORTEST = 6


@dataclass(frozen=True, slots=True, repr=False)
class Secrets:
    """The plaintexts that a call used. An endpoint may echo them, so they are taken out of whatever comes back."""

    texts: tuple[str, ...] = ()

    @classmethod
    def of(cls, values: Iterable[str]) -> "Secrets":
        """`values` as sent; of `Bearer abc` the part after the scheme is a secret as well, as JSON writes it too."""
        texts: set[str] = set()
        for value in values:
            for text in (value, value.partition(" ")[2]):
                if len(text.strip()) >= SHORTEST:
                    texts |= {text.strip(), json.dumps(text.strip())[1:-1]}
        return cls(tuple(sorted(texts, key=len, reverse=True)))

    def masked(self, text: str) -> str:
        for secret in self.texts:
            text = text.replace(secret, MASK)
        return text

    def masked_headers(self, headers: Iterable[tuple[str, str]] | Mapping[str, str]) -> dict[str, str]:
        """Values of headers that occur more than once are joined by a comma."""
        pairs = headers.items() if isinstance(headers, Mapping) else headers
        shown: dict[str, str] = {}
        for name, value in pairs:
            safe = MASK if is_secret(name) else self.masked(value)
            shown[name] = f"{shown[name]}, {safe}" if name in shown and safe != MASK else safe
        return shown

    def masked_json(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.masked(value)
        if isinstance(value, dict):
            return {self.masked(key): self.masked_json(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.masked_json(item) for item in value]
        return value
