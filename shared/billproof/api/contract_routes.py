"""The routes of master data: publishing versions, and what was published."""

import re
from collections.abc import Callable
from typing import Any

from billproof.access.scopes import Scope
from billproof.api.asked import fields_of
from billproof.api.pages import AskedPage, ListPage, page_by_name
from billproof.api.routes import Matches, Route, RouteCall
from billproof.approvals.policy import Policy
from billproof.composition import Composition
from billproof.contracts.crm_mappings import CrmMapping
from billproof.contracts.history import Receipt, VersionChange
from billproof.contracts.model import Contract
from billproof.errors import Conflict, NotAllowed
from billproof.masterdata.crosswalks import Crosswalk
from billproof.masterdata.meters import Meter
from billproof.masterdata.model import AnyMasterData, CrmState, MasterData
from billproof.masterdata.parties import Account, LegalEntity
from billproof.masterdata.service import Synced, contract_history, keep_version
from billproof.model import Flag, Model
from billproof.names import Name
from billproof.periods import instant_text

_NUMBER = re.compile("[1-9][0-9]{0,5}")


class SentVersion(Model):
    """A version of master data; its kind, id and version are those of the path."""

    data: MasterData


class NamedAccount(Model):
    """An account."""

    account: Name


class NamedThing(Model):
    """A legal entity by its id."""

    id: Name


class NamedPolicy(AskedPage):
    """A legal entity whose policy is asked for."""

    id: Name


class ShownPolicy(Model):
    """A version of a policy: who published it and who let it take effect; null where nobody has, or none is known."""

    policy: Policy
    published_by: str | None
    confirmed_by: str | None
    is_in_force: Flag


class MeterPage(ListPage[Meter]):
    """Some meters."""


class PolicyPage(ListPage[ShownPolicy]):
    """Some versions of a policy, the oldest first."""


class ContractVersions(Model):
    """Every version of an account's contracts: what each changed, who sent it and when."""

    account: str
    versions: tuple[VersionChange, ...]


def _publish(call: RouteCall[SentVersion], ports: Composition) -> Synced:
    """Publish a version of master data; the same version again changes nothing."""
    data = call.request.data
    _refuse_foreign(data, call, ports)
    receipt = Receipt(received_at=instant_text(ports.now()), sender=str(call.caller.identity))
    return keep_version(data, directory=ports.directory, receipt=receipt)


def _refuse_foreign(data: AnyMasterData, call: RouteCall[Any], ports: Composition) -> None:
    """Raise where a version is of another legal entity, or of all of them and the caller is not a client of all."""
    match data:
        case LegalEntity():
            call.legal_entity(data.id)
        case Account():
            call.legal_entity(data.legal_entity)
            if data.parent is not None:
                call.account(data.parent, ports)
            known = ports.directory.account(data.id)
            if known is not None and known.legal_entity not in call.grants:
                message = f"the id {data.id} is taken"
                raise Conflict(message)
        case Contract() | CrmState():
            call.account(data.account, ports)
        case _:
            if not ports.access.covers_all(call.grants):
                message = f"a {data.kind} is shared by all legal entities: publishing one takes the scope in each"
                raise NotAllowed(message)


def _history(call: RouteCall[NamedAccount], ports: Composition) -> ContractVersions:
    """Return every version of an account's contracts, what it changed, and who sent it."""
    account = call.account(call.request.account, ports)
    versions = contract_history(account.id, directory=ports.directory)
    return ContractVersions(account=account.id, versions=tuple(versions))


def _account(call: RouteCall[NamedAccount], ports: Composition) -> Account:
    """Return the latest version of an account."""
    return call.account(call.request.account, ports)


def _show_legal_entity(call: RouteCall[NamedThing], ports: Composition) -> LegalEntity:
    """Return the latest version of a legal entity."""
    return ports.directory.legal_entity(call.legal_entity(call.request.id))


def _list_meters(call: RouteCall[AskedPage], ports: Composition) -> MeterPage:
    """List the meters; all legal entities share them."""
    page = page_by_name(ports.directory.meters(), lambda meter: meter.id, call.request)
    return MeterPage(items=page.items, next=page.next)


def _list_policies(call: RouteCall[NamedPolicy], ports: Composition) -> PolicyPage:
    """List the versions of a legal entity's policy: who published and who confirmed each, and which is in force."""
    history = ports.policies.history(call.legal_entity(call.request.id))
    in_force = history.in_force(ports.now())
    versions = [
        ShownPolicy(
            policy=known.policy,
            published_by=history.name_of(known.published.published_by) if known.published else None,
            confirmed_by=known.confirmation.person if known.confirmation else None,
            is_in_force=known is in_force,
        )
        for known in history.versions
    ]
    page = page_by_name(versions, lambda shown: str(shown.policy.version), call.request)
    return PolicyPage(items=page.items, next=page.next)


def _is_current(call: RouteCall[SentVersion], ports: Composition, matches: Matches) -> bool:
    """Say whether a version is the one after that which an If-Match names, and that is the latest.

    So of two callers that change the same version one is refused, whoever comes first: both write one number. A version
    that is stored already changes nothing, and is answered again.
    """
    data = call.request.data
    _refuse_foreign(data, call, ports)
    if ports.directory.holds(data):
        return True
    latest = _latest(data, ports)
    return latest is not None and data.version == latest.version + 1 and matches(latest)


def _latest(data: AnyMasterData, ports: Composition) -> AnyMasterData | None:
    """Return the latest version of what a version is of, or None where there is none."""
    match data:
        case LegalEntity():
            return ports.directory.legal_entity(data.id)
        case Account():
            return ports.directory.account(data.id)
        case Meter() | CrmMapping() | Crosswalk():
            return ports.directory.latest(type(data), data.id)
        case Contract() | CrmState():
            return ports.directory.latest(type(data), data.id, data.account)
        case _:
            return None


def _version_of(kind: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Return what reads a version of a kind: the body, and from the path its id and its number."""

    def read(event: dict[str, Any]) -> dict[str, Any]:
        fields = fields_of(event)
        version = fields.get("version")
        if isinstance(version, str) and _NUMBER.fullmatch(version):
            version = int(version)
        return {"data": {**fields, "kind": kind, "version": version}}

    return read


KINDS = {
    "legal-entities": "legal_entity",
    "accounts": "account",
    "contracts": "contract",
    "meters": "meter",
    "exchange-rates": "exchange_rate",
    "crm-mappings": "crm_mapping",
    "crm-states": "crm_state",
    "crosswalks": "crosswalk",
}
"""The kinds of master data by their name in paths. Policies take two people, and have routes of their own."""
ROUTES: dict[str, Route[Any]] = {
    **{
        f"PUT /v1/{path}/{{id}}/versions/{{version}}": Route(
            SentVersion, Scope.CONTRACTS_WRITE, _publish, reads=_version_of(kind), is_current=_is_current
        )
        for path, kind in KINDS.items()
    },
    "GET /v1/accounts/{account}": Route(NamedAccount, Scope.CONTRACTS_READ, _account),
    "GET /v1/accounts/{account}/contracts": Route(NamedAccount, Scope.CONTRACTS_READ, _history),
    "GET /v1/legal-entities/{id}": Route(NamedThing, Scope.CONTRACTS_READ, _show_legal_entity),
    "GET /v1/meters": Route(AskedPage, Scope.CONTRACTS_READ, _list_meters),
    "GET /v1/policies/{id}/versions": Route(NamedPolicy, Scope.CONTRACTS_READ, _list_policies),
}
