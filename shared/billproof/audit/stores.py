"""The stores that the product writes through: each fact and object is recorded in the chain.

facts      in the transaction of the facts: neither is ever there without the other
objects    before they are put: nothing is stored without a record
"""

import json
from collections.abc import Callable, Iterator, Sequence
from typing import IO

from billproof.audit.chain import ENTRIES_LIMIT, AuditChain
from billproof.audit.model import FACT, OBJECT, OBJECTS, Entry
from billproof.audit.naming import Owners, chain_of, owner_of_object, owner_of_record
from billproof.errors import BillproofError
from billproof.ids import canonical_json
from billproof.ports import Document, Key, LinkableRecords, Linkage, NewObject, Objects, Record

REMEMBERED = 10_000


class AuditedRecords:
    """Facts of one store, each recorded in the chain in the transaction that writes it."""

    def __init__(self, below: LinkableRecords, chain: AuditChain, *, store: str, owners: Owners) -> None:
        self.below = below
        self._chain = chain
        self._store = store
        self.owners = owners

    def get(self, key: Key) -> Document | None:
        """Return the fact at the key, or None."""
        return self.below.get(key)

    def create(self, record: Record) -> bool:
        """Write a fact and its record where none is; False (and no record) where the key is taken."""
        return self.create_all([record])

    def create_all(self, records: Sequence[Record]) -> bool:
        """Write all facts and their records, or none; False where any key is taken."""
        if not records:
            return True
        entries = [self.entry(record) for record in records]
        chain = chain_of(owner_of_record(records[0], self.owners).owner, entries[0].place)

        def write(links: Sequence[Record]) -> Linkage:
            return self.below.create_beside(records, self._chain.records, links)

        return self._chain.append(chain, entries, write) is not None

    def entry(self, record: Record, *, what: str = FACT) -> Entry:
        """Return the entry of a fact."""
        subject = owner_of_record(record, self.owners).subject
        return Entry(
            what=what,
            store=self._store,
            place=(record.key.partition, record.key.sort),
            subject=subject,
            digest=self._chain.keys.digest(subject, canonical_json(dict(record.document))),
            by=_person(record.document),
            before=(record.before.partition, record.before.sort) if record.before else (),
        )

    def query(
        self, partition: str, *, prefix: str = "", newest_first: bool = False, limit: int | None = None
    ) -> Iterator[Record]:
        """Yield a partition's facts in the order of their sort keys."""
        return self.below.query(partition, prefix=prefix, newest_first=newest_first, limit=limit)

    def query_after(self, partition: str, sort: str) -> Iterator[Record]:
        """Yield the facts of a partition whose sort keys come after one."""
        return self.below.query_after(partition, sort)

    def all(self) -> Iterator[Record]:
        """Yield every fact."""
        return self.below.all()


class AuditedObjects:
    """Objects, each recorded in the chain before it is put. One that this process recorded before is put again only."""

    def __init__(self, below: Objects, chain: AuditChain, *, store: str = OBJECTS) -> None:
        self.below = below
        self._chain = chain
        self._store = store
        self._recorded: dict[str, str] = {}

    def get(self, key: str) -> bytes:
        """Return the bytes; raises NotFound."""
        return self.below.get(key)

    def copy_to(self, file: IO[bytes], key: str, *, fits: Callable[[int], bool]) -> bool:
        """Write the bytes to a file; False where their number does not fit."""
        return self.below.copy_to(file, key, fits=fits)

    def put(self, key: str, data: bytes, *, content_type: str = "application/json") -> None:
        """Record and write the bytes."""
        for error in self.put_all([NewObject(key, data, content_type)]).values():
            raise error

    def put_all(self, objects: Sequence[NewObject]) -> dict[str, BillproofError]:
        """Record and write all that can be written: one block for each owner. What has no record is not written."""
        entries = {new.key: self.entry(new.key, new.data) for new in objects}
        news = [new for new in objects if self._recorded.get(new.key) != entries[new.key].digest]
        failed: dict[str, BillproofError] = {}
        blocks: list[tuple[str, int, list[str]]] = []
        for chain, keys in _by_chain([new.key for new in news]):
            try:
                sequence = self._chain.append(chain, [entries[key] for key in keys])
            except BillproofError as error:
                failed.update(dict.fromkeys(keys, error))
            else:
                blocks.append((chain, sequence or 0, keys))
        failed |= self.below.put_all([new for new in objects if new.key not in failed])
        for chain, sequence, keys in blocks:
            if failed.keys().isdisjoint(keys):
                self._chain.is_written(chain, sequence)
                self._remember({key: entries[key].digest for key in keys})
        return failed

    def create(self, key: str, data: bytes, *, content_type: str = "application/json") -> bool:
        """Record and write the bytes where nothing is; False where the key is taken."""
        if next(iter(self.below.keys(key)), None) == key:
            return False
        chain = chain_of(owner_of_object(key).owner, (key,))
        sequence = self._chain.append(chain, [self.entry(key, data)]) or 0
        is_written = self.below.create(key, data, content_type=content_type)
        (self._chain.is_written if is_written else self._chain.is_void)(chain, sequence)
        return is_written

    def record(self, key: str, data: bytes) -> None:
        """Record bytes that are there already: somebody else put them, such as a bank."""
        entry = self.entry(key, data)
        if self._recorded.get(key) != entry.digest:
            chain = chain_of(owner_of_object(key).owner, (key,))
            self._chain.is_written(chain, self._chain.append(chain, [entry]) or 0)
            self._remember({key: entry.digest})

    def entry(self, key: str, data: bytes, *, what: str = OBJECT) -> Entry:
        """Return the entry of an object."""
        subject = owner_of_object(key).subject
        digest = self._chain.keys.digest(subject, data)
        return Entry(what=what, store=self._store, place=(key,), subject=subject, digest=digest, size=len(data))

    def keys(self, prefix: str) -> Iterator[str]:
        """Yield the keys below a prefix, in order."""
        return self.below.keys(prefix)

    def forget(self) -> None:
        """Forget what this process recorded, as another one would."""
        self._recorded.clear()

    def _remember(self, digests: dict[str, str]) -> None:
        if len(self._recorded) + len(digests) > REMEMBERED:
            self._recorded.clear()
        self._recorded |= digests


def _by_chain(keys: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """Divide keys among blocks: those of one owner go into one chain, by the first of them."""
    by_owner: dict[str, list[str]] = {}
    for key in keys:
        by_owner.setdefault(owner_of_object(key).owner, []).append(key)
    for owner, mine in by_owner.items():
        chain = chain_of(owner, (mine[0],))
        for start in range(0, len(mine), ENTRIES_LIMIT):
            yield chain, mine[start : start + ENTRIES_LIMIT]


def _person(document: Document) -> str:
    """Return who asked for, decided or signed what a fact says, as it names them."""
    for name in sorted(document):
        value = document[name]
        if name.endswith("_by") and value:
            return value if isinstance(value, str) else json.dumps(value, sort_keys=True)
    return ""
