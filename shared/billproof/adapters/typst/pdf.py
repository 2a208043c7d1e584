"""Drawing an invoice with typst. What it shows is formatted here; nothing is computed and nothing rounded."""

import json
from collections.abc import Callable, Iterator
from datetime import date
from functools import cache
from importlib import resources
from typing import Any

import typst
from babel import Locale
from babel.dates import format_date
from babel.numbers import format_currency, format_decimal

from billproof.errors import InvalidInput
from billproof.ids import digest_bytes
from billproof.invoicing.annex import annex_name, annex_of, needs_annex, summaries
from billproof.invoicing.model import DocumentKind, Invoice, InvoiceLine, Released, TaxSubtotal
from billproof.masterdata.parties import Address
from billproof.money import Money
from billproof.payments.references import payment_reference
from billproof.periods import Period


@cache
def _template() -> bytes:
    return resources.files("billproof.adapters.typst").joinpath("invoice.typ").read_bytes()


def render_invoice(invoice: Invoice, released: Released) -> bytes:
    """Return the invoice as a PDF in the account's locale; the same invoice always gives the same bytes.

    Only the fonts that typst carries are used, so every machine draws the same.
    """
    pdf = typst.compile(
        _template(),
        format="pdf",
        sys_inputs={"invoice": json.dumps(_shown(invoice, released), ensure_ascii=False)},
        ignore_system_fonts=True,
        timestamp=_midnight(released.issue_date),
    )
    if not isinstance(pdf, bytes):
        message = "typst produced no document"
        raise TypeError(message)
    return pdf


def _midnight(day: date) -> int:
    return (day - date(1970, 1, 1)).days * 86_400


def _shown(invoice: Invoice, released: Released) -> dict[str, Any]:
    locale = invoice.buyer.locale

    def money(amount: Money) -> str:
        return format_currency(amount.amount, amount.currency, locale=locale, decimal_quantization=False)

    def day(value: date) -> str:
        return format_date(value, format="medium", locale=locale)

    def span(period: Period) -> str:
        return f"{day(period.start)} – {day(period.end.fromordinal(period.end.toordinal() - 1))}"

    return {
        "lang": Locale.parse(locale).language,
        "title": {"credit_note": "Credit note", "write_off": "Write-off"}.get(invoice.kind, "Invoice"),
        "corrects": invoice.corrects,
        "total": _total(invoice, released),
        "number": released.number,
        "account": invoice.buyer.id,
        "reference": _reference(invoice, released),
        "seller": {"name": invoice.seller.name, "address": _lines(invoice.seller.address)},
        "seller_tax_numbers": [
            number if number.startswith(place) else f"{place} {number}"
            for place, number in invoice.seller.tax_numbers.items()
        ],
        "buyer": {"name": invoice.buyer.name, "address": _lines(invoice.buyer.address)},
        "buyer_vat_number": invoice.buyer.vat_number,
        "period": span(invoice.period),
        "issue_date": day(released.issue_date),
        "issue_year": released.issue_date.year,
        "due_date": day(invoice.due_date),
        "sections": _summed_up(invoice, money, span)
        if needs_annex(invoice)
        else [
            {"name": name, "net": net, "lines": [_line(line, money, span, locale) for line in lines]}
            for name, net, lines in _sections(invoice, money)
        ],
        "taxes": [_tax(group, money) for group in invoice.tax_summary],
        "net": money(invoice.totals.net),
        "tax": money(invoice.totals.tax),
        "gross": money(invoice.totals.gross),
        "balance": _balance(released, money),
        "notes": [*invoice.notes, *_annex_note(invoice, released)],
        "events": {
            "billed": format_decimal(invoice.events.billed, locale=locale),
            "excluded": format_decimal(invoice.events.excluded, locale=locale),
        },
        "contracts": ", ".join(f"{name} version {version}" for name, version in invoice.contracts.items()),
        "digest": released.document.digest,
    }


