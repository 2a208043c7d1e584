"""January as a finance person finds it: billed and posted, two invoices held, money that nobody knows, a dispute."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from billproof.invoicing.delivery import pdf_key
from billproof.payments.matching import match
from billproof.payments.matching.earlier import EarlierCash
from billproof.payments.service import apply_payment, read_payment_event
from billproof.receivables.dispute_notes import WantedDispute
from billproof.receivables.disputing import dispute_invoice
from billproof_ops.demo import bank, story
from billproof_ops.demo.bank import BilledInvoice
from tests.support.playing import played_once
from tests.support.world import EUROPE, INC, JANUARY, World, flight

TODAY = datetime(2013, 3, 1, 9, tzinfo=UTC)
PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n%%EOF\n"


@played_once
def month_end() -> World:
    """EV is held, and so is UA, whose invoice is over the limit; most customers have paid; 9E paid short."""
    world = World()
    contract = world.directory.contracts("EV")[0]
    world.publish(contract.model_copy(update={"version": 2, "exclusions": ()}))
    policy = world.directory.policy(INC)
    thresholds = policy.thresholds.model_copy(update={"invoice_limit": {"USD": Decimal(6_000)}})
    world.adopt(policy.model_copy(update={"version": policy.version + 1, "thresholds": thresholds}))
    world.ingest([event for events in _flights() for event in events])
    world.bill(INC)
    world.bill(EUROPE)
    for entity in (INC, EUROPE):
        world.post_all(entity)
        _deliver(world, entity)
    world.moment = TODAY
    for entity in (INC, EUROPE):
        _pay(world, entity)
    _dispute(world)
    for entity in (INC, EUROPE):
        for period in ("2012-12", JANUARY):
            world.reconcile(entity, period)
    return world


def _flights() -> Any:
    yield [flight(number, account="UA", day=f"2013-01-{number % 31 + 1:02}") for number in range(1, 1_201)]
    yield [flight(number, account="UA", type="flight.cancelled") for number in range(2_001, 2_011)]
    yield [flight(1, account="EV", type="flight.cancelled")]  # nobody says what it costs: EV is held
    for index, account in enumerate(("B6", "MQ", "9E", "WN", "FL", "VX", "AS", "F9", "HA", "YV", "DL", "AA", "US")):
        yield [
            flight(number, account=account, day=f"2013-01-{number % 31 + 1:02}") for number in range(1, 60 + index * 9)
        ]


def _deliver(world: World, entity: str) -> None:
    for facts in world.register.of_period(entity, JANUARY):
        if facts.released is not None:
            world.objects.put(pdf_key(facts.released), PDF)


def _billed(world: World, entity: str) -> dict[str, BilledInvoice]:
    names = {account.id: account.name for account in story.master_data().accounts}
    return {
        facts.released.account: BilledInvoice(
            facts.released.account,
            names[facts.released.account],
            facts.released.number,
            facts.released.issue_date,
            facts.released.receivable.amount,
        )
        for facts in world.register.of_period(entity, JANUARY)
        if facts.released is not None
    }


def _pay(world: World, entity: str) -> None:
    """What the demo's banks tell of those customers whose invoices are released."""
    profile, billed = world.directory.legal_entity(entity), _billed(world, entity)
    known = tuple(one for one in bank.PAYMENTS[entity] if set(one.accounts) <= billed.keys())
    for number, payment in enumerate(known, start=1):
        told = bank._banked(payment, f"1302-{number}", entity, [billed[account] for account in payment.accounts])
        receipt = {
            "legal_entity": entity,
            "channel": "bank",
            "source": profile.cash_accounts[0].source,
            "reference": told.reference,
            "amount": told.amount.model_dump(mode="json"),
            "booked_on": told.on.isoformat(),
            "payer": {"name": told.payer},
            "structured": told.structured or None,
            "remittance": told.text,
        }
        take(world, receipt)


def settle_payments(world: World) -> None:
    """Do what messages of the payment-events queue ask for."""
    bodies, world.payment_events.bodies[:] = [*world.payment_events.bodies], []
    for body in bodies:
        _apply(world, body)


def take(world: World, receipt: dict[str, Any]) -> None:
    """Take in money that arrived, as the payment-events queue brings it."""
    _apply(world, json.dumps({"kind": "receipt", "receipt": receipt}))


def _apply(world: World, body: str) -> None:
    event = read_payment_event(body)
    earlier = EarlierCash(world.cash_book)
    apply_payment(
        event,
        sources=world.cash_sources(),
        matcher=lambda receipt, book, rules: match(receipt, book, rules, earlier=earlier, advices=world.advice_book),
        erps=world.erps,
    )


def _dispute(world: World) -> None:
    facts = next(facts for facts in world.register.of_period(INC, JANUARY) if facts.account == "YV")
    wanted = WantedDispute.model_validate(
        {
            "invoice": str(facts.id),
            "cause": "quantity",
            "owner": "billing",
            "deadline": "2013-03-31",
            "reason": "their operations count eight flights fewer",
        }
    )
    receivables = world.cash_sources().receivables(INC)
    dispute_invoice(
        wanted, opened_by="carla", receivables=receivables, book=world.dispute_book, today=world.now().date()
    )
