"""What customers owe, for the command."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from billproof.api.customer_document_routes import sources_of
from billproof.errors import NotFound
from billproof.model import read_day
from billproof.periods import Period
from billproof.pipeline.customer_documents import GivenDocument, give_document
from billproof.pipeline.issue_days import today_of
from billproof.receivables.ageing import age_receivables
from billproof.receivables.metrics import ReceivablesMetrics, measure_receivables
from billproof.receivables.model import Ageing, StatementOfAccount
from billproof.receivables.reminders import CollectionFact, CollectionKind
from billproof.receivables.reminding import EntityReminders
from billproof.receivables.statement import state_account
from billproof_ops.api import Operation, call
from billproof_ops.errors import OpsError, WrongUse
from billproof_ops.target import Target

NOTE_COLLECTION = Operation("NoteCollectionName", "/v1/accounts/{account}/collection-notes")


def day(text: str) -> date | None:
    """Read a day, or None where none is named; raises WrongUse for what is no day."""
    try:
        return read_day(text) if text else None
    except ValueError:
        message = f"{text!r} is not a day, such as 2013-01-31"
        raise WrongUse(message) from None


def _today(target: Target, entity: str) -> date:
    return today_of(target.ports.directory.legal_entity(entity), target.ports.now())


def ageing(target: Target, entity: str, on: date | None) -> Ageing:
    """Return what is open of a legal entity at the end of a day, or by now, by age."""
    receivables = target.ports.cash_sources().receivables(entity)
    return age_receivables(receivables, target.ports.dispute_book, on=on or _today(target, entity))


def statement(target: Target, entity: str, account: str, on: date | None, *, only_open: bool) -> StatementOfAccount:
    """Return an account's statement at the end of a day, or by now."""
    receivables = target.ports.cash_sources().receivables(entity)
    return state_account(
        account, receivables, target.ports.dispute_book, on=on or _today(target, entity), only_open=only_open
    )


def document(target: Target, entity: str, account: str, name: str, *, only_open: bool) -> GivenDocument:
    """Return a document of an account by its name; raises OpsError where there is none."""
    known = target.ports.directory.account(account)
    if known is None:
        message = f"there is no account {account}"
        raise OpsError(message)
    sources = sources_of(entity, target.ports)
    try:
        return give_document(name, known, sources, only_open=only_open)
    except NotFound as error:
        raise OpsError(error.message) from None


def metrics(target: Target, entity: str, month: str) -> ReceivablesMetrics:
    """Return the figures of a month that is over; raises InvalidPeriod and InvalidInput for others."""
    receivables = target.ports.cash_sources().receivables(entity)
    return measure_receivables(
        receivables, target.ports.dispute_book, period=Period.month(month), today=_today(target, entity)
    )


def metric_rows(measured: ReceivablesMetrics) -> Iterator[tuple[str, str]]:
    """Yield what the command prints of the figures of a month."""
    for name, amount in measured.movement:
        if name in {"opening", "closing"} or not amount.is_zero:
            yield (
                name.replace("_", " ")
                .replace("closing current", "of it not due yet")
                .replace("closing disputed", "of it disputed"),
                amount.text,
            )
    figures = (
        ("days sales outstanding", measured.days_sales_outstanding, ""),
        ("best possible days", measured.best_possible_days, ""),
        ("average days delinquent", measured.average_days_delinquent, ""),
        ("collection effectiveness", measured.collection_effectiveness_percent, " %"),
        ("credit notes, of invoices", measured.credit_notes_percent, " %"),
    )
    for name, figure, unit in figures:
        yield name, "none" if figure is None else f"{figure:f}{unit}"
    yield "invoices", str(measured.invoices)
    yield "credit notes", str(measured.credit_notes)
    for cause in measured.causes:
        yield f"  {cause.reason.replace('_', ' ')}, {cause.number}", cause.amount.text


def remind(target: Target, entity: str) -> EntityReminders:
    """Go on with today's reminders of a legal entity, and return what was done."""
    (done,) = target.call("RemindCustomersName", {"legal_entity": entity})["entities"]
    return EntityReminders.model_validate(done)


def fact_line(fact: CollectionFact) -> str:
    """Say in a line what happened to what a customer owes."""
    if fact.kind is CollectionKind.REMINDED:
        sent = f"mailed to {fact.mailed_to}" if fact.mailed_to else "not mailed"
        return f"{fact.day} reminded, {sent}" + (f": {fact.refused}" if fact.refused else "")
    if fact.charged is not None:
        code = f": {fact.charged.code}" if fact.charged.code else ""
        return f"{fact.day} charging {fact.charged.amount} of {fact.charged.number} {fact.charged.state.value}{code}"
    until = f" until {fact.until}" if fact.until else ""
    owed = ", ".join(fact.numbers) or "all that is owed"
    return f"{fact.day} {fact.kind.value.replace('_', ' ')}{until}, {owed}, by {fact.decided_by}: {fact.reason}"


def note(target: Target, wanted: dict[str, Any], *, who: str | None) -> Any:
    """Ask the API to keep what a person notes of a customer, and return where it stands then."""
    return call(target, NOTE_COLLECTION, wanted, who=who)
