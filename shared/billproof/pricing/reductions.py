"""What comes off or on top of a month's charges, in this order.

    percentage discounts   narrow before wide, each on what the earlier ones left, by the days that the fee bills
    fixed discounts        narrow before wide, over the lines, as far as there is something left
    spend caps             over the lines in order: what lies above the cap comes off
    minimum commitments    what the month's own fees, after all that, fall short of the commitment

All of it is before tax; credits follow (draws.py). Amounts for a month go by each fee's share of the month, however
long its service period is and whichever invoice bills it (fees.py). Fees that another month's invoice bills come first:
they are known from the terms alone, so what is billed of them never changes with what this month uses.
"""

from collections.abc import Sequence
from datetime import date
from decimal import ROUND_FLOOR, Decimal
from typing import NamedTuple

from billproof.contracts.charges import Commitment, Discount, DiscountRounding, SpendCap, Spread
from billproof.contracts.timeline import Span, Timeline
from billproof.identities import TermName
from billproof.model import decimal_text
from billproof.money import Money, allocate, exactly, settled, unit
from billproof.periods import Period
from billproof.pricing.explanation import explain, shown
from billproof.pricing.fees import Fee, counts_fees_to_come, fees_beside, fees_of, rounded_together
from billproof.pricing.lines import Basis
from billproof.pricing.model import LeftOn, LineKind, PricedLine
from billproof.pricing.models.base import HUNDRED, ONE, ZERO, Step, step_of
from billproof.pricing.service_periods import commitment_edges, term_edges
from billproof.pricing.term_days import TermDays, term_days
from billproof.pricing.term_lines import (
    committed_amounts,
    days_in,
    name_of,
    reduction_line,
    shortfall_line,
    term_share,
    within,
)
from billproof.proration import Proration

MANY = 1_000_000
"""The breadth of a term that names no charge: it is for all of them."""


class Reduced(NamedTuple):
    """What a contract owes at home in a month: its fees with what is left of them, and every line.

    `to_come` are fees that have days in the month and that invoices of later months bill.
    """

    fees: list[Fee]
    lines: list[PricedLine]
    to_come: list[PricedLine]


@exactly
def reduced(timeline: Timeline, basis: Basis) -> Reduced:
    """Return what a contract owes at home in a month.

    Raises UnpriceableCharge where the terms cannot be priced as stated.
    """
    reducer = _Reducer(timeline, basis)
    reducer.discount()
    reducer.cap()
    reducer.divide()
    reducer.commit()
    return Reduced([fee for fee in reducer.fees if fee.is_here], reducer.lines, reducer.to_come)


