"""What the records of a legal entity's lanes say since a moment of some facts and objects, up to a limit.

All lanes are read, since nobody knows in which of them another writer recorded.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from itertools import islice

import msgspec

from billproof.audit.chain import AuditChain, blocks_partition
from billproof.audit.days import last_before
from billproof.audit.index import Name
from billproof.audit.model import AuditBlock, Entry
from billproof.audit.naming import LANES
from billproof.store_keys import ChainName, sequence_text

MOST_READ = 20_000
"""Records that are read of all lanes together."""


@dataclass
class SaidSince:
    """Entries by what they are of, with the records that hold them; and which records' objects are stored, or void."""

    entries: dict[Name, list[tuple[AuditBlock, Entry]]] = field(default_factory=dict)
    written: set[tuple[str, int]] = field(default_factory=set)
    void: set[tuple[str, int]] = field(default_factory=set)
    is_complete: bool = True

    def of(self, name: Name) -> list[tuple[AuditBlock, Entry]]:
        """Return what is said of something."""
        return self.entries.get(name, [])

    def add(self, chain: str, block: AuditBlock, names: Collection[Name]) -> None:
        """Note what a record says."""
        self.written.update((chain, sequence) for sequence in block.written)
        self.void.update((chain, sequence) for sequence in block.void)
        for entry in block.entries:
            if entry.name in names:
                self.entries.setdefault(entry.name, []).append((block, entry))


def said_since(instant: str, names: Collection[Name], chain: AuditChain, legal_entity: str) -> SaidSince:
    """Read what is said of some facts and objects since an instant."""
    said, left = SaidSince(), MOST_READ
    for lane in range(LANES):
        name = str(ChainName(legal_entity, lane))
        for block in islice(_blocks_after(chain, name, last_before(chain, name, instant)), left + 1):
            left -= 1
            said.add(name, block, names)
        if left < 0:
            said.is_complete = False
            break
    return said


def first_said(instant: str, name: Name, chain: AuditChain, lane: str) -> AuditBlock | None:
    """Return the first record of a lane since an instant that is of a fact; None where it is not within the limit."""
    for block in islice(_blocks_after(chain, lane, last_before(chain, lane, instant)), MOST_READ):
        if any(entry.name == name for entry in block.entries):
            return block
    return None


def is_after(block: AuditBlock, other: AuditBlock) -> bool:
    """Say whether a record is later than another one, of its chain or of another."""
    return block.sequence > other.sequence if block.chain == other.chain else block.at >= other.at


def _blocks_after(chain: AuditChain, name: str, sequence: int) -> Iterator[AuditBlock]:
    for record in chain.records.query_after(blocks_partition(name), sequence_text(sequence) if sequence else ""):
        try:
            yield AuditBlock.read(record.document)
        except msgspec.ValidationError:
            continue
