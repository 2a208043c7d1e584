"""The aggregation step of a billing run: one bucket of the usage log, written out by batch."""

from billproof.model import Model
from billproof.pipeline.artefacts import AGGREGATION_PLAN, PROFILE, REFUSED, TALLY, USAGE, Artefacts
from billproof.pipeline.earlier_levels import earlier_levels
from billproof.pipeline.usages import usage_part
from billproof.ports import Objects
from billproof.usage import log
from billproof.usage.aggregation import aggregate
from billproof.usage.extras import Extras
from billproof.usage.keys import bucket_name, day_of
from billproof.usage.model import AccountUsage, AggregationPlan, BatchUsage, Quarantined
from billproof.usage.profiles import BucketProfile
from billproof.usage.tallies import BucketTally
from billproof.usage.unreadable import report


class Aggregated(Model):
    """What one bucket came to."""

    run_id: str
    bucket: int
    accounts: int
    events: int
    conflicting: int


def aggregate_usage(*, run_id: str, bucket: int, objects: Objects) -> Aggregated:
    """Aggregate one bucket as its plan says and write the usage of each of its batches.

    Raises NotFound where the run has no such plan, or its list of refused events is gone.
    """
    artefacts = Artefacts(objects)
    name = bucket_name(bucket)
    plan = artefacts.read(AGGREGATION_PLAN, run_id, name)
    batch_of = {window.account: window.batch for window in plan.windows}
    batches: dict[str, list[AccountUsage]] = {}
    extras = Extras(refused=identities_of(artefacts, plan))
    usages = aggregate(
        plan,
        objects=objects,
        extras=extras,
        earlier=earlier_levels(artefacts, plan.reads),
        writes_lists=True,
        reads_compacted=True,
    )
    report(extras.unreadable)
    _quarantine(extras.conflicts, objects)
    tally = BucketTally(
        run=run_id,
        bucket=bucket,
        hours=tuple(extras.hours),
        days=tuple(extras.days),
        resent=tuple(sorted(extras.resent)),
        unreadable=tuple(extras.unreadable),
        other_sources=extras.other_sources,
    )
    for usage in usages:
        batches.setdefault(batch_of[usage.account], []).append(usage)
    profile = BucketProfile(run=run_id, bucket=bucket, profiles=tuple(extras.profiles))
    news = [artefacts.new(TALLY, run_id, tally, part=name), artefacts.new(PROFILE, run_id, profile, part=name)]
    for batch, accounts in batches.items():
        batch_usage = BatchUsage(run=run_id, batch=batch, bucket=bucket, accounts=tuple(accounts))
        news.append(artefacts.new(USAGE, run_id, batch_usage, part=usage_part(batch, bucket)))
    artefacts.write_all(news)
    return Aggregated(
        run_id=run_id,
        bucket=bucket,
        accounts=len(usages),
        events=sum(usage.counts.copies for usage in usages),
        conflicting=sum(usage.counts.conflicting for usage in usages),
    )


def identities_of(artefacts: Artefacts, plan: AggregationPlan) -> list[tuple[str, str]]:
    """Return the sources and ids of the refused events that a run states, as far as they could be read."""
    if not plan.lists_refused and not artefacts.exists(REFUSED, plan.run):  # a run of before
        return []
    events = artefacts.read(REFUSED, plan.run).events
    return sorted({(event.source, event.event) for event in events if event.source and event.event})


def _quarantine(conflicts: list[Quarantined], objects: Objects) -> None:
    by_day: dict[str, list[Quarantined]] = {}
    for conflict in conflicts:
        by_day.setdefault(day_of(conflict.time), []).append(conflict)
    for day, lines in by_day.items():
        log.write(objects, f"{log.quarantine_prefix(day)}conflicts-", lines)
