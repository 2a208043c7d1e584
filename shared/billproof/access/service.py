"""Which legal entities a caller may act for: those whose policy in force names the caller with the scope.

caller, scope -> the policies in force, at most FRESH_FOR old -> {legal entity: grant}

A legal entity that is not among them does not exist for the caller: an answer never says otherwise.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from billproof.access.scopes import READS, Client, Scope
from billproof.approvals.policy import Policy
from billproof.callers import Caller, Identity
from billproof.errors import NotAllowed
from billproof.ports import Clock

FRESH_FOR = timedelta(minutes=1)
"""For how long a policy is remembered: a client that a new version no longer names may call for so long."""


@dataclass(frozen=True, slots=True)
class Grant:
    """That a caller may act for a legal entity, as a client, or as a person, who sends events of no source."""

    legal_entity: str
    name: str
    client: Client | None

    def names(self, source: str) -> bool:
        """Say whether the policy names a source as one of the client's."""
        return self.client is not None and source in self.client.sources

    def may_send(self, source: str) -> bool:
        """Say whether the caller sends events of a source for the legal entity."""
        return self.client is not None and self.client.may_send(source)


class Access:
    """The grants of callers, by the policies in force."""

    def __init__(self, policies: Callable[[], Iterable[Policy]], clock: Clock) -> None:
        self._read = policies
        self._clock = clock
        self._policies: tuple[Policy, ...] = ()
        self._read_at: datetime | None = None

    def grants(self, caller: Caller, scope: Scope) -> Mapping[str, Grant]:
        """Return what a caller may act for, by legal entity; raises NotAllowed where that is nothing."""
        if caller.scopes and scope not in caller.scopes:
            message = f"this token is for {', '.join(sorted(caller.scopes))} only, and not for {scope}"
            raise NotAllowed(message)
        grants = [grant for policy in self._in_force() if (grant := _grant(policy, caller, scope)) is not None]
        if not grants:
            message = f"no policy in force lets this identity ask for {scope}"
            raise NotAllowed(message)
        return {grant.legal_entity: grant for grant in grants}

    def covers_all(self, grants: Mapping[str, Grant]) -> bool:
        """Say whether grants are for every legal entity that has a policy: what all share needs all."""
        return {policy.id for policy in self._in_force()} <= grants.keys()

    def is_person_of_all(self, identity: Identity) -> bool:
        """Say whether every policy in force this very moment names an identity as a person; False without a policy."""
        named = self.policies_naming(identity)
        return bool(named) and {policy.id for policy in self._in_force()} == named.keys()

    def policies_naming(self, identity: Identity) -> Mapping[str, int]:
        """Return the versions in force this very moment that name an identity as a person, by legal entity."""
        self._read_at = None
        return {policy.id: policy.version for policy in self._in_force() if policy.person_of(identity) is not None}

    def _in_force(self) -> tuple[Policy, ...]:
        now = self._clock()
        if self._read_at is None or now - self._read_at > FRESH_FOR:
            self._policies = tuple(self._read())
            self._read_at = now
        return self._policies


def _grant(policy: Policy, caller: Caller, scope: Scope) -> Grant | None:
    client = next((client for client in policy.clients if caller.identity in client.identities), None)
    if client is not None:
        return Grant(policy.id, client.id, client) if scope in client.scopes else None
    person = policy.person_of(caller.identity)
    return Grant(policy.id, person.id, None) if person is not None and scope in READS else None
