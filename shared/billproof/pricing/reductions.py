"""What comes off or on top of a period's charges, in this order.

    percentage discounts   narrow before wide, each on what the earlier ones left
    fixed discounts        narrow before wide, over the lines in order, as far as there is something left
    spend caps             over the lines in order: what lies above the cap comes off
    minimum commitments    what the period's own fees, after all that, fall short of the commitment
    credits                by priority, then expiry, then id, over the lines in order

All of it is before tax. Fees that an earlier invoice billed in advance for the period count toward its caps and
commitments.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from billproof.contracts.charges import Commitment, Credit, Discount, SpendCap, Term
from billproof.contracts.timeline import Span, Timeline
from billproof.identities import TermName, reduction_of
from billproof.model import decimal_text
from billproof.money import Money, exactly, total
from billproof.periods import Period
from billproof.pricing.dues import Due, dues, own_dues
from billproof.pricing.lines import Basis, charge_lines, explain, shortfall_line, shown, true_up_lines
from billproof.pricing.model import LineKind, PricedLine, Step
from billproof.pricing.rules import step_of
from billproof.proration import Proration

ZERO = Decimal(0)
ONE = Decimal(1)
HUNDRED = Decimal(100)


@exactly
def contract_lines(
    timeline: Timeline, basis: Basis, drawn: Mapping[tuple[str, str], Decimal] | None = None
) -> list[PricedLine]:
    """Return every line of a contract for the billing period.

    `drawn` says what earlier invoices drew of each credit, by contract and credit; without it no credit is drawn.
    Raises UnpriceableCharge where the terms cannot be priced as stated.
    """
    account = _Account(timeline, basis)
    account.discount()
    account.cap()
    account.commit()
    if drawn is not None:
        account.draw(drawn)
    return account.lines


@dataclass
class _Fee:
    """A charge's line and what reductions left of it; `is_here` where this invoice bills it."""

    line: PricedLine
    left: Money
    is_here: bool


