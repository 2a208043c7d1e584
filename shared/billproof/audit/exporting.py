"""What an auditor is given: the chain as JSON lines and as a table, its anchors and heads, and a manifest of the files.

    blocks.jsonl     every block as it is stored, one to a line, chain by chain
    entries.csv      what each block says, one entry to a line
    anchors.jsonl    the anchors, day by day
    heads.json       the last block of every chain
    keys.jsonl       where it is asked for: the keys of the digests, by subject
    manifest.json    for each file its SHA-256, bytes and lines

docs/auditors/verify.py verifies such a folder, and imports nothing of ours. One block is in memory at a time. The
manifest is written last: a folder without one was not finished.
"""

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

from billproof.audit.chain import AuditChain
from billproof.audit.heads import Anchor, heads_of
from billproof.audit.keys import all_keys
from billproof.audit.model import AuditBlock
from billproof.audit.walking import all_blocks
from billproof.ids import canonical_json
from billproof.model import canonical_model
from billproof.sheets import Sheet

COLUMNS = ("chain", "sequence", "at", "function", "request", "what", "store", "place", "subject", "digest", "size")
MORE_COLUMNS = ("by", "why", "before")
MANIFEST = "manifest.json"


class WrittenFile:
    """A file that is written piece by piece, and what the manifest says of it."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._hash = hashlib.sha256()
        self._bytes = self._lines = 0

    def write(self, text: str) -> None:
        """Write text, as a writer of tables does."""
        self.add(text.encode())

    def add(self, data: bytes) -> None:
        """Write bytes."""
        self._file.write(data)
        self._hash.update(data)
        self._bytes += len(data)
        self._lines += data.count(b"\n")

    def stated(self) -> dict[str, str | int]:
        """Return what the manifest says of it."""
        return {"sha256": self._hash.hexdigest(), "bytes": self._bytes, "lines": self._lines}


def export(chain: AuditChain, anchors: Iterable[Anchor], folder: Path, *, at: str, with_keys: bool) -> tuple[str, ...]:
    """Write an export into a folder, and return the names of its files."""
    (folder / MANIFEST).unlink(missing_ok=True)
    with ExitStack() as stack:

        def new(name: str) -> WrittenFile:
            return WrittenFile(stack.enter_context((folder / name).open("wb")))

        files = {name: new(name) for name in ("blocks.jsonl", "entries.csv", "anchors.jsonl", "heads.json")}
        _write_blocks(chain, files["blocks.jsonl"], files["entries.csv"])
        for anchor in anchors:
            files["anchors.jsonl"].add(canonical_model(anchor) + b"\n")
        files["heads.json"].add(canonical_json([head.model_dump(mode="json") for head in heads_of(chain)]))
        if with_keys:
            files["keys.jsonl"] = new("keys.jsonl")
            for subject, key in all_keys(chain.records):
                files["keys.jsonl"].add(canonical_json({"subject": subject, "key": key}) + b"\n")
    manifest = {
        "schema_version": "billproof.audit-export/1",
        "exported_at": at,
        "files": {name: file.stated() for name, file in sorted(files.items())},
    }
    (folder / MANIFEST).write_bytes(canonical_json(manifest))
    return (*files, MANIFEST)


def _write_blocks(chain: AuditChain, blocks: WrittenFile, table: WrittenFile) -> None:
    sheet = Sheet(table)
    sheet.add((*COLUMNS, *MORE_COLUMNS))
    for block in all_blocks(chain):
        blocks.add(canonical_json(block.document()) + b"\n")
        sheet.add_all(_rows(block))


def _rows(block: AuditBlock) -> Iterator[tuple[str | int, ...]]:
    where = (block.chain, block.sequence, block.at, block.function, block.request)
    for entry in block.entries:
        what = (entry.what, entry.store, " ".join(entry.place), entry.subject, entry.digest, entry.size)
        yield (*where, *what, entry.by, entry.why, " ".join(entry.before))
