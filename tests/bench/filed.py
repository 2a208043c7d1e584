"""A billed and posted month in files, so that a process that reconciles or proves it holds none of its stores.

`python -m tests.bench.filed FOLDER ACCOUNTS` bills so many accounts and posts their invoices: FOLDER/month.sqlite.
"""

import sqlite3
import sys
import threading
from collections.abc import Iterator, MutableMapping, Sequence
from pathlib import Path
from typing import Any, override

import msgspec

from billproof.ports import Document, Key, Record
from tests.bench import load
from tests.support.audited import AuditedMemoryRecords
from tests.support.fakes import MemoryObjects, MemoryRecords
from tests.support.world import INC, JANUARY, World

BATCH_SIZE, BUCKETS, EVENTS_AN_ACCOUNT = 100, 16, 5
FILE = "month.sqlite"
AFTER_EVERY_KEY = "\U0010ffff"
PRAGMAS = ("pragma synchronous = off", "pragma journal_mode = off", "pragma cache_size = -500")


class Table:
    """A table of keys of two parts and their bytes, in a file that several threads read and write in turn."""

    def __init__(self, path: Path, name: str) -> None:
        self._file = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._name, self._turn = name, threading.Lock()
        for pragma in PRAGMAS:
            self._file.execute(pragma)
        self._file.execute(
            f"create table if not exists {name} (partition text, sort text, data blob, "
            "primary key (partition, sort)) without rowid"
        )

    def read(self, partition: str, sort: str) -> bytes | None:
        """Return what is at a key."""
        found = self.rows("data", "partition = ? and sort = ?", (partition, sort))
        return found[0][0] if found else None

    def write(self, rows: Sequence[tuple[str, str, bytes]]) -> None:
        """Put some rows."""
        with self._turn:
            self._file.executemany(f"insert or replace into {self._name} values (?, ?, ?)", rows)  # noqa: S608 - ours

    def remove(self, partition: str, sort: str) -> None:
        """Remove what is at a key."""
        with self._turn:
            where = "where partition = ? and sort = ?"
            self._file.execute(f"delete from {self._name} {where}", (partition, sort))  # noqa: S608 - ours

    def rows(self, columns: str, where: str, values: Sequence[Any], order: str = "") -> list[tuple[Any, ...]]:
        """Return some rows."""
        with self._turn:
            sql = f"select {columns} from {self._name} where {where} {order}"  # noqa: S608 - ours
            return self._file.execute(sql, values).fetchall()


class FiledFacts(MutableMapping[Key, Document]):
    """The items of a store of facts, in a file."""

    def __init__(self, table: Table) -> None:
        self.table = table

    @override
    def __getitem__(self, key: Key) -> Document:
        data = self.table.read(key.partition, key.sort)
        if data is None:
            raise KeyError(key)
        document: Document = msgspec.json.decode(data)
        return document

    @override
    def __setitem__(self, key: Key, document: Document) -> None:
        self.table.write([(key.partition, key.sort, msgspec.json.encode(document))])

    @override
    def __delitem__(self, key: Key) -> None:
        self.table.remove(key.partition, key.sort)

    @override
    def __iter__(self) -> Iterator[Key]:
        return iter([Key(*row) for row in self.table.rows("partition, sort", "true", ())])

    @override
    def __len__(self) -> int:
        return int(self.table.rows("count(*)", "true", ())[0][0])


class FiledRecords(MemoryRecords):
    """Facts in a file."""

    def __init__(self, table: Table) -> None:
        super().__init__()
        self.table = table
        self.items: Any = FiledFacts(table)

    @override
    def query(
        self, partition: str, *, prefix: str = "", newest_first: bool = False, limit: int | None = None
    ) -> Iterator[Record]:
        order = f"order by sort {'desc' if newest_first else 'asc'} limit {-1 if limit is None else limit}"
        span = (partition, prefix, prefix + AFTER_EVERY_KEY)
        for (sort,) in self.table.rows("sort", "partition = ? and sort >= ? and sort < ?", span, order):
            key = Key(partition, sort)
            yield Record(key, self.items[key])


class FiledObjects(MemoryObjects):
    """Objects in a file; the partition of a key is its first part."""

    def __init__(self, table: Table) -> None:
        super().__init__()
        self._table = table
        self.items: Any = _FiledBytes(table)

    @override
    def create(self, key: str, data: bytes, *, content_type: str = "application/json") -> bool:
        if key in self.items:
            return False
        self.put(key, data, content_type=content_type)
        return True

    @override
    def keys(self, prefix: str) -> Iterator[str]:
        span = (prefix.partition("/")[0], prefix, prefix + AFTER_EVERY_KEY)
        for (key,) in self._table.rows("sort", "partition = ? and sort >= ? and sort < ?", span, "order by sort"):
            yield key


class _FiledBytes(MutableMapping[str, bytes]):
    def __init__(self, table: Table) -> None:
        self._table = table

    @override
    def __getitem__(self, key: str) -> bytes:
        data = self._table.read(key.partition("/")[0], key)
        if data is None:
            raise KeyError(key)
        return data

    @override
    def __setitem__(self, key: str, data: bytes) -> None:
        self._table.write([(key.partition("/")[0], key, data)])

    @override
    def __delitem__(self, key: str) -> None:
        self._table.remove(key.partition("/")[0], key)

    @override
    def __iter__(self) -> Iterator[str]:
        return iter([key for (key,) in self._table.rows("sort", "true", ())])

    @override
    def __len__(self) -> int:
        return int(self._table.rows("count(*)", "true", ())[0][0])


def world(folder: Path) -> World:
    """Return a world whose stores are in a folder: those of the month that was billed there, or new ones."""
    path = folder / FILE
    is_new = not path.exists()
    made = World(buckets=BUCKETS, batch_size=BATCH_SIZE, accounts=())
    for name, records in made.records.items():
        _move(records, Table(path, name), keeps=is_new)
    audit = FiledRecords(Table(path, "audit"))
    if is_new:
        audit._keep([Record(*item) for item in made.audit.items.items()])
    made.audit = audit
    objects = FiledObjects(Table(path, "objects"))
    if is_new:
        objects.items.update(made.objects.items)
    made.objects.memory = made.objects.below = objects
    return made


def _move(records: AuditedMemoryRecords, table: Table, *, keeps: bool) -> None:
    filed = FiledRecords(table)
    if keeps:
        filed._keep([Record(*item) for item in records.items.items()])
    records.memory = records.below = filed


def bill(folder: Path, accounts: int) -> None:
    """Bill a month of so many accounts, and post it."""
    made = world(folder)
    load.fill(made, accounts)
    load.ingest(made, load.calls(accounts * EVENTS_AN_ACCOUNT, accounts=accounts, days=30, first=2))
    statement = made.bill()
    if statement.released != accounts:
        raise AssertionError(statement.findings)
    for facts in made.register.of_period(INC, JANUARY):
        made.post(str(facts.id))


if __name__ == "__main__":
    bill(Path(sys.argv[1]), int(sys.argv[2]))
