"""Taking one account out of the objects that it shares with others: segments of usage, and quarantine.

    OLD (UA, B6)  ->  NEW (B6)        recorded as adopted: what is left without UA
                      OLD             declared erased, then removed, as is every compacted day that held it

An object's name is the digest of its content, so none is changed. Each step may be repeated: a command that was stopped
is called again.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import batched

from billproof.audit.adopting import adopt_object, declare_erased, refuse_nobody
from billproof.audit.chain import ENTRIES_LIMIT, AuditChain
from billproof.audit.stores import AuditedObjects
from billproof.ids import shard_of
from billproof.model import Model
from billproof.ports import NewObject
from billproof.usage import log
from billproof.usage.model import Quarantined
from billproof.usage.refused import readable_parts

_NAME_LENGTH = len(log.content_name(b""))


class TakenOut(Model):
    """How many events of an account were taken out, and of how many objects."""

    account: str
    events: int
    refused: int
    objects: int


def take_out(
    account: str,
    *,
    chain: AuditChain,
    objects: AuditedObjects,
    buckets: int,
    remove: Callable[[str], None],
    by: str,
    why: str,
) -> TakenOut:
    """Write anew, without an account, what it shares with others, and remove what held it; `remove` removes all of it.

    Raises InvalidInput where nobody is named, or no reason.
    """
    refuse_nobody(by, why)
    counts = {"usage": 0, "quarantine": 0}
    old: list[str] = []
    for kind, shared in (("usage", _segments(account, objects, buckets)), ("quarantine", _refused(account, objects))):
        for key, rest, mine in shared:
            if rest is not None:
                adopt_object(rest, chain=chain, objects=objects, by=by, why=f"{why}: what is left without {account}")
            counts[kind] += mine
            old.append(key)
    old = [*_compacted(old, objects), *old]  # first: a call that is stopped finds the segments again
    for keys in batched(old, ENTRIES_LIMIT, strict=False):
        declare_erased(chain=chain, subject=account, keys=keys, by=by, why=why)
        for key in keys:
            remove(key)
    return TakenOut(account=account, events=counts["usage"], refused=counts["quarantine"], objects=len(old))


type _Shared = tuple[str, NewObject | None, int]
"""An object that holds something of an account, what it is without it (None: nothing), and how much it holds."""


def _segments(account: str, objects: AuditedObjects, buckets: int) -> Iterator[_Shared]:
    for key in objects.keys(f"usage/bucket={log.bucket_name(shard_of(account, buckets))}/"):
        rows = log.read_segment(objects, key)
        rest = [row for row in rows if row.account != account]
        if len(rest) < len(rows):
            yield key, log.new_object(key[:-_NAME_LENGTH], rest) if rest else None, len(rows) - len(rest)


def _compacted(segments: Sequence[str], objects: AuditedObjects) -> list[str]:
    """Return the compactions of the days of some segments, and their objects: what is left is compacted anew."""
    places = {log.SegmentKey.parse(key)[:2] for key in segments if key.startswith("usage/")}
    keys: list[str] = []
    for bucket, day in sorted(places):
        keys += objects.keys(log.compaction_prefix(bucket, day))
        keys += objects.keys(log.compacted_prefix(bucket, day))
    return keys


def _refused(account: str, objects: AuditedObjects) -> Iterator[_Shared]:
    for key in objects.keys("quarantine/"):
        lines = log.read_quarantined(objects, key)
        rest = [line for line in lines if not _is_of(line, account)]
        if len(rest) < len(lines):
            yield key, log.new_object(key[:-_NAME_LENGTH], rest) if rest else None, len(lines) - len(rest)


def _is_of(line: Quarantined, account: str) -> bool:
    return account in {line.account, readable_parts(line.raw.encode(errors="replace")).subject}
