"""What is earned of fees in arrears before they are billed: a contract asset (IFRS 15.105, ASC 606-10-45-3).

    quarter in arrears     |========|========|========|    billed by the invoice of its last month
    earned by January      |========|                      accrued with January's invoice, released again in February
    earned by February     |=================|             accrued with February's, released again in March

So every month states anew, as the terms are known then, what is earned and not billed; when the fee is billed, its line
earns all that is earned by then. Usage is billed by its own month and is never accrued here. Prices that include tax
are earned when they are billed: what of them is tax is not known before.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

from billproof.contracts.charges import Charge
from billproof.contracts.timeline import Span, Timeline
from billproof.money import CONTEXT, Money, exactly
from billproof.periods import Period, month_name
from billproof.pricing.fees import Fee
from billproof.pricing.lines import Basis
from billproof.pricing.model import Accrual
from billproof.pricing.reductions import reduced
from billproof.pricing.service_periods import by_cadence, parts_of

ONE_DAY = timedelta(days=1)


@exactly
def accruals(timeline: Timeline, basis: Basis) -> list[Accrual]:
    """Return what of a contract's fees in arrears is earned by the end of a month and at home in a later one.

    Raises UnpriceableCharge where the terms cannot be priced as stated.
    """
    homes = sorted(set(_later_homes(timeline, basis.period)))
    if not homes:
        return []
    charges = tuple(_without_seats(span) for span in timeline.charges if not span.term.is_metered)
    fees_alone = replace(timeline, charges=charges, commitments=())
    accrued: list[Accrual] = []
    for home in homes:
        month = Period.month(month_name(home))
        fees = reduced(fees_alone, replace(basis, period=month, quantities=(), family={})).fees
        accrued += (accrual for fee in fees if (accrual := _accrual(fee, basis)))
    return accrued


def _without_seats(span: Span[Charge]) -> Span[Charge]:
    """Leave out what telemetry may see above the committed seats: that is usage."""
    return replace(span, term=span.term.model_copy(update={"seats_meter": None}))


def _later_homes(timeline: Timeline, month: Period) -> Iterator[date]:
    """Yield the months that bill fees of which the end of a month is a part: a calendar month's is never later."""
    last = month.end - ONE_DAY
    for spans in timeline.charge_spans:
        for cadence, mine in by_cadence(spans):
            parts = () if cadence.is_calendar_month else parts_of(mine, cadence.period_of(last))
            waiting = (due for due in parts if due.home >= month.end and due.bounds[0] < month.end)
            yield from (due.home for due in waiting if not due.span.contract.prices_include_tax)


def _accrual(fee: Fee, basis: Basis) -> Accrual | None:
    line, day = fee.line, basis.period.end
    exact = CONTEXT.multiply(fee.left.amount, line.recognition.share_before(day))
    earned = Money.rounded(exact, line.net.currency, basis.rounding)
    if earned.is_zero or line.covered.start >= day:
        return None
    return Accrual(
        contract=line.explanation.contract,
        account=line.account,
        line=line.id,
        charge=line.charge,
        revenue_category=line.revenue_category,
        service_period=line.service_period,
        covered=line.covered,
        earned=earned,
    )
