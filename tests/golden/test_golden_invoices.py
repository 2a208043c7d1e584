"""Invoices and journal entries of January 2013, real flights, line by line; BILLPROOF_GOLDEN=write writes them anew."""

from datetime import UTC, datetime
from decimal import Decimal
from functools import partial

import pytest

from billproof.adapters.bank_files.parsing import parse_statement
from billproof.adapters.typst.pdf import render_invoice
from billproof.conservation.cash import RELEASED, cash_statement
from billproof.payments.deciding import decide_receipt
from billproof.payments.decisions import ReceiptDecision
from billproof.payments.matching import match
from billproof.payments.matching.earlier import EarlierCash
from billproof.payments.model import UseKind
from billproof.payments.service import apply_payment, read_payment_event
from billproof.payments.taking_statements import BankFile, take_statement
from billproof_ops.demo import story
from billproof_ops.demo.bank import DECIDER, REASON, BankedPayment, BilledInvoice, bank_files, payments
from tests.support.golden import compare
from tests.support.tables import invoice_table, journal_table
from tests.support.world import EUROPE, INC, JANUARY, World

PAID_AT = datetime(2013, 3, 20, tzinfo=UTC)


@pytest.fixture(scope="module")
def world() -> World:
    world = World(buckets=4)
    world.ingest(story.events(JANUARY), per_message=500)
    for entity in (INC, EUROPE):
        world.bill(entity)
        assert len(world.approve_all(entity)) == 1
        world.post_all(entity)
    return world


@pytest.mark.parametrize("account", [account.id for account in story.master_data().accounts])
def test_the_invoice_and_its_entry_are_what_was_agreed(world: World, account: str) -> None:
    entity = next(each.legal_entity for each in story.master_data().accounts if each.id == account)
    invoice_id = f"{entity}.{JANUARY}.{account}"
    released = world.register.released(invoice_id)
    assert released is not None
    entry = world.ledger.entry(entity, released.number)
    text = invoice_table(world.invoice(invoice_id), released)
    text += "\n\n" + (journal_table(entry) if entry else "nothing to post")
    compare(f"{JANUARY}/{account}.txt", [text])


def test_january_holds_the_flights_that_it_holds(world: World) -> None:
    events = world.invoice(f"{INC}.{JANUARY}.UA").events
    assert (events.billed + events.excluded, events.excluded) == (4_637, 32)
    statements = [world.bill(entity).events for entity in (INC, EUROPE)]
    assert sum(each.metered for each in statements) == 26_483
    assert sum(each.excluded for each in statements) == 521
    assert sum(each.distinct for each in statements) == 27_004


def test_running_again_changes_nothing(world: World) -> None:
    before = dict(world.records["invoices"].items)
    statement = world.bill(INC)
    assert (statement.released, statement.already_released, statement.changed_after_release) == (0, 13, 0)
    assert world.records["invoices"].items == before


def test_the_books_balance(world: World) -> None:
    for entity in (INC, EUROPE):
        result = world.reconcile(entity)
        assert result.variances == ()
        assert result.invoiced.gross == result.posted_receivable


def test_the_same_invoice_is_drawn_as_the_same_bytes(world: World) -> None:
    invoice_id = f"{EUROPE}.{JANUARY}.US"
    released = world.register.released(invoice_id)
    assert released is not None
    pdfs = {render_invoice(world.invoice(invoice_id), released) for _ in range(2)}
    assert len(pdfs) == 1
    assert pdfs.pop().startswith(b"%PDF-")


def owed(world: World, entity: str) -> dict[str, BilledInvoice]:
    """What a legal entity's customers are to pay of January, by account."""
    of_month = [facts.released for facts in world.register.of_period(entity, JANUARY) if facts.released is not None]
    names = {account.id: account.name for account in story.master_data().accounts}
    return {
        released.account: BilledInvoice(
            released.account,
            names[released.account],
            released.number,
            released.issue_date,
            released.receivable.amount,
        )
        for released in of_month
    }


