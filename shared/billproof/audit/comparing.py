"""Comparing single facts with what the chain recorded of them, without all the rest that is stored."""

from collections.abc import Collection, Iterator, Sequence

import msgspec

from billproof.audit.chain import AuditChain
from billproof.audit.index import Name, RecordedEntry, is_as_recorded
from billproof.audit.model import FACT
from billproof.audit.naming import LANES
from billproof.audit.walking import WalkedChain, blocks_of
from billproof.ids import canonical_json
from billproof.ports import Key, Records
from billproof.store_keys import ChainName


def not_as_recorded(
    keys: Sequence[Key], *, store: str, records: Records, owner: str, chain: AuditChain
) -> Iterator[str]:
    """Say of each of some facts that is not as the chain recorded it what is wrong with it.

    The chains of their owner are read from the beginning; of them only the entries of these facts are kept.
    """
    names = {(store, key.partition, key.sort): key for key in keys}
    recorded = _recorded(chain, owner, names)
    for name, key in names.items():
        entries, stored = recorded.get(name), records.get(key)
        if entries is None:
            yield f"{key.sort} has no record in the audit chain"
        elif stored is None:
            yield f"{key.sort} was recorded by {entries[-1].where}, and is not there"
        elif not is_as_recorded(entries, canonical_json(dict(stored)), chain.keys.known):
            yield f"{key.sort} is not what {entries[-1].where} recorded"


def _recorded(chain: AuditChain, owner: str, names: Collection[Name]) -> dict[Name, list[RecordedEntry]]:
    recorded: dict[Name, list[RecordedEntry]] = {}
    for lane in range(LANES):
        for block in blocks_of(chain, WalkedChain(str(ChainName(owner, lane)))):
            for entry in block.entries:
                if entry.name in names:
                    bare = msgspec.structs.replace(block, entries=(), written=(), void=())
                    one = RecordedEntry(entry, bare, is_confirmed=entry.what == FACT)
                    recorded.setdefault(entry.name, []).append(one)
    return recorded
