"""The routes of what master data was: every version of one thing, what each changed, when it came and who sent it."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any

from pydantic import StringConstraints

from billproof.access.scopes import Scope
from billproof.api.pages import AskedPage, ListPage, page_by_name
from billproof.api.routes import Route, RouteCall
from billproof.composition import Composition
from billproof.contracts.crm_mappings import CrmMapping
from billproof.contracts.history import Receipt, TermChange, changes
from billproof.contracts.model import Contract
from billproof.errors import NotAllowed, NotFound
from billproof.ids import shown
from billproof.masterdata.crosswalks import Crosswalk
from billproof.masterdata.directory import KeptVersion
from billproof.masterdata.exchange_rates import ExchangeRate
from billproof.masterdata.meters import Meter
from billproof.masterdata.parties import Account, LegalEntity
from billproof.model import Model
from billproof.names import Name


class AskedVersions(AskedPage):
    """The versions of a legal entity, a meter or the mapping of a CRM, by its id."""

    id: Name


class AskedAccountVersions(AskedPage):
    """The versions of an account."""

    account: Name


class NamedContract(Model):
    """A contract of an account."""

    account: Name
    contract: Name


class AskedContractVersions(AskedPage):
    """The versions of a contract of an account."""

    account: Name
    contract: Name


class AskedRates(AskedPage):
    """The rates of one unit of the first currency in the second."""

    id: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}-[A-Z]{3}$")]


class NamedMasterData(Model):
    """A meter, or the mapping of a CRM, by its id."""

    id: Name


class PublishedVersion[T](Model):
    """A version of master data: what it says, what it changed of the one before it, and how it came.

    `receipt` says when it came and under which identity; null where it was kept before that was noted.
    """

    data: T
    changes: tuple[TermChange, ...]
    receipt: Receipt | None


class AccountVersions(ListPage[PublishedVersion[Account]]):
    """Some versions of an account, the oldest first."""


class ContractTerms(ListPage[PublishedVersion[Contract]]):
    """Some versions of a contract with all their terms, the oldest first."""


class LegalEntityVersions(ListPage[PublishedVersion[LegalEntity]]):
    """Some versions of a legal entity, the oldest first."""


class MeterVersions(ListPage[PublishedVersion[Meter]]):
    """Some versions of a meter, the oldest first."""


class CrmMappingVersions(ListPage[PublishedVersion[CrmMapping]]):
    """Some versions of the mapping of a CRM, the oldest first."""


class CrosswalkVersions(ListPage[PublishedVersion[Crosswalk]]):
    """Some versions of a crosswalk, the oldest first."""


class RateVersions(ListPage[PublishedVersion[ExchangeRate]]):
    """Some exchange rates of two currencies, by day, the oldest first; each as it is, next to no other."""


def _account_versions(call: RouteCall[AskedAccountVersions], ports: Composition) -> AccountVersions:
    """List the versions of an account: what each changed, when it came and who sent it."""
    account = call.account(call.request.account, ports)
    kept = ports.directory.history(Account, account.id)
    return AccountVersions(**_page(kept, call.request))


def _contract(call: RouteCall[NamedContract], ports: Composition) -> Contract:
    """Return the latest version of a contract, with all its terms."""
    account = call.account(call.request.account, ports)
    return _there(
        ports.directory.latest(Contract, call.request.contract, account.id), "contract", call.request.contract
    )


def _contract_versions(call: RouteCall[AskedContractVersions], ports: Composition) -> ContractTerms:
    """List the versions of a contract with all their terms: what each changed, when it came and who sent it."""
    account = call.account(call.request.account, ports)
    kept = ports.directory.history(Contract, call.request.contract, account.id)
    return ContractTerms(**_page(kept, call.request, "contract", call.request.contract))


def _legal_entity_versions(call: RouteCall[AskedVersions], ports: Composition) -> LegalEntityVersions:
    """List the versions of a legal entity: what each changed, when it came and who sent it."""
    kept = ports.directory.history(LegalEntity, call.legal_entity(call.request.id))
    return LegalEntityVersions(**_page(kept, call.request))


def _meter(call: RouteCall[NamedMasterData], ports: Composition) -> Meter:
    """Return the latest version of a meter; all legal entities share it."""
    return _there(ports.directory.latest(Meter, call.request.id), "meter", call.request.id)


def _meter_versions(call: RouteCall[AskedVersions], ports: Composition) -> MeterVersions:
    """List the versions of a meter: what each changed, when it came and who sent it."""
    kept = ports.directory.history(Meter, call.request.id)
    return MeterVersions(**_page(kept, call.request, "meter", call.request.id))


def _crm_mapping(call: RouteCall[NamedMasterData], ports: Composition) -> CrmMapping:
    """Return the latest version of the mapping of a CRM; it takes the scope in each legal entity."""
    _refuse_part(call, ports)
    return _there(ports.directory.latest(CrmMapping, call.request.id), "crm_mapping", call.request.id)


def _crm_mapping_versions(call: RouteCall[AskedVersions], ports: Composition) -> CrmMappingVersions:
    """List the versions of the mapping of a CRM; it takes the scope in each legal entity."""
    _refuse_part(call, ports)
    kept = ports.directory.history(CrmMapping, call.request.id)
    return CrmMappingVersions(**_page(kept, call.request, "crm_mapping", call.request.id))


def _crosswalk_versions(call: RouteCall[AskedVersions], ports: Composition) -> CrosswalkVersions:
    """List the versions of a crosswalk, from which ids mean what account; it takes the scope in each legal entity."""
    _refuse_part(call, ports, "crosswalk names accounts")
    kept = ports.directory.history(Crosswalk, call.request.id)
    return CrosswalkVersions(**_page(kept, call.request, "crosswalk", call.request.id))


def _rates(call: RouteCall[AskedRates], ports: Composition) -> RateVersions:
    """List the exchange rates of two currencies by day: when each came and who sent it."""
    kept = ports.directory.history(ExchangeRate, call.request.id)
    return RateVersions(**_page(kept, call.request, "exchange_rate", call.request.id))


def _refuse_part(call: RouteCall[Any], ports: Composition, what: str = "crm_mapping names customers") -> None:
    """Raise NotAllowed where a caller may not read of every legal entity: what is shared names those of all of them."""
    if not ports.access.covers_all(call.grants):
        message = f"a {what} of all legal entities: reading one takes the scope in each"
        raise NotAllowed(message)


def _there[T](known: T | None, kind: str, name: str) -> T:
    """Return what there is; raises NotFound."""
    if known is None:
        message = f"there is no {kind} {shown(name)}"
        raise NotFound(message)
    return known


def _page[T: Model](kept: Sequence[KeptVersion[T]], page: AskedPage, kind: str = "", name: str = "") -> dict[str, Any]:
    """Return a page of versions as fields of its model; raises NotFound where something of a kind has none at all."""
    _there(kept or None, kind, name)
    versions = page_by_name(list(_changed(kept)), _place, page)
    return {"items": versions.items, "next": versions.next}


def _changed[T: Model](kept: Sequence[KeptVersion[T]]) -> Iterator[PublishedVersion[T]]:
    before: T | None = None
    for version in kept:
        changed = () if before is None or isinstance(before, ExchangeRate) else tuple(changes(before, version.data))
        yield PublishedVersion(data=version.data, changes=changed, receipt=version.receipt)
        before = version.data


def _place(version: PublishedVersion[Any]) -> str:
    """Name a version in its list: rates by day, for each day has versions of its own."""
    day = f"{version.data.day} " if isinstance(version.data, ExchangeRate) else ""
    return f"{day}{version.data.version}"


ROUTES: dict[str, Route[Any]] = {
    "GET /v1/accounts/{account}/versions": Route(AskedAccountVersions, Scope.CONTRACTS_READ, _account_versions),
    "GET /v1/accounts/{account}/contracts/{contract}": Route(NamedContract, Scope.CONTRACTS_READ, _contract),
    "GET /v1/accounts/{account}/contracts/{contract}/versions": Route(
        AskedContractVersions, Scope.CONTRACTS_READ, _contract_versions
    ),
    "GET /v1/legal-entities/{id}/versions": Route(AskedVersions, Scope.CONTRACTS_READ, _legal_entity_versions),
    "GET /v1/meters/{id}": Route(NamedMasterData, Scope.CONTRACTS_READ, _meter),
    "GET /v1/meters/{id}/versions": Route(AskedVersions, Scope.CONTRACTS_READ, _meter_versions),
    "GET /v1/exchange-rates/{id}/versions": Route(AskedRates, Scope.CONTRACTS_READ, _rates),
    "GET /v1/crm-mappings/{id}": Route(NamedMasterData, Scope.CONTRACTS_READ, _crm_mapping),
    "GET /v1/crm-mappings/{id}/versions": Route(AskedVersions, Scope.CONTRACTS_READ, _crm_mapping_versions),
    "GET /v1/crosswalks/{id}/versions": Route(AskedVersions, Scope.CONTRACTS_READ, _crosswalk_versions),
}
