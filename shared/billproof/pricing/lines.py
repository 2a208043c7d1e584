"""From a contract's charges and the quantities of a period to lines that explain themselves."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal

from billproof.contracts.charges import Charge
from billproof.contracts.timeline import Timeline
from billproof.errors import UnpriceableCharge
from billproof.identities import LineIdFormat
from billproof.masterdata.meters import Meter
from billproof.model import decimal_text
from billproof.money import Rounding, exactly
from billproof.periods import DateRange, Period
from billproof.pricing.allowances import Allowances
from billproof.pricing.model import PricedLine
from billproof.pricing.models.base import PriceModel, Step, TrueUp, Used, amount_of, price_steps
from billproof.pricing.pooling import Parts, is_additive, pool_parts, pooled, shares
from billproof.pricing.priced_parts import PricedPart, UsedBefore, with_tier_fees
from billproof.pricing.reading import readings, trues_up
from billproof.pricing.service_periods import Due, in_force, parts_of, proration, up_to, waived_days
from billproof.pricing.terms import BookingRule
from billproof.proration import Proration, count_days, counted_days
from billproof.readings import Quantity, Reading

ZERO = Decimal(0)
ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class Basis:
    """What contracts are priced with: a billing period, what was used in it, and how amounts are rounded.

    `carried` is what is left of the month before of the allowances that roll over, by contract and charge. `family` is
    what each account used that is billed on the invoice, for charges that pool it on its `covered` days; `line_ids`
    names lines. `prefixes` are the parts that were measured to share usage by when it was used. By the rule `booking`
    what reduces a fee in some months is earned with it, over all its days, or in those months.
    """

    period: Period
    meters: Mapping[str, Meter]
    quantities: Sequence[Quantity]
    rounding: Rounding
    carried: Mapping[tuple[str, str], Decimal] = field(default_factory=dict)
    family: Mapping[str, Sequence[Quantity]] = field(default_factory=dict)
    covered: Mapping[str, Sequence[Period]] = field(default_factory=dict)
    line_ids: LineIdFormat = LineIdFormat.ESCAPED
    prefixes: frozenset[str] = frozenset()
    booking: BookingRule = BookingRule.BY_FEE

    def measured(self, due: Due, reading: Reading, part: str) -> list[Quantity]:
        """Return what a charge's reading found in a part of the period, in all accounts where it is pooled."""
        if due.span.term.pooled:
            return pooled(self.family, reading, self.pool(due))
        return [measured for measured in self.quantities if measured.is_of(reading, part)]

    def pool(self, due: Due) -> Parts:
        """Return the parts of the period in which a pooled charge counts what each account used."""
        return pool_parts(due.ranges, due.period, self.covered)


@exactly
def charge_lines(timeline: Timeline, basis: Basis, owed: Iterable[Due]) -> list[tuple[PricedPart, PricedLine]]:
    """Price what is owed of a contract; a charge that owes nothing for a period that is due still gets a line.

    Raises UnpriceableCharge where the terms say something that cannot be priced as stated.
    """
    pricer = _Pricer(timeline, basis)
    parts = with_tier_fees(part for due in owed for part in pricer.parts(due))
    return [(part, part.line(basis.rounding, basis.line_ids)) for part in parts]


@exactly
def true_up_lines(timeline: Timeline, basis: Basis) -> list[tuple[PricedPart, PricedLine]]:
    """Price what telemetry saw above the committed seats in the billing period, in arrears."""
    pricer = _Pricer(timeline, basis)
    months = (due for spans in timeline.charge_spans for due in parts_of(spans, basis.period) if trues_up(due.span))
    parts = (part for due in months for part in pricer.true_up(due))
    return [(part, part.line(basis.rounding, basis.line_ids)) for part in parts]


