"""What an electronic form wants of a document, checked before a number is taken: by term or rule."""

from collections.abc import Callable, Iterator

from billproof.invoicing.electronic import VAT_COUNTRIES, is_electronic
from billproof.invoicing.model import Invoice
from billproof.invoicing.particulars import Particulars
from billproof.masterdata.documents import DocumentForm
from billproof.tax.model import Treatment

ELECTRONIC = "electronic"
"""The list of what every electronic form wants."""
_VAT_TREATMENTS = {
    Treatment.STANDARD,
    Treatment.REVERSE_CHARGE,
    Treatment.EXEMPT,
    Treatment.ZERO_RATED,
    Treatment.OUTSIDE_SCOPE,
}


def lists_of_form(invoice: Invoice) -> list[str]:
    """Return the lists that hold for the form of a document: that of every electronic form, and its own."""
    if invoice.particulars is None or not is_electronic(invoice):
        return []
    return [ELECTRONIC, invoice.particulars.form.value]


def _one_order(stated: Particulars, _invoice: Invoice) -> Iterator[str]:
    if len(stated.purchase_orders) > 1:
        yield f"one purchase order (BT-13): it has {', '.join(stated.purchase_orders)}"
    if len(stated.contract_numbers) > 1:
        yield f"one contract (BT-12): it has {', '.join(stated.contract_numbers)}"


def _vat(_stated: Particulars, invoice: Invoice) -> Iterator[str]:
    for group in invoice.tax_summary:
        is_vat = group.treatment in _VAT_TREATMENTS and group.jurisdiction[:2] in VAT_COUNTRIES
        if not is_vat and group.treatment != Treatment.OUTSIDE_SCOPE:
            yield f"a category of VAT (BT-118) for {group.treatment} in {group.jurisdiction}"


def _endpoints(stated: Particulars, _invoice: Invoice) -> Iterator[str]:
    if stated.seller_address is None:
        yield "the seller's electronic address (BT-34)"
    if stated.buyer_address is None:
        yield "the customer's electronic address (BT-49)"


def _reference(stated: Particulars, _invoice: Invoice) -> Iterator[str]:
    if stated.form is DocumentForm.XRECHNUNG and not stated.buyer_reference:
        yield "the customer's routing id (BT-10)"
    if not stated.buyer_reference and not stated.purchase_orders:
        yield "a reference of the customer or its purchase order (BT-10, BT-13)"


def _phone(stated: Particulars, _invoice: Invoice) -> Iterator[str]:
    if stated.contact is None or not stated.contact.phone:
        yield "a telephone number to ask at (BT-42)"


def _on_stated(check: Callable[[Particulars, Invoice], Iterator[str]]) -> Callable[[Invoice, str], Iterator[str]]:
    def checked(invoice: Invoice, _list: str) -> Iterator[str]:
        return check(invoice.particulars or Particulars(), invoice)

    return checked


ELECTRONIC_CHECKS = {
    "one_order": _on_stated(_one_order),
    "vat_category": _on_stated(_vat),
    "electronic_addresses": _on_stated(_endpoints),
    "buyer_reference": _on_stated(_reference),
    "contact_phone": _on_stated(_phone),
}
"""What a document lacks of each item of an electronic form."""
