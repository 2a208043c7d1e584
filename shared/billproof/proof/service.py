"""Computing a run or an invoice again, from the log and the frozen terms, and comparing with all that was stored.

    log -> usage -> lines -> tax -> document = released document = posting
    contracts as stored = terms as frozen

Tax that was determined by an earlier version of the rules is computed with what that version said: `invoice retax` says
what later ones say.

Proofs only read. What a run did not see (segments that its plan does not list) does not count.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from billproof.conservation.service import EquationSums, Stores, month_at_hand, statement_of
from billproof.crews import Alone, Crew
from billproof.errors import NotFound, ObjectUnreadable
from billproof.identities import InvoiceId
from billproof.ids import shown
from billproof.invoicing.facts import REGISTER_SHARDS
from billproof.invoicing.model import Released
from billproof.pipeline.artefacts import AGGREGATION_PLAN, BATCH_PLAN, RELEASED, RUN_PLAN, STATEMENT
from billproof.pipeline.closing import RunSums, read_statement
from billproof.pipeline.model import RunPlan, RunStatement
from billproof.pricing.terms import AccountTerms, BatchPlan
from billproof.proof.account import compare_shared_terms, prove_account
from billproof.proof.approvals import of_run, prove_run_approvals
from billproof.proof.model import CheckedCounts, Difference, DifferenceKind, Proof
from billproof.proof.numbers import compare_number, prove_series, series_of_month
from billproof.proof.openings import prove_opening
from billproof.proof.owners import compare_owners
from billproof.proof.parts import (
    BatchTask,
    BucketProof,
    aggregated,
    compare_equations,
    lacked_by,
    prove_batch,
    prove_bucket,
    prove_shard,
)
from billproof.proof.reading import RememberingStores, RunReads
from billproof.proof.refusals import compare_refusals, compare_refusals_of
from billproof.proof.runs import compare_check, compare_closed
from billproof.proof.statements import compare_statement
from billproof.proof.usage import check_segments, compare_counts
from billproof.usage.judging import JudgedEvent, events_of
from billproof.usage.keys import bucket_name
from billproof.usage.model import AccountUsage, AggregationPlan, EventCounts
from billproof.usage.windows import by_window

type Crews = Callable[[RunReads, Path], AbstractContextManager[Crew[RunReads]]]
"""Gets a crew together for a run, whose facts are at hand in a file."""


def alone(reads: RunReads, at_hand: Path) -> AbstractContextManager[Crew[RunReads]]:
    """Let this process do it all."""
    del at_hand
    return nullcontext(Alone(reads))


def prove_run(run_id: str, *, stores: Stores, crews: Crews = alone) -> Proof:
    """Compute every account of a closed run again; raises NotFound where the run has no plan, or has not closed."""
    plan = stores.artefacts.read(RUN_PLAN, run_id)
    statement, lost = _statement(plan, stores)
    entity, period = plan.legal_entity, plan.period.name
    series = series_of_month(entity, period)
    with month_at_hand(stores, entity, period, *series) as (at_hand, path):
        reads = RunReads(run_id, at_hand)
        with crews(reads, path) as crew:
            checked, differences = _prove_parts(plan, statement, reads, crew)
            return _proof(run_id, checked, [*lost, *differences])


def _statement(plan: RunPlan, stores: Stores) -> tuple[RunStatement | None, list[Difference]]:
    """Return a run's statement, or that it is lost: raises NotFound where it has none as batches are missing."""
    try:
        return read_statement(stores.objects, plan.run), []
    except (NotFound, ObjectUnreadable) as error:
        if isinstance(error, NotFound) and set(plan.batches) - set(stores.artefacts.parts(RELEASED, plan.run)):
            raise
        key = STATEMENT.key(plan.run)
        return None, [Difference.of(DifferenceKind.STATEMENT, key, "the statement of a closed run", error)]


def _prove_parts(
    plan: RunPlan, statement: RunStatement | None, reads: RunReads, crew: Crew[RunReads]
) -> tuple[CheckedCounts, list[Difference]]:
    """Prove the buckets of a run, then its batches, and what is of the run as a whole."""
    checked, differences = CheckedCounts(), []
    own, late = EventCounts.zero(), EventCounts.zero()
    usages: dict[str, list[bytes]] = {}
    for bucket in crew.each("buckets of usage", prove_bucket, plan.buckets):
        checked += bucket.checked
        differences += bucket.differences
        own, late = own + bucket.own, late + bucket.late
        _keep_usages(bucket, usages)
    tasks = [BatchTask(batch, place, usages.pop(batch, ())) for place, batch in enumerate(plan.batches)]
    sums, stated = EquationSums(), RunSums()
    unbalanced: list[Difference] = []
    for batch in crew.each("batches of accounts", prove_batch, tasks):
        checked += batch.checked
        differences += batch.differences
        unbalanced += batch.unbalanced
        sums.add(batch.equations)
        stated.add_sums(batch.sums)
    if statement is not None:
        differences += compare_statement(plan, statement, stated, reads.stores.artefacts)
    further = _prove_whole(plan, statement, (own, late), reads, crew)
    whole = statement_of(plan, sums, reads.refused, stores=reads.stores)
    return checked + further[0], [*differences, *further[1], *compare_equations(plan.run, whole.equations), *unbalanced]


def _keep_usages(bucket: BucketProof, usages: dict[str, list[bytes]]) -> None:
    for batch, packed in bucket.usages.items():
        usages.setdefault(batch, []).append(packed)


