"""What an invoice has to say by the law of its seller and of where it is taxed, and what of that is missing.

The lists are data, each row with its source (required_items.json). An item is checked on the document itself, before a
number is taken. Some of it a document always has: its number and dates, and every line's days, steps and rate.
"""

from collections.abc import Callable, Iterator
from datetime import date
from functools import cache
from importlib import resources

from stdnum.au import abn
from stdnum.ch import vat as swiss_vat
from stdnum.eu import vat as eu_vat
from stdnum.gb import vat as british_vat

from billproof.findings import Finding, Owner, Severity
from billproof.invoicing.electronic_items import ELECTRONIC_CHECKS, lists_of_form
from billproof.invoicing.mandates import unmet_mandate
from billproof.invoicing.model import DocumentKind, Invoice
from billproof.masterdata.addresses import Address
from billproof.model import Model
from billproof.tax.model import Treatment

EVERYWHERE = "all"
"""The list of what every document says."""


class RequiredItem(Model):
    """An item that the documents of a list of countries say, and where that stands."""

    list: str
    item: str
    source: str


class TaxCurrency(Model):
    """The currency in which a country wants its tax stated, until a day; others want it in euro, or ask for none."""

    country: str
    currency: str
    until: date | None
    source: str


class RequiredItems(Model):
    """The file of the lists: which countries each is of, and what it asks for."""

    version: str
    review: str
    countries: dict[str, tuple[str, ...]]
    tax_currencies: tuple[TaxCurrency, ...]
    items: tuple[RequiredItem, ...]

    def lists_of(self, countries: set[str]) -> list[str]:
        """Return the lists that hold for some countries."""
        return [name for name, members in self.countries.items() if countries & set(members)] + [EVERYWHERE]


@cache
def required_items() -> RequiredItems:
    """Read the lists."""
    data = resources.files("billproof.invoicing").joinpath("required_items.json").read_bytes()
    return RequiredItems.model_validate_json(data)


def lists_for(invoice: Invoice) -> list[str]:
    """Return the lists that hold for a document: of the seller's country, of where it bears tax, and of its form."""
    taxed = {group.jurisdiction[:2] for group in invoice.tax_summary if group.treatment == Treatment.STANDARD}
    return required_items().lists_of({invoice.seller.address.country} | taxed) + lists_of_form(invoice)


def missing_items(invoice: Invoice) -> Iterator[tuple[RequiredItem, str]]:
    """Yield each item that a document lacks, once for each list, with what is missing of it."""
    holding = lists_for(invoice)
    for required in required_items().items:
        if required.list in holding:
            yield from ((required, said) for said in _CHECKS[required.item](invoice, required.list))


def missing_item_findings(invoice: Invoice) -> Iterator[Finding]:
    """Yield the findings that hold a document of which something is missing: one for each item."""
    named = set()
    for required, said in missing_items(invoice):
        if required.item in named:
            continue
        named.add(required.item)
        yield Finding(
            code="document_item_missing",
            severity=Severity.BLOCKING,
            account=invoice.buyer.id,
            path=required.item,
            message=f"the document lacks {said} ({required.source})",
            remedy="publish a new version of the legal entity, account or contract with it, and run the period again",
            owner=Owner.BILLING,
        )


type _Check = Callable[[Invoice, str], Iterator[str]]


def _always(_invoice: Invoice, _list: str) -> Iterator[str]:
    """Say nothing: no document is without it, as its model and its number series hold."""
    yield from ()


def _seller(invoice: Invoice, _list: str) -> Iterator[str]:
    if not invoice.seller.name.strip() or not _is_whole(invoice.seller.address):
        yield "the seller's name or address"


def _buyer(invoice: Invoice, _list: str) -> Iterator[str]:
    if not invoice.buyer.name.strip() or not _is_whole(invoice.buyer.address):
        yield "the customer's name or address"


def _is_whole(address: Address) -> bool:
    return bool(any(line.strip() for line in address.lines) and address.city.strip())


_IS_NUMBER: dict[str, Callable[[str], bool]] = {
    "EU": eu_vat.is_valid,
    "GB": british_vat.is_valid,
    "CH": swiss_vat.is_valid,
    "AU": abn.is_valid,
}


def _seller_tax_number(invoice: Invoice, of_list: str) -> Iterator[str]:
    countries = required_items().countries[of_list]
    mine = [(place, number) for place, number in invoice.seller.tax_numbers.items() if place[:2] in countries]
    if not any(is_tax_number(of_list, place, number) for place, number in mine):
        yield f"a valid tax number of the seller in {countries[0] if len(countries) == 1 else of_list}"


