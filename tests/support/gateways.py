"""A gateway that holds what customers pay by card, its settlement reports, and its payouts on the bank's statement."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from billproof.adapters.bank_files.csv_settlement import parse_settlement
from billproof.masterdata.parties import LegalEntity
from billproof.payments.cash import ReceiptState
from billproof.payments.model import Channel, receipt_id
from billproof.payments.service import AppliedPayment, apply_payment, read_payment_event
from billproof.payments.taking_settlements import SettlementSources, take_settlement
from billproof.payments.taking_statements import BankFile, TakenFile
from tests.support.balances import JAN
from tests.support.cash import ACCOUNTS, BANK, by_number, cash_world, number_of, usd
from tests.support.world import INC, World

CARDS = "cards"
NOW = datetime(2013, 3, 20, tzinfo=UTC)
HEAD = "Date,Type,Id,Charge,Payout,Amount,Fee,Name,Text"
REPORT: dict[str, Any] = {
    "encoding": "utf-8",
    "delimiter": ",",
    "decimal_sign": ".",
    "day_format": "YYYY-MM-DD",
    "signs": "effect",
    "fee_sign": "cost",
    "currency": "USD",
    "columns": {
        "booked_on": "Date",
        "movement": "Type",
        "reference": "Id",
        "original": "Charge",
        "payout": "Payout",
        "amount": "Amount",
        "fee": "Fee",
        "payer_name": "Name",
        "remittance": ["Text"],
    },
    "movements": {
        "charge": "charge",
        "refund": "refund",
        "chargeback": "dispute",
        "reversal": "dispute_won",
        "lost": "dispute_lost",
        "monthly fee": "fee",
        "payout": "payout",
    },
}
GATEWAY: dict[str, Any] = {
    "source": CARDS,
    "kind": "manual",
    "pays_into": BANK,
    "days_to_arrive": 3,
    "bank_texts": ["Card Processor"],
    "report": REPORT,
}
CLEARING, FEES, OTHER_INCOME = "1015", "6860", "8100"
BOOKS = ACCOUNTS | {"clearing": CLEARING, "fees": FEES, "other income": OTHER_INCOME}


def with_gateway(entity: LegalEntity, **fields: Any) -> LegalEntity:
    """Return a legal entity whose customers pay by card, too."""
    document = entity.model_dump(mode="json")
    document["chart_of_accounts"]["cash"]["fees"] = FEES
    document["cash_accounts"].append({"source": CARDS, "currency": "USD", "ledger_account": CLEARING})
    return LegalEntity.model_validate(document | {"version": entity.version + 1, "gateways": [GATEWAY | fields]})


def gateway_world(*months: str, **fields: Any) -> World:
    """UA is billed 30.00 a month, and pays by card."""
    world = cash_world(*months)
    world.publish(with_gateway(world.directory.legal_entity(INC), **fields))
    return world


def report(world: World, *rows: str, name: str = "february.csv") -> TakenFile:
    """Put a settlement report; what it tells waits in the queue."""
    file = BankFile(f"bank-statements/{INC}/gateway={CARDS}/{name}", "\n".join((HEAD, *rows)).encode())
    sources = SettlementSources(world.directory, world.payment_events, parse_settlement)
    return take_settlement(file, sources=sources)


def take_message(world: World, body: str) -> AppliedPayment:
    return apply_payment(read_payment_event(body), sources=world.cash_sources(NOW), matcher=by_number, erps=world.erps)


def deliver(world: World, bodies: Sequence[str] | None = None) -> None:
    """Take what waits in the queue, each message twice, and forget it."""
    for body in bodies or world.payment_events.bodies:
        take_message(world, body)
        take_message(world, body)
    world.payment_events.bodies.clear()


def paid_by_card(world: World, charge: str) -> ReceiptState:
    return world.cash_book.state(INC, receipt_id(INC, Channel.GATEWAY, CARDS, charge))


def on_accounts(world: World) -> dict[str, str]:
    """What all entries of payments leave on each ledger account, by its name; nothing where that comes to zero."""
    months = ("2013-02", "2013-03")
    lines = [
        line for month in months for posting in world.cash_book.intended(INC, month) for line in posting.entry.lines
    ]
    sums = {
        name: usd(0).plus(line.amount for line in lines if line.account == account) for name, account in BOOKS.items()
    }
    return {name: amount.text for name, amount in sums.items() if not amount.is_zero}


def charge_row(world: World, month: str = JAN, name: str = "ch-1") -> str:
    return f"2013-02-04,charge,{name},,po-1,30.00,1.17,United,{number_of(world, month)}"
