"""What each account of a legal entity brings along: what it drew of its credits, and what it used before.

The first invoice draws what is left of a credit, and the controls compare it with the last month of the system of
before, as they compare later ones with the invoice before.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING

from billproof.money import CONTEXT, total
from billproof.opening.model import Opening, PastUsage, PrepaidCredit
from billproof.opening.reading import stored_opening
from billproof.periods import Period
from billproof.ports import Objects
from billproof.pricing.terms import Drawn, InvoiceBefore

if TYPE_CHECKING:
    from billproof.invoicing.register import Register

BEFORE = "the system before"
"""In place of an invoice's number."""


@dataclass(frozen=True, slots=True)
class BroughtAlong:
    """What some accounts, which are billed together, bring along."""

    credits: tuple[PrepaidCredit, ...] = ()
    past: tuple[PastUsage, ...] = ()

    def drawn(self) -> tuple[Drawn, ...]:
        """Return what was drawn of their credits before."""
        return tuple(
            Drawn(contract=row.contract, credit=row.credit, amount=CONTEXT.subtract(row.granted, row.amount))
            for row in self.credits
            if row.amount != row.granted
        )

    def or_drawn(self, drawn: tuple[Drawn, ...], place: int) -> tuple[tuple[Drawn, ...], int]:
        """Return what invoices drew and the place of the next one; before the first, what was drawn before."""
        return (drawn, place) if place else (self.drawn(), place)

    def before(self, period: Period) -> InvoiceBefore | None:
        """Return what they were billed of meters in the last month before a period, or None where that is not known."""
        last = max((row.month for row in self.past if row.month < period.name), default=None)
        rows = [row for row in self.past if row.month == last]
        if last is None:
            return None
        quantities: dict[str, Decimal] = {}
        for row in rows:
            quantities[row.meter] = CONTEXT.add(quantities.get(row.meter, Decimal(0)), row.quantity)
        currency = rows[0].currency
        return InvoiceBefore(
            number=BEFORE,
            period=Period.month(last),
            net=total((row.money for row in rows if row.currency == currency), currency),
            quantities=quantities,
            lines={},
            starts={},
            taken_over=True,
        )


class TakenOver:
    """What the accounts of a legal entity bring along; its document is read when it is first asked for."""

    def __init__(self, legal_entity: str, register: Register, objects: Objects) -> None:
        self._legal_entity = legal_entity
        self._register = register
        self._objects = objects

    def of(self, accounts: Iterable[str]) -> BroughtAlong:
        """Return what accounts bring along together; raises ImmutableDocument and NotFound."""
        parts = [self._by_account[account] for account in accounts if account in self._by_account]
        return BroughtAlong(
            credits=tuple(row for part in parts for row in part.credits),
            past=tuple(row for part in parts for row in part.past),
        )

    @cached_property
    def _by_account(self) -> dict[str, BroughtAlong]:
        fact = self._register.openings.in_effect(self._legal_entity)
        return {} if fact is None else _by_account(stored_opening(fact, self._objects))


def _by_account(opening: Opening) -> dict[str, BroughtAlong]:
    left: dict[str, list[PrepaidCredit]] = {}
    past: dict[str, list[PastUsage]] = {}
    for credit in opening.credits:
        left.setdefault(credit.account, []).append(credit)
    for row in opening.history:
        past.setdefault(row.account, []).append(row)
    return {
        account: BroughtAlong(tuple(left.get(account, ())), tuple(past.get(account, ())))
        for account in left.keys() | past.keys()
    }
