"""The embedded general ledger: our own books, for those who have no ERP, and an adapter of the port like any other.

documents#<entity>#<shard>              <external reference>     the entry
journal#<entity>#<month>#<shard>        <external reference>     where to find it by the month of its date

Before 2026-11-26 the month was the billing period's: of entries that were posted then, a month lists its own and those
of the billing period before it, which are dated on its first day. The others of them are found by their references.
"""

from collections.abc import Iterator

from billproof.erp.port import PostedDocument
from billproof.errors import Contended, DuplicateReference, UnbalancedEntry
from billproof.ids import shard_of
from billproof.ledger.model import JournalEntry
from billproof.money import total
from billproof.periods import Period, month_name
from billproof.ports import Key, Record, Records
from billproof.store_keys import partition_name

LEDGER_SHARDS = 8


class EmbeddedLedger:
    """A general ledger over records: unique references, balanced entries, nothing edited."""

    reference_length = 64

    def __init__(self, records: Records) -> None:
        self._records = records

    def entry(self, legal_entity: str, external_reference: str) -> JournalEntry | None:
        """Return the whole entry under a reference, or None: our own books keep more than the port asks for."""
        stored = self._records.get(_document_key(legal_entity, external_reference))
        return JournalEntry.model_validate(stored) if stored else None

    def find(self, legal_entity: str, external_reference: str) -> list[PostedDocument]:
        """Return the document under a reference, if there is one."""
        entry = self.entry(legal_entity, external_reference)
        return [_document(entry)] if entry else []

    def post(self, entry: JournalEntry) -> PostedDocument:
        """Post an entry; raises DuplicateReference, UnbalancedEntry or Contended."""
        left = total((line.amount for line in entry.lines), entry.currency)
        if not left.is_zero:
            message = f"entry {entry.external_reference} is out of balance by {left}"
            raise UnbalancedEntry(message)
        shard = shard_of(entry.external_reference, LEDGER_SHARDS)
        journal = partition_name("journal", entry.legal_entity, month_name(entry.document_date), str(shard))
        written = self._records.create_all(
            [
                Record(_document_key(entry.legal_entity, entry.external_reference), entry.model_dump(mode="json")),
                Record(Key(journal, entry.external_reference), {"external_reference": entry.external_reference}),
            ]
        )
        if not written and self.entry(entry.legal_entity, entry.external_reference) is None:
            message = f"{entry.external_reference} was written by another process at the same time and is not stored"
            raise Contended(message)
        if not written:
            message = f"{entry.external_reference} is posted already"
            raise DuplicateReference(message)
        return _document(entry)

    def of_period(self, legal_entity: str, period: Period) -> Iterator[PostedDocument]:
        """Yield the documents that are dated in a period."""
        month = Period.month_ending(Period.month(month_name(period.start)).start)
        while month.start < period.end:
            for shard in range(LEDGER_SHARDS):
                for record in self._records.query(partition_name("journal", legal_entity, month.name, str(shard))):
                    entry = self.entry(legal_entity, record.key.sort)
                    if entry is not None and period.start <= entry.document_date < period.end:
                        yield _document(entry)
            month = month.next()


def _document(entry: JournalEntry) -> PostedDocument:
    """Say what the ledger holds; it numbers nothing itself: its own id of a document is the reference."""
    reference = entry.external_reference
    return PostedDocument.of_entry(entry, external_reference=reference, erp_id=reference)


def _document_key(legal_entity: str, external_reference: str) -> Key:
    return Key(
        partition_name("documents", legal_entity, str(shard_of(external_reference, LEDGER_SHARDS))), external_reference
    )
