"""An export of the audit chain is written block by block: memory does not grow with the chain."""

import json
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from billproof.audit.chain import CHAINS, AuditChain, blocks_partition
from billproof.audit.exporting import export
from billproof.audit.model import NOTHING_BEFORE, AuditBlock, Entry
from billproof.periods import instant_text
from billproof.ports import Key, Record
from billproof.store_keys import sequence_text
from tests.support.fakes import MemoryRecords

NOW = datetime(2013, 2, 2, tzinfo=UTC)
CHAIN = "sky/0"
ENTRIES = tuple(
    Entry(what="object", store="objects", place=(f"usage/{number}",), subject="s", digest="0" * 64, size=1)
    for number in range(8)
)


class LongChain(MemoryRecords):
    """One chain of so many blocks, each made when it is read and kept by nobody: an hour passes between two."""

    def __init__(self, blocks: int) -> None:
        super().__init__()
        self.blocks = blocks

    def query(
        self, partition: str, *, prefix: str = "", newest_first: bool = False, limit: int | None = None
    ) -> Iterator[Record]:
        if partition == CHAINS:
            yield Record(Key(CHAINS, CHAIN), {"chain": CHAIN})
        elif partition == blocks_partition(CHAIN) and not newest_first:
            yield from self._made()

    def _made(self) -> Iterator[Record]:
        before = NOTHING_BEFORE
        for sequence in range(1, self.blocks + 1):
            at = instant_text(NOW + timedelta(hours=sequence))
            block = AuditBlock.seal(
                AuditBlock(
                    chain=CHAIN, sequence=sequence, previous=before, at=at, function="f", request="r", entries=ENTRIES
                )
            )
            before = block.hash
            yield Record(Key(blocks_partition(CHAIN), sequence_text(sequence)), block.document())


def most_memory(blocks: int, folder: Path) -> int:
    folder.mkdir()
    chain = AuditChain(lambda: LongChain(blocks), lambda: NOW)
    tracemalloc.start()
    try:
        export(chain, iter(()), folder, at="2013-02-03T00:00:00Z", with_keys=False)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_an_export_of_ten_times_as_many_blocks_takes_no_more_memory(tmp_path: Path) -> None:
    most_memory(10, tmp_path / "warm")
    few, many = most_memory(60, tmp_path / "few"), most_memory(600, tmp_path / "many")
    assert many < few * 1.5, (few, many)
    stated = json.loads((tmp_path / "many" / "manifest.json").read_text())["files"]
    assert (stated["blocks.jsonl"]["lines"], stated["entries.csv"]["lines"]) == (600, 600 * len(ENTRIES) + 1)
    assert stated["blocks.jsonl"]["bytes"] == (tmp_path / "many" / "blocks.jsonl").stat().st_size > few


def test_an_export_that_was_not_finished_has_no_manifest(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text("{}")

    class Broken(LongChain):
        def _made(self) -> Iterator[Record]:
            yield from super()._made()
            raise OSError("the connection is gone")

    with pytest.raises(OSError, match="gone"):
        export(AuditChain(lambda: Broken(3), lambda: NOW), (), tmp_path, at="", with_keys=False)
    assert not (tmp_path / "manifest.json").exists()
