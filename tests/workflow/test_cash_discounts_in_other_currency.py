"""A cash discount that is taken with money in another currency, on its value date, or by a person's decision; by hand.

US owes 5,712.00 EUR, of it 912.00 German VAT, and may take off 114.24, of it 18.24 VAT, until 11 February. 1 EUR is
1.50 USD: 8,396.64 USD are 5,597.76 EUR.
"""

from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from billproof.approvals.policy import MatchingRules
from billproof.masterdata.exchange_rates import ExchangeRate
from billproof.money import Money
from billproof.payments.cash import ReceiptState
from billproof.payments.desk import CashDecision, CashDesk
from billproof.payments.matching import match
from billproof.payments.matching.earlier import EarlierCash
from billproof.payments.model import CashReceipt, Channel
from billproof.payments.service import book_receipt
from tests.support.discounts_taken import GERMAN, LAST_DAY, balances, discount_world, moved, of, open_of, pay
from tests.support.world import EUROPE, World

DISCOUNTED = {"cash": "5597.76", "receivable": "-5712.00", "discounts": "96.00", "tax": "18.24"}
EUROS_SENT = Money.of("5597.76", "EUR")


@pytest.fixture
def world() -> World:
    return discount_world()


def desk(world: World) -> CashDesk:
    entity = world.directory.legal_entity(EUROPE)
    return CashDesk(entity, world.cash_book, world.cash_sources().receivables(EUROPE), 7, date(2013, 2, 28))


def dollars(world: World, share: str, **fields: Any) -> ReceiptState:
    """8,396.64 USD of US that name its invoice; the policy's `exchange_share` is given."""
    entity = world.directory.legal_entity(EUROPE)
    document = entity.model_dump(mode="json")
    document["cash_accounts"].append({"source": "USD-1", "currency": "USD", "ledger_account": "1010"})
    policy, rules = world.directory.policy(EUROPE), MatchingRules(exchange_share=Decimal(share))
    rate = {"id": "EUR-USD", "day": "2013-02-11", "version": 1, "rate": "1.50", "source": "European Central Bank"}
    world.publish(
        type(entity).model_validate(document | {"version": entity.version + 1}),
        policy.model_copy(update={"version": policy.version + 1, "matching": rules}),
        ExchangeRate.model_validate(rate),
    )
    told = {
        "legal_entity": EUROPE,
        "channel": Channel.BANK,
        "source": "USD-1",
        "reference": "1",
        "amount": Money.of("8396.64", "USD"),
        "booked_on": LAST_DAY,
        "payer": {"name": world.cash_sources().receivables(EUROPE).names()["US"]},
        "remittance": of(world)[1].number,
    }
    matcher = partial(match, earlier=EarlierCash(world.cash_book))
    return desk(world).take(CashReceipt.model_validate(told | fields), matcher, rules)


def booked(world: World, state: ReceiptState) -> dict[str, str]:
    book_receipt(state, world.directory.legal_entity(EUROPE), world.cash_sources(), world.erps)
    assert balances(world)
    return moved(world, state)


@pytest.mark.parametrize("sent", [EUROS_SENT, None])
def test_money_that_is_worth_what_is_open_less_the_discount_takes_it(world: World, sent: Money | None) -> None:
    state = dollars(world, "0", original=sent)
    assert open_of(world) == Money.of(0, "EUR")
    assert booked(world, state) == DISCOUNTED


def test_what_was_sent_less_the_discount_is_no_loss_of_rates_however_wide_the_policys_share_is(world: World) -> None:
    assert booked(world, dollars(world, "0.02", original=EUROS_SENT)) == DISCOUNTED


def test_where_rates_differ_by_as_much_as_the_discount_a_person_says_so(world: World) -> None:
    """114.24 is 2 % of 5,712.00: it may be the discount, or a loss of exchange rates, of which no tax comes back."""
    state = dollars(world, "0.02")
    assert state.proposal is not None
    assert open_of(world) == Money.of("5712.00", "EUR")
    payments = [(of(world)[1].number, Money.of("8396.64", "USD"))]
    state = desk(world).decide(state.receipt.id, account="US", payments=payments, decision=CashDecision(by="ben"))
    assert booked(world, state) == DISCOUNTED


@pytest.mark.parametrize(("day", "left"), [(LAST_DAY, "0.00"), ("2013-02-12", "114.24")])
def test_the_value_date_says_whether_the_money_came_within_the_days(world: World, day: str, left: str) -> None:
    """The bank books it one day after the last day; it was ours on that day, or one later."""
    pay(world, "5597.76", "2013-02-12", value_on=day)
    assert open_of(world) == Money.of(left, "EUR")


@pytest.mark.parametrize(("day", "left"), [(LAST_DAY, "0.00"), ("2013-02-12", "114.24")])
def test_a_person_who_applies_just_what_is_open_less_the_discount_lets_it_be_taken(
    world: World, day: str, left: str
) -> None:
    state = pay(world, "5597.76", day, payer={}, remittance="our bill")
    assert not state.applications
    decision = CashDecision(by="ben", reason="they called")
    payments = [(of(world)[1].number, EUROS_SENT)]
    state = desk(world).decide(state.receipt.id, account="US", payments=payments, decision=decision)
    assert desk(world).decide(state.receipt.id, account="US", payments=payments, decision=decision) == state
    assert (open_of(world), GERMAN) == (Money.of(left, "EUR"), state.uses[-1].settlements[0].allocation.document)
    if left == "0.00":
        assert booked(world, state) == DISCOUNTED
