"""What happened on a day, added up: numbers, amounts and durations under names, which add up over days without loss.

    figure         by         of               currency   tenths   number   amount
    released                                   USD             0      120   34500.00
    released       region     US               USD             0       90   30000.00
    posting                                                   15       80          0      80 took 1.5 hours

A duration is kept as the tenths of an hour that it is rounded to: the nearest rank of rounded durations is the rounded
duration of that rank, so medians of any number of days are exact.
"""

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import msgspec

from billproof.insights.durations import Durations, durations_in, tenths_of
from billproof.money import CONTEXT, Money

ZERO = Decimal(0)

type FigureKey = tuple[str, str, str, str, int]


class FigureRow(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """So many of a figure, and what they come to; `of` says of which product, region or cause: `by` says which."""

    figure: str
    by: str = ""
    of: str = ""
    currency: str = ""
    tenths: int = 0
    number: int = 0
    amount: Decimal = ZERO

    @property
    def key(self) -> FigureKey:
        """What tells it from other rows of its day."""
        return self.figure, self.by, self.of, self.currency, self.tenths


class Figures:
    """Rows that are added to, and added up."""

    def __init__(self, rows: Iterable[FigureRow] = ()) -> None:
        self._rows: dict[FigureKey, FigureRow] = {}
        for row in rows:
            self._add(row)

    def _add(self, row: FigureRow) -> None:
        known = self._rows.get(row.key)
        if known is not None:
            amount = CONTEXT.add(known.amount, row.amount)
            row = msgspec.structs.replace(row, number=known.number + row.number, amount=amount)
        self._rows[row.key] = row

    def add(self, figure: str, amount: Money | None = None, *, by: str = "", of: str = "", number: int = 1) -> None:
        """Add a number of something, and what it comes to."""
        worth: dict[str, Any] = {} if amount is None else {"currency": amount.currency, "amount": amount.amount}
        self._add(FigureRow(figure=figure, by=by, of=of, number=number, **worth))

    def took(self, figure: str, span: timedelta) -> None:
        """Add that something took so long."""
        self._add(FigureRow(figure=figure, tenths=tenths_of(span), number=1))

    def plus(self, rows: Iterable[FigureRow]) -> None:
        """Add what others hold."""
        for row in rows:
            self._add(row)

    @property
    def rows(self) -> list[FigureRow]:
        """All rows, in the order of their keys."""
        return [self._rows[key] for key in sorted(self._rows)]

    def number(self, figure: str, *, by: str = "", of: str = "") -> int:
        """Return how many there are of a figure, in whatever currency."""
        return sum(row.number for row in self._of(figure, by) if row.of == of)

    def money(self, figure: str, *, by: str = "", of: str = "") -> dict[str, Decimal]:
        """Return what a figure comes to, by currency."""
        sums: dict[str, Decimal] = {}
        for row in self._of(figure, by):
            if row.of == of and row.currency:
                sums[row.currency] = CONTEXT.add(sums.get(row.currency, ZERO), row.amount)
        return dict(sorted(sums.items()))

    def parts(self, figure: str, by: str) -> list[str]:
        """Return of what a figure has parts."""
        return sorted({row.of for row in self._of(figure, by)})

    def durations(self, figure: str) -> Durations:
        """Return the median and the 95th percentile of how long something took."""
        return durations_in({row.tenths: row.number for row in self._of(figure, "")})

    def _of(self, figure: str, by: str) -> list[FigureRow]:
        return [row for row in self._rows.values() if row.figure == figure and row.by == by]
