"""A running business that is taken over: UA owes, has paid in advance and has a balance; numbers go on at 42."""

from typing import Any

from billproof.approvals.taking_over import OpeningState, OpeningStores, confirm_opening, propose_opening
from billproof.masterdata.parties import LegalEntity
from billproof.names import PUBLISHED
from billproof.opening.model import Opening
from billproof_ops.local.people import local_identity
from tests.support.balances import world_with_balances
from tests.support.world import INC, World

OPENING_ACCOUNT = "3990"
RECEIVABLES: list[dict[str, Any]] = [
    {"reference": "R-871", "account": "UA", "issued": "2012-11-30", "due": "2012-12-30", "amount": "1250.00"},
    {
        "reference": "SKY-US-2013-000041",
        "account": "UA",
        "issued": "2013-01-02",
        "due": "2013-02-01",
        "amount": "80.50",
    },
]
DEFERRED: list[dict[str, Any]] = [
    {
        "reference": "R-850",
        "account": "UA",
        "amount": "100.00",
        "revenue_category": "usage",
        "first_month": "2013-01",
        "last_month": "2013-03",
    }
]
BALANCES: list[dict[str, Any]] = [{"reference": "CN-12", "account": "UA", "amount": "12.00"}]
NUMBERS: list[dict[str, Any]] = [{"series": "invoices", "year": 2013, "next": 42, "last_issued": "2013-01-02"}]
CONTROLS: list[dict[str, Any]] = [
    {"kind": "receivables", "currency": "USD", "count": 2, "total": "1330.50"},
    {"kind": "deferred", "currency": "USD", "count": 1, "total": "100"},
    {"kind": "balances", "currency": "USD", "count": 1, "total": "12"},
    {"kind": "numbers", "count": 1},
]


def running_business() -> World:
    """UA pays 30.00 a month and 1.00 a flight from January 2013 on, when billproof begins to bill."""
    world = world_with_balances()
    publish_entity(world, bills_from="2013-01-01")
    return world


def publish_entity(world: World, *, opening: str | None = OPENING_ACCOUNT, **changes: Any) -> LegalEntity:
    """Publish the next version of the legal entity."""
    known = world.directory.legal_entity(INC)
    chart = known.chart_of_accounts.model_copy(update={"opening": opening})
    update = {"version": known.version + 1, "chart_of_accounts": chart, **changes}
    entity = LegalEntity.model_validate(known.model_dump(mode="json") | _json(update))
    world.publish(entity)
    return entity


def _json(update: dict[str, Any]) -> dict[str, Any]:
    return {name: getattr(value, "model_dump", lambda value=value: value)() for name, value in update.items()}


def opening(**changes: Any) -> Opening:
    """What the business brings along, with changes by kind."""
    rows = {"receivables": RECEIVABLES, "deferred": DEFERRED, "balances": BALANCES}
    document: dict[str, Any] = {
        "legal_entity": INC,
        "first_period": "2013-01",
        **{kind: [{"currency": "USD", **row} for row in rows[kind]] for kind in rows},
        "numbers": NUMBERS,
        "controls": CONTROLS,
    }
    return Opening.model_validate(document | changes, context=PUBLISHED)


def opening_stores(world: World) -> OpeningStores:
    return OpeningStores(world.opening_decisions, world.directory, world.register, world.objects)


def propose(world: World, document: Opening, by: str = "carla") -> OpeningState:
    return propose_opening(
        document,
        caller=local_identity(by),
        stores=opening_stores(world),
        now=world.now(),
    )


def confirm(world: World, digest: str, by: str = "ben") -> OpeningState:
    return confirm_opening(
        legal_entity=INC,
        digest=digest,
        caller=local_identity(by),
        stores=opening_stores(world),
        erps=world.erps,
        now=world.now(),
    )


def take_over(world: World, document: Opening | None = None) -> OpeningState:
    """Propose an opening and confirm it."""
    return confirm(world, propose(world, document or opening()).digest)
