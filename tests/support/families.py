"""A parent and its children: their month, billed on one invoice, and the pool of flights that they may share."""

from collections.abc import Iterable, Sequence
from typing import Any

from billproof.contracts.model import Contract
from billproof.findings import Finding
from billproof.masterdata.parties import Account
from billproof.proof.service import prove_run
from billproof_ops.demo import story
from tests.support.world import INC, JANUARY, World

FEBRUARY = "2013-02"

PARENT, CHILDREN = "UA", ("EV", "MQ")

INVOICE = f"{INC}.{JANUARY}.{PARENT}"

POOL = {
    "id": "pool",
    "name": "Flights of all",
    "product": "operations",
    "revenue_category": "usage",
    "timing": "in_arrears",
    "effective": {"start": "2013-01-01"},
    "meter": "flights_handled",
    "pooled": True,
    "price": {
        "model": "graduated",
        "tiers": [{"up_to": "5", "unit_price": "10"}, {"up_to": None, "unit_price": "1"}],
    },
}

DATA = story.master_data()


SEAT = {
    "id": "seat",
    "name": "A seat in the family",
    "product": "operations",
    "revenue_category": "subscription",
    "timing": "in_arrears",
    "effective": {"start": "2013-01-01"},
    "price": {"model": "flat", "amount": "0"},
}


def family(
    *charges: dict[str, Any],
    children: Iterable[str] = CHILDREN,
    contracts: Iterable[str] = CHILDREN,
    seats: Iterable[str] = (),
    buckets: int = 4,
    **changes: Any,
) -> World:
    """UA and its children, in other buckets than it; with `charges` UA's contract has those and nothing else.

    The children of `seats` have contracts of a fee of nothing, so that pools count what they use.
    """
    world = World(buckets=buckets, master_data=False)
    world.publish(*DATA.legal_entities, *DATA.meters, *DATA.policies)
    for account in DATA.accounts:
        if account.id in (PARENT, *children):
            own = {"parent": PARENT, **changes} if account.id in set(children) else {}
            world.publish(Account.model_validate({**account.model_dump(), **own}))
    for contract in DATA.contracts:
        if contract.account == PARENT and charges:
            world.publish(Contract.model_validate({**contract.model_dump(mode="json"), "charges": charges}))
        elif contract.account in set(seats):
            bare = {**contract.model_dump(mode="json"), "charges": [SEAT], "commitments": []}
            world.publish(Contract.model_validate(bare))
        elif contract.account in (PARENT, *contracts):
            world.publish(contract)
    return world


def bill(world: World, period: str = JANUARY, entity: str = INC) -> Sequence[Finding]:
    statement = world.bill(entity, period)
    world.approve_all(entity, period)
    world.post_all(entity, period)
    return statement.findings


def amounts(world: World, invoice: str = INVOICE) -> dict[tuple[str, str], str]:
    return {(line.priced.account, line.priced.id): line.amounts.net.text for line in world.invoice(invoice).lines}


def of_parent(world: World, invoice: str = INVOICE) -> dict[str, str]:
    """The parent's own lines, of its pool: those of the seats cost nothing."""
    return {line: net for (account, line), net in amounts(world, invoice).items() if account == PARENT}


def holds(world: World, run: str = f"{INC}-{JANUARY}-001") -> None:
    proof = prove_run(run, stores=world.stores())
    assert proof.holds, proof.differences
