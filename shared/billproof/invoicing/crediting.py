"""Credit notes and write-offs: documents of their own that take back what a released invoice billed, and never edit it.

A line's credit is counted from its first: the tax of all that was credited of it so far, on the unrounded base, less
what earlier credit notes took back. So the parts add up, and an invoice and its full credit come to exactly nothing.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from billproof.errors import InvalidInput
from billproof.identities import credit_of, credited_line
from billproof.invoicing.credit_requests import CreditReason, CreditRequest, LineCredit
from billproof.invoicing.drafting import account_subtotals, tax_summary
from billproof.invoicing.model import DocumentKind, Invoice, InvoiceEvents, InvoiceLine, Released
from billproof.masterdata.parties import TaxEngineName
from billproof.model import decimal_text
from billproof.money import CONTEXT, Money, Taxed, exactly, total
from billproof.pricing.model import Adjusts, LineIdentity, LineKind, PricedLine, line_identity
from billproof.pricing.rules import step_of
from billproof.tax.model import ComponentTax

ZERO = Decimal(0)
HUNDRED = Decimal(100)


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
    written_off = request.reason is CreditReason.UNCOLLECTIBLE
    credit_line = _written_off if written_off else _credited
    lines = tuple(
        credit_line(left, wanted, request, invoice, released)
        for left, wanted in _wanted_lines(request, _left(invoice, earlier), released)
    )
    rule = invoice.tax_summary[0].rule
    members = {member.account: member.name for member in invoice.accounts}
    changes = {
        "id": credit_id,
        "kind": DocumentKind.WRITE_OFF if written_off else DocumentKind.CREDIT_NOTE,
        "corrects": released.number,
        "issue_date": issue_date,
        "due_date": issue_date,
        "lines": lines,
        "tax_summary": tax_summary(lines, invoice.currency, rule),
        "accounts": account_subtotals(members, lines, invoice.currency) if members else (),
        "totals": Taxed.total([line.amounts for line in lines], invoice.currency),
        "booked": invoice.booked and Taxed.total([line.in_books for line in lines], invoice.booked.gross.currency),
        "events": InvoiceEvents(billed=0, excluded=0),
        "credits_drawn": (),
        "refund": request.refund,
        "notes": (f"{request.reason.replace('_', ' ')}: {request.note}", *invoice.notes),
    }
    return Invoice.model_validate({**dict(invoice), **changes})


type _LineKey = tuple[LineIdentity, int]
"""A line of an invoice; old ids of reductions may be alike, and then the lines are told apart by their order."""


def _left(invoice: Invoice, earlier: Iterable[Invoice]) -> dict[_LineKey, _Left]:
    """Return what is left of each line: two contracts may name lines alike."""
    left = {
        key: _Left(line, line.amounts.net, line.amounts.tax, line.in_books)
        for key, line in _keyed(invoice.lines, lambda priced: priced.id)
    }
    for credit in earlier:
        for key, line in _keyed(credit.lines, lambda priced: credited_line(priced.id)):
            left[key] = left[key].less(line)
    return left


def _keyed(lines: Iterable[InvoiceLine], name: Callable[[PricedLine], str]) -> Iterator[tuple[_LineKey, InvoiceLine]]:
    seen: Counter[LineIdentity] = Counter()
    for line in lines:
        identity = line_identity(line.priced.explanation.contract, name(line.priced), line.priced.dimension)
        yield (identity, seen[identity]), line
        seen[identity] += 1


def _wanted_lines(
    request: CreditRequest, left: Mapping[_LineKey, _Left], released: Released
) -> list[tuple[_Left, LineCredit]]:
    """Return what is left of the lines that a request names, or of all where it names none; raises InvalidInput."""
    if request.lines:
        named = [_named(wanted, left.values(), released) for wanted in request.lines]
        if len({id(line) for line in named}) != len(named):
            message = f"a line of {released.number} is named twice"
            raise InvalidInput(message)
        return list(zip(named, request.lines, strict=True))
    rest = [line for line in left.values() if not (line.net.is_zero and line.tax.is_zero)]
    if not rest:
        message = f"nothing is left of {released.number} to credit"
        raise InvalidInput(message)
    return [(line, LineCredit(line=line.line.priced.id)) for line in rest]


def _named(wanted: LineCredit, left: Iterable[_Left], released: Released) -> _Left:
    lines = [(line.line.priced.explanation.contract, line.line.priced.id, line) for line in left]
    matches = [line for line in lines if line[1] == wanted.line and wanted.contract in {None, line[0]}]
    if not matches:
        names = ", ".join(dict.fromkeys(name for _, name, _ in lines))
        message = f"{released.number} has no line of that name; its lines: {names}"
        raise InvalidInput(message)
    contracts = dict.fromkeys(contract for contract, _, _ in matches)
    if len(contracts) > 1:
        message = f"{released.number} has a line {wanted.line} in each of {', '.join(contracts)}: name the contract"
        raise InvalidInput(message)
    if len(matches) > 1:
        message = f"{released.number} has {len(matches)} lines {wanted.line}: credit the whole invoice"
        raise InvalidInput(message)
    return matches[0][2]


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
        "id": credit_of(priced.id),
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
    tax, rounding = line.determination, line.priced.explanation.rounding
    percents = [component.percent for component in tax.components] or [tax.percent]
    parts = [
        Money.rounded(net.amount * tax.taxable_share * percent / HUNDRED, net.currency, rounding)
        for percent in percents
    ]
    return total(parts, net.currency)


def _components(line: InvoiceLine, tax: Money) -> tuple[ComponentTax, ...]:
    """Share a credited tax among the components of the line, in proportion to what they were."""
    if not line.components or line.amounts.tax.is_zero:
        return ()
    shares: list[ComponentTax] = []
    rest = tax
    for component in line.components[:-1]:
        exact = CONTEXT.divide(CONTEXT.multiply(tax.amount, component.amount.amount), line.amounts.tax.amount)
        share = Money.rounded(exact, tax.currency, line.priced.explanation.rounding)
        shares.append(component.model_copy(update={"amount": -share}))
        rest -= share
    return (*shares, line.components[-1].model_copy(update={"amount": -rest}))


def _written_off(
    left: _Left, wanted: LineCredit, request: CreditRequest, invoice: Invoice, released: Released
) -> InvoiceLine:
    """Take the gross amount that is left off the receivable; the tax stays as it was billed and declared."""
    credited = _credited(left, wanted, request, invoice, released)
    gross = left.net + left.tax
    priced = credited.priced.model_copy(
        update={"description": f"Write-off: {left.line.priced.description}", "net": -gross}
    )
    zero = Money.zero(invoice.currency)
    return credited.model_copy(
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
