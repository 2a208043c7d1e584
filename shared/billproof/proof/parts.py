"""The parts of the proof of a run: its buckets, batches and register shards, each proved by itself.

bucket   segments -> usage again           the copies of the log, and what each account used
batch    usage -> invoices again           every step of its accounts, and their equations
shard    releases <-> number series        a number is that of the document that says so
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from backports import zstd

from billproof.conservation.model import Equation
from billproof.conservation.service import EquationSums, Stores, balance_batch
from billproof.errors import NotFound, ObjectUnreadable
from billproof.model import canonical_model, decimal_text
from billproof.pipeline.artefacts import AGGREGATION_PLAN, BATCH_PLAN, TALLY
from billproof.pipeline.closing import RunSums
from billproof.pipeline.earlier_levels import earlier_levels
from billproof.proof.account import compare_shared_terms, prove_account
from billproof.proof.model import CheckedCounts, Difference, DifferenceKind
from billproof.proof.numbers import compare_number
from billproof.proof.owners import compare_owners
from billproof.proof.reading import RunReads
from billproof.proof.runs import compare_plans
from billproof.proof.usage import CheckedSegments, check_segments, compare_counts
from billproof.usage.aggregation import aggregate
from billproof.usage.keys import bucket_name
from billproof.usage.log import COMPRESSION_LEVEL
from billproof.usage.model import AccountUsage, AggregationPlan, BatchUsage, EventCounts
from billproof.usage.windows import by_window


@dataclass(frozen=True, slots=True)
class BucketProof:
    """What a bucket holds: its events, and the usage of each batch, packed to be kept until the batch is proved."""

    checked: CheckedCounts
    differences: list[Difference]
    own: EventCounts
    late: EventCounts
    usages: Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class BatchTask:
    """A batch, its place among those of the run, and what its accounts used."""

    batch: str
    place: int
    usages: Sequence[bytes]


@dataclass(frozen=True, slots=True)
class BatchProof:
    """What was found in a batch, the sums of its accounts' equations, and what the run's statement says of it."""

    checked: CheckedCounts
    differences: list[Difference]
    unbalanced: list[Difference]
    equations: list[Equation]
    sums: RunSums


@dataclass(frozen=True, slots=True)
class ShardProof:
    """What was found in the numbers of a shard, and the last year in which a document was issued."""

    differences: list[Difference]
    last_year: int


def prove_bucket(reads: RunReads, bucket: int) -> BucketProof:
    """Check the segments of a bucket that the run read, and aggregate them again."""
    stores = reads.part()
    aggregation = stores.artefacts.read(AGGREGATION_PLAN, reads.run, bucket_name(bucket))
    rows_stored: Counter[tuple[str, str]] = Counter()
    lacking = lacked_by(stores, reads.run, bucket)
    segments = check_segments(aggregation, stores.objects, rows_stored, lacking=lacking)
    usages = aggregated(aggregation, stores, segments)
    own, late = EventCounts.zero(), EventCounts.zero()
    by_batch: dict[str, list[AccountUsage]] = {}
    for window, usage in zip(aggregation.windows, usages, strict=True):
        by_batch.setdefault(window.batch, []).append(usage)
        if usage.period == reads.plan.period.name:
            own += usage.counts
        else:
            late += usage.counts
    return BucketProof(
        checked=segments.counts,
        differences=[
            *segments.differences,
            *compare_counts(by_window(usages), rows_stored),
            *compare_owners(aggregation, stores.directory),
        ],
        own=own,
        late=late,
        usages={batch: _packed(reads.run, batch, bucket, used) for batch, used in by_batch.items()},
    )


def aggregated(aggregation: AggregationPlan, stores: Stores, segments: CheckedSegments) -> list[AccountUsage]:
    """Aggregate again what the plan of a bucket says, from the levels that earlier runs recorded and proved."""
    if not segments.are_listed:
        aggregation = _without_lists(aggregation)
    earlier = earlier_levels(stores.artefacts, aggregation.reads)
    return aggregate(
        aggregation,
        objects=stores.objects,
        earlier=earlier,
        without=segments.missing,
        lacking=segments.lacking,
    )


def lacked_by(stores: Stores, run: str, bucket: int) -> frozenset[str]:
    """Return what a run says it could not read of a bucket; where it says it falsely, the usage that it wrote differs.

    Nothing, where what it says is gone: its usage differs then, too, if it lacked anything.
    """
    try:
        return frozenset(stores.artefacts.read(TALLY, run, bucket_name(bucket)).unreadable)
    except (NotFound, ObjectUnreadable):
        return frozenset()


def _without_lists(aggregation: AggregationPlan) -> AggregationPlan:
    """Return a plan that reads nothing: what the run read is not known any more, so everything differs."""
    update = {"after_manifest": "", "before_manifest": ""}
    windows = tuple(window.model_copy(update=update) for window in aggregation.windows)
    return aggregation.model_copy(update={"manifest": "", "days": (), "windows": windows})


def _packed(run: str, batch: str, bucket: int, usages: Iterable[AccountUsage]) -> bytes:
    usage = BatchUsage(run=run, batch=batch, bucket=bucket, accounts=tuple(usages))
    return zstd.compress(canonical_model(usage), level=COMPRESSION_LEVEL)


def prove_batch(reads: RunReads, task: BatchTask) -> BatchProof:
    """Compute the invoices of a batch again, and balance its accounts."""
    stores = reads.part()
    plan = stores.artefacts.read(BATCH_PLAN, reads.run, task.batch)
    stores.fetch(plan)
    parts = (BatchUsage.model_validate_json(zstd.decompress(packed)) for packed in task.usages)
    usages = by_window(usage for part in parts for usage in part.accounts)
    checked, differences = CheckedCounts(), []
    if task.place == 0:  # every batch froze the same ones
        checked, shared = compare_shared_terms(plan, stores.directory)
        differences += shared
    differences += compare_plans(reads.plan, plan)
    for terms in plan.accounts:
        account_counts, account_differences = prove_account(terms, plan, usages, stores)
        checked += account_counts
        differences += account_differences
    sums = EquationSums()
    unbalanced: list[Difference] = []
    for statement in balance_batch(reads.plan, task.batch, reads.refused, stores):
        sums.add(statement.equations)
        unbalanced += compare_equations(statement.account, statement.equations)
    stated = RunSums()
    stated.add_batch(reads.run, task.batch, stores.artefacts)
    return BatchProof(checked, differences, unbalanced, sums.equations, stated)


def prove_shard(reads: RunReads, shard: int) -> ShardProof:
    """Compare the numbers of the documents of a shard of the register with the series, and what they settled."""
    stores = reads.part()
    plan = reads.plan
    differences: list[Difference] = []
    last_year = 0
    for facts in stores.register.of_shard(plan.legal_entity, plan.period.name, shard):
        if (released := facts.released) is not None:
            last_year = max(last_year, released.issue_date.year)
            differences += compare_number(released, stores)
    return ShardProof(differences, last_year)


def compare_equations(where: str, equations: Iterable[Equation]) -> Iterator[Difference]:
    """Name every equation that does not balance."""
    for equation in equations:
        if not equation.balances:
            parts = " + ".join(f"{name} {decimal_text(value)}" for name, value in equation.parts.items())
            stated = f"{equation.code} {decimal_text(equation.total)}"
            proved = f"{parts}: {decimal_text(equation.difference)} unaccounted for"
            yield Difference.of(DifferenceKind.BALANCE, where, stated, proved)
