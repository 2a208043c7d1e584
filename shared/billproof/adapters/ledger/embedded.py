"""The embedded general ledger: our own books, for those who have no ERP yet, and the first adapter of the port.

documents#<entity>#<shard>              <external reference>     the entry
journal#<entity>#<period>#<shard>       <external reference>     where to find it by period
"""

from collections.abc import Iterator

from billproof.errors import Contended, DuplicateReference, UnbalancedEntry
from billproof.ids import shard_of
from billproof.ledger.model import JournalEntry
from billproof.money import total
from billproof.ports import Key, Record, Records

LEDGER_SHARDS = 8


class EmbeddedLedger:
    """A general ledger over records: unique references, balanced entries, nothing edited."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def find(self, legal_entity: str, external_reference: str) -> JournalEntry | None:
        """Return the document under a reference, or None."""
        found = self._records.get(_document_key(legal_entity, external_reference))
        return JournalEntry.model_validate(found) if found else None

    def post(self, entry: JournalEntry) -> None:
        """Post a document; raises DuplicateReference, UnbalancedEntry or Contended."""
        left = total((line.amount for line in entry.lines), entry.currency)
        if not left.is_zero:
            message = f"entry {entry.external_reference} is out of balance by {left}"
            raise UnbalancedEntry(message)
        journal = f"journal#{entry.legal_entity}#{entry.period}#{shard_of(entry.external_reference, LEDGER_SHARDS)}"
        written = self._records.create_all(
            [
                Record(_document_key(entry.legal_entity, entry.external_reference), entry.model_dump(mode="json")),
                Record(Key(journal, entry.external_reference), {"external_reference": entry.external_reference}),
            ]
        )
        if not written and self.find(entry.legal_entity, entry.external_reference) is None:
            message = f"{entry.external_reference} was written by another process at the same time and is not stored"
            raise Contended(message)
        if not written:
            message = f"{entry.external_reference} is posted already"
            raise DuplicateReference(message)

    def of_period(self, legal_entity: str, period: str) -> Iterator[JournalEntry]:
        """Yield the documents of a legal entity and billing period."""
        for shard in range(LEDGER_SHARDS):
            for record in self._records.query(f"journal#{legal_entity}#{period}#{shard}"):
                entry = self.find(legal_entity, record.key.sort)
                if entry is not None:
                    yield entry


def _document_key(legal_entity: str, external_reference: str) -> Key:
    return Key(f"documents#{legal_entity}#{shard_of(external_reference, LEDGER_SHARDS)}", external_reference)
