"""What an auditor is given: the chain as JSON lines and as a table, its anchors and heads, and a manifest of the files.

    blocks.jsonl     every block as it is stored, one to a line, chain by chain
    entries.csv      what each block says, one entry to a line
    anchors.jsonl    the anchors, day by day
    heads.json       the last block of every chain
    keys.jsonl       where it is asked for: the keys of the digests, by subject
    manifest.json    for each file its SHA-256, bytes and lines

docs/auditors/verify.py verifies such a folder, and imports nothing of ours.
"""

import csv
import io
from collections.abc import Iterator, Sequence

from billproof.audit.chain import AuditChain
from billproof.audit.heads import Anchor, heads_of
from billproof.audit.model import AuditBlock
from billproof.audit.walking import all_blocks
from billproof.ids import canonical_json, digest_bytes

COLUMNS = ("chain", "sequence", "at", "function", "request", "what", "store", "place", "subject", "digest", "size")
MORE_COLUMNS = ("by", "why")


def export(chain: AuditChain, anchors: Sequence[Anchor], *, at: str, with_keys: bool) -> dict[str, bytes]:
    """Return the files of an export by their names."""
    blocks = list(all_blocks(chain))
    files = {
        "blocks.jsonl": _lines(canonical_json(block.document()) for block in blocks),
        "entries.csv": _table(blocks),
        "anchors.jsonl": _lines(canonical_json(anchor.model_dump(mode="json")) for anchor in anchors),
        "heads.json": canonical_json([head.model_dump(mode="json") for head in heads_of(chain)]),
    }
    if with_keys:
        files["keys.jsonl"] = _lines(_keys(chain, blocks))
    manifest = {
        "schema_version": "billproof.audit-export/1",
        "exported_at": at,
        "files": {
            name: {"sha256": digest_bytes(data), "bytes": len(data), "lines": data.count(b"\n")}
            for name, data in sorted(files.items())
        },
    }
    return files | {"manifest.json": canonical_json(manifest)}


def _lines(lines: Iterator[bytes]) -> bytes:
    return b"".join(line + b"\n" for line in lines)


def _table(blocks: Sequence[AuditBlock]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow((*COLUMNS, *MORE_COLUMNS))
    for block in blocks:
        for entry in block.entries:
            where = (block.chain, block.sequence, block.at, block.function, block.request)
            what = (entry.what, entry.store, " ".join(entry.place), entry.subject, entry.digest, entry.size)
            writer.writerow((*where, *what, entry.by, entry.why))
    return text.getvalue().encode()


def _keys(chain: AuditChain, blocks: Sequence[AuditBlock]) -> Iterator[bytes]:
    for subject in sorted({entry.subject for block in blocks for entry in block.entries}):
        key = chain.keys.known(subject)
        if key is not None:
            yield canonical_json({"subject": subject, "key": key.hex()})