class _Pricer:
    """Prices the parts of one contract."""

    def __init__(self, timeline: Timeline, basis: Basis) -> None:
        self._timeline = timeline
        self._basis = basis
        self._allowances = Allowances(timeline.id, basis.carried)

    def parts(self, due: Due) -> Iterator[PricedPart]:
        charge = due.span.term
        if charge.meter is not None:
            yield from self._usage_parts(due, charge.meter)
            return
        share = proration(due, waived_days(due, self._timeline))
        if charge.price.is_measured:
            yield self._measured_part(due, charge.price, share)
            return
        quantity = charge.price.stated_quantity
        if charge.price.needs_quantity:
            quantity = self._converted(charge, charge.quantity or ZERO)
        steps = price_steps(charge.price, Used(quantity))
        yield PricedPart(due, steps, quantity, share=None if charge.price.is_due_once else share)

    def _usage_parts(self, due: Due, meter_id: str) -> Iterator[PricedPart]:
        charge = due.span.term
        meter = self._meter(charge, meter_id)
        reading = next(readings(charge))
        part, share = due.part, None
        if not is_additive(meter):
            part, share = in_force(due, self._timeline).part, self._share(due)
        adds_up, is_of_amounts = is_additive(meter), charge.price.is_of_amounts
        quantities = self._basis.measured(due, reading, part)
        if not quantities:
            empty = Quantity(meter=meter.id, group_by=charge.group_by, dimension={}, quantity=ZERO, events=0)
            quantities = [empty]
        for measured in quantities:
            quantity = self._converted(charge, measured.quantity)
            free = self._allowances.use(charge, quantity, proration(due), adds_up=adds_up)
            included = free.included
            used = Used(quantity - included, dimension=measured.dimension, tally=measured.tally, prices=measured.prices)
            steps = _steps(charge, used)
            if measured.tally is not None:
                included = quantity - measured.tally.low_amount - measured.tally.amount - measured.tally.high_amount
            note = _events(measured) + free.note
            if charge.pooled and measured.quantity:
                note += f", pooled: {shares(self._basis.family, reading, self._basis.pool(due), measured.dimension)}"
            yield PricedPart(
                due,
                steps,
                quantity,
                included=included,
                unused=free.unused,
                share=share,
                meter=meter,
                dimension=measured.dimension,
                note=note,
                used_before=self._used_before(due, reading, measured) if adds_up or is_of_amounts else None,
            )

    def _used_before(self, due: Due, reading: Reading, whole: Quantity) -> UsedBefore:
        """Say how much of a quantity was used before a day: in units, or in money where events carry amounts."""
        charge = due.span.term

        def before(day: date) -> Decimal | None:
            start, end = due.bounds
            if day <= start:
                return ZERO
            measured: Quantity | None = whole
            if day < end:
                prefix = up_to(due, day)
                if prefix.part not in self._basis.prefixes:
                    return None
                in_prefix = self._basis.measured(prefix, reading, prefix.part)
                measured = next((one for one in in_prefix if one.dimension == whole.dimension), None)
            if measured is None:
                return ZERO
            if not charge.price.is_of_amounts:
                return measured.quantity
            return amount_of(_steps(charge, Used(tally=measured.tally, prices=measured.prices)))

        return before

    @staticmethod
    def _share(due: Due) -> Proration | None:
        share = proration(due)
        return None if share.is_whole else share

    def _measured_part(self, due: Due, price: PriceModel, share: Proration) -> PricedPart:
        charge = due.span.term
        measured: dict[str, Decimal] = {}
        for meter in price.meters:
            part = due.part if is_additive(self._meter(charge, meter)) else in_force(due, self._timeline).part
            used = (of.quantity for of in self._basis.quantities if of.is_of(Reading(meter=meter), part))
            measured[meter] = sum(used, ZERO)
        steps = _steps(charge, Used(meters=measured))
        note = ", ".join(f"{meter} {decimal_text(quantity)}" for meter, quantity in sorted(measured.items()))
        return PricedPart(due, steps, ONE, share=share, note=note)

    def true_up(self, due: Due) -> Iterator[PricedPart]:
        """Price the seats that telemetry saw above the committed ones in a month, in arrears."""
        charge, period = due.span.term, due.period
        if charge.seats_meter is None:
            return
        meter = self._meter(charge, charge.seats_meter)
        reading = Reading(meter=meter.id, by_day=True)
        telemetry = next((measured for measured in self._basis.quantities if measured.is_of(reading)), None)
        by_day = levels(telemetry) if telemetry else []

        def above_before(end: date) -> TrueUp:
            own, counted = _levels_before(due, by_day, end)
            return charge.price.true_up_of(own, counted)

        above = above_before(period.end)
        share = proration(due)
        if above.by_day:
            share = Proration(days_covered=1, days_in_period=share.days_in_period)
        note = f"{telemetry.events} readings" if telemetry else "no telemetry"
        if telemetry is not None and telemetry.before is not None:
            note += f", begins with {decimal_text(telemetry.before)}"
        since = str(due.bounds[0]) if due.bounds[0] > period.start else ""
        yield PricedPart(
            replace(due, since=since, home=period.start, is_true_up=True),
            (above.step,),
            above.quantity,
            share=share,
            meter=meter,
            note=note,
            used_before=(lambda day: above_before(day).quantity) if above.by_day else None,
        )

    def _meter(self, charge: Charge, name: str) -> Meter:
        meter = self._basis.meters.get(name)
        if meter is None:
            message = f"charge {charge.id} reads meter {name}, which nobody published"
            raise UnpriceableCharge(message, charge=charge.id)
        if charge.price.needs_price_of_event and meter.price_property is None:
            message = f"charge {charge.id} takes its price from the events, and meter {name} has no price_property"
            raise UnpriceableCharge(message, charge=charge.id)
        if charge.pooled and not is_additive(meter):
            message = f"charge {charge.id} pools meter {name}, whose quantities of several accounts do not add up"
            raise UnpriceableCharge(message, charge=charge.id)
        return meter

    def _converted(self, charge: Charge, quantity: Decimal) -> Decimal:
        return quantity if charge.conversion is None else charge.conversion.apply(quantity)


