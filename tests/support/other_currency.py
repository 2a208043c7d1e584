"""Money in another currency than the invoice that it pays: receipts, rates, and what is said of them."""

from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

from billproof.approvals.policy import MatchingRules
from billproof.conservation.cash import cash_statement
from billproof.masterdata.exchange_rates import ExchangeRate
from billproof.money import Money
from billproof.payments.cash import ReceiptState
from billproof.payments.desk import CashDecision
from billproof.payments.matching import match
from billproof.payments.matching.earlier import EarlierCash
from billproof.payments.model import CashReceipt
from tests.support.balances import JAN
from tests.support.cash import (
    balance_of,
    booked,
    desk_of,
    number_of,
    receipt,
    receivables_of,
)
from tests.support.world import INC, World

FEB = "2013-02"


SHARE = MatchingRules(exchange_share=Decimal("0.02"))


YES = CashDecision(by="finance-1", reason="they wrote to us")


def with_rules(world: World, rules: MatchingRules = SHARE) -> World:
    policy = world.directory.policy(INC)
    world.publish(policy.model_copy(update={"version": policy.version + 1, "matching": rules}))
    return world


def matched(world: World, arrived: CashReceipt, rules: MatchingRules = SHARE) -> ReceiptState:
    matcher = partial(match, earlier=EarlierCash(world.cash_book))
    return desk_of(world, today=max(arrived.booked_on, date(2013, 2, 20))).take(arrived, matcher, rules)


def named(world: World, amount: Money, reference: str = "1", **fields: Any) -> CashReceipt:
    """Money of UA, by its name, that names its invoice of January."""
    payer = {"name": receivables_of(world).names()["UA"]}
    return receipt(amount, reference, **{"payer": payer, "remittance": number_of(world, JAN)} | fields)


def in_books(world: World, state: ReceiptState) -> dict[str, str]:
    return balance_of(booked(world, state))


def balances(world: World) -> bool:
    return cash_statement(receivables_of(world), world.cash_sources().disputes.book).balances  # type: ignore[attr-defined]


def said(state: ReceiptState) -> str:
    match_of = state.uses[-1].match
    return " ".join(match_of.evidence) if match_of else ""


def with_rate(world: World, pair: str, day: str, rate: str) -> None:
    document = {"id": pair, "day": day, "version": 1, "rate": rate, "source": "European Central Bank"}
    world.publish(ExchangeRate.model_validate(document))
