"""Invoices and journal entries of January 2013, real flights, line by line; BILLPROOF_GOLDEN=write writes them anew."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, cast

import pytest

from billproof.adapters.bank_files.parsing import parse_statement
from billproof.adapters.stripe.balances import StripeBalances
from billproof.adapters.stripe.events import messages_of
from billproof.adapters.stripe.secrets import GatewaySecrets
from billproof.adapters.typst.pdf import render_invoice
from billproof.conservation.cash import RELEASED, cash_statement
from billproof.payments.deciding import decide_receipt
from billproof.payments.decisions import ReceiptDecision
from billproof.payments.gateway_balance import BalanceSources, ask_gateway, read_balance_change, take_event
from billproof.payments.matching import match
from billproof.payments.matching.earlier import EarlierCash
from billproof.payments.model import Channel, UseKind
from billproof.payments.service import apply_payment, read_payment_event
from billproof.payments.settlement import gateway_balance
from billproof.payments.taking_statements import BankFile, take_statement
from billproof_ops.demo import story
from billproof_ops.demo.bank import DECIDER, REASON, BankedPayment, BilledInvoice, bank_files, payments
from billproof_ops.demo.cards import CardAccount
from tests.support.golden import compare
from tests.support.stripe_client import AccountClient
from tests.support.tables import invoice_table, journal_table
from tests.support.world import EUROPE, INC, JANUARY, World

if TYPE_CHECKING:
    from tests.support.stripe_account import FakeAccount

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


def pay(world: World, cards: CardAccount | None = None) -> None:
    """Take what the banks told of, and the gateway, which is asked for each change; each message twice."""
    earlier = EarlierCash(world.cash_book)
    while bodies := [*world.payment_events.bodies]:
        world.payment_events.bodies.clear()
        for body in [*bodies, *bodies]:
            change = read_balance_change(body)
            if change is not None:
                client = AccountClient(cast("FakeAccount", cards))
                keys = GatewaySecrets(lambda: json.dumps({INC: {"stripe": "rk_test"}}), lambda: PAID_AT)
                balances = StripeBalances(keys, http_client=client)
                ask_gateway(change, sources=BalanceSources(world.directory, world.payment_events, balances))
                continue
            apply_payment(
                read_payment_event(body),
                sources=world.cash_sources(PAID_AT),
                matcher=partial(match, earlier=earlier),
                erps=world.erps,
            )


def card_account(world: World) -> CardAccount:
    account = CardAccount.of(world.directory.legal_entity(INC), owed(world, INC))
    assert account is not None
    return account


def paid_by_card(world: World) -> None:
    """Take what the stand-in of Stripe calls the webhook with, twice."""
    cards, entity = card_account(world), world.directory.legal_entity(INC)
    for event in [*cards.events(), *cards.events()]:
        take_event(INC, messages_of(event, entity, cards.gateway), events=world.payment_events)
        pay(world, cards)


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
        of_bank = payments(entity, owed(world, entity.id))
        of_bank += [card_account(world).at_bank] if entity.id == INC else []
        banked |= {payment.reference: payment for payment in of_bank}
        for _ in range(2):
            for name, data in bank_files(entity, of_bank):
                file = BankFile(f"bank-statements/{entity.id}/{name}", data)
                taken = take_statement(file, sources=world.statement_sources(parse_statement), now=PAID_AT)
                assert (taken.breaks, taken.returns_waiting) == (0, 0)
            pay(world)
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
    for entity in map(world.directory.legal_entity, (INC, EUROPE)):
        meant = {payment.reference: payment for payment in payments(entity, owed(world, entity.id))}
        for state in list(world.cash_book.received(entity.id)):
            if state.proposal is not None:
                payment = meant[state.receipt.reference]
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