def is_tax_number(of_list: str, place: str, number: str) -> bool:
    """Say whether a number is a tax number of a country of a list; where no check is known, any text is."""
    check = _IS_NUMBER.get(of_list)
    if check is None:
        return bool(number.strip())
    return check(number) or (of_list == "EU" and check(f"{place[:2]}{number}".replace("GR", "EL", 1)))


def _buyer_tax_number(invoice: Invoice, _list: str) -> Iterator[str]:
    if _bears(invoice, Treatment.REVERSE_CHARGE) and not invoice.buyer.vat_number:
        yield "the customer's VAT number, as it accounts for the tax"


def _description(invoice: Invoice, _list: str) -> Iterator[str]:
    unnamed = [line.priced.id for line in invoice.lines if not line.priced.description.strip()]
    if unnamed:
        yield f"what line {unnamed[0]} bills"


def _tax_by_rate(invoice: Invoice, _list: str) -> Iterator[str]:
    if invoice.lines and not invoice.tax_summary:
        yield "the tax by rate"


def _tax_currency(invoice: Invoice, of_list: str) -> Iterator[str]:
    stated = {invoice.currency, invoice.in_books.gross.currency}
    shops = invoice.particulars.one_stop_shop if invoice.particulars else ()
    countries = required_items().countries[of_list]
    for group in invoice.tax_summary:
        country = group.jurisdiction[:2]
        if group.amounts.tax.is_zero or country not in countries or group.jurisdiction in shops:
            continue
        wanted = tax_currency(country, invoice.issue_date) or ("EUR" if of_list == "EU" else None)
        if wanted is not None and wanted not in stated:
            yield f"the tax of {country} in {wanted}: it is stated in {' and '.join(sorted(stated))}"


def tax_currency(country: str, day: date) -> str | None:
    """Return the currency in which a country wants its tax stated on a day, where that is no matter of course."""
    rows = required_items().tax_currencies
    return next(
        (row.currency for row in rows if row.country == country and (row.until is None or day < row.until)), None
    )


def _exemption(invoice: Invoice, _list: str) -> Iterator[str]:
    if any(group.treatment == Treatment.EXEMPT and not group.reason.strip() for group in invoice.tax_summary):
        yield "why no tax is charged"


def _corrected(invoice: Invoice, _list: str) -> Iterator[str]:
    if invoice.kind is not DocumentKind.INVOICE and not (invoice.corrects and any(invoice.notes)):
        yield "which invoice it corrects, and why"


def _pay_to(invoice: Invoice, of_list: str) -> Iterator[str]:
    stated = invoice.particulars
    if invoice.kind is not DocumentKind.INVOICE or invoice.totals.gross.amount <= 0:
        return
    if stated is not None and (stated.is_charged or stated.pay_to or (of_list == "US" and stated.remit_to)):
        return
    yield f"the bank account to which to pay {invoice.currency}"


def _company_details(invoice: Invoice, _list: str) -> Iterator[str]:
    if invoice.seller.address.country == "DE" and not (invoice.particulars and invoice.particulars.footer):
        yield "the details of the company: its register, number and managing directors"


def _contact(invoice: Invoice, _list: str) -> Iterator[str]:
    if invoice.particulars is None or invoice.particulars.contact is None:
        yield "whom to ask about it"


def _purchase_order(invoice: Invoice, _list: str) -> Iterator[str]:
    stated = invoice.particulars
    if stated is not None and stated.requires_purchase_order and not stated.purchase_orders:
        yield "the number of the customer's purchase order, which it requires"


def _mandate(invoice: Invoice, _list: str) -> Iterator[str]:
    return unmet_mandate(invoice, frozenset(required_items().countries["EU"]))


def _bears(invoice: Invoice, treatment: Treatment) -> bool:
    return any(group.treatment == treatment for group in invoice.tax_summary)


_CHECKS: dict[str, _Check] = {
    **dict.fromkeys(("number", "issue_date", "supply_dates", "unit_price", "terms_of_payment"), _always),
    **dict.fromkeys(("reverse_charge", "tax_invoice"), _always),
    "seller_name_and_address": _seller,
    "buyer_name_and_address": _buyer,
    "seller_tax_number": _seller_tax_number,
    "buyer_tax_number": _buyer_tax_number,
    "description": _description,
    "tax_by_rate": _tax_by_rate,
    "tax_currency": _tax_currency,
    "exemption": _exemption,
    "corrected_document": _corrected,
    "pay_to": _pay_to,
    "company_details": _company_details,
    "contact": _contact,
    "purchase_order": _purchase_order,
    "mandate": _mandate,
    **ELECTRONIC_CHECKS,
}
