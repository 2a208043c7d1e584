"""What is left of a line to be credited: what is billed of it, over all invoices and credit notes.

    fee 1,000.00   discount -500.00                     500.00 are left
    fee 280.00     difference -140.00 a month later     140.00 are left
    fee 1,000.00   drawn from a credit 400.00           1,000.00 are left: 600.00 in money, then 400.00 to the credit

A line is credited together with what reduces it, so nobody is given back more than was billed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from billproof.identities import reduced_line
from billproof.invoicing.model import Invoice, InvoiceLine
from billproof.money import CONTEXT, exactly
from billproof.periods import Period
from billproof.pricing.model import LineKind
from billproof.pricing.terms import BilledLine, CreditedDays

ZERO = Decimal(0)

type MonthLine = tuple[str, str, str]
"""A line by the month that it is of, its contract and its id there."""


@dataclass(frozen=True, slots=True)
class Rest:
    """What is billed of a fee after everything that reduces it, and what of that was drawn from credits.

    `covered` are the days that it pays for, `credited` what credit notes took back of them.
    """

    net: Decimal = ZERO
    drawn: Decimal = ZERO
    covered: Period | None = None
    credited: tuple[CreditedDays, ...] = ()

    @exactly
    def of_days(self, days: Period) -> Decimal:
        """Return what is left of some days: their share of what was billed, less what was credited of them."""
        if self.covered is None:
            return ZERO
        billed = self.net - sum((credited.net.amount for credited in self.credited), ZERO)
        left = billed * _share(days, self.covered)
        return left + sum((credited.net.amount * _share(days, credited.days) for credited in self.credited), ZERO)

    def draws(self, credited: Decimal) -> Decimal:
        """Return what goes back to credits where an amount is credited: money goes back first."""
        return min(max(CONTEXT.subtract(credited, CONTEXT.subtract(self.net, self.drawn)), ZERO), self.drawn)


def _share(days: Period, whole: Period) -> Decimal:
    """Return the share of a whole's days that some days hold."""
    both = (min(days.end, whole.end) - max(days.start, whole.start)).days
    return Decimal(max(both, 0)) / Decimal(whole.days)


type Rests = Mapping[MonthLine, Rest]


def rests_of(billed: Mapping[str, Iterable[BilledLine]]) -> dict[MonthLine, Rest]:
    """Add up, by month, what is billed of each fee with all that reduces it."""
    rests: dict[MonthLine, Rest] = {}
    for month, lines in billed.items():
        mine = list(lines)
        names = {(line.contract, line.line) for line in mine}
        for line in mine:
            base = reduced_line(line.line)
            key = month, line.contract, base if (line.contract, base) in names else line.line
            known = rests.get(key, Rest())
            if line.is_draw:
                rests[key] = replace(known, drawn=CONTEXT.subtract(known.drawn, line.net.amount))
                continue
            is_fee = key[2] == line.line
            rests[key] = replace(
                known,
                net=CONTEXT.add(known.net, line.net.amount),
                covered=line.covered if is_fee else known.covered,
                credited=(*known.credited, *line.credited),
            )
    return rests


def month_line(line: InvoiceLine, invoice: Invoice) -> MonthLine:
    """Return the line of a month that an invoice's line bills: its own month's, or an earlier one's."""
    priced = line.priced
    if priced.adjusts is not None:
        return priced.adjusts.period, priced.explanation.contract, priced.adjusts.line
    return invoice.period.name, priced.explanation.contract, priced.id


def reduces(line: InvoiceLine, fee: MonthLine, invoice: Invoice) -> bool:
    """Say whether a line takes something off a fee: a discount, a cap or a draw of a credit."""
    month, contract, name = month_line(line, invoice)
    return (month, contract, reduced_line(name)) == fee


def is_draw(line: InvoiceLine) -> bool:
    """Say whether a line draws a credit."""
    return line.priced.explanation.price_model == LineKind.CREDIT.term_model
