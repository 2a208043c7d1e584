"""Tryton 8.2 as an ERP: each journal entry is a move of one journal, with its reference as the description.

A move rather than an invoice of Tryton's: the lines of an invoice go to accounts of revenue alone, which leaves no
place for what is billed in advance, and it would number anew what has its number.

    find     posted moves of the journal under the reference
    post     the draft of an earlier try, or a new one -> post -> read back
             ^ died: the draft is found                ^ died, or no answer: found posted on the next delivery

Tryton takes a description twice. With a unique index on it, it answers 500 to the second, which says nothing of why: so
the reference is looked up, and a draft that another delivery created meanwhile is taken up.
"""

from collections.abc import Callable, Iterator
from http import HTTPStatus

from billproof.adapters.http_calls import HttpSend
from billproof.adapters.tryton.books import Books, accounts_of, open_books, period_of, tax_of
from billproof.adapters.tryton.moves import FIELDS, REFERENCE_LENGTH, document_of, move_of, says_the_same
from billproof.adapters.tryton.parties import Accounts, party_of
from billproof.adapters.tryton.rest import Document, TrytonRest
from billproof.erp.port import PostedDocument, short_reference
from billproof.errors import (
    DuplicateReference,
    ExternalServiceUnavailable,
    InvalidInput,
    PostingRejected,
    UnbalancedEntry,
)
from billproof.ledger.model import EntryKind, JournalEntry
from billproof.masterdata.parties import LegalEntity
from billproof.model import Model
from billproof.money import total
from billproof.periods import Period

MOVE = "account.move"
NAME = "tryton"


class TrytonAccess(Model):
    """What the secret holds: where the database is, and the key of a user application of kind REST."""

    address: str
    key: str


