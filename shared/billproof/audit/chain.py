"""Appending to a chain: the next block is written where none is, by a conditional write on its sequence number.

chain#<owner>/<lane>        <sequence>      a block
chains                      <owner>/<lane>  the chain exists; written with its first block

    process A  reads head 41 | writes 42 |                      | writes 43
    process B  reads head 41 |           | writes 42: taken, reads head 43 ... writes 44

A process remembers the heads that it wrote. Objects are recorded before they are put; that they were put is told by the
next block of the same process, or by one of its own at the end of the call: an object whose writer died in between is
told from one that was removed.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from threading import RLock

import msgspec

from billproof.audit.keys import SubjectKeys
from billproof.audit.model import NOTHING_BEFORE, AuditBlock, Entry
from billproof.audit.origin import ORIGIN
from billproof.errors import BillproofError, Contended
from billproof.periods import instant_text
from billproof.ports import Clock, Key, LinkableRecords, Linkage, Record
from billproof.retrying import attempts
from billproof.store_keys import partition_name, sequence_text

MAX_ATTEMPTS = 50
"""How often a block is tried again when others append to the same chain; each failure means another succeeded."""
ENTRIES_LIMIT = 500
"""Entries of one block: 200 KB at most, half of what an item can be."""
CHAIN, CHAINS = "chain", "chains"

type Write = Callable[[Sequence[Record]], Linkage]


def blocks_partition(chain: str) -> str:
    """Return where the blocks of a chain are."""
    return partition_name(CHAIN, chain)


def block_key(chain: str, sequence: int) -> Key:
    """Return where a block is."""
    return Key(blocks_partition(chain), sequence_text(sequence))


class AuditChain:
    """The chains of all owners, over the records of the audit table."""

    def __init__(self, records: Callable[[], LinkableRecords], clock: Clock) -> None:
        self._records = records
        self._clock = clock
        self._heads: dict[str, AuditBlock] = {}
        self._one_at_a_time = RLock()  # threads of a process would only take each other's places
        self._written: dict[str, list[int]] = {}
        self._void: dict[str, list[int]] = {}
        self.keys = SubjectKeys(records)

    @property
    def records(self) -> LinkableRecords:
        """The records of the audit table."""
        return self._records()

    def append(self, chain: str, entries: Sequence[Entry], write: Write | None = None) -> int | None:
        """Append a block and return its sequence; None where the facts that go with it were taken, and nothing is kept.

        Raises Contended where others kept appending.
        """
        with self._one_at_a_time:
            written, void = self._written.pop(chain, []), self._void.pop(chain, [])
            sequence = None
            try:
                sequence = self._append(chain, entries, (tuple(written), tuple(void)), write or self._write_alone)
            finally:
                if sequence is None:  # the next block tells it
                    self._written.setdefault(chain, [])[:0] = written
                    self._void.setdefault(chain, [])[:0] = void
        return sequence

    def _append(
        self, chain: str, entries: Sequence[Entry], settled: tuple[tuple[int, ...], tuple[int, ...]], write: Write
    ) -> int | None:
        for _ in attempts(MAX_ATTEMPTS):
            head = self._heads.get(chain) or self.head(chain)
            block = self._next(chain, head, entries, settled)
            links = [Record(block_key(chain, block.sequence), block.document())]
            if head is None:
                links.append(Record(Key(CHAINS, chain), {"chain": chain}))
            linkage = write(links)
            if linkage is Linkage.TAKEN:
                return None
            if linkage is Linkage.WRITTEN:
                self._heads[chain] = msgspec.structs.replace(block, entries=())
                return block.sequence
            self._heads.pop(chain, None)
        message = f"others kept appending to the audit chain {chain}"
        raise Contended(message)

    def _next(
        self,
        chain: str,
        head: AuditBlock | None,
        entries: Sequence[Entry],
        settled: tuple[tuple[int, ...], tuple[int, ...]],
    ) -> AuditBlock:
        origin = ORIGIN.get()
        written, void = settled
        return AuditBlock.seal(
            AuditBlock(
                chain=chain,
                sequence=head.sequence + 1 if head else 1,
                previous=head.hash if head else NOTHING_BEFORE,
                at=max(instant_text(self._now()), head.at if head else ""),
                function=origin.function,
                request=origin.request,
                entries=tuple(entries),
                written=written,
                void=void,
            )
        )

    def _now(self) -> datetime:
        return self._clock()

    def _write_alone(self, links: Sequence[Record]) -> Linkage:
        first, *others = links
        is_written = self.records.create_all(links) if others else self.records.create(first)
        return Linkage.WRITTEN if is_written else Linkage.BEHIND

    def head(self, chain: str) -> AuditBlock | None:
        """Return the last block of a chain as it is stored, or None."""
        for record in self.records.query(blocks_partition(chain), newest_first=True, limit=1):
            return AuditBlock.read(record.document)
        return None

    def names(self) -> list[str]:
        """Return the chains that there are."""
        return [record.key.sort for record in self.records.query(CHAINS)]

    def is_written(self, chain: str, sequence: int) -> None:
        """Remember that the objects of a block are stored, for the next block."""
        with self._one_at_a_time:
            self._written.setdefault(chain, []).append(sequence)

    def is_void(self, chain: str, sequence: int) -> None:
        """Remember that the object of a block was another one's, for the next block."""
        with self._one_at_a_time:
            self._void.setdefault(chain, []).append(sequence)

    def settle(self) -> list[BillproofError]:
        """Tell what no block told yet; return what went wrong: such objects stay recorded, and unconfirmed."""
        failed: list[BillproofError] = []
        for chain in sorted(
            {name for pending in (self._written, self._void) for name, those in pending.items() if those}
        ):
            try:
                self.append(chain, ())
            except BillproofError as error:
                failed.append(error)
        return failed

    def forget(self) -> None:
        """Forget what a process remembers, as another one would."""
        for remembered in (self._heads, self._written, self._void):
            remembered.clear()
        self.keys.forget()
