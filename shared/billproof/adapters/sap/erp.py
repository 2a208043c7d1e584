"""SAP as an ERP: each journal entry is an accounting document of one document type, found by its reference.

    find     entries of the company code and document type under the reference, with their items
    post     BAPI_ACC_DOCUMENT_POST -> BAPI_TRANSACTION_COMMIT -> read back
             ^ died: SAP forgets     ^ died, or no answer: found posted on the next delivery
               what no commit follows

A function module says what it refuses in RETURN, under status 200. SAP takes a reference twice: it is looked up first.
After whatever goes wrong the session ends, so that no later commit is of a document that was given up.
"""

from collections.abc import Callable, Iterator
from datetime import date
from typing import NoReturn

from billproof.adapters.answers import as_documented
from billproof.adapters.http_calls import HttpSend
from billproof.adapters.sap.documents import REFERENCE_LENGTH, document_of, posting_of
from billproof.adapters.sap.rest import AGAIN, COMMIT, Document, SapAccess, SapRest
from billproof.erp.port import PostedDocument, short_reference
from billproof.errors import ExternalServiceUnavailable, InvalidInput, PostingRejected, UnbalancedEntry
from billproof.ledger.model import JournalEntry
from billproof.masterdata.charts import ErpBooks
from billproof.masterdata.parties import LegalEntity
from billproof.money import total
from billproof.periods import Period

NAME = "sap"
ENTRIES, ITEMS = "A_JournalEntry", "to_JournalEntryItem"
PAGES = {"expand": ITEMS, "orderby": "FiscalYear,AccountingDocument", "top": "500"}
REFUSED, ABORTED = "E", "A"
LOCKED = {("MC", "601"), ("MC", "602")}
"""Messages of the lock server: somebody else keeps the object, or the server fails. Both pass."""
PERIOD_CLOSED = ("F5", "201")


class SapErp:
    """A general ledger in SAP, for the legal entities that say which company code and document type are theirs."""

    reference_length = REFERENCE_LENGTH

    def __init__(self, connect: Callable[[], SapRest], *, entities: Callable[[str], LegalEntity]) -> None:
        self._connect = connect
        self._entities = entities

    @property
    def _rest(self) -> SapRest:
        """SAP, once it is asked something: a secret that is wrong is no trouble of those who post elsewhere."""
        return self._connect()

    def find(self, legal_entity: str, external_reference: str) -> list[PostedDocument]:
        """Return what is posted under a reference; raises ExternalServiceUnavailable, or InvalidInput without books."""
        books = _books(self._entities(legal_entity))
        reference = short_reference(external_reference, REFERENCE_LENGTH)
        wanted = f"{_of(books)} and ReferenceDocument eq {_text(reference)}"
        return [document_of(entry, books) for entry in self._rest.read(ENTRIES, filter=wanted, expand=ITEMS)]

    def post(self, entry: JournalEntry) -> PostedDocument:
        """Post an entry as a document; the port says what is raised when."""
        left = total((line.amount for line in entry.lines), entry.currency)
        if not left.is_zero:
            message = f"entry {entry.external_reference} is out of balance by {left}"
            raise UnbalancedEntry(message)
        entity = self._entities(entry.legal_entity)
        chart = entity.chart_of_accounts
        posting = posting_of(
            entry,
            _books(entity),
            customer=entry.billing_account or entity.id,  # what is taken over is of all customers together
            receivables=frozenset({chart.receivable}),
        )
        rest = self._rest
        try:
            _done(rest.call("BAPI_ACC_DOCUMENT_POST", posting), entry)
            _done(rest.call(COMMIT, {"WAIT": "X"}), entry)
        except BaseException:
            rest.end_session()
            raise
        posted = self.find(entry.legal_entity, entry.external_reference)
        if not posted:
            message = f"SAP does not show {entry.external_reference}, which it was sent"
            raise ExternalServiceUnavailable(message, service=NAME)
        return posted[-1]

    def of_period(self, legal_entity: str, period: Period) -> Iterator[PostedDocument]:
        """Yield what is posted under the document type with a date of a period, page by page."""
        books = _books(self._entities(legal_entity))
        dated = f"{_of(books)} and DocumentDate ge {_at(period.start)} and DocumentDate lt {_at(period.end)}"
        last = ("", "")
        while page := self._rest.read(ENTRIES, filter=f"{dated} and {_after(*last)}", **PAGES):
            for entry in page:
                yield document_of(entry, books)
            with as_documented("SAP", NAME):
                before, last = last, (str(page[-1]["FiscalYear"]), str(page[-1]["AccountingDocument"]))
            if last <= before:
                message = "the pages of SAP's journal do not go on"
                raise ExternalServiceUnavailable(message, service=NAME)


def _books(entity: LegalEntity) -> ErpBooks:
    books = entity.erp_books.get(NAME)
    if books is None:
        message = f"{entity.id} does not say which books in SAP are its own: publish it with erp_books"
        raise InvalidInput(message)
    return books


def _of(books: ErpBooks) -> str:
    return f"CompanyCode eq {_text(books.company)} and AccountingDocumentType eq {_text(books.journal)}"


def _text(value: str) -> str:
    doubled = value.replace("'", "''")
    return f"'{doubled}'"


def _after(year: str, document: str) -> str:
    """Select what comes after an entry: its number is of a company code and a fiscal year."""
    same_year = f"FiscalYear eq {_text(year)} and AccountingDocument gt {_text(document)}"
    return f"(FiscalYear gt {_text(year)} or ({same_year}))"


def _at(day: date) -> str:
    return f"datetime'{day}T00:00:00'"


def _done(result: Document, entry: JournalEntry) -> None:
    """Look for errors among what a function module says; raises PostingRejected and ExternalServiceUnavailable."""
    with as_documented("SAP", NAME):
        said = result.get("RETURN") or []
        messages = [dict(message) for message in ([said] if isinstance(said, dict) else said)]
    for message in messages:
        if message.get("TYPE") in (REFUSED, ABORTED):
            _refuse(message, entry)
    if not messages:
        text = "SAP does not say what became of a posting"
        raise ExternalServiceUnavailable(text, service=NAME)


def _refuse(message: Document, entry: JournalEntry) -> NoReturn:
    code = (str(message.get("ID", "")), str(message.get("NUMBER", "")))
    said = f"{message.get('MESSAGE', '')} ({code[0]} {code[1]})"
    if message["TYPE"] == ABORTED or code in LOCKED:
        text = f"SAP broke off: {said}"
        raise ExternalServiceUnavailable(text, service=NAME)
    if code == PERIOD_CLOSED:
        text = f"the period of {entry.document_date} is closed in SAP: {said}"
        raise PostingRejected(text, remedy=f"open the posting period there, {AGAIN}", reason="period")
    text = f"SAP refuses {entry.external_reference}: {said}"
    raise PostingRejected(text, remedy=f"do in SAP what it asks for, {AGAIN}", reason=" ".join(code))


def connected(secret: str) -> SapRest:
    """Return the SAP of a secret: a JSON document with an address, a client, a client_id and a client_secret.

    Raises InvalidInput for a secret that says something else.
    """
    try:
        access = SapAccess.model_validate_json(secret)
    except ValueError:
        message = "the secret of SAP must be a JSON document with an address, a client, a client_id and a client_secret"
        raise InvalidInput(message) from None  # the error would show the secret
    return SapRest(access, HttpSend(access.address, service="SAP"))
