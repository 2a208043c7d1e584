"""Large documents among records: what a record would not take is compressed, and read again as it was.

A contract of 2,000 charges is 700 KB of JSON; DynamoDB keeps 400 KB in an item.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Iterator, Sequence
from dataclasses import replace

from billproof.ids import canonical_json
from billproof.ports import Document, Key, Record, Records

PACKED = "packed"
MOST_PLAIN_CHARGES = 200
"""Charges of a contract that is kept as it is; one of more is compressed."""


class PackedRecords:
    """Records whose large documents are compressed: what is read is what was written."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def get(self, key: Key) -> Document | None:
        """Return a document, or None."""
        document = self._records.get(key)
        return None if document is None else _unpacked(document)

    def create_all(self, records: Sequence[Record]) -> bool:
        """Write all of the records, or none where any of their keys is taken."""
        return self._records.create_all([replace(record, document=_packed(record.document)) for record in records])

    def query(
        self, partition: str, *, prefix: str = "", newest_first: bool = False, limit: int | None = None
    ) -> Iterator[Record]:
        """Yield a partition's records in the order of their sort keys."""
        for record in self._records.query(partition, prefix=prefix, newest_first=newest_first, limit=limit):
            yield Record(record.key, _unpacked(record.document))


def _packed(document: Document) -> Document:
    if len(document.get("charges", ())) <= MOST_PLAIN_CHARGES:
        return document
    from backports import zstd

    packed = b64encode(zstd.compress(canonical_json(dict(document)))).decode()
    return {"kind": document["kind"], PACKED: packed}


def _unpacked(document: Document) -> Document:
    if PACKED not in document:
        return document
    from backports import zstd

    unpacked: Document = json.loads(zstd.decompress(b64decode(document[PACKED])))
    return unpacked
