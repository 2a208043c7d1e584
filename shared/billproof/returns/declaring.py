"""Which return declares a line of a document, and with which amounts.

A supply is declared in the month of its tax point. A document is of its billing month where it is issued by the end of
the month after it, as returns are filed then; else, and a credit note always, of the month in which it is issued. What
it says of an earlier month than its own corrects that month's return, and is declared with its own (Directive
2006/112/EC, articles 90 and 184; section 17(1) UStG); what it says of a later one waits for that month.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal

from billproof.invoicing.model import DocumentKind, Invoice, InvoiceLine, Released
from billproof.masterdata.parties import LegalEntity, TaxScheme
from billproof.money import CONTEXT, Money, allocate, exactly, share_out
from billproof.periods import Period, month_name
from billproof.returns.model import DeclaredLine
from billproof.tax.model import ComponentTax, Determination, TaxPart, Treatment


def declared_lines(invoice: Invoice, released: Released, entity: LegalEntity) -> Iterator[DeclaredLine]:
    """Yield what a released document declares, line by line; nothing of a write-off, which takes no tax back."""
    if invoice.kind is DocumentKind.WRITE_OFF:
        return
    own = month_of(invoice)
    for line in invoice.lines:
        for determination, net, taxes in _taxed(line):
            supplied = month_name(determination.tax_point)
            taxable = _taxable(net, determination, entity)
            for tax, place, percent, amount in _by_tax(determination, taxes):
                yield DeclaredLine(
                    number=released.number,
                    kind=invoice.kind,
                    issue_date=invoice.issue_date,
                    account=line.priced.account,
                    customer=invoice.buyer.name,
                    customer_number=invoice.buyer.vat_number or "",
                    line=line.priced.id,
                    tax_point=determination.tax_point,
                    declared_in=max(own, supplied),
                    corrects=supplied if supplied < own else "",
                    jurisdiction=place,
                    tax=tax,
                    treatment=determination.treatment,
                    percent=percent,
                    scheme=_scheme(entity, place, determination.tax_point),
                    net=net,
                    taxable=taxable,
                    amount=amount,
                    reason=determination.reason,
                    source=determination.source,
                )


def month_of(invoice: Invoice) -> str:
    """Return the month to which a document belongs: its billing month, or that of its issue where that was filed."""
    issued = month_name(invoice.issue_date)
    if invoice.kind is DocumentKind.CREDIT_NOTE or issued > Period.month(invoice.period.name).next().name:
        return issued
    return invoice.period.name


@exactly
def _taxable(net: Money, determination: Determination, entity: LegalEntity) -> Money:
    share = determination.taxable_share if determination.treatment is Treatment.STANDARD else Decimal(0)
    return Money.rounded(net.amount * share + 0, net.currency, entity.rounding)


def _scheme(entity: LegalEntity, jurisdiction: str, day: date) -> TaxScheme:
    """Return by which scheme the entity declares what it owes in a jurisdiction on a day."""
    held = (registration for registration in entity.registrations_on(day) if registration.jurisdiction == jurisdiction)
    return next((registration.scheme for registration in held), TaxScheme.NATIONAL)


def _taxed(line: InvoiceLine) -> Iterator[tuple[Determination, Money, list[ComponentTax]]]:
    """Yield each part of a line that bears a tax of its own: net, and what its taxes come to, in the books."""
    parts: Sequence[InvoiceLine | TaxPart] = line.parts or (line,)
    nets = _shares(line.in_books.net, [part.amounts.net for part in parts])
    taxes = _shares(line.in_books.tax, [part.amounts.tax for part in parts])
    for part, net, tax in zip(parts, nets, taxes, strict=True):
        named = part.components or (ComponentTax(name="", jurisdiction=part.determination.jurisdiction, amount=tax),)
        amounts = _shares(tax, [component.amount for component in named])
        pairs = zip(named, amounts, strict=True)
        yield part.determination, net, [component.model_copy(update={"amount": amount}) for component, amount in pairs]


def _shares(booked: Money, amounts: Sequence[Money]) -> list[Money]:
    """Share what is booked over the amounts that it converts, which may have different signs."""
    whole = sum((amount.amount for amount in amounts), Decimal(0))
    if [amount.currency for amount in amounts] == [booked.currency] * len(amounts) and whole == booked.amount:
        return list(amounts)
    if len(amounts) == 1:
        return [booked]
    if whole == 0:
        return allocate(booked, [Decimal(1)] * len(amounts))
    return share_out(
        booked, [CONTEXT.divide(CONTEXT.multiply(amount.amount, booked.amount), whole) for amount in amounts]
    )


def _by_tax(determination: Determination, taxes: Iterable[ComponentTax]) -> Iterator[tuple[str, str, Decimal, Money]]:
    percents = {(part.name, part.jurisdiction): part.percent for part in determination.components}
    for tax in taxes:
        yield tax.name, tax.jurisdiction, percents.get((tax.name, tax.jurisdiction), determination.percent), tax.amount
