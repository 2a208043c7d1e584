"""What the chain says of each fact and object that is stored: which digests it had, in which order, since when.

What may be written again with other bytes, as long as it is said in the chain:

    runs/<run>/...        until the run is closed: a step that is tried again may have read more
    reconciliation/...    always: a report is that of the last time, and so are the parts that it is made of

What a later block calls void counts only for what can be void: one object that nobody said to have stored, since
another one was there first. What it says of facts, or of objects that are stored, would hide that they are gone.
"""

import hashlib
import hmac
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from zlib import crc32

import msgspec

from billproof.audit.model import ADOPTED, ANCHORED, ERASED, FACT, OBJECT, OBJECTS, AuditBlock, Entry
from billproof.errors import NotFound
from billproof.identities import RunId
from billproof.ids import is_name
from billproof.store_keys import ChainName, ObjectKey, PartitionName, RunKey, VersionKey

RUNS, CLOSED = "runs", "closed"
CATALOG, ENTITY = "catalog", "entity"
REPLACEABLE = frozenset({"reconciliation", "reconciliation-parts"})

type Name = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RecordedEntry:
    """An entry, with the block that holds it: its own entries are left out there."""

    entry: Entry
    block: AuditBlock
    is_confirmed: bool

    @property
    def where(self) -> str:
        """Name its record."""
        return f"{self.block.chain} record {self.block.sequence}"


@dataclass
class AuditIndex:
    """All entries by what they are of, in the order in which they were written."""

    entries: dict[Name, list[RecordedEntry]] = field(default_factory=dict)
    erased: list[RecordedEntry] = field(default_factory=list)
    closed_at: dict[str, str] = field(default_factory=dict)
    adoptions: Counter[tuple[str, str]] = field(default_factory=Counter)
    """How much was adopted, by who declared it and why."""
    owners: set[str] = field(default_factory=set)
    entities: set[str] = field(default_factory=set)
    """The legal entities that were published."""
    first_anchor: str = ""
    """The key of the first anchor that has a record."""
    subjects: set[str] = field(default_factory=set)
    """Whose keys the digests were made under."""
    number: int = 0
    followers: list[RecordedEntry] = field(default_factory=list)
    """Those that name a fact which was in force until theirs."""
    first: dict[tuple[str, ...], RecordedEntry] = field(default_factory=dict)
    """The first record of each fact that they may name, by its place."""

    def is_erased(self, recorded: RecordedEntry) -> bool:
        """Say whether it was declared later that something was erased: by itself, or a fact with all of its subject.

        No object is of one account: each that is erased is declared by its key.
        """
        entry, at = recorded.entry, recorded.block.at
        return any(
            at <= declared.block.at
            and (declared.entry.name == entry.name if declared.entry.place else declared.entry.subject == entry.subject)
            for declared in self.erased
            if declared.entry.place or (entry.what != OBJECT and is_erasable(declared.entry.subject, self.owners))
        )

    def may_change(self, name: Name, at: str) -> bool:
        """Say whether something could be written with other bytes at a moment."""
        if name[0] != OBJECTS:
            return False
        key = ObjectKey.parse(name[1])
        if key.folder == RUNS:
            closed = self.closed_at.get("".join(key.parts[:1]))
            return closed is None or at <= closed
        return key.folder in REPLACEABLE


def is_as_recorded(recorded: Sequence[RecordedEntry], data: bytes, key_of: Callable[[str], bytes | None]) -> bool:
    """Say whether bytes are what the last record says, or, where nobody confirmed that one, what any of them does.

    Nobody knows which of two chains recorded last at one instant: a step that is done again at once may begin with
    another object, and so be recorded in another chain.
    """
    last = recorded[-1]

    def is_last(one: RecordedEntry) -> bool:
        return one is last or (one.block.at == last.block.at and one.block.chain != last.block.chain)

    def holds(one: RecordedEntry) -> bool:
        key = key_of(one.entry.subject)
        return key is not None and hmac.digest(key, data, hashlib.sha256).hex() == one.entry.digest

    return any(holds(one) for one in recorded if is_last(one) or not last.is_confirmed)


