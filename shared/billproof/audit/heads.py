"""Heads of chains, and the anchors that keep one of each day where nobody can change it.

anchors/<day>.json     for each chain: the last block of the day, how many blocks the day has, and their Merkle root
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date, timedelta

import msgspec
from pydantic import ValidationError

from billproof.audit import merkle
from billproof.audit.chain import AuditChain, block_key, blocks_partition
from billproof.audit.model import AuditBlock
from billproof.errors import InvalidInput
from billproof.model import Model, canonical_model
from billproof.ports import Objects, Record

ANCHORS = "anchors/"
READ_AT_ONCE = 8
DAYS_PER_CALL = 31
"""Days that one call anchors at most, where earlier calls failed."""


class Head(Model):
    """A block of a chain by its place and hash."""

    chain: str
    sequence: int
    hash: str


class DayOfChain(Model):
    """A chain at the end of a day, in UTC: its last block, and the Merkle tree of the blocks of the day."""

    head: Head
    blocks: int
    root: str


class Anchor(Model):
    """All chains at the end of a day."""

    day: date
    chains: tuple[DayOfChain, ...]
    schema_version: str = "billproof.audit-anchor/1"


def heads_of(chain: AuditChain) -> list[Head]:
    """Return the head of every chain: of one whose last record no longer reads, the last one that does."""
    heads = ((name, next(_newest_first(chain, name), None)) for name in chain.names())
    return [Head(chain=name, sequence=head.sequence, hash=head.hash) for name, head in heads if head is not None]


def blocks_of_day(chain: AuditChain, name: str, day: date) -> list[AuditBlock]:
    """Return the blocks of a chain and day in their order; only what was written since that day is read."""
    newest_first: list[AuditBlock] = []
    for record in chain.records.query(blocks_partition(name), newest_first=True):
        block = AuditBlock.read(record.document)
        if block.at[:10] < day.isoformat():
            break
        if block.at[:10] == day.isoformat():
            newest_first.append(block)
    return newest_first[::-1]


def root_of(blocks: list[AuditBlock]) -> str:
    """Return the Merkle root of some blocks."""
    return merkle.root([bytes.fromhex(block.hash) for block in blocks]).hex()


def anchor_of(chain: AuditChain, day: date) -> Anchor:
    """Return what the chains were at the end of a day."""
    return _anchor(day, {name: blocks_of_day(chain, name, day) for name in chain.names()})


def _anchor(day: date, chains: Mapping[str, list[AuditBlock]]) -> Anchor:
    days: list[DayOfChain] = []
    for name, blocks in chains.items():
        if blocks:
            head = Head(chain=name, sequence=blocks[-1].sequence, hash=blocks[-1].hash)
            days.append(DayOfChain(head=head, blocks=len(blocks), root=root_of(blocks)))
    return Anchor(day=day, chains=tuple(days))


def _blocks_since(chain: AuditChain, name: str, first: date) -> dict[str, list[AuditBlock]]:
    """Return the blocks of a chain since a day, by day; they are read once, however many days those are."""
    newest_first: dict[str, list[AuditBlock]] = {}
    for block in _newest_first(chain, name):
        if block.at[:10] < first.isoformat():
            break
        newest_first.setdefault(block.at[:10], []).append(block)
    return {day: blocks[::-1] for day, blocks in newest_first.items()}


def anchor_days(chain: AuditChain, anchors: Objects, *, today: date) -> list[date]:
    """Keep an anchor of every whole day since the last one, or since the first record; return the days.

    A day that is anchored stays as it is. `anchors` records what is written to it, and keeps it locked. What somebody
    put beside the anchors, or under a day that is not over, is none: it would end all anchoring, and be locked itself.
    """
    known = [day for key in anchors.keys(ANCHORS) if is_anchor_key(key) and (day := day_of_anchor(key)) < today]
    day = max(known) + timedelta(days=1) if known else _first_day(chain) or today
    anchored: list[date] = []
    since = {name: _blocks_since(chain, name, day) for name in chain.names()} if day < today else {}
    while day < today and len(anchored) < DAYS_PER_CALL:
        of_day = {name: days.get(day.isoformat(), []) for name, days in since.items()}
        anchors.create(anchor_key(day), content_of(_anchor(day, of_day)))
        anchored.append(day)
        day += timedelta(days=1)
    return anchored


def _first_day(chain: AuditChain) -> date | None:
    """Return the day of the first record of all chains, or None where there is none."""
    firsts = (record for name in chain.names() for record in chain.records.query(blocks_partition(name), limit=1))
    return min((date.fromisoformat(block.at[:10]) for block in _readable(firsts)), default=None)


def _newest_first(chain: AuditChain, name: str) -> Iterator[AuditBlock]:
    return _readable(chain.records.query(blocks_partition(name), newest_first=True))


def _readable(records: Iterable[Record]) -> Iterator[AuditBlock]:
    """Yield the blocks that can be read: days are anchored without the others, as verification walks them."""
    for record in records:
        with suppress(msgspec.ValidationError):
            yield AuditBlock.read(record.document)


def read_anchors(anchors: Objects) -> Iterator[Anchor]:
    """Yield the anchors by day; one that no longer reads is as good as none, and missed like it.

    So is one of another day than its key says, and what lies beside them: it would stand for another one.
    """
    for key in filter(is_anchor_key, anchors.keys(ANCHORS)):
        anchor = _anchor_in(key, anchors.get(key))
        if anchor is not None:
            yield anchor


def anchors_of(read: Callable[[str], bytes | None], days: Sequence[date]) -> dict[date, Anchor]:
    """Return the anchors of some days, as far as they are there and can be read; `read` is given their keys."""
    with ThreadPoolExecutor(READ_AT_ONCE) as pool:
        keys = list(map(anchor_key, days))
        read_ones = (_anchor_in(key, data) for key, data in zip(keys, pool.map(read, keys), strict=True) if data)
        return {anchor.day: anchor for anchor in read_ones if anchor is not None}


def _anchor_in(key: str, data: bytes) -> Anchor | None:
    with suppress(ValidationError):
        anchor = Anchor.model_validate_json(data)
        return anchor if anchor_key(anchor.day) == key else None
    return None


def anchor_key(day: date) -> str:
    """Return where the anchor of a day is."""
    return f"{ANCHORS}{day}.json"


def day_of_anchor(key: str) -> date:
    """Return the day of an anchor."""
    return date.fromisoformat(key.removeprefix(ANCHORS).removesuffix(".json"))


def is_anchor_key(key: str) -> bool:
    """Say whether the anchor of a day lies, or would lie, under a key."""
    try:
        return anchor_key(day_of_anchor(key)) == key
    except ValueError:
        return False


def content_of(anchor: Anchor) -> bytes:
    """Return the bytes of an anchor as they are stored."""
    return canonical_model(anchor)


class PathToRoot(Model):
    """How the hash of a block leads to the Merkle root of its day: at each step the other hash, and its side."""

    chain: str
    sequence: int
    day: date
    leaf: str
    steps: tuple[tuple[str, str], ...]
    root: str


def path_of(chain: AuditChain, name: str, sequence: int) -> PathToRoot:
    """Return the path of a block; raises InvalidInput where there is no such block."""
    document = chain.records.get(block_key(name, sequence))
    if document is None:
        message = f"the audit chain {name} has no record {sequence}"
        raise InvalidInput(message)
    day = date.fromisoformat(AuditBlock.read(document).at[:10])
    blocks = blocks_of_day(chain, name, day)
    leaves = [bytes.fromhex(block.hash) for block in blocks]
    index = next(number for number, block in enumerate(blocks) if block.sequence == sequence)
    steps = tuple((side, other.hex()) for side, other in merkle.path(leaves, index))
    return PathToRoot(
        chain=name, sequence=sequence, day=day, leaf=leaves[index].hex(), steps=steps, root=merkle.root(leaves).hex()
    )
