"""What lies beside the chains, and no record speaks of.

audit table        a chain that the list of chains or no legal entity has; a key of no digest; anything else
bucket of anchors  an anchor without a record; an archived document that no fact names; anything else
a sound chain      a record of something that is recorded in the chains of another legal entity

What a writer of ours may have left behind when it died is untold, and no finding: a key is made before the first digest
under it, and a document is archived before its delivery says so.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum, auto

from billproof.audit.chain import CHAIN, CHAINS, AuditChain
from billproof.audit.findings import AuditFinding, AuditFindingKind
from billproof.audit.index import AuditIndex, is_of_part
from billproof.audit.keys import key_place, subject_of_key
from billproof.audit.model import ANCHORED, ERASED, FACT, AuditBlock
from billproof.audit.naming import LANES, SHARED, owner_of_place
from billproof.audit.walking import WalkedChain, number_of_records
from billproof.errors import NotFound
from billproof.ports import Key, Objects, Record
from billproof.store_keys import ChainName, PartitionName, sort_key

ARCHIVE = "archive/"
_KEY = re.compile(r"[0-9a-f]{64}")


class Archiving(Enum):
    """Whether facts say that a document's file was archived."""

    KNOWN = auto()
    UNTOLD = auto()
    """Its document was issued, and its delivery does not name the file."""
    FORGED = auto()


type ArchivedAs = Callable[[str], Archiving]
"""Says of a key in the archive whether facts name it."""


@dataclass
class Beside:
    """What was found beside the chains, and what is untold."""

    findings: list[AuditFinding] = field(default_factory=list)
    untold: list[str] = field(default_factory=list)

    def find(self, kind: AuditFindingKind, where: str, message: str) -> None:
        """Add a finding."""
        self.findings.append(AuditFinding(kind=kind, where=where, message=message))


def with_owners(blocks: Iterator[AuditBlock], walked: WalkedChain, is_fact_of: set[str]) -> Iterator[AuditBlock]:
    """Yield the blocks of a chain; find those that are of what another owner's chains record.

    Facts that are written together with those of a legal entity may be shared ones. `is_fact_of` collects the chains
    that record facts.
    """
    owner = _owner_of(walked.name)
    for block in blocks:
        for number, entry in enumerate(block.entries):
            theirs = None if entry.what == ERASED else owner_of_place(entry.store, entry.place)
            if theirs not in {None, owner} and not (number and theirs == SHARED and entry.what == FACT):
                message = f"is of {' '.join(entry.name)}, which is recorded in the chains of {theirs}"
                walked.find(AuditFindingKind.RECORD_OF_ANOTHER, block.sequence, message)
            if entry.what == FACT:
                is_fact_of.add(walked.name)
        yield block


def beside_the_chains(
    chain: AuditChain, walked: list[str], index: AuditIndex, part: int, parts: int, facts_in: set[str]
) -> Beside:
    """Look at everything in the audit table; of several parts at the keys of one, and at all the rest with the first.

    The table is read as a whole.
    """
    beside = Beside()
    if part == 0:
        _look_at_names(chain, walked, index, facts_in, beside)
    known = set(walked)
    for record in chain.records.all():
        partition = PartitionName.parse(record.key.partition)
        is_chain = partition.kind == CHAIN and sort_key(*partition.parts) in known
        subject = subject_of_key(record.key)
        if subject is not None:
            if is_of_part((subject,), part, parts):
                _look_at_key(record, subject, index, beside)
        elif part == 0 and not (record.key.partition == CHAINS or is_chain):
            beside.find(AuditFindingKind.UNRECORDED, _place(record.key), "is stored beside the chains")
    return beside


def _look_at_names(chain: AuditChain, walked: list[str], index: AuditIndex, facts_in: set[str], beside: Beside) -> None:
    """Find the chains that are not listed, and those that can be of nobody. One without records is found by that."""
    listed = set(chain.names())
    for name in walked:
        why = "" if name in listed else "the list of chains does not name it"
        why = why or _why_of_nobody(name, index, has_facts=name in facts_in)
        if why and number_of_records(chain, name, at_most=1):
            beside.find(AuditFindingKind.OF_NOBODY, name, f"has records, and {why}")


def _parsed(name: str) -> ChainName | None:
    try:
        return ChainName.parse(name)
    except NotFound:
        return None


def _owner_of(name: str) -> str | None:
    parsed = _parsed(name)
    return parsed.owner if parsed else None


def _why_of_nobody(name: str, index: AuditIndex, *, has_facts: bool) -> str:
    """Say why a chain is of nobody, or "". A bank's file lies in the folder, and the chain, that the bank names."""
    parsed = _parsed(name)
    if parsed is None or str(parsed) != name or parsed.lane >= LANES:
        return "no chain of ours has such a name"
    is_known = parsed.owner in index.entities or parsed.owner == SHARED
    return "" if is_known or not has_facts else f"no legal entity {parsed.owner} was published"


def _look_at_key(record: Record, subject: str, index: AuditIndex, beside: Beside) -> None:
    if record.key != key_place(subject):
        beside.find(AuditFindingKind.UNRECORDED, _place(record.key), "is stored beside the keys of digests")
    elif subject not in index.subjects:
        if set(record.document) == {"key"} and _KEY.fullmatch(str(record.document["key"])):
            beside.untold.append(f"{_place(record.key)}: no record has a digest under it")
        else:
            message = "is no key, and no record has a digest under it"
            beside.find(AuditFindingKind.UNRECORDED, _place(record.key), message)


def _place(key: Key) -> str:
    return f"audit {key.partition} {key.sort}"


def beside_the_anchors(
    locked: Objects, anchored: set[str], index: AuditIndex, part: int, parts: int, archived_as: ArchivedAs
) -> Beside:
    """Look at the keys of a part in the bucket of the anchors; `anchored` are those of all anchors that can be read.

    Anchors from before anchors had records are older than the first that has one: the chains are compared with them.
    """
    beside = Beside()
    for key in locked.keys(""):
        name = (ANCHORED, key)
        where = " ".join(name)
        if not is_of_part(name, part, parts):
            continue
        if key.startswith(ARCHIVE):
            archiving = archived_as(key)
            if archiving is Archiving.FORGED:
                beside.find(AuditFindingKind.UNRECORDED, where, "is stored, and no document that was issued has it")
            elif archiving is Archiving.UNTOLD:
                beside.untold.append(f"{where}: no delivery names it")
        elif name not in index.entries and not (key in anchored and key < (index.first_anchor or "~")):
            beside.find(AuditFindingKind.UNRECORDED, where, "is stored, and no record says so")
    return beside
