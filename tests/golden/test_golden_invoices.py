"""Invoices and journal entries of January 2013, real flights, line by line; BILLPROOF_GOLDEN=write writes them anew."""

from decimal import Decimal

import pytest

from billproof.adapters.typst.pdf import render_invoice
from billproof.conservation.cash import RELEASED, cash_statement
from billproof.payments.model import Channel, UseKind
from billproof.payments.settlement import gateway_balance
from billproof_ops.demo import story
from billproof_ops.demo.bank import BankedPayment
from tests.support.golden import compare
from tests.support.paid_january import (
    PAID_AT,
    at_bank,
    bill_january,
    card_account,
    decide_as_meant,
    paid_by_card,
    take_bank_files,
)
from tests.support.tables import invoice_table, journal_table
from tests.support.world import EUROPE, INC, JANUARY, World


@pytest.fixture(scope="module")
def world() -> World:
    return bill_january(World(buckets=4))


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


READ_BY = {
    "UA": "structured-reference",
    "B6": "number-in-text",  # by card; the gateway's payout is no customer's
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
    paid_by_card(world)
    for entity in map(world.directory.legal_entity, (INC, EUROPE)):
        of_bank = at_bank(world, entity)
        banked |= {payment.reference: payment for payment in of_bank}
        for _ in range(2):
            take_bank_files(world, entity)
        for state in world.cash_book.received(entity.id):
            if not state.paid_out.amount.is_zero:
                assert (state.uses[-1].payout, state.paid_out.amount) == ("po_demo_1", card_account(world).payout)
                continue
            use = state.uses[0]
            assert use.match is not None
            if state.receipt.channel is Channel.GATEWAY:
                rules[use.account] = use.match.rule
            elif use.kind is UseKind.APPLIED:
                assert [(part.allocation.number, part.allocation.paid) for part in use.settlements] == [
                    *banked[state.receipt.reference].shares
                ]
                rules[use.account] = use.match.rule
            else:
                waiting[banked[state.receipt.reference].pays[0].account] = use.match.rule
    assert rules == READ_BY
    assert waiting == {"WN": "number-in-text", "HA": "payer-only"}


def test_when_a_person_decided_all_but_three_customers_owe_nothing_and_cash_balances(world: World) -> None:
    decide_as_meant(world)
    left, disputed = dict[str, Decimal](), dict[str, Decimal]()
    for entity_id in (INC, EUROPE):
        receivables = world.cash_sources(PAID_AT).receivables(entity_id)
        statement = cash_statement(receivables, world.dispute_book)
        assert statement.balances
        for customer in statement.customers:
            for owed_by in (equation.parts for equation in customer.equations if equation.code == RELEASED):
                left |= {customer.account: owed_by["open"]} if owed_by["open"] else {}
                disputed |= {customer.account: owed_by["disputed"]} if owed_by["disputed"] else {}
    yv = world.invoice(f"{INC}.{JANUARY}.YV").totals.gross.amount
    assert left == {"9E": Decimal(120), "YV": yv}
    assert disputed == {"B6": Decimal(250)}


def test_the_gateway_paid_out_what_is_at_the_bank_and_holds_nothing(world: World) -> None:
    entity = world.directory.legal_entity(INC)
    balance = gateway_balance(entity.gateways[0], entity, world.gateway_book)
    b6 = world.invoice(f"{INC}.{JANUARY}.B6").totals.gross.amount
    fee = (b6 * Decimal("0.029") + Decimal("0.30")).quantize(Decimal("0.01"))
    (payout,) = balance.payouts
    assert payout.is_sound
    assert payout.amount.amount == b6 - fee - 250 - 15
    assert balance.held.is_zero
    assert balance.on_the_way.is_zero
