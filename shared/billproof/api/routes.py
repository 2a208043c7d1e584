"""A route of the API: what it reads, what it asks of its caller, and what it does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from billproof.api.asked import fields_of
from billproof.errors import NotFound
from billproof.ids import is_name, shown
from billproof.model import Model

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from billproof.access.scopes import Scope
    from billproof.access.service import Grant
    from billproof.callers import Caller
    from billproof.composition import Composition
    from billproof.masterdata.parties import Account

type Matches = Callable[[BaseModel], bool]
"""Says whether an `If-Match` names a document, as it is now."""


@dataclass(frozen=True, slots=True)
class RouteCall[M: BaseModel]:
    """A request of a route, who makes it, and for which legal entities the caller may make it.

    A route without a scope has no grants: the policy says what its caller, a person, may do.
    """

    request: M
    request_id: str
    caller: Caller
    grants: Mapping[str, Grant]
    idempotency_key: str = ""

    def account(self, name: str, ports: Composition) -> Account:
        """Return an account of a legal entity that the caller may ask about; raises NotFound for every other."""
        account = ports.directory.account(name) if is_name(name) else None
        if account is None or account.legal_entity not in self.grants:
            message = f"there is no account {shown(name)}"
            raise NotFound(message)
        return account

    def legal_entity(self, name: str) -> str:
        """Return a legal entity that the caller may ask about; raises NotFound for every other."""
        if name not in self.grants:
            message = f"there is no legal entity {shown(name)}"
            raise NotFound(message)
        return name


@dataclass(frozen=True, slots=True)
class Deprecation:
    """Since when a route should no longer be called, and from when on it will not be there."""

    since: datetime
    sunset: datetime

    @property
    def headers(self) -> dict[str, str]:
        """What every answer of the route says (RFC 9745, RFC 8594)."""
        return {
            "deprecation": f"@{int(self.since.timestamp())}",
            "sunset": format_datetime(self.sunset.astimezone(UTC), usegmt=True),
        }


class Attachment(Model):
    """A file that is answered as it is, instead of a JSON document."""

    content_type: str
    file_name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Route[M: BaseModel]:
    """A route: what it reads, the scope that it asks of its caller, and what it does.

    A route without a scope is for people only, and no token that is limited to scopes of ours calls it, but one of
    every caller.
    `is_current` says whether what the request would change is what an `If-Match` names.
    """

    model: type[M]
    scope: Scope | None
    operation: Callable[[RouteCall[M], Composition], BaseModel]
    status: HTTPStatus = HTTPStatus.OK
    reads: Callable[[dict[str, Any]], dict[str, Any]] = fields_of
    is_current: Callable[[RouteCall[M], Composition, Matches], bool] | None = None
    is_repeatable: bool = False
    """Whether its own facts make repeating it safe, so that its answers are not kept under an Idempotency-Key."""
    has_secret: bool = False
    """Whether its answer holds a secret: under an Idempotency-Key none is kept, and its own facts make it once more."""
    is_of_every_caller: bool = False
    """Whether it says nothing of anybody: who is let in by the authorizer may call it, whatever a policy or token says.
    """
    deprecation: Deprecation | None = None
