"""What billproof itself posts with a date in a month: documents by their numbers, and revenue entries."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from billproof.erp.accruing import Accrued, accrual_entry, accrual_reference
from billproof.errors import ImmutableDocument, InvalidInput, NotFound
from billproof.invoicing.documents import read_invoice
from billproof.invoicing.facts import accrued_in
from billproof.invoicing.model import Released
from billproof.invoicing.register import Register
from billproof.invoicing.series import Series, SeriesKind
from billproof.ledger.model import JournalEntry
from billproof.ledger.revenue import revenue_entry, revenue_reference
from billproof.masterdata.parties import LegalEntity
from billproof.periods import Period
from billproof.ports import Objects


def numbers_until(month: Period, entity: LegalEntity, register: Register) -> Iterator[tuple[str, str]]:
    """Yield each number of the series of a month's year and of the year before, with the id of its document."""
    for year in (month.start.year - 1, month.start.year):
        for kind in SeriesKind:
            series = Series(
                entity=entity.id, prefix=entity.number_prefix, issue_date=month.start.replace(year=year), kind=kind
            )
            for ordinal, document in register.numbered(entity.id, year, kind):
                yield series.number(ordinal), document


@dataclass(frozen=True, slots=True)
class RevenueEntry:
    """A revenue entry of a month by its reference, and how it is made under the chart of a legal entity."""

    reference: str
    document: str
    entry: Callable[[LegalEntity], JournalEntry]

    def under(self, entities: Iterable[LegalEntity]) -> Iterator[JournalEntry]:
        """Yield it under each chart of accounts: none where the document is lost, or a chart has no account for it."""
        for entity in entities:
            with suppress(ImmutableDocument, NotFound, InvalidInput):
                yield self.entry(entity)


def revenue_entries_of(document: str, month: Period, register: Register, objects: Objects) -> Iterator[RevenueEntry]:
    """Yield the revenue entries that a month makes of a document."""
    fact = register.fact(document, accrued_in(month.name))
    if fact is not None:
        entry = partial(accrual_entry, document, Accrued.model_validate(fact))
        yield RevenueEntry(accrual_reference(document, month.name), document, entry)
    released = register.released(document)
    if released is not None:
        earned = partial(_earned, released, month, objects)
        yield RevenueEntry(revenue_reference(released.number, month.name), document, earned)


def _earned(released: Released, month: Period, objects: Objects, entity: LegalEntity) -> JournalEntry:
    return revenue_entry(read_invoice(objects, released.document), released, month, entity.chart_of_accounts)
