"""What usage owes: quantities of parts of a month, levels shared by days, allowances that roll over, seats above."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from fractions import Fraction

from tests.reference.days import Range, length_of, months_between
from tests.reference.figures import Document, by_rule, number
from tests.reference.lines import Line, Piece, Slot, Weights, Writer
from tests.reference.prices import capacity, cost, transaction_fees
from tests.reference.terms import Part, Span
from tests.reference.usage import ADD_UP, Dimension, Reading, Usage, added_up, measured, most_of_day

NOTHING = Fraction(0)


class Family:
    """Whose usage a charge reads: its own account's, or, pooled, that of every account on the days it belongs."""

    def __init__(self, usage: Usage, account: str, covered: dict[str, set[date]]) -> None:
        self.usage = usage
        self.account = account
        self.covered = covered
        """The days of each account on which it is a member of the family and one of its own contracts is in force."""

    def readings(self, meter: str, time_zone: str, charge: Document) -> list[Reading]:
        group_by = tuple(charge.get("group_by") or ())
        if not charge.get("pooled"):
            return self.usage.readings(self.account, meter, time_zone, group_by)
        return [
            reading
            for account, days in self.covered.items()
            for reading in self.usage.readings(account, meter, time_zone, group_by)
            if reading.day in days
        ]


class Metered:
    """The lines of one metered charge, month after month; what is left of an allowance goes from one to the next."""

    def __init__(self, writer: Writer, family: Family, charge_id: str, place: int) -> None:
        self.writer, self.family, self.charge_id, self.place = writer, family, charge_id, place
        self.zone = writer.contract.time_zone
        self.carried: tuple[date | None, Fraction] = (None, NOTHING)
        """The month that takes what is left of the allowance before it, and how much that is."""
        self.shared = NOTHING
        """What parts of the month have of its allowance so far."""

    def lines(self, spans: list[Span]) -> list[Line]:
        lines: list[Line] = []
        for month in months_between(spans[0].start, min(spans[-1].end, self.writer.limit)):
            parts = self.writer.contract.parts(spans, month)
            if parts:
                lines += self._month(parts, month)
        return lines

    def _month(self, parts: list[Part], month: Range) -> list[Line]:
        window = sorted({day for part in parts for day in part.own})
        priced = {part.start: self._priced(part, window) for part in parts}
        dimensions = sorted({dimension for groups in priced.values() for dimension in groups}) or [()]
        lines: list[Line] = []
        self.shared = NOTHING
        pot = self.carried[1] if self.carried[0] == month[0] else NOTHING
        left = NOTHING
        for dimension in dimensions:
            pieces = []
            for part in parts:
                allowance = Allowance(pot, self._included(part, month))
                readings, quantity = priced[part.start].get(dimension, ([], NOTHING))
                if part.price["model"] == "capacity":
                    pieces.append(self._capacity(part, month, window))
                else:
                    piece = self._piece(part, month, (dimension, readings, quantity), allowance)
                    pieces.append(replace(piece, has_usage=not dimension or dimension in priced[part.start]))
                pot = allowance.carried
                left += allowance.own if part.charge.get("rollover") else NOTHING
            slot = Slot(self.writer.contract.id, self.charge_id, "charge", *month, dimension)
            lines += self.writer.lines(slot, pieces, month[0], self.place)
        self.carried = (month[1], left)
        return lines

    def _included(self, part: Part, month: Range) -> Fraction:
        """Return a part's allowance: of what parts have up to a day all but what is below the 15th decimal."""
        whole = number(part.charge.get("included_quantity"))
        if not self._adds_up(part):
            return whole
        before = self.shared
        self.shared += whole * self._share(part, month)
        return _cut(self.shared) - _cut(before)

    def _share(self, part: Part, month: Range) -> Fraction:
        contract = self.writer.contract
        return contract.share(part.days, length_of(month, contract.method(part.start)))

    def _adds_up(self, part: Part) -> bool:
        meter = part.charge.get("meter")
        return meter is not None and self.family.usage.meters[meter]["aggregation"] in ADD_UP

    def _priced(self, part: Part, window: list[date]) -> dict[Dimension, tuple[list[Reading], Fraction]]:
        """Return what is measured for a part: of its own days where quantities add up, else of the whole window."""
        meter_id = part.charge.get("meter")
        if meter_id is None:
            return {}
        meter = self.family.usage.meters[meter_id]
        readings = self.family.readings(meter_id, self.zone, part.charge)
        days = list(part.own) if self._adds_up(part) else window
        quantities = measured(meter, readings, days, self.zone)
        groups = added_up(readings, set(days))
        return {dimension: (groups.get(dimension, []), quantity) for dimension, quantity in quantities.items()}

    def _piece(
        self, part: Part, month: Range, used: tuple[Dimension, list[Reading], Fraction], allowance: "Allowance"
    ) -> Piece:
        dimension, readings, quantity = used
        days, price = self.writer.counted(part.days), part.price
        if price["model"] in ("percentage", "dynamic"):
            each = _carried_prices(price, readings)
            return Piece(part, sum(each, NOTHING), NOTHING, quantity, days, _by_day(readings, each))
        billed = allowance.rest(by_rule(quantity, part.charge.get("conversion")))
        units, fees = cost(price, billed, dict(dimension))
        if self._adds_up(part):
            return Piece(part, units, fees, billed, days, _by_day(readings, [reading.value for reading in readings]))
        share = self._share(part, month)
        allowance.own *= share
        allowance.carried = allowance.before
        return Piece(part, units * share, fees, billed, days, days)

    def _capacity(self, part: Part, month: Range, window: list[date]) -> Piece:
        quantities, usage = {}, self.family.usage
        for name in {meter for tier in part.price["tiers"] for meter in tier["limits"]}:
            meter = usage.meters[name]
            days = list(part.own) if meter["aggregation"] in ADD_UP else window
            readings = self.family.readings(name, self.zone, part.charge)
            quantities[name] = measured(meter, readings, days, self.zone).get((), NOTHING)
        contract, days = self.writer.contract, self.writer.billed_days(part, month, self.charge_id)
        share = contract.share(days, length_of(month, contract.method(part.start)))
        billed = self.writer.counted(days)
        return Piece(part, capacity(part.price, quantities) * share, NOTHING, NOTHING, billed, billed)


