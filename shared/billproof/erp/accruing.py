"""What is earned of invoices that wait for a person: a contract asset until they are posted (IFRS 15.105).

    2013-01 ends, the invoice waits    accrued: what its draft earns by 31 January
    2013-02 ends, it still waits       what its draft of now earns by 28 February, less what was accrued
    released and posted in March       all that was accrued is released; its own posting books what is earned by then

What a month accrues is written down as a fact of the invoice before it is posted: a second run posts the same.
"""

import operator
from collections.abc import Iterator
from datetime import date

from pydantic import Field

from billproof.erp.intent import erp_of
from billproof.invoicing.documents import read_invoice
from billproof.invoicing.facts import ACCRUED, InvoiceFacts, accrued_in
from billproof.invoicing.model import Invoice
from billproof.invoicing.register import Register
from billproof.ledger.model import EntryKind, JournalEntry
from billproof.ledger.obligations import obligations
from billproof.ledger.revenue import ONE_DAY, Move, entry_lines, invoice_close
from billproof.masterdata.charts import ChartOfAccounts
from billproof.masterdata.parties import LegalEntity
from billproof.model import Model
from billproof.money import Money, total
from billproof.periods import Period
from billproof.ports import Objects


class Accrued(Model):
    """The fact of what is accrued of an invoice at the end of a month, and was before it, by revenue category."""

    month: str
    erp: str
    account: str
    now: dict[str, Money] = Field(exclude_if=operator.not_, default_factory=dict)
    before: dict[str, Money] = Field(exclude_if=operator.not_, default_factory=dict)


def accruals_of(facts: InvoiceFacts) -> list[Accrued]:
    """Return what was accrued of an invoice, by month."""
    accruals = (Accrued.model_validate(fact) for name, fact in facts.facts.items() if name.startswith(f"{ACCRUED}#"))
    return sorted(accruals, key=lambda accrued: accrued.month)


def accrue(
    facts: InvoiceFacts, month: Period, entity: LegalEntity, *, register: Register, objects: Objects
) -> Accrued | None:
    """Return what a month accrues of an invoice, and write it down; None where nothing was or is accrued.

    Nothing is accrued of a month once a later one was.
    """
    known = accruals_of(facts)
    here = next((accrued for accrued in known if accrued.month == month.name), None)
    if here is not None:
        return here
    before = known[-1] if known else None
    if before is not None and before.month > month.name:
        return None
    now = _earned_and_waiting(facts, month, register, objects)
    if not now and not (before and before.now):
        return None
    accrued = Accrued(
        month=month.name,
        erp=before.erp if before else erp_of(str(facts.id), entity, register),
        account=facts.id.account,
        now=now,
        before=before.now if before else {},
    )
    register.defer(str(facts.id), [month.name, month.next().name])
    register.add(str(facts.id), accrued_in(month.name), accrued)
    return Accrued.model_validate(register.fact(str(facts.id), accrued_in(month.name)))


def _earned_and_waiting(facts: InvoiceFacts, month: Period, register: Register, objects: Objects) -> dict[str, Money]:
    """Return what is earned by the end of a month of an invoice that is not booked by then, by revenue category."""
    waiting = _waiting(facts, month, register, objects)
    earned: dict[str, Money] = {}
    for obligation in obligations(waiting) if waiting else ():
        amount, category = obligation.earned_by(month.end), obligation.category
        earned[category] = earned[category] + amount if category in earned else amount
    return {category: amount for category, amount in earned.items() if not amount.is_zero}


def _waiting(facts: InvoiceFacts, month: Period, register: Register, objects: Objects) -> Invoice | None:
    released, held = facts.released, facts.held
    if released is not None:
        is_late = invoice_close(released.period, released.issue_date) > month.end
        return read_invoice(objects, released.document) if is_late else None
    if held is None or held.document is None or register.is_outdated(held.invoice, held.places):
        return None
    return read_invoice(objects, held.document)


def accrual_reference(invoice: str, month: str) -> str:
    """Return the external reference of the entry of what a month accrues of an invoice, which has no number yet."""
    return f"{invoice}-A-{month}"


def accrual_entry(invoice: str, accrued: Accrued, entity: LegalEntity) -> JournalEntry:
    """Return the entry of what a month accrues: Dr contract assets, Cr revenue, or the other way round."""
    month = Period.month(accrued.month)
    return JournalEntry.balanced(
        kind=EntryKind.REVENUE,
        legal_entity=entity.id,
        external_reference=accrual_reference(invoice, month.name),
        invoice=invoice,
        billing_account=accrued.account,
        period=month.name,
        document_date=month.end - ONE_DAY,
        currency=entity.currency,
        lines=entry_lines(_moves(accrued, entity.chart_of_accounts)),
    )


def _moves(accrued: Accrued, chart: ChartOfAccounts) -> Iterator[Move]:
    for sign, amounts in ((1, accrued.now), (-1, accrued.before)):
        for category, amount in amounts.items():
            moved = amount if sign > 0 else -amount
            yield chart.asset_account, f"{category} not billed yet", moved
            yield chart.revenue_of(category), category, -moved


def left_accrued(facts: InvoiceFacts, day: date, currency: str) -> Money:
    """Return what is accrued of an invoice when a day begins."""
    known = [accrued for accrued in accruals_of(facts) if Period.month(accrued.month).end <= day]
    return total(known[-1].now.values() if known else (), currency)
