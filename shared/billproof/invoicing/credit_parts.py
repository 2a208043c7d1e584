"""Over which parts of a service period a credit note of some line is earned back.

A version may have cut the period since the line was billed, so that its part owes less than is given back of the whole:
the rest is earned back over the days of the other parts, in their order, as far as each has it.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from billproof.invoicing.credit_limits import DaysLeft, MonthLine, Rests
from billproof.invoicing.model import Invoice, InvoiceLine
from billproof.money import CONTEXT, Money, exactly
from billproof.periods import Period
from billproof.pricing.model import Earning, PricedLine, RevenueSchedule

ZERO = Decimal(0)


class CreditedRevenue(NamedTuple):
    """A credit note: its id, its day of issue, and whether it takes something back for good."""

    note: str
    issued: date
    is_concession: bool

    def taken(self, amount: Money, schedule: RevenueSchedule) -> Earning:
        """Return an amount that it takes back from the month of its issue on."""
        return Earning(
            amount=amount,
            schedule=schedule,
            is_concession=self.is_concession,
            since=self.issued.replace(day=1),
            is_excess=True,
            note=self.note,
        )


def over_parts(
    note: CreditedRevenue,
    billed: Sequence[InvoiceLine],
    credited: Sequence[InvoiceLine],
    invoice: Invoice,
    rests: Rests,
) -> tuple[InvoiceLine, ...]:
    """Say of credited lines that take more than is left of their part over which other parts they are earned back.

    `billed` are the invoice's lines that they take back.
    """
    fees: dict[MonthLine, list[int]] = {}
    for place, line in enumerate(billed):
        if not rests.is_draw(line):
            fees.setdefault(rests.fee_of(line, invoice), []).append(place)
    done = list(credited)
    for fee, places in fees.items():
        shares = _shares(fee, sum((-credited[place].amounts.net.amount for place in places), ZERO), rests)
        if not shares or any(_has_days_of_its_own(billed[place].priced) for place in places):
            continue
        base = next((place for place in places if billed[place].priced.term == billed[place].priced.charge), places[0])
        for place in places:
            done[place] = _split(note, credited[place], shares if place == base else ())
    return tuple(done)


def _has_days_of_its_own(priced: PricedLine) -> bool:
    return priced.recognition.period != priced.covered


@exactly
def _shares(fee: MonthLine, credited: Decimal, rests: Rests) -> list[tuple[Period, Decimal]]:
    """Return what is taken off the days of other parts than a fee's own; nothing where its own has enough."""
    own, others = rests.parts_of(fee)
    rest = credited - max(own.net, ZERO)
    return list(_taken(others, rest)) if rest > 0 else []


def _taken(parts: Sequence[DaysLeft], rest: Decimal) -> Iterator[tuple[Period, Decimal]]:
    for part in parts:
        taken = min(rest, max(part.net, ZERO))
        if taken and part.covered is not None:
            rest -= taken
            yield part.covered, taken


@exactly
def _split(note: CreditedRevenue, line: InvoiceLine, shares: Sequence[tuple[Period, Decimal]]) -> InvoiceLine:
    """Return a credited line with how its parts are earned back, in the currency of the books."""
    priced, booked, net = line.priced, line.in_books.net, line.amounts.net.amount
    rate = CONTEXT.divide(booked.amount, net) if net else Decimal(1)
    own, earnings = booked, []
    for days, amount in shares:
        taken = Money.rounded(-amount * rate, booked.currency, priced.explanation.rounding)
        earnings.append(note.taken(taken, RevenueSchedule(method=priced.recognition.method, period=days)))
        own -= taken
    adjusts = priced.adjusts and priced.adjusts.model_copy(
        update={"exceeding": (note.taken(own, priced.recognition), *earnings)}
    )
    return line.model_copy(update={"priced": priced.model_copy(update={"adjusts": adjusts})})
