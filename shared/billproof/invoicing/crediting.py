"""Credit notes and write-offs: documents of their own that take back what a released invoice billed, and never edit it.

A line's credit is counted from its first: the tax of all that was credited of it so far, on the unrounded base, less
what earlier credit notes took back. So the parts add up, and an invoice and its full credit come to exactly nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from billproof.errors import InvalidInput
from billproof.invoicing.drafting import account_subtotals, tax_summary
from billproof.invoicing.model import DocumentKind, Invoice, InvoiceEvents, InvoiceLine, Released
from billproof.masterdata.parties import TaxEngineName
from billproof.model import Exact, Model, decimal_text
from billproof.money import CONTEXT, Money, Taxed, exactly, total
from billproof.names import Name
from billproof.pricing.model import Adjusts, LineKind
from billproof.pricing.rules import step_of
from billproof.tax.model import ComponentTax

ZERO = Decimal(0)
HUNDRED = Decimal(100)


class CreditReason(StrEnum):
    """Why something is taken back. What is uncollectible is written off: the customer gets no document."""

    BILLING_ERROR = "billing_error"
    SERVICE_LEVEL = "service_level"
    GOODWILL = "goodwill"
    CANCELLATION = "cancellation"
    DUPLICATE = "duplicate"
    UNCOLLECTIBLE = "uncollectible"


class LineCredit(Model):
    """What is taken back of a line: a net amount, or a quantity at what a unit cost; neither: all that is left.

    `contract` tells lines of the same name apart, where two contracts are on one invoice.
    """

    line: str
    contract: str | None = None
    amount: Annotated[Exact, Field(gt=0)] | None = None
    quantity: Annotated[Exact, Field(gt=0)] | None = None

    @model_validator(mode="after")
    def _one_measure(self) -> Self:
        if self.amount is not None and self.quantity is not None:
            message = f"line {self.line}: give an amount or a quantity, not both"
            raise ValueError(message)
        return self


class CreditRequest(Model):
    """A request to credit an invoice: `id` is the requester's own name for it; the same request twice is one.

    Without lines all that is left of the invoice is credited. With `rebill` the next invoice bills again what the terms
    and usage of the period come to then. `refund` says that the money is to go back, not to stay as a credit.
    """

    id: Name
    invoice: str
    reason: CreditReason
    note: Annotated[str, Field(min_length=3, max_length=1_000)]
    lines: Annotated[tuple[LineCredit, ...], Field(max_length=1_000)] = ()
    rebill: bool = False
    refund: bool = False
    requested_by: str

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if len({(each.contract, each.line) for each in self.lines}) != len(self.lines):
            message = "a line is named twice"
            raise ValueError(message)
        if self.reason is CreditReason.UNCOLLECTIBLE and (self.refund or self.rebill or self.lines):
            message = "an uncollectible invoice is written off completely: it cannot be refunded or billed again"
            raise ValueError(message)
        return self


@dataclass(frozen=True, slots=True)
class _Left:
    """What is left of a line after earlier credits: its net amount and its tax, on the invoice and in the books."""

    line: InvoiceLine
    net: Money
    tax: Money
    booked: Taxed

    def less(self, credit: InvoiceLine) -> "_Left":
        """Take off what a credit note took back."""
        booked = Taxed.of(self.booked.net + credit.in_books.net, self.booked.tax + credit.in_books.tax)
        return _Left(self.line, self.net + credit.amounts.net, self.tax + credit.amounts.tax, booked)


def draft_credit(
    request: CreditRequest,
    *,
    credit_id: str,
    invoice: Invoice,
    released: Released,
    earlier: Sequence[Invoice],
    issue_date: date,
) -> Invoice:
    """Return the credit note, or the write-off, that a request asks for: its amounts are the mirror of the invoice's.

    Raises InvalidInput where the request names a line that is not there, or more than is left of one.
    """
    left = _left(invoice, earlier)
    wanted = {_named(each, left, released): each for each in request.lines} or {
        key: LineCredit(line=key[1]) for key, each in left.items() if not (each.net.is_zero and each.tax.is_zero)
    }
    if not wanted:
        message = f"nothing is left of {released.number} to credit"
        raise InvalidInput(message)
    written_off = request.reason is CreditReason.UNCOLLECTIBLE
    lines = tuple(
        (_written_off if written_off else _credited)(left[key], each, request, invoice, released)
        for key, each in wanted.items()
    )
    rule = invoice.tax_summary[0].rule
    changes = {
        "id": credit_id,
        "kind": DocumentKind.WRITE_OFF if written_off else DocumentKind.CREDIT_NOTE,
        "corrects": released.number,
        "issue_date": issue_date,
        "due_date": issue_date,
        "lines": lines,
        "tax_summary": tax_summary(lines, invoice.currency, rule),
        "accounts": account_subtotals({each.account: each.name for each in invoice.accounts}, lines, invoice.currency)
        if invoice.accounts
        else (),
        "totals": Taxed.total([line.amounts for line in lines], invoice.currency),
        "booked": invoice.booked and Taxed.total([line.in_books for line in lines], invoice.booked.gross.currency),
        "events": InvoiceEvents(billed=0, excluded=0),
        "credits_drawn": (),
        "refund": request.refund,
        "notes": (f"{request.reason.replace('_', ' ')}: {request.note}", *invoice.notes),
    }
    return Invoice.model_validate({**dict(invoice), **changes})


type _LineKey = tuple[str, str]


def _left(invoice: Invoice, earlier: Iterable[Invoice]) -> dict[_LineKey, _Left]:
    """Return what is left of each line, by its contract and name: two contracts may name lines alike."""
    left = {_key(line): _Left(line, line.amounts.net, line.amounts.tax, line.in_books) for line in invoice.lines}
    for credit in earlier:
        for line in credit.lines:
            contract, name = _key(line)
            key = (contract, name.removeprefix("credit:"))
            left[key] = left[key].less(line)
    return left


def _key(line: InvoiceLine) -> _LineKey:
    return line.priced.explanation.contract, line.priced.id


def _named(wanted: LineCredit, left: Iterable[_LineKey], released: Released) -> _LineKey:
    found = [key for key in left if key[1] == wanted.line and wanted.contract in {None, key[0]}]
    if not found:
        names = ", ".join(dict.fromkeys(name for _, name in left))
        message = f"{released.number} has no line {wanted.line}; its lines: {names}"
        raise InvalidInput(message)
    if len(found) > 1:
        contracts = ", ".join(contract for contract, _ in found)
        message = f"{released.number} has a line {wanted.line} in each of {contracts}: name the contract"
        raise InvalidInput(message)
    return found[0]


@exactly
def _credited(
    left: _Left, wanted: LineCredit, request: CreditRequest, invoice: Invoice, released: Released
) -> InvoiceLine:
    line = left.line
    priced, whole = line.priced, line.amounts.net
    credit = _wanted(left, wanted, released)
    if abs(credit.amount) > abs(left.net.amount) or (credit.amount < 0) != (left.net.amount < 0 and credit.amount != 0):
        message = f"{credit} is more than the {left.net} that are left of line {priced.id} of {released.number}"
        raise InvalidInput(message)
    credited = whole - left.net + credit
    tax = left.tax if credited == whole else _tax_on(line, credited, invoice) - (line.amounts.tax - left.tax)
    quantity = -priced.billed_quantity if credited == whole else -(wanted.quantity or ZERO)
    explanation = priced.explanation.model_copy(
        update={
            "steps": (step_of(f"credited of {whole} on {released.number}", Decimal(1), -credit.amount),),
            "proration": None,
            "exact_amount": -credit.amount,
            "note": f"{request.reason.replace('_', ' ')}: {request.note}",
        }
    )
    changes = {
        "id": f"credit:{priced.id}",
        "kind": LineKind.CREDIT_NOTE,
        "description": f"Credit: {priced.description}",
        "quantity": quantity,
        "included_quantity": ZERO,
        "billed_quantity": quantity,
        "unused_quantity": ZERO,
        "net": -(credit + tax) if priced.includes_tax else -credit,
        "explanation": explanation,
        "adjusts": _adjusts(line, invoice, released),
    }
    return line.model_copy(
        update={
            "priced": priced.model_copy(update=changes),
            "taxable_base": Money.rounded(
                -credit.amount * line.determination.taxable_share, credit.currency, priced.explanation.rounding
            ),
            "amounts": Taxed.of(-credit, -tax),
            "booked": _booked(left, credit, tax, invoice),
            "tax_by_line": -tax,
            "components": _components(line, tax),
        }
    )


def _booked(left: _Left, credit: Money, tax: Money, invoice: Invoice) -> Taxed | None:
    """Return what a credit takes back in the books, at the rate of the invoice and counted from the line's first."""
    line = left.line
    if invoice.exchange is None or line.booked is None:
        return None
    if (credit, tax) == (left.net, left.tax):
        return Taxed.of(-left.booked.net, -left.booked.tax)
    credited = Taxed.of(line.amounts.net - left.net + credit, line.amounts.tax - left.tax + tax)
    whole = invoice.exchange.convert_taxed(credited, line.priced.explanation.rounding)
    before = Taxed.of(line.booked.net - left.booked.net, line.booked.tax - left.booked.tax)
    return Taxed.of(before.net - whole.net, before.tax - whole.tax)