def _prove_whole(
    plan: RunPlan,
    statement: RunStatement | None,
    counts: tuple[EventCounts, EventCounts],
    reads: RunReads,
    crew: Crew[RunReads],
) -> tuple[CheckedCounts, list[Difference]]:
    """Prove what is of no account: approvals of the run, number series, its statement and the quarantine."""
    stores = reads.stores
    approvals, differences = prove_run_approvals(plan, stores)
    differences += compare_closed(plan, stores)
    differences += compare_check(plan, of_run(plan, stores.exception_store), stores)
    last_year = 0
    for shard in crew.each("numbers", prove_shard, range(REGISTER_SHARDS)):
        differences += shard.differences
        last_year = max(last_year, shard.last_year)
    prefix = stores.directory.legal_entity(plan.legal_entity).number_prefix
    numbers, in_series = prove_series(plan.legal_entity, prefix, plan.period.name, stores, last_year=last_year)
    differences += in_series
    stated = (statement.events, statement.late_events) if statement is not None else counts
    if counts != stated:
        differences.append(Difference.of(DifferenceKind.STATEMENT, plan.run, stated, counts))
    taken_over, of_opening = prove_opening(plan.legal_entity, stores)
    return approvals + numbers + taken_over, [*differences, *of_opening, *compare_refusals(plan, statement, stores)]


def prove_invoice(invoice: str, *, stores: Stores) -> Proof:
    """Compute one released invoice again; raises NotFound where it is not released.

    What was refused of its accounts has to be there, and its run approved where its usage was incomplete.
    """
    stores = RememberingStores.over(stores)
    released, aggregations, batch_plan, terms = locate(invoice, stores)
    usages: dict[tuple[str, str], AccountUsage] = {}
    rows_stored: Counter[tuple[str, str]] = Counter()
    checked = CheckedCounts()
    differences: list[Difference] = []
    for aggregation in aggregations:
        lacking = lacked_by(stores, aggregation.run, aggregation.bucket)
        segments = check_segments(aggregation, stores.objects, rows_stored, lacking=lacking)
        checked += segments.counts
        differences += [*segments.differences, *compare_owners(aggregation, stores.directory)]
        usages |= by_window(aggregated(_alone(aggregation, terms), stores, segments))
    differences += compare_counts(usages, rows_stored)
    shared_terms, term_differences = compare_shared_terms(batch_plan, stores.directory)
    account_counts, account_differences = prove_account(terms, batch_plan, usages, stores)
    run_plan = stores.artefacts.read(RUN_PLAN, released.run)
    gate, unapproved = prove_run_approvals(run_plan, stores)
    checked += shared_terms + account_counts + gate
    differences += [*term_differences, *account_differences, *unapproved, *_numbers_of(released, stores)]
    differences += compare_refusals_of({member.id for member in terms.members}, run_plan, stores)
    return _proof(invoice, checked, differences)


def _numbers_of(released: Released, stores: Stores) -> Iterator[Difference]:
    """Compare the numbers of an invoice and its credit notes with the series."""
    yield from compare_number(released, stores)
    for facts in stores.register.credits(released.invoice):
        if facts.released is not None:
            yield from compare_number(facts.released, stores)


def events_behind(invoice: str, *, stores: Stores) -> Iterator[JudgedEvent]:
    """Yield every copy of every event that the run of a released invoice saw for its account and its children."""
    _, aggregations, _, terms = locate(invoice, stores)
    for aggregation in aggregations:
        for member in terms.members:
            yield from events_of(aggregation, member.id, objects=stores.objects)


def locate(invoice: str, stores: Stores) -> tuple[Released, list[AggregationPlan], BatchPlan, AccountTerms]:
    """Return an invoice's release and what its run planned for it; raises NotFound where it is not released."""
    released = stores.register.released(invoice)
    account = InvoiceId.parse(invoice).account
    if released is None:
        message = f"invoice {shown(invoice)} is not released"
        raise NotFound(message)
    run_plan = stores.artefacts.read(RUN_PLAN, released.run)
    for batch in run_plan.batches:
        batch_plan = stores.artefacts.read(BATCH_PLAN, released.run, batch)
        for terms in batch_plan.accounts:
            if terms.account.id == account:
                names = (bucket_name(bucket) for bucket in batch_plan.buckets)
                plans = (stores.artefacts.read(AGGREGATION_PLAN, released.run, name) for name in names)
                return released, [plan for plan in plans if _alone(plan, terms).windows], batch_plan, terms
    message = f"run {released.run} did not plan account {account}"
    raise NotFound(message)


def _alone(aggregation: AggregationPlan, terms: AccountTerms) -> AggregationPlan:
    """Return a bucket's aggregation plan with the windows of one account and its children only."""
    members = {member.id for member in terms.members}
    windows = tuple(window for window in aggregation.windows if window.account in members)
    return aggregation.model_copy(update={"windows": windows})


def _proof(subject: str, checked: CheckedCounts, differences: list[Difference]) -> Proof:
    """Return the proof; one that had no terms, lines or documents to check does not hold."""
    if checked.terms == 0 or checked.lines == 0 or checked.documents == 0:
        why = "there were no terms, lines or documents to check"
        differences = [*differences, Difference.of(DifferenceKind.NOTHING, subject, "a proof", why)]
    return Proof(subject=subject, checked=checked, differences=tuple(differences))
