"""What a charge owes before anything comes off: a line for each part of each service period and dimension."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import NamedTuple

from tests.reference.days import DAY, Range, add_months, days_between, length_of, month_start, service_periods, weight
from tests.reference.figures import Document, by_rule, decimals_of, number, rounded
from tests.reference.prices import cost
from tests.reference.terms import Contract, Part, Span
from tests.reference.usage import Dimension

Weights = Mapping[date, Fraction | int]


def is_metered(charge: Document) -> bool:
    return charge.get("meter") is not None or charge["price"]["model"] == "capacity"


class Slot(NamedTuple):
    """What is owed is owed for this: a term of a contract, for a service period, for a dimension.

    `kind` is charge, true_up or shortfall. A slot stays the same whatever becomes of the terms within its period.
    """

    contract: str
    term: str
    kind: str
    start: date
    end: date
    dimension: Dimension = ()


@dataclass
class Line:
    """A part of a slot: what it comes to in minor units, for which days, and what comes off it.

    `days` are the days that are billed, each with how many days it counts; `use` says how much was used or served on
    each. `covered` are the days that the part covers, free ones among them. `due` is the month whose invoice bills it.
    """

    slot: Slot
    covered: Range
    gross: int
    days: Weights
    use: Weights
    due: date
    charge: Document
    place: int
    cuts: dict[str, int] = field(default_factory=dict)
    """What comes off, by kind of term: discount, fixed and cap."""
    left: Weights | None = None
    """How what percentages leave is spread over the days, where that is not evenly."""

    def cut(self, kind: str, amount: int) -> None:
        self.cuts[kind] = self.cuts.get(kind, 0) + amount

    @property
    def is_usage(self) -> bool:
        """Whether it is measured: known only when it was used, and earned then."""
        return is_metered(self.charge) or self.slot.kind == "true_up"

    @property
    def is_fee(self) -> bool:
        """Whether it is a fee that its terms state: no usage, and nothing that a commitment falls short of."""
        return self.slot.kind == "charge" and not is_metered(self.charge)

    @property
    def by_day(self) -> Weights:
        return self.days if self.left is None else self.left

    @property
    def net(self) -> int:
        return self.gross - sum(self.cuts.values())

    @property
    def order(self) -> tuple[int, Slot, date]:
        return self.place, self.slot, self.covered[0]


@dataclass
class Piece:
    """A part before it is rounded: what its units cost, and the flat fees of their tiers, which its slot owes once."""

    part: Part
    units: Fraction
    fees: Fraction
    quantity: Fraction
    days: Weights
    use: Weights
    has_usage: bool = True
    """Whether there is anything of the slot's combination of properties among what the part measures."""


class Writer:
    """Turns what was priced into lines of one contract."""

    def __init__(self, contract: Contract, rounding: str, limit: date) -> None:
        self.contract = contract
        self.rounding = rounding
        self.limit = limit
        """Only service periods that begin before this day are written."""

    def minor(self, amount: Fraction) -> int:
        return rounded(amount * 10 ** decimals_of(self.contract.currency), self.rounding)

    def counted(self, days: Iterable[date]) -> Weights:
        return {day: weight(day, self.contract.method(day)) for day in days}

    def billed_days(self, part: Part, period: Range, charge_id: str) -> list[date]:
        if not self.contract.has("waivers"):
            return list(part.days)
        return [day for day in part.days if not self.contract.is_waived(charge_id, day, period)]

    def lines(self, slot: Slot, pieces: list[Piece], due: date, place: int) -> list[Line]:
        """Round each part once; the flat fees are those of the part with the highest quantity, the first of equals.

        A part that measures nothing of a combination of properties has no quantity of it, not even zero.
        """
        bearing = max(pieces, key=lambda piece: (piece.has_usage, piece.quantity), default=None)
        return [
            Line(
                slot=slot,
                covered=(piece.part.start, piece.part.end),
                gross=self.minor(piece.units + (piece.fees if piece is bearing else 0)),
                days=piece.days,
                use=piece.use if any(piece.use.values()) else piece.days,
                due=due,
                charge=piece.part.charge,
                place=place,
            )
            for piece in pieces
        ]


