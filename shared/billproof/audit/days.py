"""The records of some days of a chain, found without reading those of before: a chain is in the order of time.

| first day ... last day |
1 ... 4,711      | 4,712 ... 5,003        | 5,004  5,005        two records of later days end it
"""

from collections.abc import Iterator
from contextlib import suppress

import msgspec

from billproof.audit.chain import AuditChain, block_key, blocks_partition
from billproof.audit.model import NOTHING_BEFORE, AuditBlock
from billproof.audit.walking import WalkedChain, last_sequence, walk
from billproof.store_keys import sequence_text

LATER_RECORDS = 2
"""Sound records of later days that end the walk: one alone may be of these days, and changed."""
TRIED = 20
"""Records that are tried where some in a row cannot be read."""


def last_before(chain: AuditChain, name: str, instant: str) -> int:
    """Return the sequence of the last record of a chain before an instant, or of a day; 0 where there is none."""
    before, after = 0, last_sequence(chain, name) + 1
    while after - before > 1:
        middle = (before + after) // 2
        block = _readable_from(chain, name, middle, after)
        if block is None or block.at >= instant:
            after = middle
        else:
            before = block.sequence
    return before


def _readable_from(chain: AuditChain, name: str, sequence: int, end: int) -> AuditBlock | None:
    """Return the first record from a place on that can be read, and lies before another one."""
    for tried in range(sequence, min(sequence + TRIED, end)):
        block = block_at(chain, name, tried)
        if block is not None and block.sequence == tried:
            return block
    return None


def block_at(chain: AuditChain, name: str, sequence: int) -> AuditBlock | None:
    """Return a record of a chain by its place; None where none can be read."""
    with suppress(msgspec.ValidationError):
        return AuditBlock.read(chain.records.get(block_key(name, sequence)))
    return None


def blocks_until(chain: AuditChain, walked: WalkedChain, *, after: int, last_day: str) -> Iterator[AuditBlock]:
    """Yield the blocks of a chain after a place, up to a day, and check their links, also to the record before them."""
    walked.last = after
    before = _hash_at(chain, walked.name, after)
    place = sequence_text(after) if after else ""
    records = chain.records.query_after(blocks_partition(walked.name), place)
    later, known = 0, 0
    for _, block in walk(records, walked, expected=after + 1, before=before):
        is_sound, known = len(walked.findings) == known, len(walked.findings)
        if block is not None and block.at[:10] <= last_day:
            later = 0
            yield block
        else:
            later = later + 1 if is_sound and block is not None else 0
        if later == LATER_RECORDS:
            return


def _hash_at(chain: AuditChain, name: str, sequence: int) -> str:
    """Return the hash of a record; "" where it cannot be read."""
    block = block_at(chain, name, sequence) if sequence else None
    return block.hash if block else "" if sequence else NOTHING_BEFORE