class _Reducer:
    """The fees of one contract while reductions are taken off them."""

    def __init__(self, timeline: Timeline, basis: Basis) -> None:
        self._timeline = timeline
        self._basis = basis
        self._currency = timeline.currency
        self.fees = fees_of(timeline, basis)
        self.lines: list[PricedLine] = [fee.line for fee in self.fees if fee.is_here]
        self.to_come: list[PricedLine] = []
        self._months: list[Period] = []
        if not (timeline.discounts or timeline.caps or timeline.commitments):
            return
        months = {month.start: month for fee in self.fees if fee.is_here for month in fee.months}
        months[basis.period.start] = basis.period
        if counts_fees_to_come(timeline):
            to_come = (fee for fee in self.fees if self._is_to_come(fee))
            gone = (month for fee in to_come for month in fee.months if month.start < basis.period.start)
            months |= {month.start: month for month in gone}
        self._months = [months[start] for start in sorted(months)]

    def discount(self) -> None:
        """Take off percentages, then amounts."""
        discounts = sorted(term_days(self._timeline.discounts), key=_breadth)
        percents = [discount for discount in discounts if discount.term.percent is not None]
        fees = self.fees
        if any(discount.term.rounding is DiscountRounding.PER_DOCUMENT for discount in percents):
            fees = [*fees, *fees_beside(self._timeline, self._basis, fees)]
        for discount in percents:
            self._percent_off(discount, discount.term.percent or ZERO, fees)
        edges = term_edges(self._timeline, percents=False)
        for fee in self.fees if self._months else ():
            fee.spread(edges | commitment_edges(self._timeline, fee.days))
        for discount in discounts:
            if discount.term.amount is not None:
                for month in self._months:
                    self._amount_off(discount, month, discount.term.amount)

    def _named(self, discount: Discount) -> set[str] | None:
        """Return the charges that a discount is for, or None where it is for all."""
        if not (discount.charges or discount.products):
            return None
        of_products = {charge.term.id for charge in self._timeline.charges if charge.term.product in discount.products}
        return {*discount.charges, *of_products}

    def _percent_off(self, discount: TermDays[Discount], percent: Decimal, fees: Sequence[Fee]) -> None:
        """Take a percentage off what the earlier ones left of fees on the days for which it holds."""
        named, taken, days = self._named(discount.term), [], discount.days
        for fee in fees:
            share = fee.share_of(days)
            is_named = named is None or fee.line.charge in named
            if not is_named or fee.line.net.is_zero or share.days_covered == 0:
                continue
            base, label = fee.left.amount, f"{decimal_text(percent)} % of {fee.left}"
            shown_share: Proration | None = share
            exact = share.share(base * percent / HUNDRED)
            if not fee.is_even:  # an earlier one took from some of its days
                base, label, shown_share = fee.exact_in(*days), f"{label}, what its days have", None
                exact = base * percent / HUNDRED
            step = Step(
                label=label,
                quantity=shown(base),
                unit_price=-percent / HUNDRED,
                flat_fee=ZERO,
                amount=shown(-base * percent / HUNDRED),
            )
            taken.append((fee, exact, step, shown_share))
        by_line = [self._rounded(exact) for _, exact, _, _ in taken]
        if discount.term.rounding is DiscountRounding.PER_DOCUMENT:
            by_line = rounded_together([(fee, exact) for fee, exact, _, _ in taken])
        for (fee, exact, step, shown_share), net in zip(taken, by_line, strict=True):
            self._reduce(fee, discount, LineKind.DISCOUNT, -exact, step, net=-net, share=shown_share)

    def _rounded(self, exact: Decimal) -> Money:
        return Money.rounded(exact, self._currency, self._basis.rounding)

    def _amount_off(self, discount: TermDays[Discount], month: Period, amount: Decimal) -> None:
        """Take a month's amount off what its lines have on the days for which it holds."""
        days = discount.days_in(month)
        if not days:
            return
        share = discount.share_in(month)
        rest = self._rounded(share.share(amount))
        mine = self._left_in(days, month, self._named(discount.term))
        elsewhere = [fee for fee in mine if fee.home != month.start]
        for group in (elsewhere, [fee for fee in mine if fee.home == month.start]):
            lefts = [fee.exact_in(*days) for fee in group]
            taken = min(rest, self._floor(sum(lefts, ZERO)), key=lambda money: money.amount)
            if taken.amount <= 0:
                continue
            parts = _in_order(taken, [self._floor(left) for left in lefts])
            if discount.term.spread is Spread.PRO_RATA:
                parts = allocate(taken, lefts)
            for fee, part in zip(group, parts, strict=True):
                if not part.is_zero:
                    step = step_of(f"of {rest} left", ONE, -part.amount)
                    self._reduce(fee, discount, LineKind.DISCOUNT, -part.amount, step, share=share, month=month)
            rest -= taken

    def _floor(self, exact: Decimal) -> Money:
        whole = (settled(exact) / unit(self._currency)).to_integral_value(ROUND_FLOOR)
        return Money.of(whole * unit(self._currency), self._currency)

    def cap(self) -> None:
        """Take off what a month's fees come to above a cap, narrow caps first."""
        for cap in sorted(term_days(self._timeline.caps), key=lambda cap: (len(cap.term.charges) or MANY, cap.term.id)):
            for month in self._months:
                self._cap_month(cap, month)

    def _cap_month(self, cap: TermDays[SpendCap], month: Period) -> None:
        days = cap.days_in(month)
        if not days:
            return
        share = cap.share_in(month)
        amount = self._rounded(share.share(cap.term.amount))
        room = amount.amount
        for fee in self._left_in(days, month, set(cap.term.charges) or None):
            left = fee.exact_in(*days)
            above = max(self._rounded(left - room).amount, ZERO)
            room = max(room - (left - above), ZERO)
            if above:
                step = step_of(f"above the cap of {amount}", ONE, -above)
                self._reduce(fee, cap, LineKind.CAP, -above, step, share=share, month=month)

    def divide(self) -> None:
        """Write on each line that a term of a commitment cuts what is left of it on which days."""
        if not counts_fees_to_come(self._timeline):
            return
        divided: dict[str, PricedLine] = {}
        for fee in self.fees:
            edges = commitment_edges(self._timeline, fee.reach) | self._commitment_bounds()
            is_later = fee.reach.start < fee.days.start  # due once, after the first day that its line covers
            is_cut = is_later or any(fee.reach.start < edge < fee.reach.end for edge in edges)
            is_to_come = self._is_to_come(fee)
            if not is_to_come and not (fee.is_here and is_cut):
                continue
            left = tuple(LeftOn(days=piece.days, left=shown(piece.left)) for piece in fee.pieces)
            fee.line = fee.line.model_copy(update={"left_on": left})
            if is_to_come:
                self.to_come.append(fee.line)
            else:
                divided[fee.line.id] = fee.line
        self.lines = [divided.get(line.id, line) for line in self.lines]

    def _is_to_come(self, fee: Fee) -> bool:
        return (
            not fee.is_here and fee.home > self._basis.period.start and fee.line.covered.start < self._basis.period.end
        )

    def _commitment_bounds(self) -> set[date]:
        ranges = [span.days for span in self._timeline.commitments]
        return {edge for days in ranges for edge in (days.start, days.end) if edge is not None}

    def commit(self) -> None:
        """Bill what the month's own fees fall short of a commitment; one that is met keeps a zero line."""
        by_id: dict[str, list[Span[Commitment]]] = {}
        for span in self._timeline.commitments:
            if span.term.months == 1 and span.touches(self._basis.period):
                by_id.setdefault(span.term.id, []).append(span)
        self.lines += map(self._shortfall, by_id.values())

    def _shortfall(self, spans: Sequence[Span[Commitment]]) -> PricedLine:
        """Return the line of a month's commitment, whose amount or charges may change within the month."""
        period, billed, steps = self._basis.period, ZERO, list[Step]()
        amounts = committed_amounts(spans, period)
        for amount, share in amounts:
            steps.append(Step(label="committed", quantity=ONE, unit_price=amount, flat_fee=ZERO, amount=shown(share)))
        committed = sum((share for _, share in amounts), ZERO)
        for span in spans:
            days = days_in(span, period) or period
            billed += sum((fee.exact_in(days) for fee in self.fees if fee.line.charge in span.term.charges), ZERO)
        short, last = max(committed - billed, ZERO), spans[-1]
        why = explain(
            last.contract,
            "minimum_commitment",
            short,
            (*steps, step_of("billed", ONE, -shown(billed))),
            self._basis.rounding,
            proration=term_share(last, period) if len(spans) == 1 else None,
            note="shortfall" if short else f"met: {self._rounded(billed)} billed",
        )
        name = name_of(spans[0], period)
        net, line_ids = self._rounded(short), self._basis.line_ids
        return shortfall_line(last, period, name=name, net=net, why=why, line_ids=line_ids)

    def _left_in(self, days: Sequence[Period], month: Period, named: set[str] | None) -> list[Fee]:
        """Return the fees, then the usage, of which something is left on some days: first what other months bill."""
        mine = [fee for fee in self.fees if (named is None or fee.line.charge in named) and fee.exact_in(*days) > 0]
        return sorted(mine, key=lambda fee: (fee.place[0], fee.home == month.start, fee.place))

    def _reduce[T: Discount | SpendCap](
        self,
        fee: Fee,
        reduction: TermDays[T],
        kind: LineKind,
        exact: Decimal,
        step: Step,
        *,
        net: Money | None = None,
        share: Proration | None = None,
        month: Period | None = None,
    ) -> None:
        net = self._rounded(exact) if net is None else net
        fee.take(-net, *(reduction.days if month is None else reduction.days_in(month)))
        if not fee.is_here:
            return
        line, is_part = fee.line, month is not None and not fee.is_within(month)
        span = reduction.span_in(month or line.covered)
        name = name_of(span, month if kind is LineKind.CAP and month else line.covered)
        if is_part and month is not None:
            name = TermName(span.term.id, str(max(span.days.start, month.start)))
            line = within(line, month, self._basis.booking)
        why = explain(span.contract, kind.term_model, exact, (step,), self._basis.rounding, proration=share)
        line_ids = self._basis.line_ids
        self.lines.append(reduction_line(span, line, kind, name=name, net=net, why=why, line_ids=line_ids))


def _breadth(discount: TermDays[Discount]) -> tuple[int, str]:
    term = discount.term
    return (len(term.charges) + len(term.products) or MANY, term.id)


def _in_order(amount: Money, lefts: Sequence[Money]) -> list[Money]:
    """Spread an amount over what is left of fees, in their order."""
    parts = []
    for left in lefts:
        part = amount if amount.amount < left.amount else left
        parts.append(part)
        amount -= part
    return parts
