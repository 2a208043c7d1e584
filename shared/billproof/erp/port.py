"""What an ERP must do for us, in no more than a real one keeps.

A real ERP keeps a reference of some 16 to 32 characters, lines by account with debit and credit, a date, a currency and
a number of its own. Invoice ids, memos and kinds of entries may be written into its texts for people, but nothing here
reads them back.

    find -> none    post -> create a draft, or take up the draft of an earlier try; post it    find -> compare
                                     ^ died: a draft, which is not posted            ^ died: found, compared, adopted
"""

from base64 import b32encode
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from hashlib import sha256
from typing import Protocol, Self

from billproof.errors import InvalidInput
from billproof.ledger.model import JournalEntry
from billproof.model import Model
from billproof.money import Money, total
from billproof.periods import Period

LEAST_REFERENCE_LENGTH = 16
"""What the reference field of an ERP must hold at least: 80 bits of a digest, at five bits a character."""


class PostedDocument(Model):
    """A document as an ERP holds it: its reference and own id, and what it moves on each account.

    A positive total is a debit, a negative one a credit; an account that comes to zero is left out.
    """

    external_reference: str
    erp_id: str
    document_date: date
    currency: str
    totals: dict[str, Money]

    @classmethod
    def of_lines(
        cls,
        lines: Iterable[tuple[str, Money]],
        *,
        external_reference: str,
        erp_id: str,
        document_date: date,
        currency: str,
    ) -> Self:
        """Make a document of an ERP's lines, each an account and an amount that is positive for a debit."""
        amounts: dict[str, list[Money]] = {}
        for account, amount in lines:
            amounts.setdefault(account, []).append(amount)
        totals = {account: total(amounts[account], currency) for account in sorted(amounts)}
        return cls(
            external_reference=external_reference,
            erp_id=erp_id,
            document_date=document_date,
            currency=currency,
            totals={account: amount for account, amount in totals.items() if not amount.is_zero},
        )

    @classmethod
    def of_entry(cls, entry: JournalEntry, *, external_reference: str, erp_id: str) -> Self:
        """Say what an ERP holds that posted an entry as it is."""
        return cls.of_lines(
            ((line.account, line.amount) for line in entry.lines),
            external_reference=external_reference,
            erp_id=erp_id,
            document_date=entry.document_date,
            currency=entry.currency,
        )

    @property
    def accounting(self) -> str:
        """Date, currency and totals in one text: two documents with the same text say the same."""
        totals = ", ".join(f"{account} {self.totals[account].text}" for account in sorted(self.totals))
        return f"{self.document_date} {self.currency} {totals}"

    @property
    def debits(self) -> Money:
        """What the document moves: the sum of its debits."""
        return total((amount for amount in self.totals.values() if amount.amount > 0), self.currency)

    def on(self, account: str) -> Money:
        """Return what the document leaves on a ledger account."""
        return self.totals.get(account, Money.zero(self.currency))


class Erp(Protocol):
    """A general ledger that takes documents by external reference; it need not refuse a reference that is taken."""

    reference_length: int
    """How many characters its reference field holds; adapters write `short_reference(...)` of that length into it."""

    def find(self, legal_entity: str, external_reference: str) -> list[PostedDocument]:
        """Return the posted documents under a reference: none, one, or more where the ERP took it twice.

        A draft is not posted. Raises ExternalServiceUnavailable.
        """

    def post(self, entry: JournalEntry) -> PostedDocument:
        """Post an entry, taking up a draft that an earlier try left; return the document as the ERP holds it.

        DuplicateReference            the ERP refuses the reference: a document under it is posted already
        PostingRejected               it will not take the entry as things are: period closed, account missing, party
                                      blocked; the remedy says what to do there; never tried again here
        UnbalancedEntry               debits and credits differ
        ExternalServiceUnavailable    no answer, none in time, or one that leaves open whether it was posted: the
                                      message comes again, and is looked up first
        """

    def of_period(self, legal_entity: str, period: Period) -> Iterator[PostedDocument]:
        """Yield the posted documents that are dated in a period, of the journals that billproof posts in.

        Raises ExternalServiceUnavailable.
        """


Erps = Mapping[str, Erp]
"""The ERPs that are configured, by the name that a legal entity gives."""


def short_reference(reference: str, length: int) -> str:
    """Return a reference that fits a field: itself, or a digest of that length, the same for ever.

    Cut off references would be the same for many documents. Raises InvalidInput for a field that is too short.
    """
    if length < LEAST_REFERENCE_LENGTH:
        message = f"a reference field of {length} characters is too short: {LEAST_REFERENCE_LENGTH} are needed"
        raise InvalidInput(message)
    if len(reference) <= length:
        return reference
    return b32encode(sha256(reference.encode()).digest()).decode().rstrip("=")[:length]


def erp_named(name: str, erps: Erps) -> Erp:
    """Return a configured ERP; raises InvalidInput for one that is not."""
    erp = erps.get(name)
    if erp is None:
        message = f"the ERP {name} is not configured: give its settings, or name another in the legal entity"
        raise InvalidInput(message, configured=", ".join(sorted(erps)))
    return erp