def _reference(invoice: Invoice, released: Released) -> str | None:
    """Return the reference that a payer is to give, in groups of four as ISO 11649 prints it; none of nothing due."""
    if invoice.kind is not DocumentKind.INVOICE or released.receivable.amount.amount <= 0:
        return None
    try:
        reference = payment_reference(released.number)
    except InvalidInput:  # the number is too long for one
        return None
    return " ".join(reference[start : start + 4] for start in range(0, len(reference), 4))


def _total(invoice: Invoice, released: Released) -> str:
    if invoice.corrects is not None:
        return "Total credited"
    return "Total due" if released.balance is None else "Total"


def _balance(released: Released, money: Callable[[Money], str]) -> list[list[str]]:
    """Return what stands under the total: what is drawn of the customer's balance or left to it."""
    change = released.balance
    if change is None:
        return []
    after = ["Your balance after this document", money(change.after.amount)]
    if change.left.amount:
        return [["Added to your balance", money(change.left)], after]
    return [
        ["Drawn from your balance", money(-change.drawn)],
        ["Amount due", money(released.receivable.amount)],
        after,
    ]


def _tax(group: TaxSubtotal, money: Callable[[Money], str]) -> dict[str, str]:
    return {
        "label": f"{group.jurisdiction} {group.percent} % on {money(group.taxable_base)}",
        "reason": group.reason,
        "tax": money(group.amounts.tax),
    }


def _sections(
    invoice: Invoice, money: Callable[[Money], str]
) -> Iterator[tuple[str | None, str | None, list[InvoiceLine]]]:
    """Yield the lines of each account of a consolidated invoice, under its name and subtotal; else all lines."""
    if not invoice.accounts:
        yield None, None, list(invoice.lines)
    for subtotal in invoice.accounts:
        lines = [line for line in invoice.lines if line.priced.account == subtotal.account]
        if lines:
            yield subtotal.name, money(subtotal.amounts.net), lines


def _summed_up(invoice: Invoice, money: Callable[[Money], str], span: Callable[[Period], str]) -> list[dict[str, Any]]:
    """Return one section of summaries, in place of the lines that the annex has."""
    names = {subtotal.account: subtotal.name for subtotal in invoice.accounts}
    rows = [
        {
            "description": summary.description,
            "period": span(summary.period),
            "quantity": "",
            "details": [names[summary.account]] if summary.account in names else [],
            "net": money(summary.net),
        }
        for summary in summaries(invoice)
    ]
    return [{"name": None, "net": None, "lines": rows}]


def _annex_note(invoice: Invoice, released: Released) -> list[str]:
    if not needs_annex(invoice):
        return []
    digest = digest_bytes(annex_of(invoice, released))
    return [f"The {len(invoice.lines)} lines are in the annex {annex_name(released)}, SHA-256 {digest}."]


def _line(line: InvoiceLine, money: Any, span: Any, locale: str) -> dict[str, Any]:
    priced = line.priced

    def number(value: Any) -> str:
        return format_decimal(value, locale=locale, decimal_quantization=False)

    steps = priced.explanation.steps if priced.meter else ()
    details = [
        f"{step.label}: {number(step.quantity)} × {number(step.unit_price)}"
        + (f" + {number(step.flat_fee)}" if step.flat_fee else "")
        for step in steps
    ]
    if priced.included_quantity:
        details.insert(0, f"{number(priced.included_quantity)} of {number(priced.quantity)} included")
    proration = priced.explanation.proration
    if proration is not None and not proration.is_whole:
        details.append(f"{proration.days_covered} of {proration.days_in_period} days")
    if priced.explanation.note and not steps:
        details.append(priced.explanation.note)
    return {
        "description": priced.description,
        "period": span(priced.service_period),
        "quantity": f"{number(priced.quantity)} {priced.unit or ''}".strip() if priced.meter else "",
        "details": details,
        "net": money(line.amounts.net),
    }


def _lines(address: Address) -> list[str]:
    place = " ".join(part for part in (address.postal_code, address.city, address.region) if part)
    return [*address.lines, place, Locale.parse("en").territories[address.country]]
