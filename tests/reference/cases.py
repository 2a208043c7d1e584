"""A case of the tables: what happens, the life, a question about it and the right answer.

The tables are in `cases_of_terms.py`, `cases_of_reductions.py`, `cases_of_usage.py`, `cases_of_shares.py` and
`cases_of_decisions.py`: cases from people's public reports and our own, each worked out by hand, with the arithmetic in
the comment beside it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from tests.reference.builders import days
from tests.reference.figures import Document
from tests.reference.lines import Slot
from tests.reference.model import Account, Amounts, IssuedDocument, OwedAmounts


class Answers(Protocol):
    """Who answers: the reference model, or the product."""

    def owed(self, document: Document, /) -> dict[Slot, OwedAmounts]: ...

    def billed(self, document: Document, /) -> list[IssuedDocument]: ...

    def left(self, document: Document, at: str | None = None, /) -> dict[Slot, Amounts]: ...

    def earned(self, document: Document, /) -> dict[str, dict[Slot, Decimal]]: ...

    def statement(self, document: Document, /) -> list[Account]: ...


Question = Callable[[Answers, Document], Decimal]
YEAR, Q1 = ("2013-01", "2013-12"), ("2013-01", "2013-03")
JANUARY = ("2013-01", "2013-01")
FIRST, FEBRUARY, MARCH = "2013-01-01", "2013-02-01", "2013-03-01"

A_YEAR = ("2013-01-01", "2014-01-01")
HALF_OFF = {"id": "half", "name": "half", "percent": "50", "effective": days()}
PREPAID = {"id": "prepaid", "name": "prepaid", "amount": "5000", "effective": days()}


@dataclass(frozen=True)
class Case:
    """A case: the point that it is about, what happens, the life, what is asked and the right answer."""

    point: str
    story: str
    life: Document
    ask: Question
    answer: str

    @property
    def name(self) -> str:
        return f"{self.point}: {self.story}"


def owed(term: str | None = None, *, kind: str | None = None, since: str | None = None) -> Question:
    """Ask what is to be paid in all, or of a term, a kind of line, or a service period."""

    def ask(answers: Answers, document: Document) -> Decimal:
        return sum(
            (
                answer.payable
                for slot, answer in answers.owed(document).items()
                if term in (None, slot.term) and kind in (None, slot.kind) and since in (None, str(slot.start))
            ),
            Decimal("0.00"),
        )

    return ask


def drawn() -> Question:
    return lambda answers, document: sum(
        (sum(answer.drawn.values(), Decimal(0)) for answer in answers.owed(document).values()), Decimal("0.00")
    )


def billed_by_run(month: str, term: str | None = None, kind: str | None = None) -> Question:
    """Ask what a month's invoice charges in money, in all or of a term."""

    def ask(answers: Answers, document: Document) -> Decimal:
        return sum(
            (
                amounts.money
                for invoice in answers.billed(document)
                if invoice.note is None and invoice.month == month
                for slot, amounts in invoice.amounts.items()
                if term in (None, slot.term) and kind in (None, slot.kind)
            ),
            Decimal("0.00"),
        )

    return ask


def given_back(what: str = "money") -> Question:
    """Ask what credit notes give back: in money, or to credits that were drawn."""
    return lambda answers, document: (
        -sum(
            (
                getattr(amounts, what)
                for each in answers.billed(document)
                if each.note is not None
                for amounts in each.amounts.values()
            ),
            Decimal("0.00"),
        )
    )


def left(term: str, at: str | None = None) -> Question:
    return lambda answers, document: sum(
        (amounts.money for slot, amounts in answers.left(document, at).items() if slot.term == term), Decimal("0.00")
    )


def earned_in(*months: str) -> Question:
    return lambda answers, document: sum(
        (sum(answers.earned(document)[month].values(), Decimal(0)) for month in months), Decimal("0.00")
    )


def balance_after(documents: int) -> Question:
    return lambda answers, document: answers.statement(document)[documents - 1].balance


def minimum(amount: str, charges: list[str], since: str = FIRST, until: str | None = None, months: int = 1) -> Document:
    return {
        "id": "minimum",
        "name": "minimum",
        "amount": amount,
        "charges": charges,
        "revenue_category": "revenue",
        "effective": days(since, until),
        "months": months,
    }
