"""From a contract's charges and the quantities of a period to lines that explain themselves."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

from billproof.contracts.charges import Charge
from billproof.contracts.timeline import Span, Timeline
from billproof.errors import UnpriceableCharge
from billproof.identities import LineId, LineIdFormat, TermName
from billproof.masterdata.meters import Meter
from billproof.model import decimal_text
from billproof.money import Money, Rounding, exactly
from billproof.periods import Period
from billproof.pricing.allowances import Allowances
from billproof.pricing.explanation import explain
from billproof.pricing.model import LineKind, PricedLine, RevenueSchedule
from billproof.pricing.models.base import PriceModel, Step, Used, amount_of, price_steps
from billproof.pricing.pooling import is_additive, pooled, shares
from billproof.pricing.reading import readings, trues_up
from billproof.pricing.service_periods import Due, in_force, proration
from billproof.proration import Proration
from billproof.readings import Quantity, Reading

ZERO = Decimal(0)
ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class Basis:
    """What contracts are priced with: a billing period, what was used in it, and how amounts are rounded.

    `carried` is what is left of the month before of the allowances that roll over, by contract and charge. `family` is
    what each account used that is billed on the invoice, for charges that pool it; `line_ids` names lines.
    """

    period: Period
    meters: Mapping[str, Meter]
    quantities: Sequence[Quantity]
    rounding: Rounding
    carried: Mapping[tuple[str, str], Decimal] = field(default_factory=dict)
    family: Mapping[str, Sequence[Quantity]] = field(default_factory=dict)
    line_ids: LineIdFormat = LineIdFormat.ESCAPED

    def measured(self, charge: Charge, reading: Reading, part: str) -> list[Quantity]:
        """Return what a charge's reading found in a part of the period, in all accounts where it is pooled."""
        if charge.pooled:
            return pooled(self.family, reading, part)
        return [measured for measured in self.quantities if measured.is_of(reading, part)]


@exactly
def charge_lines(timeline: Timeline, basis: Basis, owed: Iterable[Due]) -> list[tuple[Due, PricedLine]]:
    """Price what is owed of a contract; a charge that owes nothing for a period that is due still gets a line.

    Raises UnpriceableCharge where the terms say something that cannot be priced as stated.
    """
    pricer = _Pricer(timeline, basis)
    return [(due, line) for due in owed for line in pricer.lines(due)]


@exactly
def true_up_lines(timeline: Timeline, basis: Basis) -> list[tuple[Due, PricedLine]]:
    """Price what telemetry saw above the committed seats in the billing period, in arrears."""
    pricer = _Pricer(timeline, basis)
    return [line for span in timeline.charges if trues_up(span) for line in pricer.true_up(span)]


