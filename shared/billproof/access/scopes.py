"""Clients: systems that call the API, and what they may ask for. A policy names them, so it takes two people."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from billproof.callers import Identity
from billproof.model import Model
from billproof.names import Name

Source = Annotated[str, Field(min_length=1, max_length=200)]


class Scope(StrEnum):
    """What a route asks of its caller. A token that names any of them is limited to those that it names."""

    USAGE_WRITE = "usage:write"
    USAGE_READ = "usage:read"
    CONTRACTS_WRITE = "contracts:write"
    CONTRACTS_READ = "contracts:read"
    OPERATIONS_READ = "operations:read"
    WEBHOOKS_WRITE = "webhooks:write"
    WEBHOOKS_READ = "webhooks:read"


READS = frozenset({Scope.USAGE_READ, Scope.CONTRACTS_READ, Scope.OPERATIONS_READ, Scope.WEBHOOKS_READ})
"""What every person of a policy may ask for; what people may change, roles and limits say."""


class Client(Model):
    """A system that calls: the identities by which it does, and what it may ask for.

    Where it names sources, it sends events of those sources only.
    """

    id: Name
    identities: Annotated[tuple[Identity, ...], Field(min_length=1)]
    scopes: Annotated[tuple[Scope, ...], Field(min_length=1)]
    sources: tuple[Source, ...] = ()

    def may_send(self, source: str) -> bool:
        """Say whether it sends events of a source."""
        return not self.sources or source in self.sources
