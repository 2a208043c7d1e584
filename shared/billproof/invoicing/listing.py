"""Finding and listing documents: by number, a month page by page, an account over all of its months."""

from collections.abc import Iterable, Iterator
from itertools import groupby, islice

from billproof.errors import InvalidInput, NotFound
from billproof.identities import InvoiceId
from billproof.invoicing.facts import REGISTER_SHARDS, InvoiceFacts, Sent, by_document, shard_partition
from billproof.invoicing.model import InvoiceStatus, Released
from billproof.invoicing.register import Register
from billproof.invoicing.series import DocumentNumber, SeriesKind
from billproof.masterdata.parties import LegalEntity
from billproof.model import Model
from billproof.ports import PagedRecords, Record
from billproof.store_keys import FactKey


class InvoiceRow(Model):
    """A document in a list; one that is held has no number, and amounts only where it was drafted."""

    invoice: str
    number: str | None
    account: str
    status: InvoiceStatus
    delivered: bool
    sent: Sent
    currency: str | None
    net: str | None
    tax: str | None
    gross: str | None
    findings: int


class PlaceInMonth(Model):
    """The document of a month after which a list goes on: its shard of the register, and its subject."""

    shard: int = 0
    subject: str = ""


def row_of(facts: InvoiceFacts) -> InvoiceRow:
    """Return a document as lists show it."""
    released, held = facts.released, facts.held
    document = released.document if released else held.document if held else None
    totals = document.totals if document else None
    return InvoiceRow(
        invoice=str(facts.id),
        number=released.number if released else None,
        account=facts.account,
        status=facts.status,
        delivered=facts.is_delivered,
        sent=facts.sent,
        currency=totals.gross.currency if totals else None,
        net=totals.net.text if totals else None,
        tax=totals.tax.text if totals else None,
        gross=totals.gross.text if totals else None,
        findings=len(held.findings) if held else 0,
    )


def documents_after(
    records: PagedRecords, legal_entity: str, period: str, place: PlaceInMonth
) -> Iterator[tuple[PlaceInMonth, InvoiceFacts]]:
    """Yield the documents of a month that follow a place, each with its own; what comes before it is not read.

    Raises InvalidInput for a place that no month has.
    """
    if not 0 <= place.shard < REGISTER_SHARDS:
        message = "no list goes on there"
        raise InvalidInput(message)
    for shard in range(place.shard, REGISTER_SHARDS):
        after = FactKey(place.subject).after_all if shard == place.shard and place.subject else ""
        facts = records.query_after(shard_partition(legal_entity, period, shard), after)
        for subject, of_subject in groupby(facts, key=_subject):
            (document,) = by_document(legal_entity, period, of_subject)
            yield PlaceInMonth(shard=shard, subject=subject), document


def _subject(record: Record) -> str:
    return FactKey.parse(record.key.sort).subject


def documents_of_account(register: Register, legal_entity: str, account: str) -> Iterator[InvoiceFacts]:
    """Yield the released invoices that billed an account and their credit notes, in the order of their periods."""
    billings = register.settlements(legal_entity, account)
    invoices = dict.fromkeys(str(InvoiceId.parse(billing.invoice).invoice) for billing in billings)
    for invoice in invoices:
        known = (register.facts(invoice), *register.credits(invoice))
        yield from (facts for facts in known if facts is not None and facts.released is not None)


def rows_in_order(documents: Iterable[InvoiceFacts]) -> list[InvoiceRow]:
    """Return documents as lists show them: by number, or by account where there is none yet."""
    return sorted(map(row_of, documents), key=_order)


def _order(row: InvoiceRow) -> tuple[str, int]:
    """Order the numbers of a series as numbers: past 999,999 they have more digits."""
    number = DocumentNumber.parse(row.number) if row.number else None
    return (f"{number.prefix}-{number.year}", number.ordinal) if number else (row.account, 0)


def find_release(name: str, register: Register, entities: Iterable[LegalEntity]) -> Released | None:
    """Return the release of a document by its id or its number, where it is of one of some legal entities, or None."""
    known = {entity.id: entity for entity in entities}
    if "." in name:
        identity = InvoiceId.parse(name)
        return register.released(name) if identity.legal_entity in known else None
    document = find_document(name, register, known.values())
    return register.released(document) if document else None


def find_document(name: str, register: Register, entities: Iterable[LegalEntity]) -> str | None:
    """Return the id of the document that was given a number by one of some legal entities, or None."""
    try:
        wanted = DocumentNumber.parse(name)
    except NotFound:
        return None
    numbered = (
        register.invoice_numbered(entity.id, wanted.year, wanted.ordinal, kind)
        for entity in entities
        for kind in SeriesKind
        if wanted.prefix == kind.prefix(entity.number_prefix)
    )
    return next((document for document in numbered if document), None)


def first_of[T](items: Iterable[T], limit: int) -> tuple[list[T], bool]:
    """Return the first items, and whether there are more."""
    taken = list(islice(items, limit + 1))
    return taken[:limit], len(taken) > limit
