"""An ERP as others sell it, and its adapter: it keeps much less than our entries, and answers badly when told to.

It keeps a reference of 16 characters, a party, a date, a currency, lines by account with debit and credit, and a number
of its own. A document is created as a draft and then posted.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

from billproof.erp.port import PostedDocument, short_reference
from billproof.errors import DuplicateReference, ExternalServiceUnavailable, PostingRejected, UnbalancedEntry
from billproof.ledger.model import JournalEntry
from billproof.money import Money, total
from billproof.periods import Period
from tests.support.faults import Killed

FOREIGN = "erp-of-others"
REFERENCE_LENGTH = 16
TIMEOUT_SECONDS = 10

Line = tuple[str, Decimal, Decimal]
"""Account, debit, credit."""


class BusinessError(Exception):
    """What the ERP refuses, with its own code."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass
class Booked:
    """A document of the ERP."""

    number: str
    company: str
    reference: str
    party: str
    day: date
    currency: str
    lines: list[Line]
    is_posted: bool = False


def again(document: Booked, **changes: Any) -> Booked:
    """Return another document of the ERP that says the same, but for the changes."""
    return replace(document, number="FI-SECOND", **changes)


@dataclass
class ForeignServer:
    """The ERP itself. `latency_seconds`, `lost` and `down` hold for the next calls of a name, then it is well again."""

    refuses_duplicates: bool = False
    closed_before: date = date.min
    missing_accounts: set[str] = field(default_factory=set)
    blocked_parties: set[str] = field(default_factory=set)
    documents: list[Booked] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    latency_seconds: dict[str, int] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    down: list[str] = field(default_factory=list)

    def call[T](self, name: str, work: Callable[[], T], timeout_seconds: int) -> T:
        """Do what is asked; what was done stays done when the answer is lost or comes too late."""
        self.calls.append(name)
        if name in self.down:
            self.down.remove(name)
            raise ConnectionError("refused")
        answer = work()
        if self.latency_seconds.pop(name, 0) > timeout_seconds:
            raise TimeoutError(f"no answer within {timeout_seconds} s")
        if name in self.lost:
            self.lost.remove(name)
            raise ConnectionError("reset by peer")
        return answer

    def create(self, document: Booked) -> Booked:
        assert len(document.reference) <= REFERENCE_LENGTH
        for account, _, _ in document.lines:
            if account in self.missing_accounts:
                raise BusinessError("account", f"account {account} does not exist")
        if document.party in self.blocked_parties:
            raise BusinessError("party", f"party {document.party} is blocked for posting")
        document.number = f"FI-{len(self.documents) + 1:08d}"
        self.documents.append(document)
        return document

    def post(self, document: Booked) -> Booked:
        if document.day < self.closed_before:
            raise BusinessError("period", f"the period of {document.day} is closed")
        if self.refuses_duplicates and self.posted(document.company, document.reference):
            raise BusinessError("duplicate", f"reference {document.reference} is taken")
        document.is_posted = True
        return document

    def posted(self, company: str, reference: str) -> list[Booked]:
        return [
            document
            for document in self.documents
            if document.is_posted and (document.company, document.reference) == (company, reference)
        ]


REMEDIES = {
    "period": "open the accounting period in the ERP, then send the posting again",
    "account": "create the account in the ERP, or publish the legal entity with another one",
    "party": "unblock the party in the ERP, then send the posting again",
}


class ForeignErp:
    """The adapter."""

    reference_length = REFERENCE_LENGTH

    def __init__(self, server: ForeignServer) -> None:
        self.server = server
        self.dies_between_create_and_post = False

    def find(self, legal_entity: str, external_reference: str) -> list[PostedDocument]:
        reference = short_reference(external_reference, REFERENCE_LENGTH)
        return [_document(booked) for booked in self._call("find", lambda: self.server.posted(legal_entity, reference))]

    def post(self, entry: JournalEntry) -> PostedDocument:
        if not total((line.amount for line in entry.lines), entry.currency).is_zero:
            raise UnbalancedEntry(f"entry {entry.external_reference} is out of balance")
        wanted = _booked(entry)
        draft = self._call("drafts", lambda: self._draft(wanted))
        if draft is None:
            draft = self._call("create", lambda: self.server.create(wanted))
        if self.dies_between_create_and_post:
            self.dies_between_create_and_post = False
            raise Killed
        return _document(self._call("post", lambda: self.server.post(draft)))

    def of_period(self, legal_entity: str, period: Period) -> Iterator[PostedDocument]:
        for booked in self._call("list", lambda: list(self.server.documents)):
            if booked.is_posted and booked.company == legal_entity and period.start <= booked.day < period.end:
                yield _document(booked)

    def _draft(self, wanted: Booked) -> Booked | None:
        """Find the draft of an earlier try; one that says something else is thrown away."""
        for draft in [document for document in self.server.documents if not document.is_posted]:
            if (draft.company, draft.reference) == (wanted.company, wanted.reference):
                if (draft.day, draft.currency, draft.lines) == (wanted.day, wanted.currency, wanted.lines):
                    return draft
                self.server.documents.remove(draft)
        return None

    def _call[T](self, name: str, work: Callable[[], T]) -> T:
        try:
            return self.server.call(name, work, TIMEOUT_SECONDS)
        except (ConnectionError, TimeoutError) as error:
            raise ExternalServiceUnavailable(f"the ERP did not answer {name}: {error}") from None
        except BusinessError as error:
            if error.code == "duplicate":
                raise DuplicateReference(str(error)) from None
            raise PostingRejected(str(error), remedy=REMEDIES[error.code], reason=error.code) from None


def _booked(entry: JournalEntry) -> Booked:
    zero = Decimal(0)
    return Booked(
        number="",
        company=entry.legal_entity,
        reference=short_reference(entry.external_reference, REFERENCE_LENGTH),
        party=entry.billing_account,
        day=entry.document_date,
        currency=entry.currency,
        lines=[(line.account, max(line.amount.amount, zero), max(-line.amount.amount, zero)) for line in entry.lines],
    )


def _document(booked: Booked) -> PostedDocument:
    return PostedDocument.of_lines(
        ((account, Money.of(debit - credit, booked.currency)) for account, debit, credit in booked.lines),
        external_reference=booked.reference,
        erp_id=booked.number,
        document_date=booked.day,
        currency=booked.currency,
    )
