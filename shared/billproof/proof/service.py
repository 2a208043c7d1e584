"""Computing a run or an invoice again, from the log and the frozen terms, and comparing with all that was stored.

    log -> usage -> lines -> tax -> document = released document = posting
    contracts as stored = terms as frozen

Tax that was determined by an earlier version of the rules is computed with what that version said: `invoice retax` says
what later ones say.

Proofs only read. What a run did not see (segments that its plan does not list) does not count.
"""

from collections import Counter
from collections.abc import Iterator

from billproof.conservation.model import ConservationStatement
from billproof.conservation.service import Stores, balance_run
from billproof.errors import NotFound
from billproof.identities import InvoiceId
from billproof.ids import shown
from billproof.invoicing.model import Released
from billproof.model import decimal_text
from billproof.pipeline.artefacts import AGGREGATION_PLAN, BATCH_PLAN, RUN_PLAN
from billproof.pipeline.closing import read_statement
from billproof.pipeline.earlier_levels import earlier_levels
from billproof.pipeline.model import RunStatement
from billproof.pricing.terms import AccountTerms, BatchPlan
from billproof.proof.account import compare_shared_terms, prove_account
from billproof.proof.approvals import prove_run_approvals
from billproof.proof.model import CheckedCounts, Difference, DifferenceKind, Proof
from billproof.proof.numbers import prove_series
from billproof.proof.refusals import compare_refusals
from billproof.proof.usage import CheckedSegments, check_segments, compare_counts
from billproof.usage import log
from billproof.usage.aggregation import aggregate
from billproof.usage.judging import JudgedEvent, events_of
from billproof.usage.model import AccountUsage, AggregationPlan, EventCounts, Usages, by_window


def prove_run(run_id: str, *, stores: Stores) -> Proof:
    """Compute every account of a closed run again; raises NotFound where the run has no plan or no statement."""
    plan = stores.artefacts.read(RUN_PLAN, run_id)
    statement = read_statement(stores.objects, run_id)
    usages: dict[tuple[str, str], AccountUsage] = {}
    rows_stored: Counter[tuple[str, str]] = Counter()
    checked = CheckedCounts()
    differences: list[Difference] = []
    for bucket in plan.buckets:
        aggregation = stores.artefacts.read(AGGREGATION_PLAN, run_id, log.bucket_name(bucket))
        segments = check_segments(aggregation, stores.objects, rows_stored)
        checked += segments.counts
        differences += segments.differences
        usages |= by_window(_aggregated(aggregation, stores, segments))
    for number, batch in enumerate(plan.batches):
        batch_plan = stores.artefacts.read(BATCH_PLAN, run_id, batch)
        if number == 0:  # every batch froze the same ones
            shared_terms, term_differences = compare_shared_terms(batch_plan, stores.directory)
            checked += shared_terms
            differences += term_differences
        for terms in batch_plan.accounts:
            account_counts, account_differences = prove_account(terms, batch_plan, usages, stores)
            checked += account_counts
            differences += account_differences
    approvals, unapproved = prove_run_approvals(plan, stores)
    checked += approvals
    differences += unapproved
    prefix = stores.directory.legal_entity(plan.legal_entity).number_prefix
    numbers, number_differences = prove_series(plan.legal_entity, prefix, plan.period.name, stores)
    checked += numbers
    differences += number_differences
    differences += _compare_statement(statement, usages, plan.period.name)
    differences += compare_counts(usages, rows_stored)
    differences += compare_refusals(plan, statement, stores)
    differences += _unbalanced(balance_run(run_id, stores=stores))
    return _proof(run_id, checked, differences)


