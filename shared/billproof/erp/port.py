"""What an ERP must do for us."""

from collections.abc import Iterator
from typing import Protocol

from billproof.ledger.model import JournalEntry


class Erp(Protocol):
    """A general ledger that takes documents by external reference."""

    def find(self, legal_entity: str, external_reference: str) -> JournalEntry | None:
        """Return the document under a reference as the ERP holds it, or None."""

    def post(self, entry: JournalEntry) -> None:
        """Post a document; raises DuplicateReference, UnbalancedEntry or ExternalServiceUnavailable."""

    def of_period(self, legal_entity: str, period: str) -> Iterator[JournalEntry]:
        """Yield the documents of a legal entity and billing period."""
