"""Invoices that are held in one month and approved in another, and what a test asks of them."""

from datetime import UTC, date, datetime
from typing import Any

from billproof.approvals.policy import Policy
from billproof.contracts.model import Contract
from billproof.invoicing.model import Invoice, Released
from billproof.ledger.model import JournalEntry
from billproof.proof.service import prove_invoice, prove_run
from billproof_ops.demo import story
from tests.support.taxes import customer, seller
from tests.support.world import INC, World

NOV = "2010-11"


NAMES = ("A", "B")


def world_of(country: str, *, accounts: tuple[str, ...] = NAMES, fee: str = "1000", limit: str = "500") -> World:
    """Accounts of one country, billed from there; what is over the limit is held until somebody approves it."""
    world = World(master_data=False)
    world.moment = datetime(2010, 12, 2, 12, tzinfo=UTC)
    entity = seller(country, id=INC, time_zone="Europe/London", currency="GBP")
    chart = entity.chart_of_accounts.model_copy(update={"revenue": {"platform": "4000"}})
    world.publish(entity.model_copy(update={"chart_of_accounts": chart}))
    policy = story.master_data().policies[0].model_dump(mode="json")
    world.publish(Policy.model_validate({**policy, "thresholds": {"invoice_limit": {"GBP": limit}}}))
    for name in accounts:
        world.publish(customer(country, id=name, legal_entity=INC))
        publish_contract(world, name, fee if name == "A" else "100")
    return world


def publish_contract(world: World, account: str, fee: str, **changes: Any) -> None:
    charge = {
        "id": "fee",
        "name": "Service",
        "product": "service",
        "revenue_category": "platform",
        "effective": {"start": "2010-11-01"},
        "price": {"model": "flat", "amount": fee},
        "timing": "in_arrears",
        **changes,
    }
    terms = {
        "id": f"c-{account}",
        "account": account,
        "version": 1,
        "signed_by": "someone",
        "effective": {"start": "2010-11-01"},
        "currency": "GBP",
        "time_zone": "Europe/London",
        "charges": [charge],
    }
    world.publish(Contract.model_validate(terms))


def on(world: World, day: str) -> None:
    world.moment = datetime.fromisoformat(f"{day}T10:00:00+00:00")


def approve(world: World, day: str, period: str = NOV) -> str:
    """Let the director approve what waits for account A, and say what came of it."""
    on(world, day)
    *_, state = [each for each in world.exception_store.of_period(INC, period) if each.status == "open"]
    assert world.decide(state.opened.id, "approved", "ben").outcome == "decided"
    applied = world.apply(state.opened.id)
    assert world.apply(state.opened.id) == applied  # once, however often the message comes
    return f"{applied.outcome} {applied.number or applied.reason}"


def release(world: World, account: str, period: str = NOV) -> tuple[Released, Invoice]:
    name = f"{INC}.{period}.{account}"
    released = world.register.released(name)
    assert released is not None
    return released, world.invoice(name)


def proved(world: World, run: str, invoice: str) -> bool:
    world.post_all(period=run[-11:-4])
    proofs = prove_run(run, stores=world.stores()), prove_invoice(invoice, stores=world.stores())
    assert [proof.differences for proof in proofs] == [(), ()]
    return all(proof.holds for proof in proofs)


def entry_of(world: World, number: str) -> JournalEntry:
    entry = world.ledger.entry(INC, number)
    assert entry is not None
    return entry


def in_order(world: World, year: int) -> list[date]:
    """The issue dates of a series, in the order of its numbers; they never go back."""
    releases = [world.register.released(name) for name in world.register.series(INC, year)]
    days = [each.issue_date for each in releases if each is not None]
    assert days == sorted(days)
    return days
