"""A customer who may take 2 % off within 10 days: its invoice, what it pays of it, and what that moves in the books."""

from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

from billproof.approvals.policy import MatchingRules
from billproof.conservation.cash import cash_statement
from billproof.contracts.model import CashDiscount
from billproof.invoicing.model import Invoice, Released
from billproof.money import Money
from billproof.payments.cash import ReceiptState
from billproof.payments.desk import CashDesk
from billproof.payments.matching import match
from billproof.payments.matching.earlier import EarlierCash
from billproof.payments.model import CashReceipt, Channel
from billproof.payments.service import book_receipt
from tests.support.world import EUROPE, World

GERMAN = f"{EUROPE}.2013-01.US"
ISSUED = date(2013, 2, 1)
LAST_DAY = "2013-02-11"
TODAY = date(2013, 2, 28)


def discount_world() -> World:
    """US is billed January by the European legal entity: 4,800.00 EUR and 912.00 of German VAT, 2 % within 10 days."""
    world = World(accounts={"US"})
    (contract, *_) = world.directory.contracts("US")
    terms = CashDiscount(percent=Decimal(2), days=10)
    world.publish(contract.model_copy(update={"version": contract.version + 1, "cash_discount": terms}))
    world.bill(EUROPE)
    world.approve_all(EUROPE)
    world.post_all(EUROPE)
    return world


def of(world: World) -> tuple[Invoice, Released]:
    released = world.register.released(GERMAN)
    assert released is not None
    return world.invoice(GERMAN), released


def pay(world: World, amount: str, day: str, **fields: Any) -> ReceiptState:
    """Money of US that names its invoice."""
    sources, (_, released) = world.cash_sources(), of(world)
    entity = world.directory.legal_entity(EUROPE)
    receivables = sources.receivables(EUROPE)
    told = {
        "legal_entity": EUROPE,
        "channel": Channel.BANK,
        "source": next(account.source for account in entity.cash_accounts if account.currency == "EUR"),
        "reference": "1",
        "amount": Money.of(amount, "EUR"),
        "booked_on": day,
        "payer": {"name": receivables.names()["US"]},
        "remittance": released.number,
    }
    desk = CashDesk(entity, world.cash_book, receivables, 7, TODAY)
    matcher = partial(match, earlier=EarlierCash(world.cash_book))
    state = desk.take(CashReceipt.model_validate(told | fields), matcher, MatchingRules())
    book_receipt(state, entity, sources, world.erps)
    return state


def open_of(world: World) -> Money:
    item = world.cash_sources().receivables(EUROPE).item(GERMAN)
    assert item is not None
    return item.open


def moved(world: World, state: ReceiptState) -> dict[str, str]:
    """What a receipt moved on the accounts of the ledger."""
    chart = world.directory.legal_entity(EUROPE).chart_of_accounts
    assert chart.cash is not None
    names = {
        chart.receivable: "receivable",
        chart.tax_payable: "tax",
        chart.cash.discounts: "discounts",
        chart.cash.unapplied: "unapplied",
        chart.cash.exchange: "exchange",
    }
    sums: dict[str, Decimal] = {}
    for posting in world.cash_book.intended(EUROPE, "2013-02"):
        for line in posting.entry.lines:
            if posting.entry.external_reference.startswith(state.receipt.id):
                name = names.get(line.account, "cash")
                sums[name] = sums.get(name, Decimal(0)) + line.amount.amount
    return {name: f"{amount:.2f}" for name, amount in sums.items() if amount}


def balances(world: World) -> bool:
    sources = world.cash_sources()
    return cash_statement(sources.receivables(EUROPE), sources.disputes.book).balances  # type: ignore[attr-defined]
