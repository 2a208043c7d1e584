"""Invoices that are not released, and postings that the ERP loses, doubles or changes after the product wrote them."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from lab.scene import Injected, Moment, Point, Scene, Terms, cause

MONTH = "2013-02"
FACTORS = ("0.99", "0.7", "0.01")


def drawn(scene: Scene, draw: Random, count: int = 1) -> list[str]:
    """Draw accounts whose invoices a cause spoils."""
    return draw.sample(sorted(scene.facts["accounts"]), count)


def billed(accounts: list[str], share: Decimal = Decimal(1), month: str = MONTH) -> Callable[[Any], Decimal]:
    """Return what is at stake: a share of what a month's invoices of some accounts come to."""
    return lambda stage: sum((stage.share_of(account, month, share) for account in accounts), Decimal(0))


def in_books(
    scene: Scene, accounts: list[str], change: Callable[[Terms], list[Terms]], share: Decimal = Decimal(1)
) -> Injected:
    """Let somebody change the ERP's postings of some invoices after they were confirmed."""

    def hand(stage: Any) -> None:
        for account in accounts:
            stage.change_posting(account, MONTH, change)

    scene.when(MONTH, Moment.AFTER_POSTING, hand)
    return Injected(accounts=frozenset(accounts), dollars=billed(accounts, share))


@cause(Point.INVOICE, "a run leaves accounts out", (1, 3, 9))
def left_out_of_the_run(scene: Scene, count: int, draw: Random) -> Injected:
    accounts = drawn(scene, draw, count)

    def hand(stage: Any) -> None:
        stage.left_out[MONTH] = frozenset(accounts)

    scene.when(MONTH, Moment.BEFORE_RUN, hand)
    return Injected(accounts=frozenset(accounts))


@cause(Point.INVOICE, "an invoice is released, and its document is exchanged for one of less", FACTORS)
def document_exchanged(scene: Scene, factor: str, draw: Random) -> Injected:
    (account,) = drawn(scene, draw)

    def hand(stage: Any) -> None:
        stage.exchange_document(account, MONTH, Decimal(factor))

    scene.when(MONTH, Moment.AFTER_RUN, hand)
    return Injected(accounts=frozenset({account}), dollars=billed([account], 1 - Decimal(factor)))


@cause(Point.INVOICE, "the fact that an invoice was released is removed", (1, 2, 6))
def release_removed(scene: Scene, count: int, draw: Random) -> Injected:
    accounts = drawn(scene, draw, count)
    stakes: list[Decimal] = []

    def hand(stage: Any) -> None:
        stakes.append(billed(accounts)(stage))
        for account in accounts:
            stage.remove_release(account, MONTH)

    scene.when(MONTH, Moment.AFTER_RUN, hand)
    return Injected(accounts=frozenset(accounts), dollars=lambda _: sum(stakes, Decimal(0)))


@cause(Point.INVOICE, "invoices are delivered to nobody, and nobody pays them", (1, 3, 9))
def delivered_to_nobody(scene: Scene, count: int, draw: Random) -> Injected:
    accounts = drawn(scene, draw, count)

    def hand(stage: Any) -> None:
        stage.bank.forget({*accounts})

    scene.when(MONTH, Moment.AFTER_CASH, hand)
    return Injected(accounts=frozenset(accounts), dollars=billed(accounts))


@cause(Point.LEDGER, "postings are lost on the way to the ERP", (1, 3, 9))
def posting_lost(scene: Scene, count: int, draw: Random) -> Injected:
    accounts = drawn(scene, draw, count)

    def hand(stage: Any) -> None:
        stage.lose_postings(accounts, MONTH)

    scene.when(MONTH, Moment.AFTER_RUN, hand)
    return Injected(accounts=frozenset(accounts), dollars=billed(accounts))


@cause(Point.LEDGER, "postings are deleted in the ERP after they were confirmed", (1, 3, 9))
def posting_deleted(scene: Scene, count: int, draw: Random) -> Injected:
    return in_books(scene, drawn(scene, draw, count), lambda _: [])


@cause(Point.LEDGER, "somebody posts an invoice once more under a reference of their own", (1, 3, 9))
def posted_again_by_hand(scene: Scene, count: int, draw: Random) -> Injected:
    def again(entry: Terms) -> list[Terms]:
        return [entry, {**entry, "external_reference": f"MANUAL-{entry['external_reference']}"}]

    return in_books(scene, drawn(scene, draw, count), again)


@cause(Point.LEDGER, "revenue is moved to an account of another kind", (1, 3, 9))
def posted_to_another_account(scene: Scene, count: int, draw: Random) -> Injected:
    def moved(entry: Terms) -> list[Terms]:
        lines = [
            {**line, "account": "6700" if line["account"].startswith("4") else line["account"]}
            for line in entry["lines"]
        ]
        return [{**entry, "lines": lines}]

    return in_books(scene, drawn(scene, draw, count), moved)


@cause(Point.LEDGER, "an invoice is posted into another month", (31, 62, 365))
def posted_into_another_month(scene: Scene, days: int, draw: Random) -> Injected:
    def later(entry: Terms) -> list[Terms]:
        day = date.fromisoformat(entry["document_date"]) + timedelta(days=days)
        return [{**entry, "document_date": day.isoformat()}]

    return in_books(scene, drawn(scene, draw), later)


@cause(Point.LEDGER, "an amount is changed in the ERP", FACTORS)
def posted_amount_changed(scene: Scene, factor: str, draw: Random) -> Injected:
    def less(entry: Terms) -> list[Terms]:
        first, *others = entry["lines"]
        lines = [scaled(line, Decimal(factor)) for line in others]
        rest = -sum((Decimal(line["amount"]["amount"]) for line in lines), Decimal(0))
        return [{**entry, "lines": [{**first, "amount": {**first["amount"], "amount": str(rest)}}, *lines]}]

    return in_books(scene, drawn(scene, draw), less, 1 - Decimal(factor))


def scaled(line: Terms, factor: Decimal) -> Terms:
    """Return a line of an entry with a share of its amount, in whole cents cut off."""
    amount = int(Decimal(line["amount"]["amount"]) * factor)
    return {**line, "amount": {**line["amount"], "amount": str(amount)}}


@cause(Point.LEDGER, "somebody credits a receivable by hand, without a document", ("20", "400", "5000"))
def receivable_credited_by_hand(scene: Scene, amount: str, draw: Random) -> Injected:
    def credited(entry: Terms) -> list[Terms]:
        mine = entry["lines"][0]
        money = {"amount": amount, "currency": mine["amount"]["currency"]}
        lines = [
            {**mine, "account": "6700", "amount": money},
            {**mine, "account": "1100", "amount": {**money, "amount": f"-{amount}"}},
        ]
        return [entry, {**entry, "external_reference": "ADJ-77", "lines": lines, "kind": "document"}]

    injected = in_books(scene, drawn(scene, draw), credited)
    return Injected(accounts=injected.accounts | {"ADJ-77"}, dollars=lambda _: Decimal(amount))