class _Account:
    """The fees of one contract while reductions are taken off them."""

    def __init__(self, timeline: Timeline, basis: Basis) -> None:
        self._timeline = timeline
        self._basis = basis
        self._currency = timeline.currency
        owed = list(dues(timeline, basis.period))
        here = [*charge_lines(timeline, basis, owed), *true_up_lines(timeline, basis)]
        known = {line.id for line in here}
        elsewhere = charge_lines(timeline, basis, _billed_elsewhere(timeline, basis.period, owed))
        self._fees = [_Fee(line, line.net, is_here=True) for line in here]
        self._fees += [_Fee(line, line.net, is_here=False) for line in elsewhere if line.id not in known]
        self.lines: list[PricedLine] = list(here)

    def discount(self) -> None:
        """Take off percentages, then amounts."""
        spans = self._timeline.discounts
        widths = len(self._timeline.charges)

        def breadth(span: Span[Discount]) -> tuple[bool, int, str]:
            return (span.term.percent is None, len(self._named(span)) or widths, span.term.id)

        for span in sorted(spans, key=breadth):
            if span.term.percent is not None:
                self._percent_off(span, span.term.percent)
            elif span.touches(self._basis.period) and span.term.amount is not None:
                share = Proration.of(span.days, self._basis.period, span.contract.proration)
                self._amount_off(span, LineKind.DISCOUNT, share.share(span.term.amount), share)

    def _named(self, span: Span[Discount]) -> set[str]:
        of_products = {each.term.id for each in self._timeline.charges if each.term.product in span.term.products}
        return {*span.term.charges, *of_products}

    def _percent_off(self, span: Span[Discount], percent: Decimal) -> None:
        named = self._named(span)
        for fee in self._fees:
            if (named and fee.line.charge not in named) or fee.line.net.is_zero:
                continue
            share = Proration(
                days_covered=span.days.days_within(fee.line.covered), days_in_period=fee.line.covered.days
            )
            if share.days_covered == 0:
                continue
            off = fee.left.amount * percent / HUNDRED
            step = Step(
                label=f"{decimal_text(percent)} % of {fee.left}",
                quantity=fee.left.amount,
                unit_price=-percent / HUNDRED,
                flat_fee=ZERO,
                amount=-off,
            )
            self._reduce(fee, span, LineKind.DISCOUNT, -share.share(off), step, share=share)

    def _amount_off(self, span: Span[Discount], kind: LineKind, amount: Decimal, share: Proration) -> None:
        """Spread an amount over this invoice's lines in order, as far as there is something left of them."""
        named = self._named(span)
        rest = Money.rounded(amount, self._currency, self._basis.rounding)
        for fee in self._here(named):
            taken = min(rest.amount, fee.left.amount)
            if taken > 0:
                self._reduce(fee, span, kind, -taken, step_of(f"of {rest} left", ONE, -taken), share=share)
                rest -= Money.of(taken, self._currency)

    def cap(self) -> None:
        """Take off what the period's own fees come to above a cap."""
        for span in self._timeline.caps:
            if not span.touches(self._basis.period):
                continue
            share = Proration.of(span.days, self._basis.period, span.contract.proration)
            room = Money.rounded(share.share(span.term.amount), self._currency, self._basis.rounding)
            label = f"above the cap of {room}"
            for fee in self._own(span.term.charges):
                above = fee.left.amount - max(room.amount, ZERO)
                room -= fee.left
                if above > 0 and fee.is_here:
                    taken = min(above, fee.left.amount)
                    self._reduce(fee, span, LineKind.CAP, -taken, step_of(label, ONE, -taken), share=share)

    def commit(self) -> None:
        """Bill what the period's own fees fall short of a commitment; one that is met keeps a zero line."""
        for span in self._timeline.commitments:
            if span.term.months == 1 and span.touches(self._basis.period):
                self.lines.append(self._shortfall(span))

    def _shortfall(self, span: Span[Commitment]) -> PricedLine:
        commitment, period = span.term, self._basis.period
        billed = total((fee.left for fee in self._own(commitment.charges)), self._currency)
        share = Proration.of(span.days, period, span.contract.proration)
        committed = share.share(commitment.amount)
        short = max(committed - billed.amount, ZERO)
        steps = (
            Step(label="committed", quantity=ONE, unit_price=commitment.amount, flat_fee=ZERO, amount=shown(committed)),
            step_of("billed", ONE, -billed.amount),
        )
        note = "shortfall" if short else f"met: {billed} billed"
        return shortfall_line(
            span,
            period,
            name=_name(span, period),
            net=Money.rounded(short, self._currency, self._basis.rounding),
            why=explain(
                span.contract,
                "minimum_commitment",
                short,
                steps,
                self._basis.rounding,
                proration=share,
                note=note,
            ),
            line_ids=self._basis.line_ids,
        )

    def draw(self, drawn: Mapping[tuple[str, str], Decimal]) -> None:
        """Draw down the credits that are effective in the period."""
        usable = [span for span in self._timeline.credits if span.touches(self._basis.period)]

        def order(span: Span[Credit]) -> tuple[int, str, str]:
            return (span.term.priority, str(span.days.end or "9999"), span.term.id)

        for span in sorted(usable, key=order):
            rest = balance(span, self._timeline, drawn, self._basis.period)
            for fee in self._here(set(span.term.charges)):
                taken = min(rest, fee.left.amount)
                if taken > 0:
                    label = f"of {Money.of(rest, self._currency)} left"
                    self._reduce(fee, span, LineKind.CREDIT, -taken, step_of(label, ONE, -taken))
                    rest -= taken

    def _here(self, named: set[str]) -> Iterator[_Fee]:
        """Yield the fees of this invoice of which something is left: of some charges, or of all where none is named."""
        for fee in self._fees:
            if fee.is_here and fee.left.amount > 0 and (not named or fee.line.charge in named):
                yield fee

    def _own(self, charges: tuple[str, ...]) -> list[_Fee]:
        """Return the period's own fees of some charges (none named: of all), those billed in advance first."""
        own = [
            fee
            for fee in self._fees
            if (not charges or fee.line.charge in charges) and _is_own(fee.line, self._basis.period)
        ]
        return sorted(own, key=lambda fee: fee.is_here)

    def _reduce[T: Discount | SpendCap | Credit](
        self, fee: _Fee, span: Span[T], kind: LineKind, exact: Decimal, step: Step, *, share: Proration | None = None
    ) -> None:
        line, term = fee.line, span.term
        net = Money.rounded(exact, self._currency, self._basis.rounding)
        fee.left += net
        if not fee.is_here:
            return
        days = line.covered if kind is LineKind.DISCOUNT else self._basis.period
        model = {LineKind.DISCOUNT: "discount", LineKind.CAP: "spend_cap"}.get(kind, "credit")
        self.lines.append(
            PricedLine(
                id=reduction_of(line.id, _name(span, days), self._basis.line_ids),
                account=line.account,
                kind=kind,
                term=term.id,
                charge=line.charge,
                description=f"{term.name}: {line.description}",
                product=line.product,
                revenue_category=line.revenue_category,
                service_period=line.service_period,
                covered=line.covered,
                meter=None,
                unit=None,
                dimension={},
                quantity=ONE,
                included_quantity=ZERO,
                billed_quantity=ONE,
                net=net,
                includes_tax=line.includes_tax,
                recognition=line.recognition,
                explanation=explain(span.contract, model, exact, (step,), self._basis.rounding, proration=share),
            )
        )


def _name[T: Term](span: Span[T], period: Period) -> TermName:
    """Name a term, and tell its spans within a period apart."""
    is_later = span.begun < span.days.start and span.days.start > period.start
    return TermName(span.term.id, str(span.days.start) if is_later else "")


def _is_own(line: PricedLine, period: Period) -> bool:
    return period.start <= line.service_period.start < period.end or line.service_period.end == period.end


def _billed_elsewhere(timeline: Timeline, period: Period, owed: list[Due]) -> list[Due]:
    """Return what starts in the period and an earlier invoice billed in advance."""
    if not (timeline.commitments or timeline.caps):
        return []  # nothing counts it
    here = {(due.span.term.id, due.period, due.since) for due in owed}
    return [
        due
        for due in own_dues(timeline, period)
        if due.span.begun < period.start
        and not due.span.term.is_metered
        and (due.span.term.id, due.period, due.since) not in here
        and due.span.term.timing == "in_advance"
    ]


@exactly
def balance(
    span: Span[Credit], timeline: Timeline, drawn: Mapping[tuple[str, str], Decimal], period: Period
) -> Decimal:
    """Return what is left of a credit: its amount, and what expired credits roll over to it, less what was drawn."""
    credit = span.term
    left = credit.amount - drawn.get((timeline.id, credit.id), ZERO)
    for other in timeline.credits:
        expired = other.days.end is not None and other.days.end <= period.start
        if other.term.rolls_over_to == credit.id and expired:
            left += max(balance(other, timeline, drawn, period), ZERO)
    return max(left, ZERO)
