"""Walking along a chain: every block is unchanged, in its place, and follows the one before it.

1 <- 2 <- 3 <- 4     a block is read from where it lies; what it says of itself, its hash and the hash of the one
                     before it have to agree with that, and with the heads that are known from elsewhere
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import chain as chain_iterables

import msgspec

from billproof.audit import merkle
from billproof.audit.chain import AuditChain, blocks_partition
from billproof.audit.findings import AuditFinding, AuditFindingKind
from billproof.audit.heads import Anchor, Head, is_anchor_key
from billproof.audit.model import ANCHORED, ERASED, NOTHING_BEFORE, OBJECTS, AuditBlock, Entry, hash_of
from billproof.errors import InvalidPeriod
from billproof.model import is_text
from billproof.periods import read_instant
from billproof.ports import Record
from billproof.store_keys import sequence_text


@dataclass
class WalkedDay:
    """The blocks of a chain on one day: the sequence of the first, their number, and their hashes, or their root."""

    first: int
    number: int = 0
    hashes: list[bytes] = field(default_factory=list)
    root: str = ""

    def close(self) -> None:
        """Keep the Merkle root of the day and no hash any more."""
        self.root, self.hashes = merkle.root(self.hashes).hex(), []


@dataclass
class WalkedChain:
    """What is kept of a chain that was walked along, and what was found on the way; its blocks are not.

    `known` are the sequences of heads that are known from elsewhere: the hashes of those are kept.
    """

    name: str
    known: Collection[int] = frozenset()
    findings: list[AuditFinding] = field(default_factory=list)
    days: dict[str, WalkedDay] = field(default_factory=dict)
    hashes: dict[int, str] = field(default_factory=dict)
    number: int = 0
    first_at: str = ""
    last: int = 0
    last_at: str = ""

    def find(self, kind: AuditFindingKind, sequence: int | str, message: str) -> None:
        """Add a finding about a record."""
        self.findings.append(AuditFinding(kind=kind, where=f"{self.name} record {sequence}", message=message))

    def add(self, block: AuditBlock) -> None:
        """Note a block."""
        day = block.at[:10]
        if day != self.last_at[:10]:
            self.close()
        noted = self.days.setdefault(day, WalkedDay(block.sequence))
        noted.number += 1
        noted.hashes.append(_bytes_of(block.hash))
        if block.sequence in self.known:
            self.hashes[block.sequence] = block.hash
        self.number += 1
        self.first_at = self.first_at or block.at
        self.last, self.last_at = block.sequence, block.at

    def close(self) -> None:
        """Close the day that was walked along last."""
        if self.last_at:
            self.days[self.last_at[:10]].close()


def _bytes_of(text: str) -> bytes:
    """Return the bytes of a hash; a text that was put in its place stands for itself."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        return text.encode()


def blocks_of(chain: AuditChain, walked: WalkedChain) -> Iterator[AuditBlock]:
    """Yield the blocks of a chain that can be read, one after the other, and check each of its links."""
    is_empty = True
    for record, block in walk(chain.records.query(blocks_partition(walked.name)), walked):
        is_empty = is_empty and _sequence(record) is None
        if block is not None:
            yield block
    if is_empty:
        walked.find(AuditFindingKind.MISSING_RECORD, 1, "the chain exists and has no record")


def walk(
    records: Iterable[Record], walked: WalkedChain, *, expected: int = 1, before: str = NOTHING_BEFORE
) -> Iterator[tuple[Record, AuditBlock | None]]:
    """Yield records that follow each other in a chain, each with its block if it can be read, and check their links.

    `before` is the hash of the record before them, or "" where that is not known.
    """
    for record in records:
        sequence = _sequence(record)
        read = _read(record, walked)
        if read is None or sequence is None:
            if sequence is None:
                walked.find(AuditFindingKind.MISPLACED_RECORD, record.key.sort, "was put between others")
            expected, before = (sequence or expected - 1) + 1, ""
            yield record, None
            continue
        block, made_of = read
        if sequence > expected:
            _missing(walked, expected, sequence - 1)
            before = ""
        _check(block, sequence, before, walked)
        if made_of != block.hash:
            walked.find(AuditFindingKind.CHANGED_RECORD, sequence, "has not the content that its hash was made of")
        walked.add(block)
        yield record, block
        expected, before = sequence + 1, block.hash
    walked.close()


def all_chains(chain: AuditChain) -> Iterator[Iterator[AuditBlock]]:
    """Yield the blocks of each chain that can be read; what is wrong with them is not said."""
    for name in chain.names():
        yield blocks_of(chain, WalkedChain(name))


