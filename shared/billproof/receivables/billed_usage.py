"""What was billed of each meter, month by month: read off released invoices and what their credit notes took back.

A line that adjusts an earlier one holds differences, so the sum of the quantities of invoices is what was used, as far
as it was priced. A credit note takes back money: what was used stays what it is.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from billproof.invoicing.documents import read_invoice
from billproof.invoicing.model import DocumentKind, Invoice
from billproof.money import Money
from billproof.payments.receivables import Receivables
from billproof.periods import Period

MOST_MONTHS = 12
"""Months of a statement of usage: the one that it is of, and those before it."""


@dataclass(frozen=True, slots=True)
class BilledMonth:
    """What of a meter's month was priced, and what stands billed of it before tax, after credit notes."""

    month: str
    quantity: Decimal
    net: Money


@dataclass(frozen=True, slots=True)
class BilledMeter:
    """What is billed of a meter in one unit and currency, the oldest month first."""

    meter: str
    unit: str
    description: str
    months: tuple[BilledMonth, ...]


def billed_usage(account: str, receivables: Receivables, *, last: Period) -> tuple[BilledMeter, ...]:
    """Return what is billed of an account's meters in a month and the eleven before it, by meter, unit and currency."""
    first = _month_number(last.name) - MOST_MONTHS + 1
    months: dict[tuple[str, str, str], dict[str, tuple[Decimal, Money]]] = {}
    names: dict[str, str] = {}
    for document in _documents(account, receivables):
        for line in document.lines:
            priced = line.priced
            month = priced.service_period.start.isoformat()[:7]
            if priced.meter is None or not first <= _month_number(month) <= _month_number(last.name):
                continue
            net = line.amounts.net
            of_meter = months.setdefault((priced.meter, priced.unit or "", net.currency), {})
            quantity, whole = of_meter.get(month, (Decimal(0), Money.zero(net.currency)))
            used = Decimal(0) if document.corrects else priced.billed_quantity
            of_meter[month] = (quantity + used, whole + net)
            names.setdefault(priced.meter, priced.description)
    return tuple(
        BilledMeter(
            meter, unit, names[meter], tuple(BilledMonth(month, *of_meter[month]) for month in sorted(of_meter))
        )
        for (meter, unit, _), of_meter in sorted(months.items())
    )


def _documents(account: str, receivables: Receivables) -> Iterator[Invoice]:
    """Yield an account's released invoices and their credit notes; a write-off changes nothing of what was used."""
    for invoice in receivables.invoices_of(account):
        released = receivables.register.released(invoice)
        if released is None:
            continue
        yield read_invoice(receivables.objects, released.document)
        for credit in receivables.register.credits(invoice):
            if credit.released is not None:
                document = read_invoice(receivables.objects, credit.released.document)
                if document.kind is DocumentKind.CREDIT_NOTE:
                    yield document


def _month_number(month: str) -> int:
    year, _, number = month.partition("-")
    return int(year) * 12 + int(number)