def index_of(chains: Iterable[Iterable[AuditBlock]], *, part: int = 0, parts: int = 1) -> AuditIndex:
    """Put the entries of all chains in the order of time, by what they are of.

    Of several parts the index holds one of everything that is stored, and all that was declared.
    """
    index = AuditIndex()
    for blocks in chains:
        _add_chain(index, blocks, part, parts)
    for recorded in (index.erased, *index.entries.values()):
        recorded.sort(key=_moment)
    return index


def _moment(one: RecordedEntry) -> tuple[str, str, int]:
    return (one.block.at, one.block.chain, one.block.sequence)


def is_of_part(name: Name, part: int, parts: int) -> bool:
    """Say whether something is of one of several parts of what is stored."""
    return parts == 1 or crc32(" ".join(name).encode()) % parts == part


def _add_chain(index: AuditIndex, blocks: Iterable[AuditBlock], part: int, parts: int) -> None:
    """Add what a chain records: later blocks say which objects of earlier ones are stored, and which never were."""
    confirmed: set[int] = set()
    void: set[int] = set()
    alone: set[int] = set()
    added: list[RecordedEntry] = []
    for block in blocks:
        confirmed.update(block.written)
        void.update(block.void)
        bare = msgspec.structs.replace(block, entries=(), written=(), void=())
        index.number += len(block.entries)
        with suppress(NotFound):  # a name that was changed is found where the chain is walked along
            index.owners.add(ChainName.parse(block.chain).owner)
        index.adoptions.update((entry.by, entry.why) for entry in block.entries if entry.what == ADOPTED)
        if _may_be_void(block):
            alone.add(block.sequence)
        for entry in block.entries:
            _note_what_it_is_of(index, block, entry, part, parts)
            recorded = RecordedEntry(entry, bare, is_confirmed=entry.what != OBJECT)
            if entry.what == ERASED or is_of_part(entry.name, part, parts):
                added.append(recorded)
            _note_order(index, recorded, part, parts)
    void = (void & alone) - confirmed
    index.number -= len(void)
    for one in added:
        sequence = one.block.sequence
        if sequence in void:
            continue
        if one.entry.what == ERASED:
            index.erased.append(one)
        else:
            is_confirmed = one.is_confirmed or sequence in confirmed
            index.entries.setdefault(one.entry.name, []).append(replace(one, is_confirmed=is_confirmed))


def _note_what_it_is_of(index: AuditIndex, block: AuditBlock, entry: Entry, part: int, parts: int) -> None:
    """Note a closed run, a legal entity that is published, the first anchor, and whose key a digest is under."""
    for run in _closed_run(entry):
        index.closed_at[run] = min(block.at, index.closed_at.get(run, block.at))
    if entry.place[:1] == (CATALOG,) and (version := VersionKey.parse(entry.place[-1])).kind == ENTITY:
        index.entities.add(version.name)
    if entry.store == ANCHORED:
        index.first_anchor = min(entry.place[0], index.first_anchor or entry.place[0])
    if is_of_part((entry.subject,), part, parts):
        index.subjects.add(entry.subject)


def _note_order(index: AuditIndex, recorded: RecordedEntry, part: int, parts: int) -> None:
    """Note a fact that others may follow, and what it follows: which store that is in, no record says."""
    entry = recorded.entry
    if entry.what in {FACT, ADOPTED} and is_of_part(entry.place, part, parts):
        index.first[entry.place] = min(recorded, index.first.get(entry.place, recorded), key=_moment)
    if entry.before and is_of_part(entry.before, part, parts):
        index.followers.append(recorded)


def is_erasable(subject: str, owners: Collection[str]) -> bool:
    """Say whether a whole subject may be erased: an account, and neither an owner of chains nor shared usage."""
    return is_name(subject) and subject not in owners


def _may_be_void(block: AuditBlock) -> bool:
    """Say whether a block is of one object alone, as that of a creation that came too late."""
    return [entry.what for entry in block.entries] == [OBJECT]


def _closed_run(entry: Entry) -> Iterator[str]:
    """Yield the run that a fact says to be closed."""
    if entry.store != RUNS or entry.what != FACT:
        return
    partition, sort = entry.place
    name = PartitionName.parse(partition)
    if name.kind == RUNS and sort.endswith(CLOSED):
        with suppress(ValueError):  # a place that no run has
            key = RunKey.parse(sort)
            legal_entity, period = name.parts
            if key.fact == CLOSED:
                yield str(RunId(legal_entity, period, key.ordinal))
