"""Planning the aggregation: which windows of which accounts each bucket is read for, and what is measured.

Windows are packed as soon as their batch is cut, and unpacked when their bucket's plan is written: so planning holds as
much as some buckets need, and not what all accounts do.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Protocol

from backports import zstd
from pydantic import TypeAdapter

from billproof.cutting import cut
from billproof.errors import NotFound, ObjectUnreadable
from billproof.masterdata.crosswalk_book import CrosswalkBook
from billproof.masterdata.meters import Meter
from billproof.periods import Period, instant_text
from billproof.pipeline.account_planner import AccountPlan
from billproof.pipeline.artefacts import AGGREGATION_PLAN, PART_WINDOWS, REFUSED, RUN_PLAN, Artefacts
from billproof.pipeline.model import PartWindows, RunPlan, SeenControlTotals
from billproof.ports import NewObject, Objects
from billproof.pricing.reading import Read
from billproof.readings import Reading
from billproof.usage.buckets import Buckets
from billproof.usage.keys import bucket_name
from billproof.usage.log import COMPRESSION_LEVEL, control_prefix, day_of_key, days_between, ids_key
from billproof.usage.manifests import new_manifest
from billproof.usage.model import AccountWindow, AggregationPlan, AskedAggregate
from billproof.usage.owners import owners_in

BUCKETS_AT_ONCE = 16
"""Buckets whose plans are made and written side by side, with one record in the audit chain."""


WINDOWS_AT_ONCE = 5_000
"""Windows, in about so many of which buckets are planned side by side; a bucket may have more of its own."""
_WINDOWS = TypeAdapter(tuple[AccountWindow, ...])


@dataclass(slots=True)
class BucketWork:
    """The windows that lie in one bucket of the usage log, packed batch by batch, and what their terms read."""

    packed: list[bytes] = field(default_factory=list)
    number: int = 0
    readings: set[Reading] = field(default_factory=set)

    def add(self, windows: Sequence[AccountWindow]) -> None:
        """Pack the windows of a batch."""
        self.number += len(windows)
        self.packed.append(zstd.compress(_WINDOWS.dump_json(tuple(windows)), level=COMPRESSION_LEVEL))

    def read(self) -> PartWindows:
        """Return the windows, in the order in which they were added, and what is measured in them."""
        windows = (window for packed in self.packed for window in _WINDOWS.validate_json(zstd.decompress(packed)))
        return PartWindows.model_construct(windows=tuple(windows), readings=tuple(self.readings))


type Work = dict[int, BucketWork]
"""What is to be read of each bucket."""


class ReadableWork(Protocol):
    """The windows that lie in one bucket, as whoever planned its accounts left them."""

    @property
    def number(self) -> int:
        """How many there are."""

    def read(self) -> PartWindows:
        """Return them, and what is measured in them."""


@dataclass(slots=True)
class StoredWork:
    """The windows that lie in one bucket, as the parts of a divided planning stored them."""

    artefacts: Artefacts
    run: str
    bucket: int
    parts: list[int] = field(default_factory=list)
    number: int = 0

    def read(self) -> PartWindows:
        """Return the windows part by part, and what is measured in them."""
        names = (part_windows(self.bucket, part) for part in self.parts)
        parts = [self.artefacts.read(PART_WINDOWS, self.run, name) for name in names]
        windows = (window for part in parts for window in part.windows)
        readings = {reading for part in parts for reading in part.readings}
        return PartWindows.model_construct(windows=tuple(windows), readings=tuple(readings))


def part_windows(bucket: int, part: int) -> str:
    """Name what a part of a divided planning reads of a bucket."""
    return f"{bucket_name(bucket)}-{part:06d}"


def new_part_windows(artefacts: Artefacts, run: str, part: int, work: Work) -> Iterator[NewObject]:
    """Yield what a part of a divided planning reads of each bucket, as it is to be written."""
    for bucket, mine in work.items():
        yield artefacts.new(PART_WINDOWS, run, mine.read(), part=part_windows(bucket, part))


def add_windows(
    accounts: Iterable[AccountPlan], batch: str, buckets: Buckets, period: Period, work: Work
) -> tuple[int, ...]:
    """Add the windows of a batch to the work of the buckets that hold their events, and return those buckets."""
    by_bucket: dict[int, list[AccountWindow]] = {}
    for account in accounts:
        readings = _readings(account, period)
        for window in account.windows:
            bucket = buckets.of(window.account)
            by_bucket.setdefault(bucket, []).append(window.model_copy(update={"batch": batch}))
            work.setdefault(bucket, BucketWork()).readings.update(readings)
    for bucket, windows in by_bucket.items():
        work[bucket].add(windows)
    return tuple(sorted(by_bucket))


@dataclass(frozen=True, slots=True)
class BucketsPlanning:
    """What the plans of all buckets of a run share."""

    run: str
    period: Period
    time_zone: str
    planned_at: str
    meters: Sequence[Meter]
    stated: tuple[AskedAggregate, ...]
    run_before: str | None
    objects: Objects
    buckets: Buckets
    crosswalks: CrosswalkBook

    def plan_before(self) -> RunPlan | None:
        """Return the plan of the run before; None where there is none, or where it no longer reads.

        The check of completeness, which reads it, too, names it then.
        """
        try:
            return Artefacts(self.objects).read(RUN_PLAN, self.run_before) if self.run_before else None
        except (NotFound, ObjectUnreadable):
            return None

    def ids_before(self, reads: Sequence[int], before: RunPlan | None) -> tuple[str, bool]:
        """Return where the run before keeps the ids of a bucket, and whether it has some for sure.

        They are in the bucket of its count, where the log has grown since. Empty where there was no such run.
        """
        if not self.run_before:
            return "", False
        planned = next((one for one in reads if before is not None and one in before.buckets), None)
        has_ids = before is not None and planned is not None and REFUSED.name in before.lists
        return ids_key(self.run_before, reads[0] if planned is None else planned), has_ids


def write_aggregation_plans(
    planning: BucketsPlanning, buckets: Iterable[int], work: Mapping[int, ReadableWork]
) -> None:
    """List the segments of each bucket, and write the list and the plan that names it."""
    artefacts, before = Artefacts(planning.objects), planning.plan_before()

    def plan(bucket: int) -> tuple[NewObject, NewObject]:
        planned, manifest = _aggregation_plan(planning, bucket, work.get(bucket, BucketWork()), before)
        return manifest, artefacts.new(AGGREGATION_PLAN, planning.run, planned, part=bucket_name(bucket))

    with ThreadPoolExecutor(BUCKETS_AT_ONCE) as pool:
        for chunk in _side_by_side(buckets, work):
            artefacts.write_all([new for news in pool.map(plan, chunk) for new in news])


def _side_by_side(buckets: Iterable[int], work: Mapping[int, ReadableWork]) -> Iterator[list[int]]:
    """Divide buckets into those that are planned side by side."""

    def windows(bucket: int) -> int:
        return work[bucket].number if bucket in work else 0

    return cut(buckets, most=BUCKETS_AT_ONCE, size_of=windows, most_size=WINDOWS_AT_ONCE)


def _aggregation_plan(
    planning: BucketsPlanning, bucket: int, work: ReadableWork, before: RunPlan | None
) -> tuple[AggregationPlan, NewObject]:
    """Return the plan of one bucket and the list of segments to read: the windows in them, and what is measured."""
    mine = work.read()
    windows = mine.windows
    start, end = (instant_text(instant) for instant in planning.period.instants(planning.time_zone))
    days = days_between([(window.start, window.end) for window in windows] or [(start, end)])
    spread = planning.buckets.spread_with(bucket, owners_in(planning.crosswalks, windows))
    own = (bucket, *spread.older)
    manifest = new_manifest(planning.objects, planning.run, (*own, *spread.others), days, planning.planned_at)
    known_ids, has_known_ids = planning.ids_before(own, before)
    plan = AggregationPlan(
        run=planning.run,
        bucket=bucket,
        received_before=planning.planned_at,
        days=days,
        windows=windows,
        asked=_asked(mine.readings, planning.meters),
        period=planning.period.name,
        stated=planning.stated,
        known_ids=known_ids,
        has_known_ids=has_known_ids,
        manifest=manifest.key,
        lists_refused=True,
        spread=spread,
    )
    return plan, manifest


def control_totals_seen(objects: Objects, period: Period, time_zone: str) -> SeenControlTotals:
    """List what sources stated of the days of a period by now."""
    start, end = (instant_text(instant) for instant in period.instants(time_zone))
    days = days_between([(start, end)])
    keys = (key for month in sorted({day[:7] for day in days}) for key in objects.keys(control_prefix(month)[:-1]))
    return SeenControlTotals(objects=tuple(key for key in keys if day_of_key(key) in days))


def stated_aggregates(control_totals: SeenControlTotals, meters: Iterable[Meter]) -> tuple[AskedAggregate, ...]:
    """Return what to count by the hour: every meter where a source sent control totals, else nothing."""
    return tuple(_ask(meter, Reading(meter=meter.id)) for meter in meters) if control_totals.objects else ()


def _ask(meter: Meter, reading: Reading) -> AskedAggregate:
    return AskedAggregate(
        meter=meter.id,
        event_type=meter.event_type,
        aggregation=meter.aggregation,
        value_property=meter.value_property,
        price_property=meter.price_property,
        percentile=meter.percentile,
        where=meter.where,
        rounding=meter.rounding,
        reading=reading,
    )


def _readings(account: AccountPlan, period: Period) -> set[Reading]:
    """Return everything that the terms of an account read."""
    readings = set(Read.of(account.terms.contracts, period).readings)
    for earlier in account.terms.earlier:
        readings |= Read.of(earlier.contracts, earlier.period).readings
    return readings


def _asked(readings: Iterable[Reading], meters: Iterable[Meter]) -> tuple[AskedAggregate, ...]:
    """Return the readings of meters that are published, each as it is to be measured."""
    published = {meter.id: meter for meter in meters}
    known = [reading for reading in readings if reading.meter in published]
    known.sort(key=lambda reading: (reading.meter, reading.group_by, reading.variant))
    return tuple(_ask(published[reading.meter], reading) for reading in known)
