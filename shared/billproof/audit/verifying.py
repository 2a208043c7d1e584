"""Verifying the audit chain: its links, its anchors, and everything that is stored against what was recorded of it.

anchors, heads  ->  chain  ->  digest  =  HMAC(key of its subject, what is stored)
                               and nothing is stored that has no record
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import pairwise

from billproof.audit.beside import ArchivedAs, Archiving, beside_the_anchors, beside_the_chains, with_owners
from billproof.audit.chain import AuditChain
from billproof.audit.findings import AuditFinding, AuditFindingKind, Verification
from billproof.audit.following import why_not_followed
from billproof.audit.heads import Anchor, Head, anchor_key, content_of, day_of_anchor
from billproof.audit.index import AuditIndex, Name, RecordedEntry, index_of, is_as_recorded, is_of_part
from billproof.audit.model import ANCHORED, FACT, OBJECTS, bytes_of_fact
from billproof.audit.naming import LANES
from billproof.audit.walking import (
    WalkedChain,
    blocks_of,
    compare_anchor,
    compare_heads,
    last_sequence,
    missing_anchor,
    missing_anchors,
    number_of_records,
)
from billproof.errors import NotFound
from billproof.ports import Key, LinkableRecords, Objects
from billproof.store_keys import ChainName

BLOCKS_AT_ONCE = 200_000
"""Blocks whose records are compared at once with what is stored; of more, a part of what is stored after the other."""


@dataclass(frozen=True)
class AuditedStores:
    """Everything that the chain records: facts by the name of their store, and objects. They are only read."""

    chain: AuditChain
    facts: Mapping[str, LinkableRecords]
    objects: Objects
    anchors: Sequence[Anchor] = ()
    heads: Sequence[Head] = ()
    """Heads that were printed before."""
    today: date | None = None
    """The day on which it is verified: anchors are due up to the day before yesterday."""
    locked: Objects | None = None
    """The whole bucket of the anchors, where the archive is, too."""
    archived_as: ArchivedAs = lambda _key: Archiving.FORGED


@dataclass
class _Check:
    """What is found while what is stored is compared with what was recorded."""

    stores: AuditedStores
    index: AuditIndex
    findings: list[AuditFinding] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    unconfirmed: int = 0
    untold: list[str] = field(default_factory=list)
    _keys: dict[str, bytes | None] = field(default_factory=dict)

    def find(self, kind: AuditFindingKind, name: Name, message: str) -> None:
        self.findings.append(AuditFinding(kind=kind, where=" ".join(name), message=message))

    def key_of(self, subject: str) -> bytes | None:
        if subject not in self._keys:
            try:
                self._keys[subject] = self.stores.chain.keys.known(subject)
            except (KeyError, TypeError, ValueError):  # what is stored in its place is no key
                self._keys[subject] = None
        return self._keys[subject]

    def stored(self, name: Name, data: bytes) -> None:
        """Compare something that is stored with its records."""
        self.counts[name[0]] = self.counts.get(name[0], 0) + 1
        recorded = self.index.entries.get(name, [])
        if not recorded and name[0] == ANCHORED:  # from before anchors had records; the chains are compared with it
            return
        if not recorded:
            self.find(AuditFindingKind.UNRECORDED, name, "is stored, and no record says so")
            return
        last = recorded[-1]
        if is_as_recorded(recorded, data, self.key_of):
            return
        if self.key_of(last.entry.subject) is None:
            why = "was erased, and this is still stored" if self.index.is_erased(last) else "is gone"
            self.find(AuditFindingKind.KEY_GONE, name, f"the key of {last.entry.subject} {why}: {last.where}")
        else:
            self.find(AuditFindingKind.CHANGED, name, f"is not what {last.where} of {last.block.at} recorded")

    def beside(self, names: list[str], facts_in: set[str], part: int, parts: int) -> None:
        """Look at what lies beside the chains and the anchors."""
        anchored = {anchor_key(anchor.day) for anchor in self.stores.anchors}
        looked = [beside_the_chains(self.stores.chain, names, self.index, part, parts, facts_in)]
        if self.stores.locked is not None:
            archived_as = self.stores.archived_as
            looked.append(beside_the_anchors(self.stores.locked, anchored, self.index, part, parts, archived_as))
        for beside in looked:
            self.findings += beside.findings
            self.untold += beside.untold

    def missing(self, name: Name) -> None:
        """Look at something that has records and is not stored."""
        recorded = self.index.entries[name]
        if self.index.is_erased(recorded[-1]):
            return
        if not any(one.is_confirmed for one in recorded):
            self.unconfirmed += 1
            return
        last = recorded[-1]
        if name[0] == ANCHORED:
            day = day_of_anchor(name[1]).isoformat()
            self.findings.append(missing_anchor(day, f"{last.where} of {last.block.at} recorded it"))
            return
        self.find(AuditFindingKind.GONE, name, f"{last.where} of {last.block.at} recorded it, and it is not there")

    def history(self, name: Name) -> None:
        """Look at what was recorded several times: with other content it has to be something that may change."""
        recorded = self.index.entries[name]
        for before, after in pairwise(recorded):
            if after.entry.what == FACT:
                self.find(AuditFindingKind.RECORDED_TWICE, name, f"by {before.where} and by {after.where}")
            elif after.entry.digest != before.entry.digest and not self.index.may_change(name, after.block.at):
                self.find(AuditFindingKind.OVERWRITTEN, name, f"{after.where} of {after.block.at} wrote other content")

    def follows(self, one: RecordedEntry) -> None:
        """Look at what a record names as before it."""
        why = why_not_followed(one, self.index.first.get(one.entry.before))
        if why is not None:
            message = f"{one.where} says that it follows {' '.join(one.entry.before)}, {why}"
            self.find(AuditFindingKind.NOT_FOLLOWING, one.entry.name, message)


def verify(
    stores: AuditedStores, *, since: str = "", until: str = "", blocks_at_once: int = BLOCKS_AT_ONCE
) -> Verification:
    """Verify all chains, and what is stored: all of it, or what was recorded from one instant up to before another.

    Between instants it looks up what was recorded then; only without them is what has no record found. What is stored
    is compared part by part, and the chains are read once for each: so that memory does not grow with them.
    """
    names = _names(stores)
    parts = _number_of_parts(stores.chain, names, blocks_at_once)
    chains = [_to_walk(stores, name) for name in names]
    checks = [_check_part(stores, chains, part, parts, since, until) for part in range(parts)]
    for walked in chains:
        for anchor in stores.anchors:
            compare_anchor(walked, anchor)
        mine = [head for head in stores.heads if head.chain == walked.name]
        compare_heads(walked, mine, "the head that was printed names")
    return _verification(chains, checks, missing_anchors(stores.anchors, chains, stores.today))


def _number_of_parts(chain: AuditChain, names: Sequence[str], blocks_at_once: int) -> int:
    """Return how many parts to compare; of many records the number is counted, since a place may say anything."""
    number = sum(last_sequence(chain, name) for name in names)
    if number >= blocks_at_once:
        number = sum(number_of_records(chain, name) for name in names)
    return 1 + number // blocks_at_once


def _to_walk(stores: AuditedStores, name: str) -> WalkedChain:
    """Return a chain that is still to be walked along, with the heads that are known of it."""
    known = {head.sequence for head in stores.heads if head.chain == name}
    known |= {day.head.sequence for anchor in stores.anchors for day in anchor.chains if day.head.chain == name}
    return WalkedChain(name, known)


def _check_part(
    stores: AuditedStores, chains: Sequence[WalkedChain], part: int, parts: int, since: str, until: str
) -> _Check:
    """Walk along the chains, and compare a part of what is stored with what they recorded of it."""
    walked = chains if part == 0 else [WalkedChain(chain.name) for chain in chains]
    facts_in: set[str] = set()
    blocks = (with_owners(blocks_of(stores.chain, chain), chain, facts_in) for chain in walked)
    check = _Check(stores, index_of(blocks, part=part, parts=parts))
    names = set(check.index.entries)
    if since or until:
        names = {name for name in names if _is_within(check.index.entries[name], since, until)}
        present = _looked_up(stores, names)
    else:
        present = _everything(stores, part, parts)
        check.beside([chain.name for chain in chains], facts_in, part, parts)
    for name, data in present:
        check.stored(name, data)
        names.discard(name)
    for name in sorted(names):
        check.missing(name)
    for name in check.index.entries:
        check.history(name)
    for one in check.index.followers:
        if since <= one.block.at and (not until or one.block.at < until):
            check.follows(one)
    return replace(check, index=_without_entries(check.index))


def _without_entries(index: AuditIndex) -> AuditIndex:
    return AuditIndex(erased=index.erased, adoptions=index.adoptions, number=index.number)


def _verification(
    chains: Sequence[WalkedChain], checks: Sequence[_Check], more: Iterable[AuditFinding]
) -> Verification:
    index = checks[0].index
    declared = (
        f"{recorded.entry.subject} {' '.join(recorded.entry.place)}: erased at {recorded.block.at} by "
        f"{recorded.entry.by}: {recorded.entry.why}"
        for recorded in index.erased
    )
    counts: Counter[str] = Counter()
    for check in checks:
        counts.update(check.counts)
    named = {finding.where for check in checks for finding in check.findings}
    return Verification(
        chains=len(chains),
        blocks=sum(walked.number for walked in chains),
        entries=index.number,
        facts=sum(number for store, number in counts.items() if store not in {OBJECTS, ANCHORED}),
        objects=counts[OBJECTS],
        since=min((walked.first_at for walked in chains if walked.number), default=""),
        adopted=index.adoptions.total(),
        declared=(*declared, *(f"{number} adopted by {by}: {why}" for (by, why), number in index.adoptions.items())),
        unconfirmed=sum(check.unconfirmed for check in checks),
        findings=(
            *(finding for walked in chains for finding in walked.findings),
            *(finding for finding in more if finding.where not in named),
            *(finding for check in checks for finding in check.findings),
        ),
        untold=tuple(said for check in checks for said in check.untold),
    )


def _names(stores: AuditedStores) -> list[str]:
    """Return the chains that there are, and those that were: whoever removes one removes its name, too."""
    known = {*stores.chain.names(), *(head.chain for head in stores.heads)}
    known |= {day.head.chain for anchor in stores.anchors for day in anchor.chains}
    owners = set()
    for name in known:
        with suppress(NotFound):  # what is no name of a chain has no records, and is found by that
            owners.add(ChainName.parse(name).owner)
    lanes = {str(ChainName(owner, lane)) for owner in owners for lane in range(LANES)}
    return sorted(known | {name for name in lanes - known if number_of_records(stores.chain, name, at_most=1)})


def _everything(stores: AuditedStores, part: int, parts: int) -> Iterator[tuple[Name, bytes]]:
    for store, records in stores.facts.items():
        for record in records.all():
            name = (store, record.key.partition, record.key.sort)
            if is_of_part(name, part, parts):
                yield name, bytes_of_fact(record.document)
    for key in stores.objects.keys(""):
        if is_of_part((OBJECTS, key), part, parts):
            yield (OBJECTS, key), stores.objects.get(key)
    yield from ((name, data) for name, data in _anchored(stores).items() if is_of_part(name, part, parts))


def _anchored(stores: AuditedStores) -> dict[Name, bytes]:
    return {(ANCHORED, anchor_key(anchor.day)): content_of(anchor) for anchor in stores.anchors}


def _looked_up(stores: AuditedStores, names: Iterable[Name]) -> Iterator[tuple[Name, bytes]]:
    anchored = _anchored(stores)
    for name in sorted(names):
        store, *place = name
        if name in anchored:
            yield name, anchored[name]
        if store == OBJECTS:
            try:
                yield name, stores.objects.get(place[0])
            except NotFound:
                continue
        elif store in stores.facts:
            document = stores.facts[store].get(Key(*place))
            if document is not None:
                yield name, bytes_of_fact(document)


def _is_within(recorded: Sequence[RecordedEntry], since: str, until: str) -> bool:
    return any(since <= one.block.at and (not until or one.block.at < until) for one in recorded)
