"""The lines that terms make beside the charges: what comes off a line, and what a commitment fell short of."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from decimal import Decimal

from billproof.contracts.charges import Commitment, Credit, Discount, RecognitionMethod, SpendCap, Term
from billproof.contracts.timeline import Span
from billproof.identities import LineId, LineIdFormat, TermName, reduction_of
from billproof.money import Money
from billproof.periods import Period
from billproof.pricing.model import Explanation, LineKind, PricedLine, RevenueSchedule
from billproof.pricing.terms import BookingRule
from billproof.proration import Proration, ProrationMethod

ZERO = Decimal(0)
ONE = Decimal(1)


def shortfall_line(
    span: Span[Commitment], days: Period, *, name: TermName, net: Money, why: Explanation, line_ids: LineIdFormat
) -> PricedLine:
    """Return the line that bills what a commitment's fees fell short of in some days."""
    commitment = span.term
    return PricedLine(
        id=LineId(name, days.name).written(line_ids),
        account=span.contract.account,
        kind=LineKind.COMMITMENT,
        term=commitment.id,
        charge=commitment.id,
        description=commitment.name,
        product=commitment.name,
        revenue_category=commitment.revenue_category,
        service_period=days,
        covered=days,
        meter=None,
        unit=None,
        dimension={},
        quantity=ONE,
        included_quantity=ZERO,
        billed_quantity=ONE,
        net=net,
        includes_tax=span.contract.prices_include_tax,
        recognition=RevenueSchedule(method=RecognitionMethod.AS_INCURRED, period=days),
        explanation=why,
    )


def reduction_line[T: Discount | SpendCap | Credit](
    span: Span[T],
    line: PricedLine,
    kind: LineKind,
    *,
    name: TermName,
    net: Money,
    why: Explanation,
    line_ids: LineIdFormat,
) -> PricedLine:
    """Return the line that takes something off another one, and is taxed and earned as that one is."""
    return PricedLine(
        id=reduction_of(line.id, name, line_ids),
        account=line.account,
        kind=kind,
        term=span.term.id,
        charge=line.charge,
        description=f"{span.term.name}: {line.description}",
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
        explanation=why,
    )


def name_of[T: Term](span: Span[T], period: Period) -> TermName:
    """Name a term, and tell its spans within a period apart."""
    is_later = span.begun < span.days.start and span.days.start > period.start
    return TermName(span.term.id, str(span.days.start) if is_later else "")


def term_share[T: Term](span: Span[T], period: Period) -> Proration:
    """Return the share of a period that a discount, cap or commitment has: its days end as it says, by any method."""
    return share_of_spans([span], period)


def share_of_spans[T: Term](spans: Sequence[Span[T]], period: Period) -> Proration:
    """Return the share of a period that the days of several spans have together."""
    terms = spans[-1].contract.proration
    if terms.method is ProrationMethod.ACTUAL_DAYS_INCLUSIVE:
        terms = terms.model_copy(update={"method": ProrationMethod.ACTUAL_DAYS})
    return Proration.of([span.days for span in spans], period, terms)


def committed_amounts(spans: Iterable[Span[Commitment]], period: Period) -> list[tuple[Decimal, Decimal]]:
    """Return each amount that a commitment states for some days of a period, with the share of it that they have."""
    by_amount: dict[Decimal, list[Span[Commitment]]] = {}
    for span in spans:
        by_amount.setdefault(span.term.amount, []).append(span)
    return [(amount, share_of_spans(mine, period).share(amount)) for amount, mine in by_amount.items()]


def days_in[T: Term](span: Span[T], month: Period) -> Period | None:
    """Return the days of a month for which a term holds."""
    start, end = max(span.days.start, month.start), min(span.days.end or month.end, month.end)
    return Period(start=start, end=end) if start < end else None


def within(line: PricedLine, month: Period, booking: BookingRule) -> PricedLine:
    """Return a line as if it covered the days of a month alone, and earned in them where lines are booked so.

    Of a month in which it has nothing but the day on which its terms end, it is that day, which may count for them.
    """
    start = max(line.covered.start, month.start)
    days = Period(start=start, end=max(min(line.covered.end, month.end), start + timedelta(days=1)))
    if booking is BookingRule.BY_LINE:
        recognition = line.recognition.model_copy(update={"period": days})
        return line.model_copy(update={"covered": days, "recognition": recognition})
    return line.model_copy(update={"covered": days})
