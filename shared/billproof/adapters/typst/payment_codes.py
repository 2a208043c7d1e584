"""QR codes that a banking app reads from an invoice: the EPC code of SEPA transfers, and the Swiss QR code.

Sources: EPC069-12, version 3.1; Swiss Implementation Guidelines QR-bill, version 2.3 (structured addresses alone).
"""

import io

import segno
from segno import helpers

from billproof.invoicing.model import Invoice, Released
from billproof.masterdata.addresses import Address
from billproof.masterdata.documents import RemittanceAccount
from billproof.money import Money

MOST_CENTS = 99_999_999_999
"""The most that an EPC code or a Swiss QR code asks for, in cents."""
MOST_TEXT = 140
"""Characters of the text that goes along with a transfer."""
SWISS = ("CH", "LI")


def epc_code(invoice: Invoice, released: Released, reference: str | None) -> str | None:
    """Return the EPC code of an invoice that is paid in euro to an IBAN, as SVG; None where it has none."""
    stated = invoice.particulars
    if stated is None or stated.is_charged:
        return None
    return transfer_code(stated.pay_to, released.receivable.amount, reference, released.number)


def transfer_code(account: RemittanceAccount | None, due: Money, reference: str | None, text: str) -> str | None:
    """Return the EPC code of an amount in euro to an IBAN, with a reference or else a text; None where it has none."""
    is_too_long = reference is None and len(text) > MOST_TEXT
    if account is None or account.iban is None or is_swiss(account.iban):
        return None
    if is_too_long or not _is_coded(account, due, "EUR"):
        return None
    paid = {"reference": reference} if reference else {"text": text}
    code = helpers.make_epc_qr(
        name=account.holder, iban=account.iban, amount=due.amount, bic=account.bic, encoding="utf-8", **paid
    )
    return _svg(code)


def _is_coded(account: RemittanceAccount, due: Money, currency: str) -> bool:
    return account.iban is not None and due.currency == currency and 0 < due.amount * 100 <= MOST_CENTS


def swiss_code(invoice: Invoice, released: Released, reference: str | None) -> str | None:
    """Return the Swiss QR code of an invoice that is paid to a Swiss IBAN in francs or euro, as SVG; or None."""
    stated, due = invoice.particulars, released.receivable.amount
    account = stated.pay_to if stated and not stated.is_charged else None
    if account is None or not is_swiss(account.iban) or invoice.currency not in {"CHF", "EUR"}:
        return None
    if not _is_coded(account, due, invoice.currency):
        return None
    code = segno.make(
        swiss_text(invoice, released, reference), error="m", mode="byte", encoding="utf-8", boost_error=False
    )
    return _svg(code)


def swiss_text(invoice: Invoice, released: Released, reference: str | None) -> str:
    """Return what the Swiss QR code says, line by line: a reference of ISO 11649, or none (NON)."""
    stated = invoice.particulars
    account = stated.pay_to if stated else None
    if account is None or account.iban is None:
        message = "there is no account to pay to"
        raise ValueError(message)
    holder = _swiss_address(account.holder, invoice.seller.address)
    payer = _swiss_address(invoice.buyer.name, invoice.buyer.address)
    amount = f"{released.receivable.amount.amount:.2f}"
    lines = ["SPC", "0200", "1", account.iban, *holder, *[""] * 7, amount, invoice.currency, *payer]
    lines += ["SCOR", reference] if reference else ["NON", ""]
    return "\r\n".join([*lines, released.number, "EPD"])


def _swiss_address(name: str, address: Address) -> list[str]:
    """Return a structured address (type S); a building's number stays with its street."""
    street = ", ".join(address.lines)
    return ["S", name[:70], street[:70], "", address.postal_code[:16], address.city[:35], address.country]


def is_swiss(iban: str | None) -> bool:
    """Say whether an IBAN is of Switzerland or Liechtenstein."""
    return iban is not None and iban[:2] in SWISS


def _svg(code: segno.QRCode) -> str:
    data = io.BytesIO()
    code.save(data, kind="svg", border=0, xmldecl=False, svgns=True, nl=False)
    return data.getvalue().decode()