def pay(world: World) -> None:
    """Take what the banks told of, each message twice."""
    earlier = EarlierCash(world.cash_book)
    for body in [*world.payment_events.bodies, *world.payment_events.bodies]:
        apply_payment(
            read_payment_event(body),
            sources=world.cash_sources(PAID_AT),
            matcher=partial(match, earlier=earlier),
            erps=world.erps,
        )
    world.payment_events.bodies.clear()


READ_BY = {
    "UA": "structured-reference",
    "B6": "number-in-text",
    "EV": "exact-amount",
    "MQ": "exact-amount",  # the number is in the part that is cut off
    "9E": "part-payment",
    "VX": "shortened-number",
    "AS": "corrected-number",
    "F9": "bank-charges",
    "DL": "structured-reference",
    "AA": "corrected-number",  # it is cut within the number
    "US": "bank-charges",
}
"""By hand: the rule that is meant to read each payment. WN pays with FL, HA pays too much, YV and OO pay nothing."""


def test_january_is_paid_as_its_customers_pay_it(world: World) -> None:
    rules: dict[str | None, str] = {}
    waiting: dict[str, str] = {}
    banked: dict[str, BankedPayment] = {}
    for entity in map(world.directory.legal_entity, (INC, EUROPE)):
        of_bank = payments(entity, owed(world, entity.id))
        banked |= {payment.reference: payment for payment in of_bank}
        for _ in range(2):
            for name, data in bank_files(entity, of_bank):
                file = BankFile(f"bank-statements/{entity.id}/{name}", data)
                taken = take_statement(file, sources=world.statement_sources(parse_statement), now=PAID_AT)
                assert (taken.breaks, taken.returns_waiting) == (0, 0)
            pay(world)
        for state in world.cash_book.received(entity.id):
            (use,) = state.uses
            assert use.match is not None
            if use.kind is UseKind.APPLIED:
                assert [(part.allocation.number, part.allocation.paid) for part in use.settlements] == [
                    *banked[state.receipt.reference].shares
                ]
                rules[use.account] = use.match.rule
            else:
                waiting[banked[state.receipt.reference].pays[0].account] = use.match.rule
    assert rules == READ_BY
    assert waiting == {"WN": "number-in-text", "HA": "payer-only"}


def test_when_a_person_decided_all_but_two_customers_owe_nothing_and_cash_balances(world: World) -> None:
    for entity in map(world.directory.legal_entity, (INC, EUROPE)):
        meant = {payment.reference: payment for payment in payments(entity, owed(world, entity.id))}
        for state in list(world.cash_book.received(entity.id)):
            payment = meant[state.receipt.reference]
            if not state.applications:
                decision = ReceiptDecision.model_validate(
                    {
                        "legal_entity": entity.id,
                        "receipt": state.receipt.id,
                        "verdict": "applied",
                        "account": payment.pays[0].account,
                        "pays": [{"number": number, "amount": paid.text} for number, paid in payment.shares],
                        "reason": REASON,
                    }
                )
                sources = world.cash_sources(PAID_AT)
                decide_receipt(decision, decided_by=DECIDER, sources=sources, events=world.payment_events)
        pay(world)
    left: dict[str, Decimal] = {}
    for entity_id in (INC, EUROPE):
        receivables = world.cash_sources(PAID_AT).receivables(entity_id)
        statement = cash_statement(receivables, world.dispute_book)
        assert statement.balances
        for customer in statement.customers:
            (of_customer,) = (equation for equation in customer.equations if equation.code == RELEASED)
            left |= {customer.account: of_customer.parts["open"]} if of_customer.parts["open"] else {}
    yv = world.invoice(f"{INC}.{JANUARY}.YV").totals.gross.amount
    assert left == {"9E": Decimal(120), "YV": yv}
