"""Money that arrives short, twice, for somebody else or not at all, and what is lost of it after it arrived."""

from decimal import Decimal
from random import Random
from typing import Any

from lab.injectors.books import MONTH, billed, drawn
from lab.scene import Injected, Moment, Point, Scene, cause

CASH = Point.CASH
COUNTS = (1, 3, 9)


@cause(CASH, "a customer pays less than its invoice", ("0.995", "0.8", "0.1"))
def paid_short(scene: Scene, share: str, draw: Random) -> Injected:
    (account,) = drawn(scene, draw)
    scene.when(MONTH, Moment.AFTER_CASH, lambda stage: stage.bank.scale(account, Decimal(share)))
    return Injected(accounts=frozenset({account}), dollars=billed([account], 1 - Decimal(share)))


@cause(CASH, "a customer pays twice", COUNTS)
def paid_twice(scene: Scene, count: int, draw: Random) -> Injected:
    accounts = drawn(scene, draw, count)
    scene.when(MONTH, Moment.AFTER_CASH, lambda stage: stage.bank.double({*accounts}))
    return Injected(accounts=frozenset(accounts), dollars=billed(accounts))


@cause(CASH, "a payment names nobody and no invoice", COUNTS)
def paid_by_nobody_known(scene: Scene, count: int, draw: Random) -> Injected:
    accounts = drawn(scene, draw, count)
    scene.when(MONTH, Moment.AFTER_CASH, lambda stage: stage.bank.anonymise({*accounts}))
    return Injected(accounts=frozenset(accounts), dollars=billed(accounts), sources=frozenset({"lab-unknown"}))


@cause(CASH, "a payment names the invoice of another customer", (1, 2, 4))
def paid_for_another(scene: Scene, count: int, draw: Random) -> Injected:
    accounts = drawn(scene, draw, 2 * count)

    def hand(stage: Any) -> None:
        for payer, other in zip(accounts[:count], accounts[count:], strict=True):
            stage.bank.rename_text(payer, stage.number(other, MONTH))

    scene.when(MONTH, Moment.AFTER_CASH, hand)
    return Injected(accounts=frozenset(accounts), dollars=billed(accounts[:count]))


@cause(CASH, "customers do not pay", COUNTS)
def not_paid(scene: Scene, count: int, draw: Random) -> Injected:
    accounts = drawn(scene, draw, count)
    scene.when(MONTH, Moment.AFTER_CASH, lambda stage: stage.bank.forget({*accounts}))
    return Injected(accounts=frozenset(accounts), dollars=billed(accounts))


@cause(CASH, "a bank statement is lost", COUNTS)
def statement_lost(scene: Scene, count: int, draw: Random) -> Injected:
    accounts = drawn(scene, draw, count)
    scene.when(MONTH, Moment.AFTER_CASH, lambda stage: stage.lose_statement({*accounts}))
    return Injected(accounts=frozenset(accounts), dollars=billed(accounts), sources=frozenset({"021000021-4401"}))


@cause(CASH, "entries of receipts are lost in the ERP", COUNTS)
def receipt_lost_in_the_erp(scene: Scene, count: int, draw: Random) -> Injected:
    accounts = drawn(scene, draw, count)
    scene.when(scene.months[2], Moment.BEFORE_RUN, lambda stage: stage.lose_cash_entries(accounts, MONTH))
    return Injected(accounts=frozenset(accounts), dollars=billed(accounts))


@cause(CASH, "the fact of a receipt is removed", COUNTS)
def receipt_removed(scene: Scene, count: int, draw: Random) -> Injected:
    accounts = drawn(scene, draw, count)
    scene.when(scene.months[2], Moment.BEFORE_RUN, lambda stage: stage.remove_receipts(accounts, MONTH))
    return Injected(accounts=frozenset(accounts), dollars=billed(accounts))


@cause(CASH, "the bank sends the same statement twice", COUNTS)
def statement_sent_twice(scene: Scene, count: int, draw: Random) -> Injected:
    accounts = drawn(scene, draw, count)
    scene.when(MONTH, Moment.AFTER_CASH, lambda stage: stage.repeat_statement())
    return Injected(accounts=frozenset(accounts), dollars=billed(accounts))