class _Pricer:
    """Prices the parts of one contract; rounds once and writes down why."""

    def __init__(self, timeline: Timeline, basis: Basis) -> None:
        self._timeline = timeline
        self._basis = basis
        self._peaks: dict[tuple[str, Period], tuple[Step, ...]] = {}
        self._allowances = Allowances(timeline.id, basis.carried)

    def lines(self, due: Due) -> Iterator[PricedLine]:
        charge = due.span.term
        if charge.meter is not None:
            yield from self._usage_lines(due, charge.meter)
            return
        share = proration(due, self._timeline)
        if charge.price.is_measured:
            yield self._measured_line(due, charge.price, share)
            return
        if not charge.price.needs_quantity:
            quantity = charge.price.stated_quantity
            steps = price_steps(charge.price, Used(quantity))
            yield self._line(due, steps, quantity=quantity, share=None if charge.price.is_due_once else share)
            return
        quantity = self._converted(charge, charge.quantity or ZERO)
        steps = price_steps(charge.price, Used(quantity))
        yield self._line(due, steps, quantity=quantity, share=share, undivided=self._flat_fees(due, steps))

    def _flat_fees(self, due: Due, steps: tuple[Step, ...]) -> Decimal:
        """Return the flat fees of tiers that this part is the first to enter: they are not shared by days.

        Amended within a period, a charge owes the flat fees of its highest quantity once, in whole.
        """
        fees = sum((step.flat_fee for step in steps), ZERO)
        key = (due.span.term.id, due.period)
        taken = sum((step.flat_fee for step in self._peaks.get(key, ())), ZERO)
        if fees > taken:
            self._peaks[key] = steps
        return max(fees - taken, ZERO)

    def _usage_lines(self, due: Due, meter_id: str) -> Iterator[PricedLine]:
        charge = due.span.term
        meter = self._meter(charge, meter_id)
        reading = next(readings(charge))
        part, share = due.part, None
        if not is_additive(meter):
            part, share = in_force(due, self._timeline).part, self._share(due)
        quantities = self._basis.measured(charge, reading, part)
        if not quantities:
            empty = Quantity(meter=meter.id, group_by=charge.group_by, dimension={}, quantity=ZERO, events=0)
            quantities = [empty]
        for measured in quantities:
            quantity = self._converted(charge, measured.quantity)
            of_month = Proration.of(due.span.days, due.period, due.span.contract.proration)
            free = self._allowances.use(charge, quantity, of_month, adds_up=is_additive(meter))
            included = free.included
            used = Used(quantity - included, dimension=measured.dimension, tally=measured.tally, prices=measured.prices)
            steps = _steps(charge, used)
            if measured.tally is not None:
                included = quantity - measured.tally.low_amount - measured.tally.amount - measured.tally.high_amount
            note = _events(measured) + free.note
            if charge.pooled and measured.quantity:
                note += f", pooled: {shares(self._basis.family, reading, part, measured.dimension)}"
            yield self._line(
                due,
                steps,
                quantity=quantity,
                included=included,
                unused=free.unused,
                share=share,
                meter=meter,
                dimension=measured.dimension,
                note=note,
            )

    @staticmethod
    def _share(due: Due) -> Proration | None:
        share = Proration.of(due.span.days, due.period, due.span.contract.proration)
        return None if share.is_whole else share

    def _measured_line(self, due: Due, price: PriceModel, share: Proration) -> PricedLine:
        charge = due.span.term
        measured: dict[str, Decimal] = {}
        for meter in price.meters:
            part = due.part if is_additive(self._meter(charge, meter)) else in_force(due, self._timeline).part
            used = (of.quantity for of in self._basis.quantities if of.is_of(Reading(meter=meter), part))
            measured[meter] = sum(used, ZERO)
        steps = _steps(charge, Used(meters=measured))
        note = ", ".join(f"{meter} {decimal_text(quantity)}" for meter, quantity in sorted(measured.items()))
        return self._line(due, steps, quantity=ONE, share=share, note=note)

    def true_up(self, span: Span[Charge]) -> Iterator[tuple[Due, PricedLine]]:
        """Price the seats that telemetry saw above the committed ones in the billing period, in arrears."""
        charge, price, period = span.term, span.term.price, self._basis.period
        if charge.seats_meter is None or not span.touches(period):
            return
        since = str(span.days.start) if span.days.start > period.start else ""
        due = Due(span, period, since, period.start, is_true_up=True)
        meter = self._meter(charge, charge.seats_meter)
        reading = Reading(meter=meter.id, by_day=True)
        telemetry = next((measured for measured in self._basis.quantities if measured.is_of(reading)), None)
        start, end = ((day - period.start).days for day in due.bounds)
        above = price.true_up_of(levels(telemetry)[start:end] if telemetry else [])
        share = Proration.of(span.days, period, span.contract.proration)
        if above.by_day:
            share = Proration(days_covered=1, days_in_period=period.days)
        note = f"{telemetry.events} readings" if telemetry else "no telemetry"
        yield due, self._line(due, (above.step,), quantity=above.quantity, share=share, meter=meter, note=note)

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

    def _line(
        self,
        due: Due,
        steps: tuple[Step, ...],
        *,
        quantity: Decimal,
        included: Decimal = ZERO,
        unused: Decimal = ZERO,
        share: Proration | None = None,
        undivided: Decimal | None = None,
        meter: Meter | None = None,
        dimension: dict[str, str] | None = None,
        note: str = "",
    ) -> PricedLine:
        charge, contract = due.span.term, due.span.contract
        exact = amount_of(steps)
        if share is not None and not (share.is_whole and undivided is None):
            fees = sum((step.flat_fee for step in steps), ZERO) if undivided is not None else ZERO
            exact = (exact - fees if share.is_whole else share.share(exact - fees)) + (undivided or ZERO)
        values = tuple((dimension or {}).values())
        identity = LineId(TermName(charge.id), due.period.name, due.since, due.is_true_up, values)
        return PricedLine(
            id=identity.written(self._basis.line_ids),
            account=contract.account,
            kind=LineKind.CHARGE,
            term=charge.id,
            charge=charge.id,
            description=charge.name + "".join(f", {name} {value}" for name, value in (dimension or {}).items()),
            product=charge.product,
            revenue_category=charge.revenue_category,
            service_period=due.period,
            covered=Period(start=due.bounds[0], end=due.bounds[1]),
            meter=meter.id if meter else None,
            unit=meter.unit if meter else None,
            dimension=dimension or {},
            quantity=quantity,
            included_quantity=included,
            billed_quantity=quantity - included,
            unused_quantity=unused,
            net=Money.rounded(exact, contract.currency, self._basis.rounding),
            includes_tax=contract.prices_include_tax,
            recognition=recognition_of(due),
            explanation=explain(
                contract, charge.price.model, exact, steps, self._basis.rounding, proration=share, note=note
            ),
        )


def recognition_of(due: Due) -> RevenueSchedule:
    """Return how a part's revenue is earned: over the days that it covers, unless the charge names others."""
    charge = due.span.term
    start, end = due.bounds
    if charge.price.due_day is not None:
        start, end = charge.price.due_day, charge.price.due_day + timedelta(days=1)
    if charge.recognition is not None and charge.recognition.over is not None and charge.recognition.over.end:
        start, end = charge.recognition.over.start, charge.recognition.over.end
    return RevenueSchedule(method=charge.recognition_method, period=Period(start=start, end=end))


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
    if measured.events:
        return f"{measured.events} events"
    return "no usage" if measured.quantity == 0 else "usage as stated"