class TrytonErp:
    """A general ledger in Tryton, for the legal entities that say which books there are theirs."""

    reference_length = REFERENCE_LENGTH

    def __init__(
        self, connect: Callable[[], TrytonRest], *, entities: Callable[[str], LegalEntity], accounts: Accounts
    ) -> None:
        self._connect = connect
        self._entities = entities
        self._accounts = accounts
        self._opened: dict[str, Books] = {}

    @property
    def _rest(self) -> TrytonRest:
        """Tryton, once it is asked something: a secret that is wrong is no trouble of those who post elsewhere."""
        return self._connect()

    def find(self, legal_entity: str, external_reference: str) -> list[PostedDocument]:
        """Return what is posted under a reference; raises ExternalServiceUnavailable, or InvalidInput without books."""
        books = self._books(self._entities(legal_entity))
        moves = self._under(books, short_reference(external_reference, REFERENCE_LENGTH), "posted")
        return [document_of(move, books) for move in moves]

    def post(self, entry: JournalEntry) -> PostedDocument:
        """Post an entry as a move; the port says what is raised when."""
        left = total((line.amount for line in entry.lines), entry.currency)
        if not left.is_zero:
            message = f"entry {entry.external_reference} is out of balance by {left}"
            raise UnbalancedEntry(message)
        entity = self._entities(entry.legal_entity)
        try:
            return self._post(entry, entity, self._books(entity))
        except PostingRejected:  # perhaps for what was read of the books, which then is read anew
            self._opened.pop(entity.id, None)
            raise

    def _post(self, entry: JournalEntry, entity: LegalEntity, books: Books) -> PostedDocument:
        wanted = self._move(entry, entity, books)
        try:
            move = self._draft(books, wanted) or self._created(books, wanted)
            self._rest.act(MOVE, move, "post", company=books.company)
        except (ExternalServiceUnavailable, PostingRejected) as error:  # perhaps since another delivery posted it
            may_be_taken = isinstance(error, PostingRejected) or _says_nothing(error)
            if not may_be_taken or not self.find(entry.legal_entity, entry.external_reference):
                raise
            message = f"{entry.external_reference} is posted already"
            raise DuplicateReference(message) from error
        domain = [*books.domain, ["id", "=", move]]
        return document_of(next(self._rest.search(MOVE, domain, FIELDS, company=books.company)), books)

    def of_period(self, legal_entity: str, period: Period) -> Iterator[PostedDocument]:
        """Yield what is posted in the journal with a date of a period."""
        books = self._books(self._entities(legal_entity))
        dated = [["date", ">=", period.start], ["date", "<", period.end], ["state", "=", "posted"]]
        for move in self._rest.search(MOVE, [*books.domain, *dated], FIELDS, company=books.company):
            yield document_of(move, books)

    def _books(self, entity: LegalEntity) -> Books:
        names = entity.erp_books.get(NAME)
        if names is None:
            message = f"{entity.id} does not say which books in Tryton are its own: publish it with erp_books"
            raise InvalidInput(message)
        opened = self._opened.get(entity.id)
        if opened is None or opened.names != names:
            opened = self._opened[entity.id] = open_books(self._rest, names)
        return opened

    def _under(self, books: Books, reference: str, state: str) -> Iterator[Document]:
        domain = [*books.domain, ["description", "=", reference], ["state", "=", state]]
        return self._rest.search(MOVE, domain, FIELDS, company=books.company)

    def _created(self, books: Books, wanted: Document) -> int:
        """Create a move, or take up the one that another delivery created since: the index refuses a second one."""
        try:
            return self._rest.create(MOVE, wanted, company=books.company)
        except ExternalServiceUnavailable as error:
            taken_up = self._draft(books, wanted) if _says_nothing(error) else None
            if taken_up is None:
                raise
            return taken_up

    def _draft(self, books: Books, wanted: Document) -> int | None:
        """Return the draft of an earlier try that says the same; others under the reference are removed."""
        taken_up = None
        for draft in list(self._under(books, wanted["description"], "draft")):
            if taken_up is None and says_the_same(draft, wanted):
                taken_up = int(draft["id"])
            else:
                self._rest.delete(MOVE, draft["id"], company=books.company)
        return taken_up

    def _move(self, entry: JournalEntry, entity: LegalEntity, books: Books) -> Document:
        if entry.currency != books.currency:
            message = f"{books.names.company} keeps its books in {books.currency} in Tryton, not in {entry.currency}"
            raise PostingRejected(message, remedy="name a company of the currency of the legal entity", reason="books")
        accounts = accounts_of(self._rest, books, {line.account for line in entry.lines})
        party = None
        if any(account.requires_party for account in accounts.values()):
            customer = entry.billing_account or entity.id  # what is taken over is of all customers together
            party = party_of(self._rest, self._accounts, customer, prefix=books.names.party_prefix)
        return move_of(
            entry,
            books,
            period=period_of(self._rest, books, entry.document_date),
            accounts=accounts,
            party=party,
            taxes=self._taxes(entry, entity, books),
            tax_account=entity.chart_of_accounts.tax_payable,
        )

    def _taxes(self, entry: JournalEntry, entity: LegalEntity, books: Books) -> dict[str, int]:
        """Return the taxes of a document by their jurisdictions, where the books name any."""
        if entry.kind is not EntryKind.DOCUMENT or not books.names.taxes:
            return {}
        taxed = {line.memo for line in entry.lines if line.account == entity.chart_of_accounts.tax_payable}
        return {jurisdiction: tax_of(self._rest, books, jurisdiction) for jurisdiction in sorted(taxed)}


def _says_nothing(error: ExternalServiceUnavailable) -> bool:
    """Say whether Tryton answered 500, as it does where the index refuses a reference that is taken."""
    return error.details.get("status") == f"{HTTPStatus.INTERNAL_SERVER_ERROR.value}"


def connected(secret: str) -> TrytonRest:
    """Return the Tryton of a secret: a JSON document with the address of a database and a key.

    Raises InvalidInput for a secret that says something else.
    """
    try:
        access = TrytonAccess.model_validate_json(secret)
    except ValueError:
        message = "the secret of Tryton must be a JSON document with an address and a key"
        raise InvalidInput(message) from None  # the error would show the key
    return TrytonRest(access.address, access.key, HttpSend(access.address, service="Tryton"))