def _levels_before(due: Due, by_day: Sequence[Decimal], end: date) -> tuple[list[Decimal], list[Decimal]]:
    """Return the levels of the days before another that a part covers: of each day once, and as often as it counts."""
    period, terms = due.period, due.span.contract.proration

    def of(ranges: Iterable[DateRange]) -> Iterator[tuple[DateRange, list[Decimal]]]:
        for days in ranges:
            for place in range((days.start - period.start).days, (min(days.end or end, end) - period.start).days):
                day = period.start + timedelta(days=place)
                yield (
                    DateRange.construct_trusted(start=day, end=day + timedelta(days=1)),
                    list(by_day[place : place + 1]),
                )

    own = [level for _, levels_of_day in of(due.days) for level in levels_of_day]
    counted = counted_days(due.days, period, terms)
    return own, [level for day, levels_of_day in of(counted) for level in levels_of_day * count_days(day, terms)]


def levels(telemetry: Quantity) -> list[Decimal]:
    """Return the level of each day; a day without events keeps the day before's, and before the first it is zero."""
    by_day, level = [], ZERO
    for day in telemetry.days:
        level = level if day is None else day
        by_day.append(level)
    return by_day


def _steps(charge: Charge, used: Used) -> tuple[Step, ...]:
    try:
        return price_steps(charge.price, used)
    except UnpriceableCharge as error:
        raise UnpriceableCharge(error.message, charge=charge.id) from None


def _events(measured: Quantity) -> str:
    """Say what was read; of a level also what it begins with."""
    begins = f"begins with {decimal_text(measured.before)}" if measured.before is not None else ""
    if measured.events:
        return f"{measured.events} events" + (f", {begins}" if begins else "")
    return begins or ("no usage" if measured.quantity == 0 else "usage as stated")
