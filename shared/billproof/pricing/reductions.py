"""What comes off or on top of a month's charges, in this order.

    percentage discounts   narrow before wide, each on what the earlier ones left, by the days that the fee bills
    fixed discounts        narrow before wide, over the lines, as far as there is something left
    spend caps             over the lines in order: what lies above the cap comes off
    minimum commitments    what the month's own fees, after all that, fall short of the commitment

All of it is before tax; credits follow (draws.py). Amounts for a month go by each fee's share of the month, however
long its service period is and whichever invoice bills it (fees.py): fees come before usage.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from billproof.contracts.charges import Commitment, Discount, DiscountRounding, SpendCap, Spread, Term
from billproof.contracts.timeline import Span, Timeline
from billproof.identities import TermName
from billproof.model import decimal_text
from billproof.money import Money, allocate, exactly, total
from billproof.periods import Period
from billproof.pricing.explanation import explain, shown
from billproof.pricing.fees import Fee, fees_of
from billproof.pricing.lines import Basis
from billproof.pricing.model import LineKind, PricedLine
from billproof.pricing.models.base import HUNDRED, ONE, ZERO, Step, step_of
from billproof.pricing.term_lines import name_of, reduction_line, shortfall_line
from billproof.proration import Proration


@exactly
def reduced(timeline: Timeline, basis: Basis) -> tuple[list[Fee], list[PricedLine]]:
    """Return what a contract owes at home in a month: its fees with what is left of them, and every line.

    Raises UnpriceableCharge where the terms cannot be priced as stated.
    """
    reducer = _Reducer(timeline, basis)
    reducer.discount()
    reducer.cap()
    reducer.commit()
    return [fee for fee in reducer.fees if fee.is_here], reducer.lines


class _Reducer:
    """The fees of one contract while reductions are taken off them."""

    def __init__(self, timeline: Timeline, basis: Basis) -> None:
        self._timeline = timeline
        self._basis = basis
        self._currency = timeline.currency
        self.fees = fees_of(timeline, basis)
        self.lines: list[PricedLine] = [fee.line for fee in self.fees if fee.is_here]
        self._months: list[Period] = []
        if not (timeline.discounts or timeline.caps or timeline.commitments):
            return
        months = {month.start: month for fee in self.fees if fee.is_here for month in fee.months}
        months[basis.period.start] = basis.period
        self._months = [months[start] for start in sorted(months)]

    def discount(self) -> None:
        """Take off percentages, then amounts."""
        widths = len(self._timeline.charges)

        def breadth(span: Span[Discount]) -> tuple[bool, int, str]:
            return (span.term.percent is None, len(self._named(span)) or widths, span.term.id)

        for span in sorted(self._timeline.discounts, key=breadth):
            if span.term.percent is not None:
                self._percent_off(span, span.term.percent)
            elif span.term.amount is not None:
                for month in self._months:
                    self._amount_off(span, month, span.term.amount)

    def _named(self, span: Span[Discount]) -> set[str]:
        of_products = {charge.term.id for charge in self._timeline.charges if charge.term.product in span.term.products}
        return {*span.term.charges, *of_products}

    def _percent_off(self, span: Span[Discount], percent: Decimal) -> None:
        """Take a percentage off what the earlier ones left on the days for which it holds."""
        named = self._named(span)
        exact_before = ZERO
        for fee in self.fees:
            if (named and fee.line.charge not in named) or fee.line.net.is_zero:
                continue
            share: Proration | None = fee.share_of(span.days)
            if share is None or share.days_covered == 0:
                continue
            base, label = fee.left.amount, f"{decimal_text(percent)} % of {fee.left}"
            exact = -share.share(base * percent / HUNDRED)
            if not fee.is_even:  # an earlier one took from some of its days
                base, label, share = fee.exact_in(span.days), f"{label}, what its days have", None
                exact = -base * percent / HUNDRED
            off = -base * percent / HUNDRED
            step = Step(
                label=label, quantity=shown(base), unit_price=-percent / HUNDRED, flat_fee=ZERO, amount=shown(off)
            )
            net = self._rounded(exact)
            if span.term.rounding is DiscountRounding.PER_DOCUMENT and fee.is_here:
                net = self._rounded(exact_before + exact) - self._rounded(exact_before)
                exact_before += exact
            self._reduce(fee, span, LineKind.DISCOUNT, exact, step, net=net, share=share)

    def _rounded(self, exact: Decimal) -> Money:
        return Money.rounded(exact, self._currency, self._basis.rounding)

    def _amount_off(self, span: Span[Discount], month: Period, amount: Decimal) -> None:
        """Take a month's amount off what its fees have on the days for which it holds, then off its usage."""
        days = _days_in(span, month)
        if days is None:
            return
        share = Proration.of(span.days, month, span.contract.proration)
        rest = self._rounded(share.share(amount))
        for group in self._fees_and_usage(days, self._named(span)):
            lefts = [fee.left_in(days) for fee in group]
            most = total(lefts, self._currency)
            taken = rest if rest.amount < most.amount else most
            if taken.amount <= 0:
                continue
            parts = _in_order(taken, lefts)
            if span.term.spread is Spread.PRO_RATA:
                parts = allocate(taken, [left.amount for left in lefts])
            for fee, part in zip(group, parts, strict=True):
                if not part.is_zero:
                    step = step_of(f"of {rest} left", ONE, -part.amount)
                    self._reduce(fee, span, LineKind.DISCOUNT, -part.amount, step, share=share, month=month)
            rest -= taken

    def cap(self) -> None:
        """Take off what a month's fees come to above a cap, narrow caps first."""
        widths = len(self._timeline.charges)
        for span in sorted(self._timeline.caps, key=lambda span: len(span.term.charges) or widths):
            for month in self._months:
                self._cap_month(span, month)

    def _cap_month(self, span: Span[SpendCap], month: Period) -> None:
        days = _days_in(span, month)
        if days is None:
            return
        share = Proration.of(span.days, month, span.contract.proration)
        room = self._rounded(share.share(span.term.amount))
        label = f"above the cap of {room}"
        for group in self._fees_and_usage(days, set(span.term.charges)):
            for fee in group:
                left = fee.left_in(days)
                above = left.amount - max(room.amount, ZERO)
                room -= left
                if above > 0:
                    taken = min(above, left.amount)
                    step = step_of(label, ONE, -taken)
                    self._reduce(fee, span, LineKind.CAP, -taken, step, share=share, month=month)

    def commit(self) -> None:
        """Bill what the month's own fees fall short of a commitment; one that is met keeps a zero line."""
        for span in self._timeline.commitments:
            if span.term.months == 1 and span.touches(self._basis.period):
                self.lines.append(self._shortfall(span))

    def _shortfall(self, span: Span[Commitment]) -> PricedLine:
        commitment, period = span.term, self._basis.period
        named = set(commitment.charges)
        days = _days_in(span, period) or period
        mine = (fee.left_in(days) for fee in self.fees if fee.line.charge in named)
        billed = total(mine, self._currency)
        share = Proration.of(span.days, period, span.contract.proration)
        committed = share.share(commitment.amount)
        short = max(committed - billed.amount, ZERO)
        steps = (
            Step(label="committed", quantity=ONE, unit_price=commitment.amount, flat_fee=ZERO, amount=shown(committed)),
            step_of("billed", ONE, -billed.amount),
        )
        return shortfall_line(
            span,
            period,
            name=name_of(span, period),
            net=self._rounded(short),
            why=explain(
                span.contract,
                "minimum_commitment",
                short,
                steps,
                self._basis.rounding,
                proration=share,
                note="shortfall" if short else f"met: {billed} billed",
            ),
            line_ids=self._basis.line_ids,
        )

    def _fees_and_usage(self, days: Period, named: set[str]) -> Iterator[list[Fee]]:
        """Yield the fees of some days of which something is left, whichever invoice bills them; then the usage.

        Fees are known from the terms alone, so what they leave to the usage never changes with what is used.
        """
        mine = [
            fee
            for fee in self.fees
            if (not named or fee.line.charge in named) and fee.left.amount > 0 and fee.left_in(days).amount > 0
        ]
        mine.sort(key=lambda fee: fee.place)
        for is_usage in (False, True):
            if group := [fee for fee in mine if fee.place[0] is is_usage]:
                yield group

    def _reduce[T: Discount | SpendCap](
        self,
        fee: Fee,
        span: Span[T],
        kind: LineKind,
        exact: Decimal,
        step: Step,
        *,
        net: Money | None = None,
        share: Proration | None = None,
        month: Period | None = None,
    ) -> None:
        net = self._rounded(exact) if net is None else net
        fee.take(-net, span.days if month is None else _days_in(span, month) or month)
        if not fee.is_here:
            return
        line, is_part = fee.line, month is not None and not fee.is_within(month)
        name = name_of(span, line.covered if kind is LineKind.DISCOUNT and not is_part else month or line.covered)
        if is_part and month is not None:
            name, line = TermName(span.term.id, str(max(span.days.start, month.start))), within(line, month)
        why = explain(span.contract, kind.term_model, exact, (step,), self._basis.rounding, proration=share)
        line_ids = self._basis.line_ids
        self.lines.append(reduction_line(span, line, kind, name=name, net=net, why=why, line_ids=line_ids))


def _days_in[T: Term](span: Span[T], month: Period) -> Period | None:
    """Return the days of a month for which a term holds."""
    start, end = max(span.days.start, month.start), min(span.days.end or month.end, month.end)
    return Period(start=start, end=end) if start < end else None


def within(line: PricedLine, month: Period) -> PricedLine:
    """Return a line as if it covered, and earned in, the days of a month alone."""
    days = Period(start=max(line.covered.start, month.start), end=min(line.covered.end, month.end))
    return line.model_copy(
        update={"covered": days, "recognition": line.recognition.model_copy(update={"period": days})}
    )


def _in_order(amount: Money, lefts: Sequence[Money]) -> list[Money]:
    """Spread an amount over what is left of fees, in their order."""
    parts = []
    for left in lefts:
        part = amount if amount.amount < left.amount else left
        parts.append(part)
        amount -= part
    return parts
