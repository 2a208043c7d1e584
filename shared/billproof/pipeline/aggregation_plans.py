"""Planning the aggregation: which windows of which accounts each bucket is read for, and what is measured."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from billproof.ids import shard_of
from billproof.masterdata.meters import Meter
from billproof.periods import Period, instant_text, month_name
from billproof.pipeline.account_planner import AccountPlan
from billproof.ports import Objects
from billproof.pricing.reading import Read
from billproof.readings import Reading
from billproof.usage.log import days_between, ids_key
from billproof.usage.manifests import write_manifest
from billproof.usage.model import AccountWindow, AggregationPlan, AskedAggregate


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


def aggregation_plan(
    run: str,
    bucket: int,
    work: Sequence[BucketWork],
    *,
    period: Period,
    time_zone: str,
    received_before: str,
    meters: Sequence[Meter],
    stated: tuple[AskedAggregate, ...],
    objects: Objects,
    run_before: str | None,
) -> AggregationPlan:
    """Return the plan of one bucket: the segments to read, listed now, the windows in them, and what is measured."""
    windows = tuple(window for account in work for window in account.windows)
    start, end = (instant_text(instant) for instant in period.instants(time_zone))
    days = days_between([(window.start, window.end) for window in windows] or [(start, end)])
    return AggregationPlan(
        run=run,
        bucket=bucket,
        received_before=received_before,
        days=days,
        windows=windows,
        asked=_asked((plan.account for plan in work), period, meters),
        period=period.name,
        stated=stated,
        known_ids=ids_key(run_before, bucket) if run_before else "",
        manifest=write_manifest(objects, run, bucket, days, received_before),
    )


def stated_aggregates(objects: Objects, period: Period, meters: Iterable[Meter]) -> tuple[AskedAggregate, ...]:
    """Return what to count by the hour: every meter where a source sent control totals, else nothing."""
    months = {month_name(period.start), month_name(period.end)}
    if not any(next(iter(objects.keys(f"control-totals/day={month}")), None) for month in months):
        return ()
    return tuple(_ask(meter, Reading(meter=meter.id)) for meter in meters)


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
