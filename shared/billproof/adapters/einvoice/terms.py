"""A document as the terms of EN 16931: a dictionary of BT and BG, which factur-x writes as UBL or CII.

A credit note states what it takes back as positive amounts, as the norm wants. Amounts are those of the document: none
is computed but sums by category and the amount paid, and none is rounded.
"""

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from billproof.adapters.einvoice.codes import (
    CUSTOMIZATIONS,
    PROFILE,
    REASON_CODES,
    MeansOfPayment,
    VatCategory,
    vat_category,
)
from billproof.adapters.einvoice.line_terms import line_terms
from billproof.errors import InvalidInput, NotExpressible
from billproof.invoicing.credit_reasons import reason_of
from billproof.invoicing.model import DocumentKind, Invoice, Released, TaxSubtotal
from billproof.invoicing.particulars import Particulars
from billproof.masterdata.addresses import Address
from billproof.masterdata.documents import DocumentForm, ElectronicAddress
from billproof.model import decimal_text
from billproof.money import Money, exponent
from billproof.payments.references import payment_reference
from billproof.tax.model import Treatment
from billproof.wording.catalogue import catalogue, language_of

type Terms = dict[str, Any]

INVOICE_TYPE, CREDIT_NOTE_TYPE = "380", "381"
MOST_DECIMALS = 2
"""Decimals that an amount may have (UBL-DT-01, and the same of CII)."""
MOST_ADDRESS_LINES = 3


def terms_of(invoice: Invoice, released: Released, form: DocumentForm) -> Terms:
    """Return a released document as the terms of EN 16931.

    Raises NotExpressible, which names the term, where the norm has no way to say what the document says.
    """
    if exponent(invoice.currency) > MOST_DECIMALS:
        message = f"amounts in {invoice.currency} have more decimals than EN 16931 takes"
        raise NotExpressible(message, term="BT-131")
    stated = invoice.particulars or Particulars()
    is_credit = invoice.kind is DocumentKind.CREDIT_NOTE
    sign = -1 if is_credit else 1
    due = invoice.totals.gross if is_credit else released.receivable.amount
    lines = line_terms(invoice, sign)
    breakdown = _breakdown(invoice, sign)
    terms: Terms = {
        "BT-1": released.number,
        "BT-2": released.issue_date,
        "BT-3": CREDIT_NOTE_TYPE if is_credit else INVOICE_TYPE,
        "BT-5": invoice.currency,
        "BT-10": stated.buyer_reference,
        "BT-12": _one(stated.contract_numbers, "BT-12"),
        "BT-13": _one(stated.purchase_orders, "BT-13"),
        "BT-24": CUSTOMIZATIONS[DocumentForm.UBL],
        "BT-73": min(line["BT-134"] for line in lines) if lines else invoice.period.start,
        "BT-74": max(line["BT-135"] for line in lines) if lines else invoice.period.end - timedelta(days=1),
        "BG-4": _seller(invoice, stated, breakdown),
        "BG-7": _buyer(invoice, stated, breakdown),
        "BG-23": breakdown,
        "BG-25": lines,
        "BT-106": _text(invoice.totals.net, sign),
        "BT-109": _text(invoice.totals.net, sign),
        "BT-110": _text(invoice.totals.tax, sign),
        "BT-112": _text(invoice.totals.gross, sign),
        "BT-115": _text(due, sign),
        **_payment(invoice, released, stated),
    }
    if form in {DocumentForm.PEPPOL, DocumentForm.XRECHNUNG}:
        terms["BT-23"] = PROFILE
    if form is DocumentForm.FACTUR_X:  # CII wants a day of delivery beside the period
        terms["BT-72"] = terms["BT-74"]
    if due != invoice.totals.gross:
        terms["BT-113"] = _text(invoice.totals.gross - due, sign)
    if invoice.booked is not None and not invoice.totals.tax.is_zero:
        terms |= {"BT-6": invoice.booked.tax.currency, "BT-111": _text(invoice.booked.tax, sign)}
    if is_credit:
        terms |= {"BG-1": [{"BT-22": invoice.notes[0]}], "BG-3": [{"BT-25": invoice.corrects}]}
    return {name: value for name, value in terms.items() if value is not None}


def _text(amount: Money, sign: int = 1) -> str:
    places = exponent(amount.currency)
    return f"{sign * amount.amount + 0:.{places}f}"


def _one(names: tuple[str, ...], term: str) -> str | None:
    """Return the one name of an order or a contract; several of them are no document of EN 16931."""
    if len(names) > 1:
        message = f"{', '.join(names)}: one document of EN 16931 names one of them"
        raise NotExpressible(message, term=term)
    return names[0] if names else None


def _breakdown(invoice: Invoice, sign: int) -> list[Terms]:
    """Return the VAT by category and rate (BG-23): several taxes of one rate are one."""
    groups: dict[tuple[VatCategory, Decimal], list[TaxSubtotal]] = {}
    for group in invoice.tax_summary:
        percent = Decimal(group.percent)
        if group.treatment == Treatment.STANDARD and group.taxable_base != group.amounts.net:
            message = f"only a part of the price is taxed in {group.jurisdiction}"
            raise NotExpressible(message, term="BT-116")
        groups.setdefault((vat_category(group.treatment, percent, group.jurisdiction), percent), []).append(group)
    return [_category(category, percent, members, sign, invoice) for (category, percent), members in groups.items()]