def _wanted(left: _Left, wanted: LineCredit, released: Released) -> Money:
    """Return the net amount to credit, with the sign of the line."""
    priced, whole = left.line.priced, left.line.amounts.net
    if wanted.amount is not None:
        return Money.of(wanted.amount if whole.amount >= 0 else -wanted.amount, whole.currency)
    if wanted.quantity is None:
        return left.net
    if wanted.quantity > priced.billed_quantity:
        most = decimal_text(priced.billed_quantity)
        message = f"line {priced.id} of {released.number} billed {most}, not {decimal_text(wanted.quantity)}"
        raise InvalidInput(message)
    exact = CONTEXT.divide(CONTEXT.multiply(whole.amount, wanted.quantity), priced.billed_quantity)
    return Money.rounded(exact, whole.currency, priced.explanation.rounding)


def _tax_on(line: InvoiceLine, net: Money, invoice: Invoice) -> Money:
    """Return the tax on a part of a line's net amount, as the line was taxed; what an engine said, in proportion."""
    if invoice.tax_engine is not TaxEngineName.RULES:
        exact = CONTEXT.divide(CONTEXT.multiply(line.amounts.tax.amount, net.amount), line.amounts.net.amount)
        return Money.rounded(exact, net.currency, line.priced.explanation.rounding)
    found, rounding = line.determination, line.priced.explanation.rounding
    percents = [each.percent for each in found.components] or [found.percent]
    parts = [
        Money.rounded(net.amount * found.taxable_share * percent / HUNDRED, net.currency, rounding)
        for percent in percents
    ]
    return total(parts, net.currency)


