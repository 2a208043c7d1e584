"""Customers who pay: 30.00 a month in the books' currency, and receipts of what arrives of it."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from billproof.approvals.policy import MatchingRules
from billproof.erp.port import PostedDocument
from billproof.erp.service import ensure_posted
from billproof.masterdata.exchange_rates import ExchangeRate
from billproof.masterdata.parties import LegalEntity
from billproof.money import Money
from billproof.payments.cash import ReceiptState
from billproof.payments.desk import CashDesk, Matcher
from billproof.payments.entries import entries_of
from billproof.payments.model import Allocation, CashReceipt, Channel, Match, MatchOutcome
from billproof.payments.ports import OpenBook
from billproof.payments.receivables import Receivables
from billproof.payments.service import AppliedPayment, CashSources, apply_payment, read_payment_event
from tests.support.balances import bill, world_with_balances
from tests.support.world import INC, World

BANK = "US-ACME-001"
EURO_BANK = "DE89370400440532013000"
CHART = {"unapplied": "2350", "discounts": "4900", "charges": "6855", "differences": "6890", "exchange": "7700"}
ACCOUNTS = {"cash": "1000", "euros": "1010", "receivable": "1100", **CHART}


def usd(amount: str | int) -> Money:
    return Money.of(Decimal(amount), "USD")


def eur(amount: str | int) -> Money:
    return Money.of(Decimal(amount), "EUR")


def with_cash(entity: LegalEntity) -> LegalEntity:
    """Return a legal entity with two bank accounts, one of them in euros, and a chart for payments."""
    document = entity.model_dump(mode="json") | {"gateways": []}
    document["chart_of_accounts"]["cash"] = CHART
    document["cash_accounts"] = [
        {"source": BANK, "currency": "USD", "ledger_account": ACCOUNTS["cash"]},
        {"source": EURO_BANK, "currency": "EUR", "ledger_account": ACCOUNTS["euros"]},
    ]
    return LegalEntity.model_validate(document | {"version": entity.version + 1})


def cash_world(*months: str) -> World:
    """UA is billed 30.00 a month, in the months that are named, and its legal entity takes receipts."""
    world = world_with_balances()
    world.publish(with_cash(world.directory.legal_entity(INC)))
    for month in months:
        assert bill(world, month) is not None
    return world


def euro_world(*months: str) -> World:
    """The same in euros, at 1.25 dollars when they are billed, and at 1.50 from the tenth of the month after."""
    world = world_with_balances()
    world.publish(with_cash(world.directory.legal_entity(INC)))
    (contract,) = world.directory.contracts("UA")
    fee, *_ = contract.charges
    world.publish(contract.model_copy(update={"version": 2, "currency": "EUR", "charges": (fee,)}))
    for day, rate in (("2013-02-01", "1.25"), ("2013-02-10", "1.50"), ("2013-03-01", "1.25")):
        world.publish(
            ExchangeRate.model_validate(
                {"id": "EUR-USD", "day": day, "version": 1, "rate": rate, "source": "European Central Bank"}
            )
        )
    for month in months:
        assert bill(world, month) is not None
    return world


def receipt(amount: Money, reference: str = "1", **fields: Any) -> CashReceipt:
    source = BANK if amount.currency == "USD" else EURO_BANK
    told = {"booked_on": "2013-02-15", "remittance": "", **fields}
    return CashReceipt.model_validate(
        {"legal_entity": INC, "channel": Channel.BANK, "source": source, "reference": reference, "amount": amount}
        | told
    )


def by_number(received: CashReceipt, book: OpenBook, _rules: MatchingRules) -> Match:
    """Pay the invoices whose numbers are the words of the text, one after the other; a simple second opinion."""
    left, account, allocations = received.amount, None, []
    for word in received.remittance.split():
        item = book.numbered(word)
        if item is not None and left.amount > 0 and item.open.amount > 0:
            paid = min(left, item.open, key=lambda money: money.amount)
            account, left = item.account, left - paid
            allocations.append(Allocation(document=item.document, number=item.number, paid=paid))
    if account is None:
        return Match(outcome=MatchOutcome.UNKNOWN, rule="none", confidence=Decimal(0))
    applied = MatchOutcome.APPLIED
    return Match(outcome=applied, rule="number", confidence=Decimal(1), account=account, allocations=tuple(allocations))


def receivables_of(world: World) -> Receivables:
    return world.cash_sources().receivables(INC)


def desk_of(world: World, *, today: date = date(2013, 2, 20)) -> CashDesk:
    return CashDesk(
        entity=world.directory.legal_entity(INC),
        book=world.cash_book,
        receivables=receivables_of(world),
        exchange_rate_days=7,
        today=today,
    )


def number_of(world: World, month: str) -> str:
    released = world.register.released(f"{INC}.{month}.UA")
    assert released is not None
    return released.number


def open_of(world: World, month: str) -> Money:
    item = receivables_of(world).item(f"{INC}.{month}.UA")
    assert item is not None
    return item.open


def booked(world: World, state: ReceiptState) -> list[PostedDocument]:
    """Post what a receipt comes to in the books, and return it."""
    entity = world.directory.legal_entity(INC)
    return [ensure_posted(entry, world.ledger)[1] for entry in entries_of(state, entity) if entry.lines]


def balance_of(documents: list[PostedDocument]) -> dict[str, str]:
    """What documents leave on each account, by its name; those that come to nothing are left out."""
    totals = {
        name: sum((document.on(account).amount for document in documents), Decimal(0))
        for name, account in ACCOUNTS.items()
    }
    return {name: str(amount) for name, amount in totals.items() if amount}


def take(world: World, arrived: CashReceipt, matcher: Matcher = by_number) -> ReceiptState:
    """Take a receipt in, matched by the numbers that it names."""
    return desk_of(world).take(arrived, matcher, MatchingRules())


def sources(world: World) -> CashSources:
    return world.cash_sources(max(world.now(), datetime(2013, 2, 20, tzinfo=UTC)))


def told(world: World, body: str) -> AppliedPayment:
    return apply_payment(read_payment_event(body), sources=sources(world), matcher=by_number, erps=world.erps)


def arrival(amount: str, reference: str = "1", remittance: str = "") -> str:
    return (
        f'{{"kind": "receipt", "receipt": {receipt(usd(amount), reference, remittance=remittance).model_dump_json()}}}'
    )
