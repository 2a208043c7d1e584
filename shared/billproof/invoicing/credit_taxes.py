"""The tax that a credit takes back of a line: as the line was taxed, and of a divided one by its parts."""

from collections.abc import Sequence
from decimal import Decimal

from billproof.invoicing.credit_amounts import Left
from billproof.invoicing.model import Invoice, InvoiceLine
from billproof.masterdata.parties import TaxEngineName
from billproof.money import CONTEXT, Money, Taxed, total
from billproof.periods import Period
from billproof.tax.amounts import credit_parts
from billproof.tax.model import ComponentTax, TaxPart

HUNDRED = Decimal(100)


def parts_back(
    left: Left, credit: Money, of_parts: Sequence[Taxed], days: Period | None, covered: Period
) -> tuple[TaxPart, ...]:
    """Return what a credit takes back of each part of a divided line, of which so much is left over all documents."""
    line = left.line
    return credit_parts(
        *(line.parts, line.amounts.net - left.net, credit, line.priced.explanation.rounding),
        own=left.parts,
        left=of_parts,
        days=days,
        covered=covered,
    )


def tax_back(left: Left, credited: Money, parts: Sequence[TaxPart], invoice: Invoice) -> Money:
    """Return the tax that a credit takes back, with which so much of a line is credited in all."""
    line = left.line
    if parts:
        return -total((part.amounts.tax for part in parts), credited.currency)
    if credited == line.amounts.net:
        return left.tax
    return _tax_on(line, credited, invoice) - (line.amounts.tax - left.tax)


def base_back(line: InvoiceLine, credit: Money, parts: Sequence[TaxPart]) -> Money:
    """Return the taxable base that a credit takes back."""
    if parts:
        return total((part.taxable_base for part in parts), credit.currency)
    share, rounding = line.determination.taxable_share, line.priced.explanation.rounding
    return Money.rounded(-credit.amount * share, credit.currency, rounding)


def _tax_on(line: InvoiceLine, net: Money, invoice: Invoice) -> Money:
    """Return the tax on a part of a line's net amount, as the line was taxed; what an engine said, in proportion."""
    if invoice.tax_engine is not TaxEngineName.RULES:
        exact = CONTEXT.divide(CONTEXT.multiply(line.amounts.tax.amount, net.amount), line.amounts.net.amount)
        return Money.rounded(exact, net.currency, line.priced.explanation.rounding)
    tax, rounding = line.determination, line.priced.explanation.rounding
    percents = [component.percent for component in tax.components] or [tax.percent]
    parts = [
        Money.rounded(net.amount * tax.taxable_share * percent / HUNDRED, net.currency, rounding)
        for percent in percents
    ]
    return total(parts, net.currency)


def components_back(line: InvoiceLine, tax: Money) -> tuple[ComponentTax, ...]:
    """Share a credited tax among the components of the line, in proportion to what they were."""
    if not line.components or line.amounts.tax.is_zero:
        return ()
    shares: list[ComponentTax] = []
    rest = tax
    for component in line.components[:-1]:
        exact = CONTEXT.divide(CONTEXT.multiply(tax.amount, component.amount.amount), line.amounts.tax.amount)
        share = Money.rounded(exact, tax.currency, line.priced.explanation.rounding)
        shares.append(component.model_copy(update={"amount": -share}))
        rest -= share
    return (*shares, line.components[-1].model_copy(update={"amount": -rest}))
