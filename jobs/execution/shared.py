"""What all calls of an engine share."""

from dataclasses import dataclass

from credentials.lookups import LookupStore
from credentials.oauth import TokenStore
from jobs.execution.database import DatabaseThread
from outbound.client import GuardedClient
from outbound.lines import Lines


@dataclass(frozen=True, slots=True)
class Shared:
    client: GuardedClient
    lines: Lines
    tokens: TokenStore
    lookups: LookupStore
    tidying: DatabaseThread
