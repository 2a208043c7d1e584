"""Credit notes and write-offs: documents of their own that take back what a released invoice billed, and never edit it.

A line's credit is counted from its first: the tax of all that was credited of it so far, on the unrounded base, less
what earlier credit notes took back. So the parts add up, and an invoice and its full credit come to exactly nothing.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from billproof.contracts.charges import RecognitionMethod
from billproof.errors import InvalidInput
from billproof.identities import credit_of
from billproof.invoicing.balance import Worth
from billproof.invoicing.booking import booked_back
from billproof.invoicing.credit_amounts import Left, amounts_to_credit, asked_amount, drawn_after, lefts_of
from billproof.invoicing.credit_limits import Rests, ServicePeriod
from billproof.invoicing.credit_parts import CreditedRevenue, over_parts
from billproof.invoicing.credit_reasons import reason_note
from billproof.invoicing.credit_requests import CreditReason, CreditRequest, LineCredit
from billproof.invoicing.credit_taxes import base_back, components_back, parts_back, tax_back
from billproof.invoicing.drafting import account_subtotals, tax_summary
from billproof.invoicing.model import DocumentKind, Invoice, InvoiceEvents, InvoiceLine, Released
from billproof.money import CONTEXT, Money, Taxed, exactly, share_out, total
from billproof.periods import Period
from billproof.pricing.model import Adjusts, Explanation, LineKind, PricedLine, RevenueSchedule
from billproof.pricing.models.base import step_of
from billproof.pricing.terms import Drawn
from billproof.tax.amounts import tax_given

ZERO = Decimal(0)


def draft_credit(
    request: CreditRequest,
    *,
    credit_id: str,
    invoice: Invoice,
    released: Released,
    earlier: Sequence[Invoice],
    issue_date: date,
    rests: Rests | None = None,
    drawn: Sequence[Drawn] = (),
    open_worth: Worth | None = None,
) -> Invoice:
    """Return the credit note, or the write-off, that a request asks for: its amounts are the mirror of the invoice's.

    `rests` say what is left of each line over all documents, `drawn` what was drawn of the account's credits. A
    write-off gives up `open_worth`, or all that is left of the lines. Raises InvalidInput where the request names a
    line that is not there, or more than is left of one.
    """
    written_off = request.reason is CreditReason.UNCOLLECTIBLE
    rests = rests or Rests([invoice, *earlier])
    wanted_lines = list(amounts_to_credit(request, lefts_of(invoice, earlier), invoice, released, rests))
    lefts = [left for left, _ in wanted_lines]
    lines = _drafted(wanted_lines, request, invoice, released, rests)
    if written_off:
        lines = _written_off(lefts, lines, open_worth, invoice)
    else:
        lines = _as_booked(lefts, _with_last_taxes(lines, rests), invoice)
        note = CreditedRevenue(credit_id, issue_date, is_concession=not request.rebill)
        lines = lines if request.days else over_parts(note, [left.line for left in lefts], lines, invoice, rests)
    members = {member.account: member.name for member in invoice.accounts}
    changes = {
        "id": credit_id,
        "kind": DocumentKind.WRITE_OFF if written_off else DocumentKind.CREDIT_NOTE,
        "corrects": released.number,
        "issue_date": issue_date,
        "due_date": issue_date,
        "lines": lines,
        "tax_summary": tax_summary(lines, invoice.currency, invoice.tax_summary[0].rule),
        "accounts": account_subtotals(members, lines, invoice.currency) if members else (),
        "totals": Taxed.total([line.amounts for line in lines], invoice.currency),
        "booked": invoice.booked and Taxed.total([line.in_books for line in lines], invoice.booked.gross.currency),
        "events": InvoiceEvents(billed=0, excluded=0),
        "accrued": (),
        "credits_drawn": drawn_after(drawn, lines, rests),
        "refund": request.refund,
        "to_balance": request.to_balance,
        "cash_discount": None,
        "notes": (reason_note(request), *invoice.notes),
    }
    return Invoice.model_validate({**dict(invoice), **changes})


def _drafted(
    wanted_lines: Sequence[tuple[Left, LineCredit]],
    request: CreditRequest,
    invoice: Invoice,
    released: Released,
    rests: Rests,
) -> tuple[InvoiceLine, ...]:
    """Return the lines of a credit note, in order; those that are charged again count for the others."""
    drafted: dict[int, InvoiceLine] = {}
    for place in sorted(range(len(wanted_lines)), key=lambda place: wanted_lines[place][0].net.amount > 0):
        left, wanted = wanted_lines[place]
        drafted[place] = _credited(left, wanted, request, invoice, released, rests, note=drafted.values())
    return tuple(line for _, line in sorted(drafted.items()))


def _as_booked(lefts: Sequence[Left], lines: tuple[InvoiceLine, ...], invoice: Invoice) -> tuple[InvoiceLine, ...]:
    """Say what credited lines are in the books, where those are in another currency."""
    if invoice.booked is None:
        return lines
    booked = booked_back([(left, line.amounts) for left, line in zip(lefts, lines, strict=True)])
    return tuple(line.model_copy(update={"booked": back}) for line, back in zip(lines, booked, strict=True))


@exactly
def _credited(
    left: Left,
    wanted: LineCredit,
    request: CreditRequest,
    invoice: Invoice,
    released: Released,
    rests: Rests,
    *,
    note: Iterable[InvoiceLine],
) -> InvoiceLine:
    line = left.line
    priced, whole = line.priced, line.amounts.net
    credit = asked_amount(left, wanted, released)
    if abs(credit.amount) > abs(left.net.amount) or (credit.amount < 0) != (left.net.amount < 0 and credit.amount != 0):
        message = f"{credit} is more than the {left.net} that are left of line {priced.id} of {released.number}"
        raise InvalidInput(message)
    credited = whole - left.net + credit
    covered = rests.days_of(line, invoice)
    parts = parts_back(left, credit, rests.of_parts(line, note), request.days, covered) if line.parts else ()
    tax = tax_back(left, credited, parts, invoice)
    quantity = -priced.billed_quantity if credited == whole else -(wanted.quantity or ZERO)
    changes = {
        "id": credit_of(priced.id),
        "kind": LineKind.CREDIT_NOTE,
        "description": f"Credit: {priced.description}",
        "quantity": quantity,
        "included_quantity": ZERO,
        "billed_quantity": quantity,
        "unused_quantity": ZERO,
        "net": -(credit + tax) if priced.includes_tax else -credit,
        "explanation": _explanation(line, credit, request, released),
        "adjusts": _adjusts(line, invoice, released),
        "replaces": (),
        "exceeding": (),
        **_for_days(request, priced, covered),
    }
    return line.model_copy(
        update={
            "priced": priced.model_copy(update=changes),
            "taxable_base": base_back(line, credit, parts),
            "amounts": Taxed.of(-credit, -tax),
            "tax_by_line": -tax,
            "components": components_back(line, tax),
            "parts": parts,
        }
    )


@exactly
def _with_last_taxes(lines: Sequence[InvoiceLine], rests: Rests) -> tuple[InvoiceLine, ...]:
    """Let what takes back the last of a service period take back all tax that is left of it over all documents.

    Differences of a line are taxed and rounded one by one, so a cent may be left of what all of them were charged with.
    """
    periods: dict[ServicePeriod, list[int]] = {}
    for place, line in enumerate(lines):
        periods.setdefault(rests.period_of(line), []).append(place)
    done = list(lines)
    for places in periods.values():
        mine, rest = [lines[place] for place in places], rests.of(lines[places[0]])
        net = sum((line.amounts.net.amount for line in mine if not rests.is_draw(line)), ZERO)
        drawn = sum((line.amounts.net.amount for line in mine if rests.is_draw(line)), ZERO)
        if (net, drawn) != (-rest.net, rest.drawn) or any(line.parts for line in mine):
            continue
        taxed = tax_given([line.as_taxed for line in mine], Money.of(-rest.tax, mine[0].amounts.tax.currency))
        for place, line, tax in zip(places, mine, taxed, strict=True):
            done[place] = line.model_copy(update={"amounts": tax.amounts, "components": tax.components})
    return tuple(done)


def _explanation(line: InvoiceLine, credit: Money, request: CreditRequest, released: Released) -> Explanation:
    """Explain a credited line: how much of which amount of the invoice, and why."""
    return line.priced.explanation.model_copy(
        update={
            "steps": (step_of(f"credited of {line.amounts.net} on {released.number}", Decimal(1), -credit.amount),),
            "proration": None,
            "exact_amount": -credit.amount,
            "note": reason_note(request),
        }
    )


def _for_days(request: CreditRequest, priced: PricedLine, now: Period) -> dict[str, Any]:
    """Say for which days something is given back: it is earned back over them, and no others.

    Where none are named it is the days that the line pays for now, which a version may have changed since. Of a whole
    invoice it is each line's own days among them; the draw of another part has none. What is earned over days of its
    own stays so, and what is not earned day by day is earned back as the fee is earned.
    """
    days, covered = request.days, priced.covered
    if days is None:
        days = now
    elif days.end <= covered.start or covered.end <= days.start:
        return {}
    else:
        days = Period(start=max(days.start, covered.start), end=min(days.end, covered.end))
    if priced.recognition.period != covered:
        return {"covered": days}
    method = priced.recognition.method
    earned_back = days if method is RecognitionMethod.STRAIGHT_LINE_DAYS else now
    return {"covered": days, "recognition": RevenueSchedule(method=method, period=earned_back)}


@exactly
def _written_off(
    lefts: Sequence[Left], lines: Sequence[InvoiceLine], open_worth: Worth | None, invoice: Invoice
) -> tuple[InvoiceLine, ...]:
    """Take what is open off the receivable, shared by the lines' gross amounts; the tax stays as it was declared."""
    books = lefts[0].booked.gross.currency
    whole = Worth(
        total((left.net + left.tax for left in lefts), invoice.currency),
        total((left.booked.gross for left in lefts), books),
    )
    rest = open_worth or whole
    share, booked_share = _share(rest.amount, whole.amount), _share(rest.booked, whole.booked)
    grosses = share_out(rest.amount, [(left.net + left.tax).amount * share for left in lefts])
    booked = share_out(rest.booked, [left.booked.gross.amount * booked_share for left in lefts])
    zero, nothing = Money.zero(invoice.currency), Money.zero(books)
    return tuple(
        line.model_copy(
            update={
                "priced": line.priced.model_copy(
                    update={"description": f"Write-off: {left.line.priced.description}", "net": -gross}
                ),
                "taxable_base": zero,
                "amounts": Taxed.of(-gross, zero),
                "booked": invoice.booked and Taxed.of(-in_books, nothing),
                "tax_by_line": zero,
                "components": (),
                "parts": (),
            }
        )
        for left, line, gross, in_books in zip(lefts, lines, grosses, booked, strict=True)
    )


def _share(part: Money, whole: Money) -> Decimal:
    return Decimal(1) if part == whole or whole.is_zero else CONTEXT.divide(part.amount, whole.amount)


def _adjusts(line: InvoiceLine, invoice: Invoice, released: Released) -> Adjusts:
    adjusts = line.priced.adjusts
    period, name = (adjusts.period, adjusts.line) if adjusts else (invoice.period.name, line.priced.id)
    return Adjusts(period=period, line=name, numbers=(released.number,))
