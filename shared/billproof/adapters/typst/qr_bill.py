"""The Swiss QR-bill: what its receipt and its payment part say beside the code."""

from typing import Any

from billproof.adapters.typst.payment_codes import swiss_code
from billproof.adapters.typst.texts import Writer
from billproof.invoicing.model import Invoice, Released
from billproof.masterdata.addresses import Address

TEXTS = ("receipt", "payment_part", "account", "reference", "information", "payer", "currency", "amount", "acceptance")
"""What the parts of the bill are called in the catalogues, after `swiss_`; in English where no official text is."""
IN_GROUPS = 4


def in_groups(text: str) -> str:
    """Return a reference or an IBAN in groups of four."""
    return " ".join(text[start : start + IN_GROUPS] for start in range(0, len(text), IN_GROUPS))


def swiss_bill(invoice: Invoice, released: Released, reference: str | None, writer: Writer) -> dict[str, Any] | None:
    """Return the QR-bill of an invoice that is paid to a Swiss IBAN in francs or euro; None for any other."""
    code = swiss_code(invoice, released, reference)
    account = invoice.particulars.pay_to if invoice.particulars else None
    if code is None or account is None or account.iban is None:
        return None
    amount = f"{released.receivable.amount.amount:,.2f}".replace(",", " ")
    return {
        "code": code,
        "account": [in_groups(account.iban), account.holder, *_place(invoice.seller.address)],
        "reference": in_groups(reference) if reference else None,
        "payer": [invoice.buyer.name, *_place(invoice.buyer.address)],
        "currency": invoice.currency,
        "amount": amount,
        "texts": {name: writer.text(f"swiss_{name}") for name in TEXTS},
    }


def _place(address: Address) -> list[str]:
    return [", ".join(address.lines), f"{address.country}-{address.postal_code} {address.city}"]
