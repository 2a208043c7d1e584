"""Stores over stores: what is written stays in memory, what is not there is read from below. Nothing below changes."""

from collections.abc import Callable, Iterator, Sequence
from typing import IO

from billproof.errors import BillproofError
from billproof.ids import canonical_json
from billproof.ports import Document, Key, NewObject, Objects, Record, Records


class OverlayObjects:
    """Objects whose writes stay in memory."""

    def __init__(self, below: Objects) -> None:
        self._below = below
        self._mine: dict[str, bytes] = {}

    def get(self, key: str) -> bytes:
        """Return the bytes; raises NotFound."""
        return self._mine[key] if key in self._mine else self._below.get(key)

    def copy_to(self, file: IO[bytes], key: str, *, fits: Callable[[int], bool]) -> bool:
        """Write the bytes to a file; False where their number does not fit."""
        if key not in self._mine:
            return self._below.copy_to(file, key, fits=fits)
        is_wanted = fits(len(self._mine[key]))
        if is_wanted:
            file.write(self._mine[key])
        return is_wanted

    def put(self, key: str, data: bytes, *, content_type: str = "application/json") -> None:
        """Keep the bytes; nobody asks for their type."""
        del content_type
        self._mine[key] = data

    def put_all(self, objects: Sequence[NewObject]) -> dict[str, BillproofError]:
        """Keep them all."""
        for new in objects:
            self.put(new.key, new.data)
        return {}

    def create(self, key: str, data: bytes, *, content_type: str = "application/json") -> bool:
        """Keep the bytes where nothing is, below or here."""
        if next(iter(self._below.keys(key)), None) == key or key in self._mine:
            return False
        self.put(key, data, content_type=content_type)
        return True

    def keys(self, prefix: str) -> Iterator[str]:
        """Yield the keys below a prefix, in order."""
        yield from sorted({*self._below.keys(prefix), *(key for key in self._mine if key.startswith(prefix))})


class OverlayRecords:
    """Facts whose writes stay in memory."""

    def __init__(self, below: Records) -> None:
        self._below = below
        self._mine: dict[Key, Document] = {}

    def get(self, key: Key) -> Document | None:
        """Return the fact at the key, or None."""
        return self._mine[key] if key in self._mine else self._below.get(key)

    def create(self, record: Record) -> bool:
        """Keep a fact where none is."""
        return self.create_all([record])

    def create_all(self, records: Sequence[Record]) -> bool:
        """Keep all facts or none."""
        if any(self.get(record.key) is not None for record in records):
            return False
        for record in records:
            canonical_json(dict(record.document))  # refuses floats, as the store below does
            self._mine[record.key] = record.document
        return True

    def query(
        self, partition: str, *, prefix: str = "", newest_first: bool = False, limit: int | None = None
    ) -> Iterator[Record]:
        """Yield a partition's facts in the order of their sort keys."""
        records = {record.key: record for record in self._below.query(partition, prefix=prefix)}
        mine = (key for key in self._mine if key.partition == partition and key.sort.startswith(prefix))
        records |= {key: Record(key, self._mine[key]) for key in mine}
        for key in sorted(records, reverse=newest_first)[:limit]:
            yield records[key]
