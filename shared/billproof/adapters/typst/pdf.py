"""Drawing an invoice with typst. What it shows is formatted here; nothing is computed and nothing rounded."""

from datetime import date
from typing import Any

from billproof.adapters.typst.drawing import account_rows, draw, letterhead, sectioned, sums
from billproof.adapters.typst.line_texts import sections_of
from billproof.adapters.typst.payment_codes import epc_code
from billproof.adapters.typst.qr_bill import in_groups, swiss_bill
from billproof.adapters.typst.tax_texts import taxes_of, wordings_of
from billproof.adapters.typst.texts import Writer
from billproof.errors import InvalidInput
from billproof.ids import digest_bytes
from billproof.invoicing.annex import annex_name, annex_of, needs_annex
from billproof.invoicing.check_codes import check_code
from billproof.invoicing.credit_reasons import reason_of
from billproof.invoicing.model import DocumentKind, Invoice, Released
from billproof.invoicing.particulars import Particulars
from billproof.payments.references import payment_reference

TAX_INVOICE_IN = "AU"
"""Where an invoice says that it is a tax invoice (GST Act 1999, section 29-70(1)(d))."""


def render_invoice(invoice: Invoice, released: Released) -> bytes:
    """Return the invoice as PDF/A-3 in the account's language; the same invoice always gives the same bytes."""
    return draw(shown(invoice, released), released.issue_date)


def render_draft(invoice: Invoice, day: date) -> bytes:
    """Return a held document as a PDF, which says that it is no invoice: it has no number and asks for no payment."""
    return draw(pro_forma_shown(invoice, day), day)


def shown(invoice: Invoice, released: Released) -> dict[str, Any]:
    """Return what a document shows, as text in the customer's language."""
    writer, stated = Writer(invoice.buyer.locale), invoice.particulars or Particulars()
    reference = _reference(invoice, released)
    return letterhead(invoice.seller, invoice.buyer, stated, writer) | {
        "title": writer.text(f"title_{_title(invoice)}"),
        "number": released.number,
        "addressee": writer.text("billed_to"),
        "facts": _facts(invoice, released, stated, reference, writer),
        "parts": [
            sectioned(columns(invoice, writer), sections_of(invoice, writer), name="lines"),
            sums(
                [writer.text(_total(invoice, released)), writer.money(invoice.totals.gross)],
                before=net_and_taxes(invoice, writer),
                after=_balance(released, writer),
            ),
        ],
        "notes": [*wordings_of(invoice, writer), *_annex_note(invoice, released, writer)],
        "payment": _payment(invoice, released, stated, reference, writer),
        "small": _small(invoice, released, writer),
    }


def pro_forma_shown(invoice: Invoice, day: date) -> dict[str, Any]:
    """Return what a pro forma invoice shows, as text in the customer's language."""
    writer, stated = Writer(invoice.buyer.locale), invoice.particulars or Particulars()
    facts = [("as_of", writer.day(day)), *_frame(invoice, stated)]
    total = [writer.text("total"), writer.money(invoice.totals.gross)]
    return letterhead(invoice.seller, invoice.buyer, stated, writer) | {
        "title": writer.text("title_pro_forma" if invoice.corrects is None else f"title_{_title(invoice)}"),
        "number": writer.span(invoice.period),
        "facts": [[writer.text(name), text] for name, text in facts if text],
        "parts": [
            {"kind": "banner", "text": writer.text("pro_forma_note", day=writer.day(day))},
            sectioned(columns(invoice, writer), sections_of(invoice, writer), name="lines"),
            sums(total, before=net_and_taxes(invoice, writer)),
        ],
        "notes": wordings_of(invoice, writer),
    }


def columns(invoice: Invoice, writer: Writer) -> list[str]:
    """Return what stands above the lines of a document."""
    names = [writer.text(name) for name in ("service", "quantity", "unit_price")]
    return [*names, tax_heading(invoice, writer), writer.text("net")]


def net_and_taxes(invoice: Invoice, writer: Writer) -> list[list[str]]:
    """Return what stands above the total of a document: its net, and each tax."""
    taxes = [[tax["label"], tax["tax"]] for tax in taxes_of(invoice, writer)]
    return [[writer.text("net"), writer.money(invoice.totals.net)], *taxes]


def tax_heading(invoice: Invoice, writer: Writer) -> str:
    """Return what stands above the rates of lines."""
    country = invoice.seller.address.country
    return writer.text("sales_tax" if country == "US" else "gst" if country in {"AU", "CA"} else "vat")


def _title(invoice: Invoice) -> str:
    is_tax_invoice = invoice.kind is DocumentKind.INVOICE and TAX_INVOICE_IN in {
        place[:2] for place in invoice.seller.tax_numbers
    }
    return "tax_invoice" if is_tax_invoice else invoice.kind.value


