"""Open invoices of the system of before, one by one, as they were when they were taken over.

The document of an opening never changes, and its digest is a fact: so is each of its rows of receivables. Whoever
matches a payment to one finds it by its number; what was open of it stays what it was.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from billproof.opening.model import OpenReceivable
from billproof.opening.reading import stored_opening
from billproof.ports import Objects

if TYPE_CHECKING:
    from billproof.invoicing.register import Register


class TakenReceivables:
    """The open invoices that a legal entity took over; none before an opening is in effect.

    Its document is read when one is first asked for: raises ImmutableDocument and NotFound.
    """

    def __init__(self, legal_entity: str, register: Register, objects: Objects) -> None:
        self._legal_entity = legal_entity
        self._register = register
        self._objects = objects

    def numbered(self, number: str) -> OpenReceivable | None:
        """Return the invoice of this number, or None."""
        return self._by_number.get(number)

    def of(self, account: str) -> list[OpenReceivable]:
        """Return an account's invoices, the one that was due first before the others."""
        return [row for row in self if row.account == account]

    def __iter__(self) -> Iterator[OpenReceivable]:
        """Yield all of them in the order in which they were due."""
        yield from sorted(self._by_number.values(), key=lambda row: (row.due, row.reference))

    @cached_property
    def _by_number(self) -> dict[str, OpenReceivable]:
        fact = self._register.openings.in_effect(self._legal_entity)
        rows = () if fact is None else stored_opening(fact, self._objects).receivables
        return {row.reference: row for row in rows}
