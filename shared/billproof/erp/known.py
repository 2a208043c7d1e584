"""What billproof itself posts with a date in a month: documents by their numbers, and revenue entries."""

from collections.abc import Iterator

from billproof.erp.accruing import accrual_reference
from billproof.invoicing.register import Register
from billproof.invoicing.series import Series, SeriesKind
from billproof.ledger.revenue import revenue_reference
from billproof.masterdata.parties import LegalEntity
from billproof.periods import Period


def numbers_until(month: Period, entity: LegalEntity, register: Register) -> Iterator[tuple[str, str]]:
    """Yield each number of the series of a month's year and of the year before, with the id of its document."""
    for year in (month.start.year - 1, month.start.year):
        for kind in SeriesKind:
            series = Series(
                entity=entity.id, prefix=entity.number_prefix, issue_date=month.start.replace(year=year), kind=kind
            )
            for ordinal, document in enumerate(register.series(entity.id, year, kind), start=1):
                yield series.number(ordinal), document


def revenue_references_of(month: Period, entity: LegalEntity, register: Register) -> Iterator[str]:
    """Yield the references of the revenue entries of a month."""
    for document in register.deferred(entity.id, month.name):
        yield accrual_reference(document, month.name)
        released = register.released(document)
        if released is not None:
            yield revenue_reference(released.number, month.name)