def _category(
    category: VatCategory, percent: Decimal, members: list[TaxSubtotal], sign: int, invoice: Invoice
) -> Terms:
    currency = invoice.currency
    terms: Terms = {
        "BT-116": _sum((group.amounts.net for group in members), currency, sign),
        "BT-117": _sum((group.amounts.tax for group in members), currency, sign),
        "BT-118": category.value,
    }
    if category is not VatCategory.OUTSIDE:
        terms["BT-119"] = f"{percent.normalize():f}"
    if category in {VatCategory.REVERSE_CHARGE, VatCategory.EXEMPT, VatCategory.OUTSIDE}:
        terms["BT-120"] = _reason(category, members[0], invoice)
    if category in REASON_CODES:
        terms["BT-121"] = REASON_CODES[category]
    return terms


def _reason(category: VatCategory, group: TaxSubtotal, invoice: Invoice) -> str:
    texts = catalogue(language_of(invoice.buyer.locale))["texts"]
    if category is VatCategory.REVERSE_CHARGE:
        return texts["reverse_charge_short"]
    if category is VatCategory.OUTSIDE:
        return texts["outside_scope"].format(place=group.jurisdiction)
    return group.reason


def _sum(amounts: Iterable[Money], currency: str, sign: int) -> str:
    return _text(Money.zero(currency).plus(amounts), sign)


def _seller(invoice: Invoice, stated: Particulars, breakdown: list[Terms]) -> Terms:
    party: Terms = {
        "name": invoice.seller.name,
        "legal_identifier": stated.company_number,
        "legal_info": ", ".join(stated.footer) or None,
        **_address(invoice.seller.address),
        **_electronic(stated.seller_address),
    }
    if not _is_outside(breakdown):
        party["vat_identifier"] = _vat_number(invoice)
    contact = stated.contact
    if contact is not None:
        party["contacts"] = [{"name": contact.name, "phone": contact.phone, "email": contact.email}]
    return _present(party)


def _vat_number(invoice: Invoice) -> str | None:
    """Return the seller's VAT number where it is taxed, or at home, with the country before it (BR-CO-09)."""
    numbers = invoice.seller.tax_numbers
    places = [group.jurisdiction for group in invoice.tax_summary if group.treatment == Treatment.STANDARD]
    for place in (*places, invoice.seller.address.country):
        number = numbers.get(place)
        if number is not None:
            return number if number[:2].isalpha() else f"{place[:2].replace('GR', 'EL')}{number}"
    return None


def _buyer(invoice: Invoice, stated: Particulars, breakdown: list[Terms]) -> Terms:
    buyer = invoice.buyer
    number = buyer.vat_number if buyer.vat_number and not _is_outside(breakdown) else None
    if number is not None and not number[:2].isalpha():
        number = f"{buyer.address.country.replace('GR', 'EL')}{number}"
    return _present(
        {
            "name": buyer.name,
            "vat_identifier": number,
            **_address(buyer.address),
            **_electronic(stated.buyer_address),
        }
    )


def _is_outside(breakdown: list[Terms]) -> bool:
    """Say whether nothing is subject to VAT: then no VAT number may be stated (BR-O-02)."""
    return any(group["BT-118"] == VatCategory.OUTSIDE.value for group in breakdown)


def _address(address: Address) -> Terms:
    lines = [*address.lines[: MOST_ADDRESS_LINES - 1], ", ".join(address.lines[MOST_ADDRESS_LINES - 1 :])]
    return {
        "country_code": address.country,
        "city": address.city,
        "postcode": address.postal_code or None,
        "country_subdivision": address.region,
        **{f"addr_l{number}": line for number, line in enumerate(filter(None, lines), start=1)},
    }


def _electronic(address: ElectronicAddress | None) -> Terms:
    if address is None:
        return {}
    return {"einvoicing_addr": address.id, "einvoicing_addr_schemeid": address.scheme}


def _present(terms: Terms) -> Terms:
    return {name: value for name, value in terms.items() if value is not None}


def _payment(invoice: Invoice, released: Released, stated: Particulars) -> Terms:
    """Return how a document is paid: by transfer with a reference, by what was saved, or by clearing a credit note."""
    if invoice.kind is DocumentKind.CREDIT_NOTE:
        return {"BT-81": MeansOfPayment.CLEARING.value, "BT-20": reason_of(invoice).value.replace("_", " ")}
    terms: Terms = {"BT-9": invoice.due_date, "BT-20": _terms_of_payment(invoice, released, stated)}
    account = stated.pay_to
    if stated.is_charged or account is None:
        return terms | {"BT-81": MeansOfPayment.NOT_DEFINED.value}
    is_sepa = invoice.currency == "EUR" and account.iban is not None
    means = MeansOfPayment.SEPA_CREDIT_TRANSFER if is_sepa else MeansOfPayment.CREDIT_TRANSFER
    return _present(
        terms
        | {
            "BT-81": means.value,
            "BT-83": _reference(released),
            "BT-84": account.iban or account.account_number,
            "BT-85": account.holder,
            "BT-86": account.bic,
        }
    )


def _terms_of_payment(invoice: Invoice, released: Released, stated: Particulars) -> str:
    """Return when to pay, and which discount may be taken: XRechnung has a line of its own form for that (BR-DE-18)."""
    net, discount = f"{(invoice.due_date - invoice.issue_date).days} days net", invoice.cash_discount
    if discount is None or released.receivable.amount != invoice.totals.gross:
        return net
    until = discount.until(invoice.issue_date)
    said = f"{decimal_text(discount.percent)} % discount ({discount.amount}) if paid by {until}, else {net}"
    if stated.form is not DocumentForm.XRECHNUNG:
        return said
    return f"{said}\n#SKONTO#TAGE={discount.days}#PROZENT={discount.percent:.2f}#\n"


def _reference(released: Released) -> str:
    try:
        return payment_reference(released.number)
    except InvalidInput:  # the number is too long for one of ISO 11649
        return released.number