def _components(line: InvoiceLine, tax: Money) -> tuple[ComponentTax, ...]:
    """Share a credited tax among the components of the line, in proportion to what they were."""
    if not line.components or line.amounts.tax.is_zero:
        return ()
    shares: list[ComponentTax] = []
    rest = tax
    for each in line.components[:-1]:
        exact = CONTEXT.divide(CONTEXT.multiply(tax.amount, each.amount.amount), line.amounts.tax.amount)
        share = Money.rounded(exact, tax.currency, line.priced.explanation.rounding)
        shares.append(each.model_copy(update={"amount": -share}))
        rest -= share
    return (*shares, line.components[-1].model_copy(update={"amount": -rest}))


def _written_off(
    left: _Left, wanted: LineCredit, request: CreditRequest, invoice: Invoice, released: Released
) -> InvoiceLine:
    """Take the gross amount that is left off the receivable; the tax stays as it was billed and declared."""
    made = _credited(left, wanted, request, invoice, released)
    gross = left.net + left.tax
    priced = made.priced.model_copy(update={"description": f"Write-off: {left.line.priced.description}", "net": -gross})
    zero = Money.zero(invoice.currency)
    return made.model_copy(
        update={
            "priced": priced,
            "taxable_base": zero,
            "amounts": Taxed.of(-gross, zero),
            "booked": invoice.booked and Taxed.of(-left.booked.gross, Money.zero(left.booked.gross.currency)),
            "tax_by_line": zero,
            "components": (),
        }
    )


def _adjusts(line: InvoiceLine, invoice: Invoice, released: Released) -> Adjusts:
    adjusts = line.priced.adjusts
    period, name = (adjusts.period, adjusts.line) if adjusts else (invoice.period.name, line.priced.id)
    return Adjusts(period=period, line=name, numbers=(released.number,))
