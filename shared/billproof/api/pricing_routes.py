"""The routes of prices: quotes, previews of invoices, and months under changed terms."""

from itertools import islice
from typing import Annotated, Any

from pydantic import Field

from billproof.access.scopes import Scope
from billproof.adapters.sharing import shared_sources
from billproof.api.asked import AskedText
from billproof.api.routes import Route, RouteCall
from billproof.composition import Composition
from billproof.contracts.model import Contract
from billproof.errors import InvalidInput, NotFound
from billproof.ids import shown
from billproof.masterdata.model import AnyMasterData, MasterData
from billproof.masterdata.parties import Account
from billproof.model import Model
from billproof.names import Name
from billproof.pipeline.previewing import Previewed, preview
from billproof.pipeline.simulating import Simulation, simulate
from billproof.pricing.quoting import PriceRequest, Quote, quote
from billproof.tax.quoting import TaxedQuote, quote_taxed

MOST_SIMULATED = 200
"""Accounts of a legal entity whose month is simulated within the time of a call; the command simulates more."""
MOST_CHANGES = 200


class AccountMonth(Model):
    """A month of an account."""

    account: Name
    period: str


class WantedSimulation(Model):
    """A month of a legal entity, and versions of its contracts and accounts that are to be taken for published."""

    legal_entity: AskedText
    period: str
    changes: Annotated[tuple[MasterData, ...], Field(min_length=1, max_length=MOST_CHANGES)]


def _quote(call: RouteCall[PriceRequest], _ports: Composition) -> Quote | TaxedQuote:
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


def _simulate(call: RouteCall[WantedSimulation], ports: Composition) -> Simulation:
    """Price a month of a legal entity under changed terms and say what would differ; nothing is kept.

    Changed contracts are those of some accounts, and no others are compared; a changed account may concern all.
    """
    entity = call.legal_entity(call.request.legal_entity)
    for data in call.request.changes:
        _refuse_other(data, entity, call, ports)
    concerns_all = any(not isinstance(change, Contract) for change in call.request.changes)
    if concerns_all and next(islice(ports.directory.members(entity), MOST_SIMULATED, None), None) is not None:
        message = (
            f"{entity} has more than {MOST_SIMULATED} accounts, and other changes than of contracts concern all: "
            "billproof simulate has the time for them"
        )
        raise InvalidInput(message)
    return simulate(
        legal_entity=entity,
        period=call.request.period,
        changes=call.request.changes,
        sources=shared_sources(ports.preview_sources()),
        now=ports.now(),
    )


def _refuse_other(data: AnyMasterData, entity: str, call: RouteCall[Any], ports: Composition) -> None:
    """Raise where a change is of another legal entity, or of something that legal entities share."""
    match data:
        case Contract():
            owner = call.account(data.account, ports).legal_entity
        case Account():
            owner = call.legal_entity(data.legal_entity)
        case _:
            owner = ""
    if owner != entity:
        message = f"changes: only contracts and accounts of {entity} can be simulated here"
        raise InvalidInput(message)


ROUTES: dict[str, Route[Any]] = {
    "POST /v1/prices:quote": Route(PriceRequest, Scope.CONTRACTS_READ, _quote),
    "POST /v1/invoices:preview": Route(AccountMonth, Scope.CONTRACTS_READ, _preview),
    "POST /v1/simulations": Route(WantedSimulation, Scope.CONTRACTS_READ, _simulate),
}
