"""Reading once: stores that remember what they answered, for a reader of what does not change, such as a proof.

What is remembered lives as long as the reader keeps the store; facts are added and never edited, objects immutable.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import IO

from billproof.errors import BillproofError, NotFound
from billproof.ports import Document, Key, NewObject, Objects, Record, Records

REMEMBERED_BYTES = 64 * 2**20
"""Bytes of objects that are remembered; further ones are read again."""
READ_ONLY = "{} is not written: the store that remembers is for reading"


class ReadRecords:
    """The writing half of facts that are for reading: it refuses."""

    def create(self, record: Record) -> bool:
        """Refuse."""
        return self.create_all([record])

    def create_all(self, records: Sequence[Record]) -> bool:
        """Refuse."""
        raise TypeError(READ_ONLY.format(records[0].key))


class RememberedRecords(ReadRecords):
    """Facts, each look-up asked once. With `whole`, a look-up of one fact reads its partition, which has few."""

    def __init__(self, below: Records, *, whole: bool = False) -> None:
        self._below = below
        self._whole = whole
        self._facts: dict[Key, Document | None] = {}
        self._partitions: dict[str, dict[Key, Document]] = {}
        self._queries: dict[tuple[str, str, bool, int | None], list[Record]] = {}

    def get(self, key: Key) -> Document | None:
        """Return the fact at the key, or None."""
        if self._whole:
            return self._partition(key.partition).get(key)
        if key not in self._facts:
            self._facts[key] = self._below.get(key)
        return self._facts[key]

    def _partition(self, partition: str) -> dict[Key, Document]:
        if partition not in self._partitions:
            self._partitions[partition] = {record.key: record.document for record in self.query(partition)}
        return self._partitions[partition]

    def query(
        self, partition: str, *, prefix: str = "", newest_first: bool = False, limit: int | None = None
    ) -> Iterator[Record]:
        """Yield a partition's facts in the order of their sort keys."""
        query = (partition, prefix, newest_first, limit)
        if query not in self._queries:
            records = self._below.query(partition, prefix=prefix, newest_first=newest_first, limit=limit)
            self._queries[query] = list(records)
        yield from self._queries[query]


class RememberedObjects:
    """Objects, each read once as long as there is room."""

    def __init__(self, below: Objects, *, room: int = REMEMBERED_BYTES) -> None:
        self._below = below
        self._room = room
        self._objects: dict[str, bytes | NotFound] = {}

    def get(self, key: str) -> bytes:
        """Return the bytes; raises NotFound."""
        answer = self._objects[key] if key in self._objects else self._read(key)
        if isinstance(answer, NotFound):
            raise answer
        return answer

    def copy_to(self, file: IO[bytes], key: str, *, fits: Callable[[int], bool]) -> bool:
        """Write the bytes to a file; False where their number does not fit. They are not remembered."""
        return self._below.copy_to(file, key, fits=fits)

    def _read(self, key: str) -> bytes | NotFound:
        answer: bytes | NotFound
        try:
            answer = self._below.get(key)
        except NotFound as error:
            answer = error
        else:
            self._room -= len(answer)
        if self._room > 0:
            self._objects[key] = answer
        return answer

    def put(self, key: str, data: bytes, *, content_type: str = "application/json") -> None:
        """Refuse."""
        self.put_all([NewObject(key, data, content_type)])

    def put_all(self, objects: Sequence[NewObject]) -> dict[str, BillproofError]:
        """Refuse."""
        raise TypeError(READ_ONLY.format(objects[0].key))

    def create(self, key: str, data: bytes, *, content_type: str = "application/json") -> bool:
        """Refuse."""
        return not self.put_all([NewObject(key, data, content_type)])

    def keys(self, prefix: str) -> Iterator[str]:
        """Yield the keys below a prefix, in order, as they are now."""
        return self._below.keys(prefix)
