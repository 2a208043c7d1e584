"""Documents that a customer is given on request, each by its name.

    statement               the statement of account as of today; statement-2013-04-03 as of the end of that day
    reminder-2013-04-03     the reminder of that day, as it was sent
    receipt-R...            the receipt of a payment
    pro-forma-2013-01       what the invoice of a month would say now
    usage-2013-01           what was billed of each meter in a month and the eleven before it

What is given to a customer is kept under its digest, as what is mailed is.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from billproof.errors import InvalidInput, NotFound
from billproof.ids import shown
from billproof.invoicing.parties import Parties, parties_of
from billproof.masterdata.parties import Account, LegalEntity
from billproof.model import read_day
from billproof.payments.receivables import Receivables
from billproof.periods import Period
from billproof.pipeline.issue_days import today_of
from billproof.pipeline.previewing import Previewed, PreviewSources, preview
from billproof.ports import Clock
from billproof.receivables.account_documents import (
    AccountDocument,
    AccountRenderer,
    ProFormaDocument,
    ReceiptDocument,
    StatementDocument,
    UsageDocument,
    keep_document,
    read_kept,
)
from billproof.receivables.billed_usage import billed_usage
from billproof.receivables.collection_book import CollectionBook
from billproof.receivables.dispute_book import DisputeBook
from billproof.receivables.reminders import CollectionKind
from billproof.receivables.statement import state_account

STATEMENT, REMINDER, RECEIPT, PRO_FORMA, USAGE = "statement", "reminder-", "receipt-", "pro-forma-", "usage-"


@dataclass(frozen=True)
class CustomerDocumentSources:
    """What documents on request are made from, and what draws them."""

    entity: LegalEntity
    receivables: Receivables
    book: CollectionBook
    disputes: DisputeBook
    previews: Callable[[], PreviewSources]
    draw: AccountRenderer
    clock: Clock


@dataclass(frozen=True, slots=True)
class GivenDocument:
    """A document as a customer is given it: the name of its file, and its bytes."""

    name: str
    pdf: bytes


def give_document(
    name: str, account: Account, sources: CustomerDocumentSources, *, only_open: bool = True
) -> GivenDocument:
    """Draw a document of an account that is asked for by its name, keep it, and return it; a reminder as it was sent.

    Raises NotFound for a name of nothing, InvalidInput for a day that is none or is to come, Conflict and
    InvalidPeriod for a month that has no pro forma invoice, and ObjectUnreadable where what was sent is gone.
    """
    if name.startswith(REMINDER):
        return GivenDocument(name, _reminder(name.removeprefix(REMINDER), account, sources))
    today = today_of(sources.entity, sources.clock())
    document = _document(name, account, sources, today, only_open=only_open)
    pdf = sources.draw(document)
    keep_document(document, pdf, objects=sources.receivables.objects)
    return GivenDocument(document.name, pdf)


def _document(
    name: str, account: Account, sources: CustomerDocumentSources, today: date, *, only_open: bool
) -> AccountDocument:
    if name == STATEMENT or name.startswith(f"{STATEMENT}-"):
        day = _day(name.removeprefix(STATEMENT).removeprefix("-"), today)
        stated = state_account(account.id, sources.receivables, sources.disputes, on=day, only_open=only_open)
        return StatementDocument(parties_of(sources.entity, account, day), stated)
    parties = parties_of(sources.entity, account, today)
    if name.startswith(RECEIPT):
        return _receipt(name.removeprefix(RECEIPT), account, sources)
    if name.startswith(PRO_FORMA):
        return _pro_forma(name.removeprefix(PRO_FORMA), account, parties, sources)
    if name.startswith(USAGE):
        month = Period.month(name.removeprefix(USAGE))
        return UsageDocument(parties, month.name, billed_usage(account.id, sources.receivables, last=month))
    return _nothing(name)


def _nothing(name: str) -> AccountDocument:
    message = f"there is no document {shown(name)}: ask for a statement, reminder, receipt, pro-forma or usage"
    raise NotFound(message)


def _day(text: str, today: date) -> date:
    try:
        day = read_day(text) if text else today
    except ValueError:
        message = "the name of the document ends in no day, such as 2013-04-03"
        raise InvalidInput(message) from None
    if day > today:
        message = f"{day} is to come: nobody knows yet what is open then"
        raise InvalidInput(message)
    return day


def _reminder(day: str, account: Account, sources: CustomerDocumentSources) -> bytes:
    facts = sources.book.state(sources.entity.id, account.id).facts
    reminded = (fact for fact in facts if fact.kind is CollectionKind.REMINDED and str(fact.day) == day)
    letter = next((fact.letter for fact in reminded), None)
    if letter is None:
        message = f"there is no letter of a reminder of {shown(day)}"
        raise NotFound(message)
    return read_kept(letter, objects=sources.receivables.objects)


def _receipt(receipt: str, account: Account, sources: CustomerDocumentSources) -> ReceiptDocument:
    state = sources.receivables.book.find(sources.entity.id, receipt)
    if state is None or state.account != account.id:
        message = f"{account.id} has no receipt {shown(receipt)}"
        raise NotFound(message)
    last = max((use.day for use in state.uses), default=state.receipt.booked_on)
    return ReceiptDocument(parties_of(sources.entity, account, max(last, state.receipt.booked_on)), state)


def _pro_forma(period: str, account: Account, parties: Parties, sources: CustomerDocumentSources) -> ProFormaDocument:
    previews = preview(
        legal_entity=sources.entity.id,
        period=period,
        accounts=[account.id],
        sources=sources.previews(),
        now=sources.clock(),
    )
    previewed = next((one for one in previews if one.account == account.id), None)
    if previewed is None or previewed.invoice is None or previewed.number is not None:
        message = f"{account.id} has no pro forma invoice of {shown(period)}: {_why_not(previewed)}"
        raise NotFound(message)
    return ProFormaDocument(parties, previewed.invoice)


def _why_not(previewed: Previewed | None) -> str:
    if previewed is None:
        return "it is billed by its parent"
    if previewed.number is not None:
        return f"it was billed as {previewed.number}"
    return next((finding.message for finding in previewed.findings), "there is nothing to bill")
