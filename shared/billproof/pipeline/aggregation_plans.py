"""Planning the aggregation: which windows of which accounts each bucket is read for, and what is measured."""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import batched

from billproof.ids import shard_of
from billproof.masterdata.meters import Meter
from billproof.periods import Period, instant_text
from billproof.pipeline.account_planner import AccountPlan
from billproof.pipeline.artefacts import AGGREGATION_PLAN, Artefacts
from billproof.pipeline.model import SeenControlTotals
from billproof.ports import NewObject, Objects
from billproof.pricing.reading import Read
from billproof.readings import Reading
from billproof.usage.log import bucket_name, control_prefix, day_of_key, days_between, ids_key
from billproof.usage.manifests import new_manifest
from billproof.usage.model import AccountWindow, AggregationPlan, AskedAggregate

BUCKETS_AT_ONCE = 16
"""Buckets whose plans are made and written side by side, with one record in the audit chain."""


@dataclass(frozen=True, slots=True)
class BucketWork:
    """An account, and the windows of it and of its children that lie in one bucket of the usage log."""

    account: AccountPlan
    windows: tuple[AccountWindow, ...]


def add_windows(
    accounts: Iterable[AccountPlan], batch: str, buckets: int, work: dict[int, list[BucketWork]]
) -> tuple[int, ...]:
    """Add the windows of a batch to the work of the buckets that hold their events, and return those buckets."""
    used: set[int] = set()
    for account in accounts:
        by_bucket: dict[int, list[AccountWindow]] = {}
        for window in account.windows:
            windows = by_bucket.setdefault(shard_of(window.account, buckets), [])
            windows.append(window.model_copy(update={"batch": batch}))
        for bucket, windows in by_bucket.items():
            work.setdefault(bucket, []).append(BucketWork(account, tuple(windows)))
        used |= by_bucket.keys()
    return tuple(sorted(used))


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


def write_aggregation_plans(
    planning: BucketsPlanning, buckets: Iterable[int], work: Mapping[int, Sequence[BucketWork]]
) -> None:
    """List the segments of each bucket, and write the list and the plan that names it."""
    artefacts = Artefacts(planning.objects)

    def plan(bucket: int) -> tuple[NewObject, NewObject]:
        planned, manifest = _aggregation_plan(planning, bucket, work.get(bucket, ()))
        return manifest, artefacts.new(AGGREGATION_PLAN, planning.run, planned, part=bucket_name(bucket))

    with ThreadPoolExecutor(BUCKETS_AT_ONCE) as pool:
        for chunk in batched(buckets, BUCKETS_AT_ONCE, strict=False):
            artefacts.write_all([new for news in pool.map(plan, chunk) for new in news])


def _aggregation_plan(
    planning: BucketsPlanning, bucket: int, work: Sequence[BucketWork]
) -> tuple[AggregationPlan, NewObject]:
    """Return the plan of one bucket and the list of segments to read: the windows in them, and what is measured."""
    windows = tuple(window for account in work for window in account.windows)
    start, end = (instant_text(instant) for instant in planning.period.instants(planning.time_zone))
    days = days_between([(window.start, window.end) for window in windows] or [(start, end)])
    manifest = new_manifest(planning.objects, planning.run, bucket, days, planning.planned_at)
    plan = AggregationPlan(
        run=planning.run,
        bucket=bucket,
        received_before=planning.planned_at,
        days=days,
        windows=windows,
        asked=_asked((plan.account for plan in work), planning.period, planning.meters),
        period=planning.period.name,
        stated=planning.stated,
        known_ids=ids_key(planning.run_before, bucket) if planning.run_before else "",
        manifest=manifest.key,
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


def _asked(accounts: Iterable[AccountPlan], period: Period, meters: Iterable[Meter]) -> tuple[AskedAggregate, ...]:
    """Return everything that the terms of some accounts read."""
    published = {meter.id: meter for meter in meters}
    readings: set[Reading] = set()
    for terms in (account.terms for account in accounts):
        readings |= Read.of(terms.contracts, period).readings
        for earlier in terms.earlier:
            readings |= Read.of(earlier.contracts, earlier.period).readings
    known = [reading for reading in readings if reading.meter in published]
    known.sort(key=lambda reading: (reading.meter, reading.group_by, reading.variant))
    return tuple(_ask(published[reading.meter], reading) for reading in known)
