"""Open invoices of the system of before, one by one, as they were when they were taken over.

The document of an opening never changes, and its digest is a fact: so is each of its rows of receivables. Receipts pay
them as they pay released invoices, under an id of their own: what was open of each is what it comes to.

    harbour.opening:4711.ACME      the invoice 4711 of the customer ACME
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from billproof.identities import InvoiceId
from billproof.invoicing.model import DocumentRef, Released
from billproof.invoicing.openings import OPENING, OpeningInEffect
from billproof.money import Money, Taxed
from billproof.opening.model import OpenReceivable
from billproof.opening.reading import stored_opening
from billproof.periods import Period
from billproof.ports import Objects

if TYPE_CHECKING:
    from billproof.invoicing.register import Register


ONE_DAY = timedelta(days=1)


class TakenReceivables:
    """The open invoices that a legal entity took over; none before an opening is in effect.

    Its document is read when one is first asked for: raises ImmutableDocument and NotFound.
    """

    def __init__(self, legal_entity: str, register: Register, objects: Objects, *, books: str) -> None:
        self._legal_entity, self._books = legal_entity, books
        self._register = register
        self._objects = objects

    @property
    def is_empty(self) -> bool:
        """Whether there are none."""
        return not self._by_number

    def numbered(self, number: str) -> OpenReceivable | None:
        """Return the invoice of this number, or None."""
        return self._by_number.get(number)

    def of(self, account: str) -> list[OpenReceivable]:
        """Return an account's invoices, the one that was due first before the others."""
        return list(self._by_account.get(account, ()))

    def __iter__(self) -> Iterator[OpenReceivable]:
        """Yield all of them in the order in which they were due."""
        yield from sorted(self._by_number.values(), key=lambda row: (row.due, row.reference))

    def documents_of(self, account: str) -> list[str]:
        """Return the ids of an account's invoices, in the order in which they were due."""
        return [self.named_as(row) for row in self._by_account.get(account, ())]

    def row_of(self, document: str) -> OpenReceivable | None:
        """Return the invoice of an id, or None where it is no id of one that was taken over."""
        if f".{OPENING}:" not in document:
            return None
        return self._by_document.get(document)

    def released(self, document: str) -> Released | None:
        """Return an invoice as those that are released here are read, with what was open of it; None without one."""
        row, fact = self.row_of(document), self._fact
        return self._released(row, fact) if row and fact else None

    def named_as(self, row: OpenReceivable) -> str:
        """Return the id of an invoice that was taken over."""
        return str(InvoiceId(self._legal_entity, f"{OPENING}:{row.reference}", row.account))

    def _released(self, row: OpenReceivable, fact: OpeningInEffect) -> Released:
        worth = row.worth(self._books)
        return Released(
            invoice=self.named_as(row),
            number=row.reference,
            account=row.account,
            legal_entity=self._legal_entity,
            period=Period(start=row.issued, end=row.issued + ONE_DAY),
            issue_date=row.issued,
            document=DocumentRef(
                key=fact.document, digest=fact.digest, totals=_whole(worth.amount), booked=_whole(worth.booked)
            ),
            run="",
        )

    @cached_property
    def _fact(self) -> OpeningInEffect | None:
        return self._register.openings.in_effect(self._legal_entity)

    @cached_property
    def _by_number(self) -> dict[str, OpenReceivable]:
        fact = self._fact
        rows = () if fact is None else stored_opening(fact, self._objects).receivables
        return {row.reference: row for row in rows}

    @cached_property
    def _by_account(self) -> dict[str, list[OpenReceivable]]:
        rows: dict[str, list[OpenReceivable]] = {}
        for row in self:
            rows.setdefault(row.account, []).append(row)
        return rows

    @cached_property
    def _by_document(self) -> dict[str, OpenReceivable]:
        return {self.named_as(row): row for row in self}


def _whole(amount: Money) -> Taxed:
    """Return an amount that bears no tax any more: what was due of it was due in the system of before."""
    return Taxed.of(amount, Money.zero(amount.currency))
