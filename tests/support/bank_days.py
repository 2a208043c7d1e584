"""Days of a bank account in February 2013, the files that a bank writes of them, and what comes of those."""

from datetime import UTC, date, datetime
from typing import Any

from billproof.adapters.bank_files.parsing import parse_statement
from billproof.payments.service import apply_payment, read_payment_event
from billproof.payments.statements import BankStatement, MovementKind, StatementEntry
from billproof.payments.taking_statements import BankFile, TakenFile, take_statement
from tests.support.bank_files import camt
from tests.support.cash import BANK, by_number, usd
from tests.support.world import INC, World

NOW = datetime(2013, 3, 20, tzinfo=UTC)


def entry(amount: str, day: int, **fields: Any) -> StatementEntry:
    value, on = usd(amount), date(2013, 2, day)
    kind = MovementKind.DEBIT if value.amount < 0 else MovementKind.CREDIT
    return StatementEntry(**{"amount": value, "kind": kind, "booked_on": on, "value_on": on} | fields)


def of_day(day: int, opening: str, *entries: StatementEntry, **fields: Any) -> BankStatement:
    """Make the statement of a day of February."""
    start = usd(opening)
    on = date(2013, 2, day)
    days = {"account": BANK, "currency": "USD", "starts_on": on, "ends_on": on}
    closing = start.plus(each.amount for each in entries)
    return BankStatement.of(**days | fields, opening=start, closing=closing, entries=entries)


def put(world: World, statement: BankStatement, *, name: str = "file.xml", entity: str = INC) -> TakenFile:
    file = BankFile(f"bank-statements/{entity}/{name}", camt(statement))
    return take_statement(file, sources=world.statement_sources(parse_statement), now=NOW)


def apply_all(world: World) -> None:
    """Take what was sent to payment-events, each message twice, as a queue may."""
    for body in [*world.payment_events.bodies, *world.payment_events.bodies]:
        apply_payment(read_payment_event(body), sources=world.cash_sources(NOW), matcher=by_number, erps=world.erps)
    world.payment_events.bodies.clear()


DAYS = [of_day(4, "0", entry("5", 4)), of_day(5, "5", entry("7", 5)), of_day(6, "12", entry("-2", 6))]
