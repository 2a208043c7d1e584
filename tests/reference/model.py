"""The reference model's answers: what an account owes, what its runs bill, what is left, what is earned."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from tests.reference.billed import NONE, Amount, Books, Issued, conceded_by, keep_books
from tests.reference.earned import earned_by_month
from tests.reference.figures import Document, money_text
from tests.reference.life import ALWAYS, Life
from tests.reference.lines import Slot
from tests.reference.usage import instant

ZERO = Decimal(0)


@dataclass(frozen=True)
class OwedAmounts:
    """What is owed for a slot; `payable` is net less what was conceded and what credits pay."""

    gross: Decimal
    net: Decimal
    conceded: Decimal
    drawn: dict[str, Decimal]
    payable: Decimal


@dataclass(frozen=True)
class Amounts:
    """Net of reductions, and of that what credits paid (`drawn`) and what is money."""

    net: Decimal
    drawn: Decimal
    money: Decimal


@dataclass(frozen=True)
class IssuedDocument:
    """The invoice of a run (`note` is None) or a credit note; slots that it does not change are left out."""

    month: str
    at: datetime
    note: str | None
    amounts: dict[Slot, Amounts] = field(default_factory=dict)

    @property
    def money(self) -> Decimal:
        return sum((amounts.money for amounts in self.amounts.values()), ZERO)


@dataclass(frozen=True)
class Account:
    """What a document leaves to pay, and the balance that a customer keeps after it."""

    to_pay: Decimal
    balance: Decimal


def owed(document: Document, at: str | None = None) -> dict[Slot, OwedAmounts]:
    """Return what is owed for every slot that is due by the last month that is run, as it is known at an instant."""
    life, books = _kept(json.dumps(document))
    known = ALWAYS if at is None else instant(at)
    issued = _until(books, known)
    conceded, stays = conceded_by(issued), next((each.stays for each in reversed(issued) if each.note is None), {})
    currency = _currency(document)
    return {
        each.slot: OwedAmounts(
            gross=_money(each.gross, currency),
            net=_money(each.net, currency),
            conceded=_money(each.conceded, currency),
            drawn={name: _money(amount, currency) for name, amount in each.drawn.items()},
            payable=_money(each.payable, currency),
        )
        for each in life.owed(life.last_month, known, conceded, stays)
        if each.due <= life.last_month
    }


def billed(document: Document) -> list[IssuedDocument]:
    """Return the documents that a life's runs and credit notes come to, in their order."""
    currency = _currency(document)
    return [
        IssuedDocument(
            f"{each.month:%Y-%m}",
            each.at,
            each.note,
            {
                slot: _amounts(amount, currency)
                for slot, amount in each.amounts.items()
                if (amount.net, amount.drawn) != (0, 0)
            },
        )
        for each in books_of(document).issued
    ]


def left(document: Document, at: str | None = None) -> dict[Slot, Amounts]:
    """Return what can be credited of every slot: billed, with differences, less credit notes."""
    known = ALWAYS if at is None else instant(at)
    rest: dict[Slot, Amount] = {}
    for issued in _until(books_of(document), known):
        for slot, amount in issued.amounts.items():
            rest[slot] = rest.get(slot, NONE) + amount
    return {slot: _amounts(amount, _currency(document)) for slot, amount in rest.items()}


def earned(document: Document) -> dict[str, dict[Slot, Decimal]]:
    """Return what each month that was run earned of each slot; slots without change are left out."""
    (life, books), currency = _kept(json.dumps(document)), _currency(document)
    months = earned_by_month(life, books)
    return {
        f"{month:%Y-%m}": {slot: _money(amount, currency) for slot, amount in slots.items() if amount}
        for month, slots in sorted(months.items())
    }


def statement(document: Document) -> list[Account]:
    """Return what each document leaves to pay, where what is below zero is a balance that later invoices draw."""
    balance, rows = ZERO, []
    for each in billed(document):
        total = each.money - balance
        rows.append(Account(max(total, ZERO), max(-total, ZERO)))
        balance = rows[-1].balance
    return rows


def books_of(document: Document) -> Books:
    """Return the books in minor units, for whoever asks more than the answers above."""
    return _kept(json.dumps(document))[1]


@lru_cache(maxsize=8)
def _kept(text: str) -> tuple[Life, Books]:
    """Play a life once for all that is asked of it."""
    life = Life(json.loads(text))
    return life, keep_books(life)


def _until(books: Books, known: datetime) -> list[Issued]:
    """Return what was issued up to an instant: what comes later changes none of it."""
    return [issued for issued in books.issued if issued.at <= known]


def _currency(document: Document) -> str:
    currency: str = document["contracts"][0]["terms"]["currency"]
    return currency


def _money(units: int, currency: str) -> Decimal:
    return Decimal(money_text(units, currency))


def _amounts(amount: Amount, currency: str) -> Amounts:
    return Amounts(
        net=_money(amount.net, currency), drawn=_money(amount.drawn, currency), money=_money(amount.money, currency)
    )
