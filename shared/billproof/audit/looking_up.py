"""Looking up what some records name: it has to be as they say, or be said anew by a later record.

    record 7   runs/x/1 = A              what is stored is B: A was written again, if a later record says so
    record 9   objects of 7 are stored   without it the writer of 7 died
    record 12  runs/x/1 = B

Later records are read up to a limit; what is not decided by then is named.
"""

import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from billproof.audit.chain import AuditChain
from billproof.audit.closed_runs import written_after_closing
from billproof.audit.findings import AuditFinding, AuditFindingKind
from billproof.audit.index import REPLACEABLE, RUNS, Name
from billproof.audit.model import ERASED, OBJECT, OBJECTS, AuditBlock, Entry, bytes_of_fact
from billproof.audit.said import SaidSince, is_after, said_since
from billproof.ports import Key, LinkableRecords
from billproof.store_keys import ObjectKey

AT_ONCE = 8


NOT_READ = frozenset({"bank-statements", "reconciliation-parts"})
"""Folders of which only verifying everything compares objects: files of banks, and parts of a report that is kept."""

type ReadObject = Callable[[str], bytes | None]
"""Returns the bytes of an object, or None where it is not there."""


@dataclass
class LookedUp:
    """What was looked up, what was found, and what could not be decided."""

    facts: int = 0
    objects: int = 0
    unconfirmed: int = 0
    not_compared: int = 0
    number: int = 0
    findings: list[AuditFinding] = field(default_factory=list)
    undecided: list[str] = field(default_factory=list)

    def find(self, kind: AuditFindingKind, name: Name, message: str) -> None:
        """Add a finding."""
        self.findings.append(AuditFinding(kind=kind, where=" ".join(name), message=message))


@dataclass(frozen=True, slots=True)
class _Open:
    """An entry of an object that is not as it says; `stored` is None where nothing is."""

    entry: Entry
    block: AuditBlock
    stored: bytes | None

    @property
    def where(self) -> str:
        return _where(self.block)


def _where(block: AuditBlock) -> str:
    return f"{block.chain} record {block.sequence} of {block.at}"


def look_up(
    blocks: Sequence[AuditBlock],
    chain: AuditChain,
    legal_entity: str,
    facts: Mapping[str, LinkableRecords],
    read: ReadObject,
    result: LookedUp,
) -> None:
    """Compare what is stored with the entries of some records of a lane, but for objects of NOT_READ."""
    entries = [(block, entry) for block in blocks for entry in block.entries if entry.what != ERASED]
    named = [(block, entry) for block, entry in entries if not _is_left_out(entry)]
    result.number += len(entries)
    result.not_compared += len(entries) - len(named)
    keys = {subject: _key_of(subject, chain) for subject in {entry.subject for _, entry in named}}
    opened: list[_Open] = []
    with ThreadPoolExecutor(AT_ONCE) as pool:
        stored_ones = pool.map(lambda one: _stored(one[1], facts, read), named)
        for (block, entry), stored in zip(named, stored_ones, strict=True):
            key = keys[entry.subject]
            one = _Open(entry, block, stored)
            if key is None:
                message = f"the key of {entry.subject} is gone: `billproof audit verify` says whether it was erased"
                result.find(AuditFindingKind.KEY_GONE, entry.name, f"{message}; {one.where}")
            elif stored is not None and _digest(key, stored) == entry.digest:
                _count(entry, result)
            elif entry.what == OBJECT:
                opened.append(one)
            else:
                _count(entry, result)
                _find(one, result)
    if opened:
        since = min(one.block.at for one in opened)
        later = said_since(since, {one.entry.name for one in opened}, chain, legal_entity)
        _decide(opened, later, keys, result)
    for (block, entry), before in written_after_closing(named, chain, facts[RUNS]):
        if before is None:
            result.undecided.append(f"{' '.join(entry.name)}: too many records since its run; {_where(block)}")
        else:
            message = f"{_where(block)} wrote other content than {before}, after its run was closed"
            result.find(AuditFindingKind.OVERWRITTEN, entry.name, message)


def _key_of(subject: str, chain: AuditChain) -> bytes | None:
    try:
        return chain.keys.known(subject)
    except (KeyError, TypeError, ValueError):  # what is stored in its place is no key
        return None


def _is_left_out(entry: Entry) -> bool:
    return entry.store == OBJECTS and ObjectKey.parse(entry.place[0]).folder in NOT_READ


def _stored(entry: Entry, facts: Mapping[str, LinkableRecords], read: ReadObject) -> bytes | None:
    if entry.store == OBJECTS:
        return read(entry.place[0])
    document = facts[entry.store].get(Key(*entry.place)) if entry.store in facts else None
    return None if document is None else bytes_of_fact(document)


def _digest(key: bytes, data: bytes) -> str:
    return hmac.digest(key, data, hashlib.sha256).hex()


def _count(entry: Entry, result: LookedUp) -> None:
    if entry.store == OBJECTS:
        result.objects += 1
    else:
        result.facts += 1


def _find(one: _Open, result: LookedUp) -> None:
    if one.stored is None:
        result.find(AuditFindingKind.GONE, one.entry.name, f"{one.where} recorded it, and it is not there")
    else:
        result.find(AuditFindingKind.CHANGED, one.entry.name, f"is not what {one.where} recorded")


def _decide(opened: Sequence[_Open], later: SaidSince, keys: Mapping[str, bytes | None], result: LookedUp) -> None:
    """Say of each object that is not as its record says whether that is as it may be."""
    for one in opened:
        place = (one.block.chain, one.block.sequence)
        is_void = place in later.void and len(one.block.entries) == 1
        if is_void and place not in later.written:  # another writer was there first
            continue
        if _is_said_again(one, later, keys[one.entry.subject]):
            _count(one.entry, result)
            if not _may_change(one.entry):
                message = f"{one.where} recorded other content than a later record"
                result.find(AuditFindingKind.OVERWRITTEN, one.entry.name, message)
        elif not later.is_complete:
            result.undecided.append(f"{' '.join(one.entry.name)}: too many later records; {one.where}")
        elif place in later.written:
            _count(one.entry, result)
            _find(one, result)
        else:
            result.unconfirmed += 1


def _is_said_again(one: _Open, later: SaidSince, key: bytes | None) -> bool:
    """Say whether what is stored is what a record after this one says."""
    if one.stored is None or key is None:
        return False
    digest = _digest(key, one.stored)
    return any(entry.digest == digest and is_after(block, one.block) for block, entry in later.of(one.entry.name))


def _may_change(entry: Entry) -> bool:
    """Say whether an object may be written again: one of a run may until it is closed."""
    return ObjectKey.parse(entry.place[0]).folder in {RUNS, *REPLACEABLE}
