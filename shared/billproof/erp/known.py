"""The references of everything that billproof posts with a date in a month."""

from collections.abc import Iterator

from billproof.invoicing.register import Register
from billproof.invoicing.series import Series, SeriesKind
from billproof.ledger.revenue import revenue_reference
from billproof.masterdata.parties import LegalEntity
from billproof.periods import Period


def references_of(month: Period, entity: LegalEntity, register: Register) -> Iterator[str]:
    """Yield the numbers of the series of the month's year, and the references of the month's revenue entries.

    A series has no gap, so its numbers need not be read.
    """
    for kind in SeriesKind:
        series = Series(entity=entity.id, prefix=entity.number_prefix, issue_date=month.start, kind=kind)
        yield from (series.number(ordinal) for ordinal in range(1, register.numbers_taken(series) + 1))
    for document in register.deferred(entity.id, month.name):
        released = register.released(document)
        if released is not None:
            yield revenue_reference(released.number, month.name)
