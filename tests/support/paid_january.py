"""January as the demo plays it, in one process: billed, paid by card and at two banks, decided by a person."""

import json
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, cast

from billproof.adapters.bank_files.parsing import parse_statement
from billproof.adapters.stripe.balances import StripeBalances
from billproof.adapters.stripe.events import messages_of
from billproof.adapters.stripe.secrets import GatewaySecrets
from billproof.masterdata.parties import LegalEntity
from billproof.payments.deciding import decide_receipt
from billproof.payments.decisions import ReceiptDecision
from billproof.payments.gateway_balance import BalanceSources, ask_gateway, read_balance_change, take_event
from billproof.payments.matching import match
from billproof.payments.matching.earlier import EarlierCash
from billproof.payments.service import apply_payment, read_payment_event
from billproof.payments.taking_statements import BankFile, take_statement
from billproof_ops.demo import story
from billproof_ops.demo.bank import DECIDER, REASON, BankedPayment, BilledInvoice, bank_files, payments
from billproof_ops.demo.cards import CardAccount
from tests.support.stripe_client import AccountClient
from tests.support.world import EUROPE, INC, JANUARY, World

if TYPE_CHECKING:
    from tests.support.stripe_account import FakeAccount

PAID_AT = datetime(2013, 3, 20, tzinfo=UTC)


def bill_january(world: World) -> World:
    """Ingest the flights, bill both legal entities, approve what waits, and post."""
    world.ingest(story.events(JANUARY), per_message=500)
    for entity in (INC, EUROPE):
        world.bill(entity)
        assert len(world.approve_all(entity)) == 1
        world.post_all(entity)
    return world


def play_payments(world: World) -> None:
    """Take what the card's gateway and the banks tell, and decide what is not sure as it was meant."""
    paid_by_card(world)
    for entity in map(world.directory.legal_entity, (INC, EUROPE)):
        take_bank_files(world, entity)
    decide_as_meant(world)


def at_bank(world: World, entity: LegalEntity) -> list[BankedPayment]:
    """What arrives at a legal entity's bank, the gateway's payout with it."""
    of_bank = payments(entity, owed(world, entity.id))
    return [*of_bank, *([card_account(world).at_bank] if entity.id == INC else [])]


def take_bank_files(world: World, entity: LegalEntity) -> None:
    for name, data in bank_files(entity, at_bank(world, entity)):
        file = BankFile(f"bank-statements/{entity.id}/{name}", data)
        taken = take_statement(file, sources=world.statement_sources(parse_statement), now=PAID_AT)
        assert (taken.breaks, taken.returns_waiting) == (0, 0)
    pay(world)


def decide_as_meant(world: World) -> None:
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