def prove_invoice(invoice: str, *, stores: Stores) -> Proof:
    """Compute one released invoice again; raises NotFound where it is not released."""
    _, aggregations, batch_plan, terms = locate(invoice, stores)
    usages: dict[tuple[str, str], AccountUsage] = {}
    rows_stored: Counter[tuple[str, str]] = Counter()
    checked = CheckedCounts()
    differences: list[Difference] = []
    for aggregation in aggregations:
        segments = check_segments(aggregation, stores.objects, rows_stored)
        checked += segments.counts
        differences += segments.differences
        usages |= by_window(_aggregated(_alone(aggregation, terms), stores, segments))
    differences += compare_counts(usages, rows_stored)
    shared_terms, term_differences = compare_shared_terms(batch_plan, stores.directory)
    account_counts, account_differences = prove_account(terms, batch_plan, usages, stores)
    checked += shared_terms + account_counts
    return _proof(invoice, checked, [*differences, *term_differences, *account_differences])


def _aggregated(aggregation: AggregationPlan, stores: Stores, segments: CheckedSegments) -> list[AccountUsage]:
    """Aggregate again what the plan of a bucket says, from the levels that earlier runs recorded and proved."""
    if not segments.are_listed:
        aggregation = _without_lists(aggregation)
    earlier = earlier_levels(stores.artefacts, aggregation.bucket)
    return aggregate(aggregation, objects=stores.objects, earlier=earlier, without=segments.missing)


def _without_lists(aggregation: AggregationPlan) -> AggregationPlan:
    """Return a plan that reads nothing: what the run read is not known any more, so everything differs."""
    update = {"after_manifest": "", "before_manifest": ""}
    windows = tuple(window.model_copy(update=update) for window in aggregation.windows)
    return aggregation.model_copy(update={"manifest": "", "days": (), "windows": windows})


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
                names = (log.bucket_name(bucket) for bucket in batch_plan.buckets)
                plans = (stores.artefacts.read(AGGREGATION_PLAN, released.run, name) for name in names)
                return released, [plan for plan in plans if _alone(plan, terms).windows], batch_plan, terms
    message = f"run {released.run} did not plan account {account}"
    raise NotFound(message)


def _alone(aggregation: AggregationPlan, terms: AccountTerms) -> AggregationPlan:
    """Return a bucket's aggregation plan with the windows of one account and its children only."""
    members = {member.id for member in terms.members}
    windows = tuple(window for window in aggregation.windows if window.account in members)
    return aggregation.model_copy(update={"windows": windows})


def _compare_statement(statement: RunStatement, usages: Usages, period: str) -> Iterator[Difference]:
    """Compare the events that the run's statement counts with those of the usage computed again."""
    own, late = EventCounts.zero(), EventCounts.zero()
    for (_, usage_period), usage in usages.items():
        if usage_period == period:
            own += usage.counts
        else:
            late += usage.counts
    stated = (statement.events, statement.late_events)
    if (own, late) != stated:
        yield Difference.of(DifferenceKind.STATEMENT, statement.run, stated, (own, late))


def _unbalanced(statement: ConservationStatement) -> Iterator[Difference]:
    """Name every equation that does not balance, of the run and of each account."""
    for where, equations in [
        (statement.run, statement.equations),
        *((account.account, account.equations) for account in statement.accounts),
    ]:
        for equation in equations:
            if not equation.balances:
                parts = " + ".join(f"{name} {decimal_text(value)}" for name, value in equation.parts.items())
                stated = f"{equation.code} {decimal_text(equation.total)}"
                yield Difference.of(
                    DifferenceKind.BALANCE,
                    where,
                    stated,
                    f"{parts}: {decimal_text(equation.difference)} unaccounted for",
                )


def _proof(subject: str, checked: CheckedCounts, differences: list[Difference]) -> Proof:
    """Return the proof; one that had no terms, lines or documents to check does not hold."""
    if checked.terms == 0 or checked.lines == 0 or checked.documents == 0:
        why = "there were no terms, lines or documents to check"
        differences = [*differences, Difference.of(DifferenceKind.NOTHING, subject, "a proof", why)]
    return Proof(subject=subject, checked=checked, differences=tuple(differences))