def all_blocks(chain: AuditChain) -> Iterator[AuditBlock]:
    """Yield the blocks of all chains that can be read, chain by chain."""
    return chain_iterables.from_iterable(all_chains(chain))


def _read(record: Record, walked: WalkedChain) -> tuple[AuditBlock, str] | None:
    """Read a block, and compute its hash of all that is stored there: also of what a block does not have."""
    document = dict(record.document)
    try:
        block, made_of = AuditBlock.read(document), hash_of(document)
    except (msgspec.ValidationError, TypeError, UnicodeEncodeError):
        block, made_of = None, ""
    if block is None or not _is_sound(block):
        walked.find(AuditFindingKind.CHANGED_RECORD, record.key.sort, "is no record any more")
        return None
    return block, made_of


def _is_sound(block: AuditBlock) -> bool:
    """Say whether a block has a moment, and its entries name places as their stores have them."""
    try:
        read_instant(block.at)
    except InvalidPeriod:
        return False
    return is_text(block.hash) and all(map(_has_place, block.entries))


def _has_place(entry: Entry) -> bool:
    if entry.store == ANCHORED:
        return len(entry.place) == 1 and is_anchor_key(entry.place[0])
    return entry.what == ERASED or len(entry.place) == (1 if entry.store == OBJECTS else 2)


def number_of_records(chain: AuditChain, name: str, *, at_most: int | None = None) -> int:
    """Return how many records a chain has, whatever stands in them."""
    return sum(1 for _ in chain.records.query(blocks_partition(name), limit=at_most))


def last_sequence(chain: AuditChain, name: str) -> int:
    """Return the sequence that the place of the last record of a chain says; 0 where it says none."""
    last = chain.records.query(blocks_partition(name), newest_first=True, limit=1)
    return next((_sequence(record) or 0 for record in last), 0)


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
    if before and block.previous != before:
        walked.find(AuditFindingKind.UNLINKED_RECORD, sequence, "does not follow the record before it")
    if block.at < walked.last_at:
        walked.find(AuditFindingKind.MISPLACED_RECORD, sequence, "is earlier than the record before it")


def compare_heads(walked: WalkedChain, heads: Sequence[Head], source: str) -> None:
    """Compare a chain with heads of it that are known from elsewhere."""
    for head in heads:
        if head.sequence > walked.last:
            message = f"the chain ends with record {walked.last}, and {source} this one"
            walked.find(AuditFindingKind.TRUNCATED, head.sequence, message)
        elif walked.hashes.get(head.sequence, head.hash) != head.hash:
            walked.find(AuditFindingKind.REWRITTEN, head.sequence, f"is another one than {source}")


def compare_anchor(walked: WalkedChain, anchor: Anchor) -> None:
    """Compare a chain with the anchor of a day: its head, how many records the day has, and their Merkle root."""
    days = [day for day in anchor.chains if day.head.chain == walked.name]
    compare_heads(walked, [day.head for day in days], f"the anchor of {anchor.day} names")
    mine = walked.days.get(anchor.day.isoformat())
    number, root = (mine.number, mine.root) if mine else (0, "")
    for day in days:
        if walked.number and (number, root) != (day.blocks, day.root):
            message = f"{number} records of {anchor.day}, and its anchor names {day.blocks} with another root"
            walked.find(AuditFindingKind.REWRITTEN, day.head.sequence, message)
    if mine and not days:
        walked.find(AuditFindingKind.REWRITTEN, mine.first, f"is dated {anchor.day}, whose anchor has no record")


def missing_anchors(
    anchors: Sequence[Anchor], chains: Sequence[WalkedChain], today: date | None
) -> Iterator[AuditFinding]:
    """Find the days that have records and no anchor: somebody removed it, or it was never written.

    Every night anchors the day before: so all days since the first anchor, or without any since the first record, are
    due up to the last anchor, and up to the day before yesterday where it is known which day is `today`.
    """
    known = {anchor.day.isoformat() for anchor in anchors}
    days = sorted({day for walked in chains for day in walked.days})
    first, last = min(known, default=""), max(known, default="")
    due = (today - timedelta(days=1)).isoformat() if today else ""
    for day in days:
        if first < day < max(last, due) and day not in known:
            yield missing_anchor(day, "has records; `billproof audit anchor` writes what was never written")


def missing_anchor(day: str, why: str) -> AuditFinding:
    """Return the finding that a day has no anchor."""
    return AuditFinding(kind=AuditFindingKind.ANCHOR_MISSING, where=f"anchor of {day}", message=f"is not there: {why}")