def _facts(
    invoice: Invoice, released: Released, stated: Particulars, reference: str | None, writer: Writer
) -> list[list[str]]:
    """Return the facts beside the customer's address: each with its name."""
    facts: list[tuple[str, str | None]] = [
        ("period", writer.span(invoice.period)),
        ("issued", writer.day(released.issue_date)),
    ]
    if invoice.kind is DocumentKind.INVOICE:
        facts.append(("due", writer.day(invoice.due_date)))
    else:
        note = invoice.notes[0].partition(": ")[2]
        facts += [("corrects", invoice.corrects), ("reason", f"{writer.reason(reason_of(invoice).value)}: {note}")]
    facts += [*_frame(invoice, stated), ("payment_reference", reference and in_groups(reference))]
    return [[writer.text(name), text] for name, text in facts if text]


def _frame(invoice: Invoice, stated: Particulars) -> list[tuple[str, str | None]]:
    """Return what a customer files a document by: its account, orders, contracts and reference."""
    return [
        ("account", invoice.buyer.id),
        ("purchase_order", ", ".join(stated.purchase_orders)),
        ("contract", ", ".join(stated.contract_numbers)),
        ("your_reference", stated.buyer_reference),
    ]


def _is_to_pay(invoice: Invoice, released: Released) -> bool:
    return invoice.kind is DocumentKind.INVOICE and released.receivable.amount.amount > 0


def _reference(invoice: Invoice, released: Released) -> str | None:
    """Return the reference that a payer is to give (ISO 11649); none of nothing due."""
    if not _is_to_pay(invoice, released):
        return None
    try:
        return payment_reference(released.number)
    except InvalidInput:  # the number is too long for one
        return None


def _total(invoice: Invoice, released: Released) -> str:
    if invoice.corrects is not None:
        return "total_credited"
    return "total_due" if released.balance is None else "total"


def _balance(released: Released, writer: Writer) -> list[list[str]]:
    """Return what stands under the total: what is drawn of the customer's balance or left to it."""
    change = released.balance
    if change is None:
        return []
    after = [writer.text("balance_after"), writer.money(change.after.amount)]
    if change.left.amount:
        return [[writer.text("balance_added"), writer.money(change.left)], after]
    return [
        [writer.text("balance_drawn"), writer.money(-change.drawn)],
        [writer.text("amount_due"), writer.money(released.receivable.amount)],
        after,
    ]


def _annex_note(invoice: Invoice, released: Released, writer: Writer) -> list[str]:
    if not needs_annex(invoice):
        return []
    digest = digest_bytes(annex_of(invoice, released))
    return [writer.text("annex", lines=str(len(invoice.lines)), file=annex_name(released), digest=digest)]


def _payment(
    invoice: Invoice, released: Released, stated: Particulars, reference: str | None, writer: Writer
) -> dict[str, Any] | None:
    """Return how to pay what is due: the terms in words, the account, and a QR code; None where nothing is."""
    if not _is_to_pay(invoice, released):
        return None
    if stated.is_charged:
        return {"terms": writer.text("charged"), "account": [], "remit": [], "code": None, "swiss": None}
    return {
        "terms": _terms(invoice, released, writer),
        "account": account_rows(stated, writer),
        "remit": [writer.text("remit_to"), invoice.seller.name, *writer.address(stated.remit_to)]
        if stated.remit_to
        else [],
        "code": epc_code(invoice, released, reference),
        "swiss": swiss_bill(invoice, released, reference, writer),
    }


def _terms(invoice: Invoice, released: Released, writer: Writer) -> str:
    """Return in words when to pay; what is drawn of a balance before leaves no discount."""
    due, discount = writer.day(invoice.due_date), invoice.cash_discount
    if discount is None or released.receivable.amount != invoice.totals.gross:
        return writer.text("terms", days=str((invoice.due_date - invoice.issue_date).days), due=due)
    return writer.text(
        "terms_with_discount",
        due=due,
        until=writer.day(discount.until(invoice.issue_date)),
        percent=writer.number(discount.percent),
        discount=writer.money(discount.amount),
        reduced=writer.money(invoice.totals.gross - discount.amount),
    )


def _small(invoice: Invoice, released: Released, writer: Writer) -> list[str]:
    """Return the small print: the events behind an invoice, and the check code that its record is proved by."""
    digest = released.document.digest
    said = [writer.text("check_code", code=check_code(digest), digest=digest)]
    if invoice.corrects is not None:
        return said
    contracts = ", ".join(
        writer.text("version", contract=name, version=str(version)) for name, version in invoice.contracts.items()
    )
    counts = {"billed": writer.number(invoice.events.billed), "excluded": writer.number(invoice.events.excluded)}
    return [writer.text("events", **counts, contracts=contracts), *said]
