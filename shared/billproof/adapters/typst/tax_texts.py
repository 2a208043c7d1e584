"""The tax of a document in words: by rate, in the currency of the law, and why none is due where none is.

Determinations explain themselves to those who check them; a customer reads what the law asks for, in its language.
"""

import re
from decimal import Decimal

from billproof.adapters.typst.texts import Writer
from billproof.invoicing.model import Invoice, TaxSubtotal
from billproof.money import Money, total
from billproof.tax.model import Treatment

_CERTIFICATE = re.compile(r".*, certificate (.+)", re.DOTALL)
_GST = {"AU", "NZ", "SG", "IN"}


def taxes_of(invoice: Invoice, writer: Writer) -> list[dict[str, str]]:
    """Return a row for each tax: what it is, on what amount, why there is none, and what it comes to."""
    return [row for group in invoice.tax_summary for row in _rows(group, writer)]


def _rows(group: TaxSubtotal, writer: Writer) -> list[dict[str, str]]:
    if group.treatment != Treatment.STANDARD:
        base, label = group.amounts.net, _untaxed(group, writer)
        return [
            {"label": writer.text("on", tax=label, base=writer.money(base)), "tax": writer.money(group.amounts.tax)}
        ]
    label = f"{tax_name(group, writer)} {writer.number(Decimal(group.percent))} % ({group.jurisdiction})"
    row = {
        "label": writer.text("on", tax=label, base=writer.money(group.taxable_base)),
        "tax": writer.money(group.amounts.tax),
    }
    parts = group.components if len(group.components) > 1 else ()
    shares = [
        {"label": f"    {part.name} ({part.jurisdiction}) {writer.money(part.amount)}", "tax": ""} for part in parts
    ]
    return [row, *shares]


def tax_name(group: TaxSubtotal, writer: Writer) -> str:
    """Return what a tax is called: by its components where it has some, else by its country."""
    if group.components:
        return " + ".join(dict.fromkeys(part.name for part in group.components))
    country = group.jurisdiction[:2]
    if country == "US":
        return writer.text("sales_tax")
    return writer.text("gst" if country in _GST or country == "CA" else "vat")


def _untaxed(group: TaxSubtotal, writer: Writer) -> str:
    place = group.jurisdiction if "-" in group.jurisdiction else writer.country(group.jurisdiction)
    if group.treatment == Treatment.EXEMPT:
        named = _CERTIFICATE.fullmatch(group.reason)
        certificate = f", {writer.text('certificate', certificate=named[1])}" if named else ""
        return writer.text("exempt") + certificate
    name = "reverse_charge_short" if group.treatment == Treatment.REVERSE_CHARGE else str(group.treatment)
    return writer.text(name, place=place)


def wordings_of(invoice: Invoice, writer: Writer) -> list[str]:
    """Return the sentences that the law wants on a document: reverse charge, and the tax in the currency of the law."""
    said = []
    if any(group.treatment == Treatment.REVERSE_CHARGE for group in invoice.tax_summary):
        said.append(writer.text("reverse_charge"))
    if invoice.exchange is not None and invoice.booked is not None:
        net, tax = writer.money(invoice.booked.net), writer.money(invoice.booked.tax)
        said.append(writer.text("exchange", net=net, tax=tax, rate=invoice.exchange.text))
        said += [
            f"{writer.text('tax_in', tax=name, currency=amount.currency)}: {writer.money(amount)}"
            for name, amount in booked_taxes(invoice, writer).items()
        ]
    return said


def booked_taxes(invoice: Invoice, writer: Writer) -> dict[str, Money]:
    """Return the tax of each rate in the currency of the books; of a line with several taxes, by place alone."""
    books = invoice.in_books.gross.currency
    amounts: dict[str, list[Money]] = {}
    labels = {(group.jurisdiction, group.percent): group for group in invoice.tax_summary}
    for line in invoice.lines:
        if line.parts or line.determination.treatment is not Treatment.STANDARD:
            for place, tax in line.taxes_in_books:
                if not tax.is_zero:
                    amounts.setdefault(place, []).append(tax)
            continue
        percent = f"{line.determination.percent.normalize():f}"
        group = labels.get((line.determination.jurisdiction, percent))
        name = tax_name(group, writer) if group else line.determination.jurisdiction
        amounts.setdefault(f"{name} {writer.number(line.determination.percent)} %", []).append(line.in_books.tax)
    return {name: total(taxes, books) for name, taxes in amounts.items()}
