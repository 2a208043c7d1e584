"""The entries of a month's revenue, document by document: what is earned of the posted ones, and what is accrued."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from billproof.erp.accruing import accrual_entry, accruals_of, accrue
from billproof.erp.intent import erp_of
from billproof.errors import NotFound
from billproof.invoicing.documents import read_invoice
from billproof.invoicing.facts import InvoiceFacts
from billproof.invoicing.model import Invoice, Released
from billproof.invoicing.openings import OPENING, OpeningInEffect
from billproof.invoicing.register import Register
from billproof.ledger.model import JournalEntry
from billproof.ledger.obligations import obligations
from billproof.ledger.revenue import books_close, revenue_entry
from billproof.masterdata.parties import LegalEntity
from billproof.money import Money
from billproof.opening.entries import deferrals, opening_revenue_entry
from billproof.opening.reading import stored_opening
from billproof.periods import Period
from billproof.ports import Objects


@dataclass(frozen=True, slots=True)
class MonthEntry:
    """What makes an entry of a month, and what that earns of deferred revenue and adds to contract assets."""

    entry: Callable[[], JournalEntry]
    erp: str
    earned: Money
    accrued: Money


type MakeEntry = Callable[[], MonthEntry | None]
"""Makes an entry of a month for a document; None where it has none."""


def entries_of_month(
    entity: LegalEntity, month: Period, register: Register, objects: Objects
) -> Iterator[tuple[str, MakeEntry]]:
    """Yield what a month earns of documents that are posted, what it accrues of those that wait, and of an opening."""
    for document in register.deferred(entity.id, month.name):
        yield document, partial(_earned_of, document, month, entity, register, objects)
    for document, facts in _may_wait(entity.id, month.name, register):
        yield document, partial(_accrued_of, facts, month, entity, register, objects)
    fact = register.openings.in_effect(entity.id)
    if fact is not None and fact.first_period <= month.name:
        yield OPENING, partial(_taken_over, fact, month, entity, objects)


def _earned_of(
    document: str, month: Period, entity: LegalEntity, register: Register, objects: Objects
) -> MonthEntry | None:
    earning = deferring(document, register, objects)
    if earning is None or month.start < books_close(earning[1]):
        return None  # it waits, or its own posting books what was earned by then
    zero, (released, invoice) = Money.zero(entity.currency), earning
    entry = partial(revenue_entry, invoice, released, month, entity.chart_of_accounts)
    changes = [(obligation.is_accrued, obligation.earned_in(month)) for obligation in obligations(invoice)]
    earned = zero.plus(amount for is_accrued, amount in changes if not is_accrued)
    freed = zero.plus(amount for is_accrued, amount in changes if is_accrued)
    return MonthEntry(entry, erp_of(invoice.id, entity, register), earned, freed)


def _taken_over(fact: OpeningInEffect, month: Period, entity: LegalEntity, objects: Objects) -> MonthEntry:
    opening = stored_opening(fact, objects)
    zero = Money.zero(entity.currency)
    earned = zero.plus(obligation.earned_in(month) for obligation in deferrals(opening))
    return MonthEntry(partial(opening_revenue_entry, opening, entity, month), fact.erp, earned, zero)


def _accrued_of(
    facts: InvoiceFacts, month: Period, entity: LegalEntity, register: Register, objects: Objects
) -> MonthEntry | None:
    accrued = accrue(facts, month, entity, register=register, objects=objects)
    if accrued is None:
        return None
    zero = Money.zero(entity.currency)
    change = zero.plus(accrued.now.values()) - zero.plus(accrued.before.values())
    return MonthEntry(partial(accrual_entry, str(facts.id), accrued, entity), accrued.erp, zero, change)


def _may_wait(legal_entity: str, month: str, register: Register) -> Iterator[tuple[str, InvoiceFacts]]:
    """Yield the invoices of a month, and earlier ones of which something was accrued."""
    known = {document: register.facts(document) for document in register.deferred(legal_entity, month)}
    for facts in register.of_period(legal_entity, month):
        if not facts.id.is_credit and str(facts.id) not in known:
            yield str(facts.id), facts
    for document, earlier in known.items():
        if earlier is not None and not earlier.id.is_credit:
            yield document, earlier


def deferring(document: str, register: Register, objects: Objects) -> tuple[Released, Invoice] | None:
    """Return a document of which a month earns something after it was posted; None where it still waits."""
    released = register.released(document)
    if released is not None:
        return released, read_invoice(objects, released.document)
    facts = register.facts(document)
    if facts is None or not accruals_of(facts):
        message = f"{document} deferred revenue and is not released"
        raise NotFound(message)
    return None
