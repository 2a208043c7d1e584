"""Walking along a chain: every block is unchanged, in its place, and follows the one before it.

1 <- 2 <- 3 <- 4     a block is read from where it lies; what it says of itself, its hash and the hash of the one
                     before it have to agree with that, and with the heads that are known from elsewhere
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import msgspec

from billproof.audit.chain import AuditChain, blocks_partition
from billproof.audit.findings import AuditFinding, AuditFindingKind
from billproof.audit.heads import Anchor, Head, root_of
from billproof.audit.model import NOTHING_BEFORE, AuditBlock
from billproof.ports import Record
from billproof.store_keys import sequence_text


@dataclass
class WalkedChain:
    """The blocks of a chain that could be read, and what was found on the way."""

    name: str
    blocks: list[AuditBlock] = field(default_factory=list)
    findings: list[AuditFinding] = field(default_factory=list)

    def find(self, kind: AuditFindingKind, sequence: int | str, message: str) -> None:
        """Add a finding about a record."""
        self.findings.append(AuditFinding(kind=kind, where=f"{self.name} record {sequence}", message=message))


def walk(chain: AuditChain, name: str) -> WalkedChain:
    """Read a whole chain and check each of its links."""
    walked = WalkedChain(name)
    expected, before = 1, NOTHING_BEFORE
    for record in chain.records.query(blocks_partition(name)):
        sequence = _sequence(record)
        block = _read(record, walked)
        if block is None or sequence is None:
            if sequence is None:
                walked.find(AuditFindingKind.MISPLACED_RECORD, record.key.sort, "was put between others")
            expected, before = (sequence or expected - 1) + 1, ""
            continue
        if sequence > expected:
            _missing(walked, expected, sequence - 1)
            before = ""
        _check(block, sequence, before, walked)
        walked.blocks.append(block)
        expected, before = sequence + 1, block.hash
    if expected == 1:
        walked.find(AuditFindingKind.MISSING_RECORD, 1, "the chain exists and has no record")
    return walked


def _read(record: Record, walked: WalkedChain) -> AuditBlock | None:
    try:
        return AuditBlock.read(dict(record.document))
    except msgspec.ValidationError:
        walked.find(AuditFindingKind.CHANGED_RECORD, record.key.sort, "is no record any more")
        return None


def _sequence(record: Record) -> int | None:
    text = record.key.sort
    return int(text) if text.isdecimal() and sequence_text(int(text)) == text and int(text) else None


def _missing(walked: WalkedChain, first: int, last: int) -> None:
    which = f"{first}" if first == last else f"{first} to {last}"
    walked.find(AuditFindingKind.MISSING_RECORD, which, "was removed")


def _check(block: AuditBlock, sequence: int, before: str, walked: WalkedChain) -> None:
    """Check one block; `before` is the hash of the one before it, or "" where that is not known."""
    if (block.chain, block.sequence) != (walked.name, sequence):
        walked.find(
            AuditFindingKind.MISPLACED_RECORD, sequence, f"says that it is record {block.sequence} of {block.chain}"
        )
    if block.computed_hash() != block.hash:
        walked.find(AuditFindingKind.CHANGED_RECORD, sequence, "has not the content that its hash was made of")
    if before and block.previous != before:
        walked.find(AuditFindingKind.UNLINKED_RECORD, sequence, "does not follow the record before it")
    if walked.blocks and block.at < walked.blocks[-1].at:
        walked.find(AuditFindingKind.MISPLACED_RECORD, sequence, "is earlier than the record before it")


def compare_heads(walked: WalkedChain, heads: Sequence[Head], source: str) -> None:
    """Compare a chain with heads of it that are known from elsewhere."""
    by_sequence = {block.sequence: block for block in walked.blocks}
    last = walked.blocks[-1].sequence if walked.blocks else 0
    for head in heads:
        block = by_sequence.get(head.sequence)
        if head.sequence > last:
            message = f"the chain ends with record {last}, and {source} this one"
            walked.find(AuditFindingKind.TRUNCATED, head.sequence, message)
        elif block is not None and block.hash != head.hash:
            walked.find(AuditFindingKind.REWRITTEN, head.sequence, f"is another one than {source}")


def compare_anchor(walked: WalkedChain, anchor: Anchor) -> None:
    """Compare a chain with the anchor of a day: its head, how many records the day has, and their Merkle root."""
    days = [day for day in anchor.chains if day.head.chain == walked.name]
    compare_heads(walked, [day.head for day in days], f"the anchor of {anchor.day} names")
    mine = [block for block in walked.blocks if block.at[:10] == anchor.day.isoformat()]
    for day in days:
        if walked.blocks and (len(mine), root_of(mine)) != (day.blocks, day.root):
            message = f"{len(mine)} records of {anchor.day}, and its anchor names {day.blocks} with another root"
            walked.find(AuditFindingKind.REWRITTEN, day.head.sequence, message)
    if mine and not days:
        walked.find(AuditFindingKind.REWRITTEN, mine[0].sequence, f"is dated {anchor.day}, whose anchor has no record")


def missing_anchors(anchors: Sequence[Anchor], blocks: Sequence[AuditBlock]) -> Iterator[AuditFinding]:
    """Find the days between anchors that have records and no anchor: somebody removed it, or it was never written."""
    days = {anchor.day.isoformat() for anchor in anchors}
    recorded = sorted({block.at[:10] for block in blocks})
    for day in recorded:
        if days and min(days) < day < max(days) and day not in days:
            yield AuditFinding(kind=AuditFindingKind.ANCHOR_MISSING, where=f"anchor of {day}", message="is not there")
