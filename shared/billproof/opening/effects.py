"""What an opening begins with: numbers that were given before, and what customers have to their credit."""

from collections.abc import Iterator
from datetime import date

from billproof.invoicing.balance import BalanceEntry
from billproof.invoicing.openings import OPENING, first_change
from billproof.invoicing.series import Series
from billproof.masterdata.parties import LegalEntity
from billproof.opening.entries import opening_day
from billproof.opening.model import Opening


def numbers_before(opening: Opening, entity: LegalEntity) -> Iterator[tuple[Series, int]]:
    """Yield how many numbers of each series another system gave, as of the day on which it issued the last one."""
    for row in opening.numbers:
        if row.next > 1:
            issued = row.last_issued or date(row.year, 1, 1)
            yield Series(entity.id, entity.number_prefix, issued, row.series.kind), row.next - 1


def opening_balances(opening: Opening, books: str) -> list[tuple[str, BalanceEntry]]:
    """Return by what entries customers' balances begin, with their accounts."""
    return [
        (
            row.account,
            BalanceEntry(
                document=OPENING,
                number=row.reference,
                issue_date=opening_day(opening),
                change=first_change(row.worth(books)),
            ),
        )
        for row in opening.balances
    ]
