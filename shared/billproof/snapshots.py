"""Facts of some partitions, copied into a file once: several processes read them, and no memory holds them.

What is in other partitions is read from the store below.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

from billproof.ids import canonical_json
from billproof.ports import Document, Key, Record, Records
from billproof.remembering import ReadRecords

AFTER_EVERY_KEY = "\U0010ffff"
FACTS = """create table if not exists facts (partition text, sort text, document text,
    primary key (partition, sort)) without rowid"""
PASSING = ("pragma synchronous = off", "pragma journal_mode = memory")
"""The file goes with the work that it is for: nobody waits until a disk has it."""
QUERY = "select sort, document from facts where partition = ? and sort >= ? and sort < ? order by sort"


class SnapshotRecords(ReadRecords):
    """Facts over a file that holds some partitions."""

    def __init__(self, below: Records, path: Path) -> None:
        self._below = below
        self._file = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        for pragma in PASSING:
            self._file.execute(pragma)
        self._file.execute("create table if not exists partitions (name text primary key)")
        self._file.execute(FACTS)
        self._partitions = {name for (name,) in self._file.execute("select name from partitions")}

    def load(self, partitions: Iterable[str]) -> None:
        """Copy some partitions, each read once."""
        for partition in partitions:
            self._file.execute("begin")
            rows = (
                (partition, record.key.sort, canonical_json(dict(record.document)).decode())
                for record in self._below.query(partition)
            )
            self._file.executemany("insert or replace into facts values (?, ?, ?)", rows)
            self._file.execute("insert or replace into partitions values (?)", (partition,))
            self._file.execute("commit")
            self._partitions.add(partition)

    def get(self, key: Key) -> Document | None:
        """Return the fact at the key, or None."""
        if key.partition not in self._partitions:
            return self._below.get(key)
        sql = "select document from facts where partition = ? and sort = ?"
        row = self._file.execute(sql, (key.partition, key.sort)).fetchone()
        return json.loads(row[0]) if row else None

    def query(
        self, partition: str, *, prefix: str = "", newest_first: bool = False, limit: int | None = None
    ) -> Iterator[Record]:
        """Yield a partition's facts in the order of their sort keys."""
        if partition not in self._partitions:
            yield from self._below.query(partition, prefix=prefix, newest_first=newest_first, limit=limit)
            return
        sql = f"{QUERY} {'desc' if newest_first else 'asc'} limit ?"
        span = (partition, prefix, prefix + AFTER_EVERY_KEY, -1 if limit is None else limit)
        for sort, document in self._file.execute(sql, span):
            yield Record(Key(partition, sort), json.loads(document))

    def close(self) -> None:
        """Close the file."""
        self._file.close()
