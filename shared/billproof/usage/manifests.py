"""What a run saw of the usage log: the list of its segments, exact, stored beside its plan.

    runs/<run>/segments/<bucket>-<digest>.json.zst            the days of its windows, listed while it was planned
    runs/<run>/segments/<bucket>-<digest>-before.json.zst     older days, listed where it looked back for a level

    events:   A written     B in the queue      C in the queue
    run:      ....|---------- planned: A ------ aggregated: A ------ closed
    log:      A             A  B (marked late)  A  B  C (marked late)       the next run lists A, B and C

Whatever the list does not name is late, whenever the queue received it. Beside its segments it names the compactions
that cover some of them: billing reads those, a proof reads the segments. A list is named by its content, which holds
the moment of the plan too: a run that is planned again has another one.
"""

import json
from collections.abc import Container, Iterator, Mapping, Sequence
from typing import Any

from backports import zstd

from billproof.errors import NotFound, ObjectUnreadable
from billproof.ids import canonical_json, digest_bytes
from billproof.ports import NewObject, Objects
from billproof.usage import log
from billproof.usage.compacted import last_compactions
from billproof.usage.keys import SegmentKey, bucket_name
from billproof.usage.model import AggregationPlan

_SUFFIX = ".json.zst"
_BEFORE = "-before"

type NamesByDay = Mapping[str, Sequence[str]]


def new_manifest(objects: Objects, run: str, buckets: Sequence[int], days: Sequence[str], planned_at: str) -> NewObject:
    """List the segments of some days that a bucket reads now, in itself and in older ones; it is still to be stored.

    It names the compactions of the days, too. They are listed first: what they cover is among the segments, then.
    """
    bucket, *_older = buckets
    compactions = last_compactions(objects, bucket, days)
    data = _packed(planned_at, _names(objects, buckets, days), compactions)
    digest = digest_bytes(data)[:40]
    key = f"runs/{run}/segments/{bucket_name(bucket)}-{digest}{_SUFFIX}"
    return NewObject(key, zstd.compress(data, level=log.COMPRESSION_LEVEL), content_type="application/zstd")


def is_intact(objects: Objects, key: str) -> bool:
    """Say whether a list is there and holds the content that named it."""
    try:
        data = zstd.decompress(objects.get(key))
    except (NotFound, zstd.ZstdError):
        return False
    return _is_named_by(key, data)


def older_days(plan: AggregationPlan, days: Sequence[str], objects: Objects, *, writes: bool) -> str:
    """Return the key of the list of the days before a plan's windows: the first look writes it, later ones read it.

    A reader that writes nothing (`writes` is false) is answered "" where the run itself never looked.
    """
    key = _before(plan.manifest)
    if next(iter(objects.keys(key)), None) == key:
        return key
    if not writes:
        return ""
    data = _packed(plan.received_before, _names(objects, plan.reads, days), {})
    objects.create(key, zstd.compress(data, level=log.COMPRESSION_LEVEL), content_type="application/zstd")
    return key


def segments_of(plan: AggregationPlan, objects: Objects) -> Iterator[list[str]]:
    """Yield the segments that a plan reads, day by day: those that it lists, else (plans of before) all of its days.

    Raises ObjectUnreadable.
    """
    if not plan.manifest:
        yield from log.segments_of(objects, plan.reads, plan.days)
        return
    names = _read(objects, plan.manifest)
    for day in plan.days:
        if day in names:
            yield [str(SegmentKey.named(name, plan.bucket, day)) for name in names[day]]


def seen_by(objects: Objects, manifest: str, *, lacking: Container[str] = ()) -> frozenset[str]:
    """Return the segments that a list names, with those of the days on which its run looked back for a level.

    Raises ObjectUnreadable, for lists that are `lacking`, too: a proof does without what its run could not read.
    """
    older = _before(manifest)
    keys = [manifest, *(key for key in objects.keys(older) if key == older)]
    for key in keys:
        if key in lacking:
            raise ObjectUnreadable(key)
    lists = [_read(objects, key) for key in keys]
    bucket = log.bucket_of_list(manifest)
    return frozenset(
        str(SegmentKey.named(name, bucket, day)) for names in lists for day, of_day in names.items() for name in of_day
    )


def _before(manifest: str) -> str:
    return f"{manifest.removesuffix(_SUFFIX)}{_BEFORE}{_SUFFIX}"


def _names(objects: Objects, buckets: Sequence[int], days: Sequence[str]) -> dict[str, list[str]]:
    names: dict[str, list[str]] = {}
    for keys in log.segments_of(objects, buckets, days):
        for key in map(SegmentKey.parse, keys):
            names.setdefault(key.day, []).append(key.name_in(buckets[0]))
    return names


def compacted_in(objects: Objects, manifest: str) -> Mapping[str, str]:
    """Return the keys of the compactions that a list names, by day; none in lists of before."""
    compactions: Mapping[str, str] = _content(objects, manifest).get("compactions", {})
    return compactions


def _packed(planned_at: str, names: NamesByDay, compactions: Mapping[str, str]) -> bytes:
    content: dict[str, Any] = {"planned_at": planned_at, "segments": names}
    if compactions:
        content["compactions"] = compactions
    return canonical_json(content)


def _read(objects: Objects, key: str) -> NamesByDay:
    segments: NamesByDay = _content(objects, key)["segments"]
    return segments


def _content(objects: Objects, key: str) -> dict[str, Any]:
    """Return what a list holds; raises ObjectUnreadable where it is gone, or not what named it."""
    try:
        data = zstd.decompress(objects.get(key))
        content: dict[str, Any] = json.loads(data)
    except (NotFound, zstd.ZstdError, ValueError) as error:
        raise ObjectUnreadable(key) from error
    if not (_is_older(key) or _is_named_by(key, data)):
        raise ObjectUnreadable(key)
    return content


def _is_older(key: str) -> bool:
    """Say whether a list is that of older days, which is named after another list and not by its content."""
    return key.endswith(f"{_BEFORE}{_SUFFIX}")


def _is_named_by(key: str, data: bytes) -> bool:
    return key.endswith(f"-{digest_bytes(data)[:40]}{_SUFFIX}")
