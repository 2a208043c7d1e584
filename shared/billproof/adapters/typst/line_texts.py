"""The lines of a document: what each bills, its quantity, the price of a unit, and the tiers behind it in words."""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from billproof.adapters.typst.drawing import Row, row
from billproof.adapters.typst.texts import Writer
from billproof.invoicing.annex import needs_annex, summaries
from billproof.invoicing.model import DocumentKind, Invoice, InvoiceLine
from billproof.invoicing.unit_prices import unit_step
from billproof.model import decimal_text
from billproof.money import Money
from billproof.pricing.models.base import Step
from billproof.tax.model import Treatment

_TIER = re.compile(r"(.*?)over ([0-9.]+)(?: to ([0-9.]+))?(?:, blocks of ([0-9.]+))?")
_PACKAGES = re.compile(r"packages of ([0-9.]+)")
_CREDIT = "Credit: "


def sections_of(invoice: Invoice, writer: Writer) -> list[dict[str, Any]]:
    """Return the lines of a document, by account where it bills several; summaries where it has an annex.

    Each row says what the lines come to up to it: it is carried forward where a page ends.
    """
    carried = Money.zero(invoice.currency)
    if needs_annex(invoice):
        names = {subtotal.account: subtotal.name for subtotal in invoice.accounts}
        rows = []
        for summary in summaries(invoice):
            carried += summary.net
            details = [writer.span(summary.period), *([names[summary.account]] if summary.account in names else ())]
            net = writer.money(summary.net)
            rows.append(row(summary.description, "", "", "", net, details=details, carried=writer.money(carried)))
        return [{"name": None, "sum": None, "rows": rows}]
    sections = []
    for name, subtotal, lines in _by_account(invoice, writer):
        rows = []
        for line in lines:
            carried += line.amounts.net
            rows.append(_line(line, invoice, writer, carried))
        sections.append({"name": name, "sum": subtotal, "rows": rows})
    return sections


def _by_account(invoice: Invoice, writer: Writer) -> Iterator[tuple[str | None, str | None, list[InvoiceLine]]]:
    if not invoice.accounts:
        yield None, None, list(invoice.lines)
    for subtotal in invoice.accounts:
        lines = [line for line in invoice.lines if line.priced.account == subtotal.account]
        if lines:
            yield subtotal.name, writer.money(subtotal.amounts.net), lines


def _line(line: InvoiceLine, invoice: Invoice, writer: Writer, carried: Money) -> Row:
    priced = line.priced
    step = unit_step(line)
    quantity = ""
    if priced.meter:
        quantity = f"{writer.number(priced.quantity)} {priced.unit or ''}".strip()
    elif step is not None:
        quantity = writer.number(step.quantity)
    return row(
        _description(priced.description, writer),
        quantity,
        "" if step is None else writer.price(step.unit_price, priced.net.currency),
        _rate(line, writer),
        writer.money(line.amounts.net),
        details=[writer.span(priced.service_period), *_details(line, invoice, writer)],
        carried=writer.money(carried),
    )


def _description(text: str, writer: Writer) -> str:
    if text.startswith(_CREDIT):
        return writer.text("credit_of", line=text.removeprefix(_CREDIT))
    return text


def _rate(line: InvoiceLine, writer: Writer) -> str:
    determinations = [part.determination for part in line.parts] or [line.determination]
    rates = {
        f"{writer.number(tax.percent)} %" if tax.treatment is Treatment.STANDARD else "–" for tax in determinations
    }
    return ", ".join(sorted(rates))


def _details(line: InvoiceLine, invoice: Invoice, writer: Writer) -> Iterator[str]:
    priced = line.priced
    if priced.included_quantity:
        numbers = {"included": priced.included_quantity, "quantity": priced.quantity}
        yield writer.text("included", **{name: writer.number(value) for name, value in numbers.items()})
    if priced.meter and invoice.kind is DocumentKind.INVOICE:
        steps, whole = priced.explanation.steps, unit_step(line)
        is_said = whole is not None and whole.quantity == priced.quantity and _TIER.fullmatch(whole.label) is None
        yield from (_in_words(step, line, writer) for step in (() if is_said else steps))
    proration = priced.explanation.proration
    if proration is not None and not proration.is_whole:
        yield writer.text("days", covered=str(proration.days_covered), days=str(proration.days_in_period))


def _in_words(step: Step, line: InvoiceLine, writer: Writer) -> str:
    currency = line.priced.net.currency
    text = (
        f"{step_label(step.label, writer)}: {writer.number(step.quantity)} × {writer.price(step.unit_price, currency)}"
    )
    if step.flat_fee:
        text += f", {writer.text('flat_fee', fee=writer.price(step.flat_fee, currency))}"
    return text


def step_label(label: str, writer: Writer) -> str:
    """Return what a step of a price is called in a language: tiers in words, and the words of the catalogue."""
    tier, packages = _TIER.fullmatch(label), _PACKAGES.fullmatch(label)
    if packages is not None:
        return writer.text("packages", size=writer.number(Decimal(packages[1])))
    if tier is None:
        return writer.label(label) or label
    prefix, low, high, size = tier.groups()
    numbers = {"low": low, "high": high} if high else {"low": low}
    texts = {name: writer.number(Decimal(decimal_text(Decimal(value)))) for name, value in numbers.items()}
    text = prefix + writer.text("tier_between" if high else "tier_above", **texts)
    return f"{text}, {writer.text('blocks', size=writer.number(Decimal(size)))}" if size else text