def once(writer: Writer, charge_id: str, spans: list[Span], place: int) -> list[Line]:
    """Write the line of a one-off charge or milestone: on the first day on which known terms say that it is due.

    It is one thing that is owed, named by the day that its first version says.
    """
    for span in spans:
        text = span.price.get("due_on") or span.price.get("reached_on")
        if text is None:
            continue
        day = date.fromisoformat(text)
        reached_before = span.price["model"] == "milestone" and day < span.start
        first = _first_day_of(writer.contract, charge_id) or day
        if not (span.start <= day < span.end or reached_before) or min(day, first) >= writer.limit:
            continue
        part = Part((day,), (day,), day, day + DAY, span.charge, span.price)
        whole = {day: 1}
        piece = Piece(part, number(span.price["amount"]), Fraction(0), Fraction(0), whole, whole)
        slot = Slot(writer.contract.id, charge_id, "charge", first, first + DAY)
        return writer.lines(slot, [piece], month_start(day), place)
    return []


def _first_day_of(contract: Contract, charge_id: str) -> date | None:
    stated = (
        charge["price"] for version in contract.versions for charge in version["charges"] if charge["id"] == charge_id
    )
    days = (price.get("due_on") or price.get("reached_on") for price in stated)
    return next((date.fromisoformat(day) for day in days if day), None)


def fees(writer: Writer, charge_id: str, spans: list[Span], place: int) -> list[Line]:
    """Write the lines of a charge on days on which no meter measures it: flat fees, seats, stated quantities."""
    contract, lines = writer.contract, []
    begins, ends = spans[0].start, spans[-1].end
    for period in service_periods(spans[0].charge.get("cadence"), begins, ends):
        parts = [part for part in contract.parts(spans, period) if not is_metered(part.charge)]
        if not parts or period[0] >= writer.limit:
            continue
        parts = _kept_whole(parts, period)
        pieces = [piece for part in parts if (piece := _fee_piece(writer, charge_id, part, period))]
        if pieces:
            slot = Slot(contract.id, charge_id, "charge", *period)
            lines += writer.lines(slot, pieces, _due(spans, period, begins), place)
    return lines


def _kept_whole(parts: list[Part], period: Range) -> list[Part]:
    """Extend what is billed in advance without refund to the end of the period in which its charge ends."""
    last = max(parts, key=lambda part: part.end)
    keeps = last.charge["timing"] == "in_advance" and last.charge.get("refund") == "none"
    if last.end >= period[1] or not keeps:
        return parts
    rest = tuple(days_between(last.end, period[1]))
    days = tuple(sorted({*last.days, *rest}))
    extended = Part((*last.own, *rest), days, last.start, period[1], last.charge, last.price)
    return [extended if part is last else part for part in parts]


def _fee_piece(writer: Writer, charge_id: str, part: Part, period: Range) -> Piece | None:
    days = writer.billed_days(part, period, charge_id)
    method = writer.contract.method(part.start)
    share = writer.contract.share(days, length_of(period, method))
    price, quantity = part.price, number(part.charge.get("quantity"))
    whole, flat_fees = Fraction(0), Fraction(0)
    if price["model"] == "flat":
        whole = number(price["amount"])
    elif price["model"] == "seats":
        whole = price["seats"] * number(price["unit_price"])
    else:
        quantity = by_rule(quantity, part.charge.get("conversion"))
        whole, flat_fees = cost(price, quantity, {})
    counted = writer.counted(days)
    return Piece(part, whole * share, flat_fees if days else Fraction(0), quantity, counted, counted)


def _due(spans: list[Span], period: Range, begins: date) -> date:
    """Say which month's invoice bills a fee.

    In arrears that of the month in which the service period, or the charge, ends; in advance that of the month before
    the one in which it starts, and never one before the charge's first month. The timing of its first day is that of a
    period; one with days that are metered is billed in arrears.
    """
    mine = [span for span in spans if span.start < period[1] and period[0] < span.end]
    are_fees = not any(is_metered(span.charge) for span in mine)
    if are_fees and mine[0].charge["timing"] == "in_advance":
        return max(add_months(month_start(period[0]), -1), month_start(begins))
    return month_start(min(max(span.end for span in mine), period[1]) - DAY)
