"""Taking one account out of the objects that it shares with others: usage, quarantine, discarded dead letters.

    OLD (UA, B6)  ->  NEW (B6)        recorded as adopted: what is left without UA
                      OLD             declared erased, then removed, as is every compacted day that held it

An object's name is the digest of its content, so none is changed. Each step may be repeated: a command that was stopped
is called again. A compaction that ran meanwhile may leave a day that covers what was removed: the next call removes it.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import batched
from itertools import chain as chain_iterables
from re import Pattern

from billproof.audit.adopting import adopt_object, declare_erased, refuse_nobody
from billproof.audit.chain import ENTRIES_LIMIT, AuditChain
from billproof.audit.stores import AuditedObjects
from billproof.errors import NotFound
from billproof.masterdata.crosswalk_book import CrosswalkBook
from billproof.model import Model
from billproof.ports import NewObject
from billproof.usage import log
from billproof.usage.buckets import Buckets
from billproof.usage.compacted import is_compacted_key, read_compaction
from billproof.usage.discarded import letters_without, naming
from billproof.usage.keys import CompactionKey, SegmentKey, compacted_prefix, compaction_prefix, usage_prefix
from billproof.usage.model import Quarantined, SegmentRow
from billproof.usage.refused import readable_parts

_NAME_LENGTH = len(log.content_name(b""))


class TakenOut(Model):
    """How many events of an account were taken out, in dead letters too, and of how many objects.

    `unreadable` are objects that no longer hold what named them: what of the account is in them nobody knows.
    """

    account: str
    events: int
    refused: int
    discarded: int
    objects: int
    unreadable: tuple[str, ...]


type _Shared = tuple[str, NewObject | None, int]
"""An object that holds something of an account, what it is without it (None: nothing), and how much it holds."""


def take_out(
    account: str,
    *,
    chain: AuditChain,
    objects: AuditedObjects,
    buckets: Buckets,
    crosswalks: CrosswalkBook,
    remove: Callable[[str], None],
    by: str,
    why: str,
) -> TakenOut:
    """Write anew, without an account, what it shares with others, and remove what held it; `remove` removes all of it.

    Its usage under the ids that crosswalks give it goes, too, and what came under its own id, whosever it is by now.
    Raises InvalidInput where nobody is named, or no reason.
    """
    refuse_nobody(by, why)
    names, unreadable = [account, *sorted(crosswalks.ids_of(account))], list[str]()
    holding = list(dict.fromkeys(bucket for name in names for bucket in buckets.holding(name)))

    def is_mine(row: SegmentRow) -> bool:
        return account in {row.account, crosswalks.account_of(row.source, row.account, row.time)}

    kinds = {
        "events": _segments(is_mine, objects, holding, unreadable),
        "refused": _refused(account, objects, unreadable),
        "discarded": letters_without(account, objects),
    }
    counts: dict[str, int] = {}
    old: list[str] = []
    for kind, shared in kinds.items():
        counts[kind] = 0
        for key, rest, mine in shared:
            if rest is not None:
                adopt_object(rest, chain=chain, objects=objects, by=by, why=f"{why}: what is left without {account}")
            counts[kind] += mine
            old.append(key)
    readers = sorted({reader for bucket in holding for reader in buckets.reading(bucket)})
    compacted = (key for reader in readers for key in _compacted(reader, buckets, old, objects))
    old = [*compacted, *old]  # first: a call that is stopped finds the segments again
    for keys in batched(old, ENTRIES_LIMIT, strict=False):
        declare_erased(chain=chain, subject=account, keys=keys, by=by, why=why)
        for key in keys:
            remove(key)
    return TakenOut(account=account, **counts, objects=len(old), unreadable=tuple(unreadable))


def _segments(
    is_mine: Callable[[SegmentRow], bool], objects: AuditedObjects, holding: Sequence[int], unreadable: list[str]
) -> Iterator[_Shared]:
    for key in chain_iterables.from_iterable(objects.keys(usage_prefix(bucket, "")) for bucket in holding):
        rows = log.read_intact(objects, key)
        if rows is None:
            unreadable.append(key)
            continue
        rest = [row for row in rows if not is_mine(row)]
        if len(rest) < len(rows):
            yield key, log.new_object(key[:-_NAME_LENGTH], rest) if rest else None, len(rows) - len(rest)


def _compacted(bucket: int, buckets: Buckets, removed: Sequence[str], objects: AuditedObjects) -> list[str]:
    """Return the compactions of a bucket, and their objects, of days with segments that are removed, or are gone.

    What is left is compacted anew. An object that no compaction names is of one that was stopped, and goes, too.
    """
    reads = (bucket, *buckets.spread_of(bucket).older)
    left = {key for one in reads for key in objects.keys(usage_prefix(one, ""))} - set(removed)
    compactions: dict[str, list[str]] = {}
    parquet: dict[str, list[str]] = {}
    for key in filter(CompactionKey.is_key, objects.keys(compaction_prefix(bucket, ""))):
        compactions.setdefault(CompactionKey.parse(key).day, []).append(key)
    for key in filter(is_compacted_key, objects.keys(compacted_prefix(bucket, ""))):
        parquet.setdefault(SegmentKey.parse(key).day, []).append(key)
    keys: list[str] = []
    for day in sorted(compactions.keys() | parquet.keys()):
        of_day, content = compactions.get(day, []), parquet.get(day, [])
        covered = [_covered(objects, key) for key in of_day]
        named = {name for names, _ in covered for name in names}
        is_whole = set(chain_iterables.from_iterable(segments for _, segments in covered)) <= left
        if not (is_whole and set(content) <= named):
            keys += [*of_day, *content]
    return keys


def _covered(objects: AuditedObjects, key: str) -> tuple[list[str], list[str]]:
    """Return the objects of a compaction and its segments; of one that no longer reads, nothing that is there."""
    try:
        compaction = read_compaction(objects, key)
    except NotFound:
        return [], [""]
    return [compaction.object, compaction.rollup], compaction.keys


def _refused(account: str, objects: AuditedObjects, unreadable: list[str]) -> Iterator[_Shared]:
    named = naming(account)
    for key in objects.keys("quarantine/"):
        lines = log.intact_quarantined(objects, key)
        if lines is None:
            unreadable.append(key)
            continue
        rest = [line for line in lines if not _is_of(line, account, named)]
        if len(rest) < len(lines):
            yield key, log.new_object(key[:-_NAME_LENGTH], rest) if rest else None, len(lines) - len(rest)


def _is_of(line: Quarantined, account: str, named: Pattern[str]) -> bool:
    """Say whether a refused event is of an account; one that does not say whose it is, whether it names it."""
    subject = readable_parts(line.raw.encode(errors="replace")).subject
    if line.account is None and subject is None:
        return named.search(line.raw) is not None
    return account in {line.account, subject}
