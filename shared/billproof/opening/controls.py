"""Control totals: what an opening says that it comes to, and what its rows come to."""

from collections.abc import Iterable, Iterator
from decimal import Decimal

from billproof.model import decimal_text
from billproof.money import CONTEXT
from billproof.opening.model import AmountRow, BookedRow, Opening, OpeningKind, OpeningTotal
from billproof.opening.problems import OpeningProblem, ProblemCode

CONTROLS_FILE = "controls"
"""The file that says what the others come to."""


def totals(opening: Opening, books: str) -> list[OpeningTotal]:
    """Return what the rows of an opening come to, by kind and currency, in the order of the kinds."""
    sums: dict[tuple[OpeningKind, str | None], OpeningTotal] = {}
    for kind in OpeningKind:
        for row in opening.rows(kind):
            one = _of_row(kind, row, books)
            key = (kind, one.currency)
            sums[key] = _added(sums[key], one) if key in sums else one
    return list(sums.values())


def _of_row(kind: OpeningKind, row: object, books: str) -> OpeningTotal:
    if not isinstance(row, AmountRow):
        return OpeningTotal(kind=kind, count=1)
    booked = row.booked if isinstance(row, BookedRow) and row.currency != books else None
    return OpeningTotal(kind=kind, currency=row.currency, count=1, total=row.amount, booked=booked)


def _added(one: OpeningTotal, other: OpeningTotal) -> OpeningTotal:
    sums = {
        name: None if left is None else CONTEXT.add(left, right or 0)
        for name, left, right in (("total", one.total, other.total), ("booked", one.booked, other.booked))
    }
    return one.model_copy(update={"count": one.count + other.count, **sums})


def control_problems(opening: Opening, books: str) -> Iterator[OpeningProblem]:
    """Find control totals that the rows do not come to, rows without one, and totals of no rows."""
    actual = {(total.kind, total.currency): total for total in totals(opening, books)}
    declared: dict[tuple[OpeningKind, str | None], int] = {}
    for number, control in enumerate(opening.controls, start=1):
        key, place = (control.kind, control.currency), (CONTROLS_FILE, number)
        if key in declared:
            yield OpeningProblem.of(place, "kind", ProblemCode.TWICE, f"row {declared[key]} is of the same")
            continue
        declared[key] = number
        yield from _differences(control, actual.get(key) or _nothing(control), place)
    for key, rows in actual.items():
        if key not in declared:
            kind, currency = key
            message = f"no control total for {rows.count} rows of {kind}{f' in {currency}' if currency else ''}"
            yield OpeningProblem.of((CONTROLS_FILE, 0), "kind", ProblemCode.CONTROL_TOTAL, message)


def _nothing(control: OpeningTotal) -> OpeningTotal:
    zero = {name: 0 for name in ("total", "booked") if getattr(control, name) is not None}
    return OpeningTotal.model_validate({"kind": control.kind, "currency": control.currency, "count": 0, **zero})


def _differences(control: OpeningTotal, rows: OpeningTotal, place: tuple[str, int]) -> Iterator[OpeningProblem]:
    for field in ("count", "total", "booked"):
        said, are = getattr(control, field), getattr(rows, field)
        if said != are:
            message = f"{_text(said)} is declared, and the rows of {control.kind} come to {_text(are)}"
            yield OpeningProblem.of(place, field, ProblemCode.CONTROL_TOTAL, message)


def _text(value: Decimal | int | None) -> str:
    return "nothing" if value is None else decimal_text(Decimal(value))


def amounts(rows: Iterable[OpeningTotal], books: str) -> dict[str, Decimal]:
    """Return the sum of all that a confirmation makes somebody's money, by currency; in the books what is booked, too.

    What is booked is stated beside the amount: a small amount may be booked with a large one.
    """
    sums: dict[str, Decimal] = {}
    for row in rows:
        if row.currency is None or row.kind is OpeningKind.HISTORY:
            continue
        for currency, amount in ((row.currency, row.total), (books, row.booked)):
            sums[currency] = CONTEXT.add(sums.get(currency, Decimal(0)), amount or 0)
    return sums
