"""The lines of a document as terms of EN 16931 (BG-25).

A quantity times its price has to be the net amount (PEPPOL-EN16931-R120): where tiers, minimums or shares by days make
an amount, the line is one of something at that price, and its description says what made it. A price is never negative
(BR-27): a line below zero is minus one of something.
"""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

from billproof.adapters.einvoice.codes import ONE, VatCategory, unit_code, vat_category
from billproof.invoicing.model import Invoice, InvoiceLine
from billproof.invoicing.unit_prices import unit_step
from billproof.model import decimal_text
from billproof.money import Money, exponent
from billproof.pricing.model import LineKind
from billproof.tax.model import Determination, TaxPart

MOST_IN_NAME = 100
"""Characters of an item's name that all readers take."""


def line_terms(invoice: Invoice, sign: int) -> list[dict[str, Any]]:
    """Return the lines of a document, numbered; one that bears several taxes is a line for each."""
    lines = [terms for line in invoice.lines for terms in _of_line(line, sign)]
    return [{"BT-126": str(number), **terms} for number, terms in enumerate(lines, start=1)]


def _of_line(line: InvoiceLine, sign: int) -> Iterator[dict[str, Any]]:
    if not line.parts:
        yield _terms(line, line.amounts.net, line.determination, sign)
    for part in line.parts:
        yield _of_part(line, part, sign)


def _of_part(line: InvoiceLine, part: TaxPart, sign: int) -> dict[str, Any]:
    terms = _terms(line, part.amounts.net, part.determination, sign)
    if part.days is not None:
        terms |= {"BT-134": part.days.start, "BT-135": part.days.end - timedelta(days=1)}
    return terms


def _terms(line: InvoiceLine, net: Money, tax: Determination, sign: int) -> dict[str, Any]:
    priced, amount = line.priced, sign * net.amount
    places = exponent(net.currency)
    quantity, price, unit = _price(line, amount, places)
    category = vat_category(tax.treatment, tax.percent, tax.jurisdiction)
    terms: dict[str, Any] = {
        "BT-129": decimal_text(quantity),
        "BT-130": unit,
        "BT-131": f"{amount + 0:.{places}f}",
        "BT-134": priced.service_period.start,
        "BT-135": priced.service_period.end - timedelta(days=1),
        "BT-146": price,
        "BT-151": category.value,
        "BT-153": priced.description[:MOST_IN_NAME],
    }
    if category is not VatCategory.OUTSIDE:
        terms["BT-152"] = f"{tax.percent.normalize():f}"
    description = _description(line)
    return terms | {"BT-154": description} if description else terms


def _price(line: InvoiceLine, amount: Decimal, places: int) -> tuple[Decimal, str, str]:
    """Return a quantity, the price of a unit and the unit, whose product is the amount."""
    step = unit_step(line)
    if step is not None and not (line.priced.includes_tax or line.parts) and step.unit_price >= 0:
        product = (step.quantity * step.unit_price).quantize(Decimal(1).scaleb(-places))
        if product == amount:
            unit = unit_code(line.priced.unit) if line.priced.meter else ONE
            return step.quantity, decimal_text(step.unit_price), unit
    return Decimal(-1 if amount < 0 else 1), f"{abs(amount):.{places}f}", ONE


def _description(line: InvoiceLine) -> str:
    """Say what made an amount that is no quantity times a price."""
    priced = line.priced
    if len(priced.description) <= MOST_IN_NAME and (unit_step(line) is not None or priced.kind is not LineKind.CHARGE):
        return ""
    steps = [
        f"{step.label}: {decimal_text(step.quantity)} x {decimal_text(step.unit_price)}"
        + (f" + {decimal_text(step.flat_fee)}" if step.flat_fee else "")
        for step in priced.explanation.steps
    ]
    long_name = [priced.description] if len(priced.description) > MOST_IN_NAME else []
    return "; ".join([*long_name, *steps])