def _cut(exact: Fraction) -> Fraction:
    return Fraction(int(exact * 10**15), 10**15)


class Allowance:
    """What is free for a part: first what was carried into the month, then the part's own share of the month's."""

    def __init__(self, carried: Fraction, own: Fraction) -> None:
        self.before = self.carried = carried
        self.own = own

    def rest(self, quantity: Fraction) -> Fraction:
        """Take a quantity off the allowance, and return what is left to be priced."""
        from_carried = min(self.carried, quantity)
        from_own = min(self.own, quantity - from_carried)
        self.carried -= from_carried
        self.own -= from_own
        return quantity - from_carried - from_own


def _carried_prices(price: Document, readings: list[Reading]) -> list[Fraction]:
    if price["model"] == "dynamic":
        return [reading.value * reading.unit_price for reading in readings]
    return transaction_fees(price, [reading.value for reading in readings])


def _by_day(readings: list[Reading], values: Iterable[Fraction]) -> Weights:
    days: dict[date, Fraction] = {}
    for reading, value in zip(readings, values, strict=True):
        days[reading.day] = days.get(reading.day, NOTHING) + value
    return days


def true_ups(writer: Writer, family: Family, charge_id: str, spans: list[Span], place: int) -> list[Line]:
    """Write the lines of seats above those that the contract commits to, billed in arrears."""
    lines: list[Line] = []
    for month in months_between(spans[0].start, min(spans[-1].end, writer.limit)):
        pieces = [
            _true_up(writer, family, part, month)
            for part in writer.contract.parts(spans, month)
            if part.price.get("true_up", "none") != "none"
        ]
        slot = Slot(writer.contract.id, charge_id, "true_up", *month)
        lines += writer.lines(slot, pieces, month[0], place)
    return lines


def _true_up(writer: Writer, family: Family, part: Part, month: Range) -> Piece:
    contract, price = writer.contract, part.price
    readings = family.usage.readings(contract.account, part.charge["seats_meter"], contract.time_zone, ())
    most = {day: most_of_day(readings, day, contract.time_zone) for day in part.days}
    above = {day: max(most[day] - price["seats"], NOTHING) for day in part.days}
    unit_price = number(price["true_up_price"] if price.get("true_up_price") is not None else price["unit_price"])
    length, days = length_of(month, contract.method(part.start)), writer.counted(part.days)
    if price["true_up"] == "high_water_mark":
        highest = max((above[day] for day in part.own), default=NOTHING)
        return Piece(part, highest * unit_price * contract.share(part.days, length), NOTHING, NOTHING, days, days)
    by_day = {day: above[day] * days[day] for day in part.days}
    return Piece(part, sum(by_day.values(), NOTHING) * unit_price / length, NOTHING, NOTHING, days, by_day)
