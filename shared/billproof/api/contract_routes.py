"""The routes of master data: publishing versions, what was published, prices, previews and simulations."""

import re
from collections.abc import Callable
from typing import Any

from billproof.access.scopes import Scope
from billproof.api.asked import fields_of
from billproof.api.audiences import Route, RouteCall
from billproof.composition import Composition
from billproof.contracts.history import Receipt, VersionChange
from billproof.contracts.model import Contract
from billproof.errors import Conflict, NotAllowed, NotFound
from billproof.ids import shown
from billproof.masterdata.model import AnyMasterData, CrmState, MasterData
from billproof.masterdata.parties import Account, LegalEntity
from billproof.masterdata.service import Synced, contract_history, keep_version
from billproof.model import Model
from billproof.names import Name
from billproof.periods import instant_text
from billproof.pipeline.previewing import Previewed, preview
from billproof.pricing.quoting import PriceRequest, Quote, quote
from billproof.tax.quoting import quote_taxed

_NUMBER = re.compile("[1-9][0-9]{0,5}")


class SentVersion(Model):
    """A version of master data; its kind, id and version are those of the path."""

    data: MasterData


class NamedAccount(Model):
    """An account."""

    account: Name


class AccountMonth(NamedAccount):
    """A month of an account."""

    period: str


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


def _quote(call: RouteCall[PriceRequest], _ports: Composition) -> Quote:
    """Price charges by the rules of invoices; nothing is kept."""
    return quote(call.request) if call.request.tax is None else quote_taxed(call.request, call.request.tax)


def _preview(call: RouteCall[AccountMonth], ports: Composition) -> Previewed:
    """Draft an account's invoice of a month as it would be now; nothing is kept."""
    account = call.account(call.request.account, ports)
    billed = account.parent or account.id
    previews = preview(
        legal_entity=account.legal_entity,
        period=call.request.period,
        accounts=[billed],
        sources=ports.preview_sources(),
        now=ports.now(),
    )
    previewed = next((previewed for previewed in previews if previewed.account == billed), None)
    if previewed is None:
        message = f"{shown(billed)} has no invoice of its own: it is billed by its parent"
        raise NotFound(message)
    return previewed


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
}
"""The kinds of master data by their name in paths. Policies take two people, and have routes of their own."""
ROUTES: dict[str, Route[Any]] = {
    **{
        f"PUT /v1/{path}/{{id}}/versions/{{version}}": Route(
            SentVersion, Scope.CONTRACTS_WRITE, _publish, reads=_version_of(kind)
        )
        for path, kind in KINDS.items()
    },
    "GET /v1/accounts/{account}": Route(NamedAccount, Scope.CONTRACTS_READ, _account),
    "GET /v1/accounts/{account}/contracts": Route(NamedAccount, Scope.CONTRACTS_READ, _history),
    "POST /v1/prices:quote": Route(PriceRequest, Scope.CONTRACTS_READ, _quote),
    "POST /v1/invoices:preview": Route(AccountMonth, Scope.CONTRACTS_READ, _preview),
}
