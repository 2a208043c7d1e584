"""Computing a run or an invoice again, from the log and the frozen terms, and comparing with all that was stored.

    log -> usage -> lines -> tax -> document = released document = posting
    contracts as stored = terms as frozen

Tax that was determined by an earlier version of the rules is computed with what that version said: `invoice retax` says
what later ones say.

Proofs only read. What a run did not see (events received after its plan) does not count.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from billproof.approvals.model import Verdict
from billproof.approvals.policy import Policy
from billproof.conservation.model import ConservationStatement
from billproof.conservation.service import Stores, balance_run
from billproof.controls.service import findings_of
from billproof.erp.intent import erp_of
from billproof.erp.port import PostedDocument, erp_named
from billproof.errors import ImmutableDocument, NotFound
from billproof.identities import InvoiceId
from billproof.invoicing.documents import read_invoice
from billproof.invoicing.drafting import draft_account
from billproof.invoicing.model import Draft, DraftOutcome, Released
from billproof.ledger.rules import invoice_entry
from billproof.masterdata.directory import Directory
from billproof.masterdata.model import AnyMasterData
from billproof.masterdata.parties import TaxEngineName
from billproof.model import decimal_text
from billproof.pipeline.artefacts import AGGREGATION_PLAN, BATCH_PLAN, DRAFTED, PRICED, RUN_PLAN, TAXED, Artefacts
from billproof.pipeline.closing import read_statement
from billproof.pipeline.usages import read_usages
from billproof.ports import Objects
from billproof.pricing.service import AccountPricing, price_terms
from billproof.pricing.terms import AccountTerms, BatchPlan
from billproof.proof.model import CheckedCounts, Difference, DifferenceKind, Proof
from billproof.tax.service import AccountTax, tax_account
from billproof.usage import log
from billproof.usage.aggregation import aggregate
from billproof.usage.judging import JudgedEvent, events_of
from billproof.usage.model import AccountUsage, AccountWindow, AggregationPlan, EventCounts, Usages, by_window

NONE = "none"


def prove_run(run_id: str, *, stores: Stores) -> Proof:
    """Compute every account of a closed run again; raises NotFound where the run has no plan or no statement."""
    plan = stores.artefacts.read(RUN_PLAN, run_id)
    statement = read_statement(stores.objects, run_id)
    used: dict[tuple[str, str], AccountUsage] = {}
    differences: list[Difference] = []
    checked = CheckedCounts()
    stored: Counter[tuple[str, str]] = Counter()
    for bucket in plan.buckets:
        aggregation = stores.artefacts.read(AGGREGATION_PLAN, run_id, log.bucket_name(bucket))
        segments, doubts = _segments(aggregation, stores.objects, stored)
        checked += segments
        differences += doubts
        used |= by_window(aggregate(aggregation, objects=stores.objects))
    for number, batch in enumerate(plan.batches):
        batch_plan = stores.artefacts.read(BATCH_PLAN, run_id, batch)
        if number == 0:  # every batch froze the same ones
            shared, doubts = _shared_terms(batch_plan, stores.directory)
            checked += shared
            differences += doubts
        for terms in batch_plan.accounts:
            found, doubts = _prove_account(terms, batch_plan, used, stores)
            checked += found
            differences += doubts
    own, late = EventCounts.zero(), EventCounts.zero()
    for (_, period), usage in used.items():
        if period == plan.period.name:
            own += usage.counts
        else:
            late += usage.counts
    if (own, late) != (statement.events, statement.late_events):
        differences.append(
            _differ(DifferenceKind.STATEMENT, run_id, (statement.events, statement.late_events), (own, late))
        )
    differences += _counts_differ(used, stored)
    differences += _unbalanced(balance_run(run_id, stores=stores))
    return _proof(run_id, checked, differences)


def prove_invoice(invoice: str, *, stores: Stores) -> Proof:
    """Compute one released invoice again; raises NotFound where it is not released."""
    _, aggregations, batch_plan, terms = locate(invoice, stores)
    stored: Counter[tuple[str, str]] = Counter()
    checked, segment_doubts = CheckedCounts(), []
    usages: dict[tuple[str, str], AccountUsage] = {}
    for aggregation in aggregations:
        segments, doubts = _segments(aggregation, stores.objects, stored)
        checked += segments
        segment_doubts += doubts
        usages |= by_window(aggregate(_alone(aggregation, terms), objects=stores.objects))
    shared, shared_doubts = _shared_terms(batch_plan, stores.directory)
    found, doubts = _prove_account(terms, batch_plan, usages, stores)
    segment_doubts += _counts_differ(usages, stored)
    return _proof(invoice, checked + shared + found, [*segment_doubts, *shared_doubts, *doubts])


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
        message = f"invoice {invoice} is not released"
        raise NotFound(message)
    plan = stores.artefacts.read(RUN_PLAN, released.run)
    for batch in plan.batches:
        batch_plan = stores.artefacts.read(BATCH_PLAN, released.run, batch)
        for terms in batch_plan.accounts:
            if terms.account.id == account:
                names = (log.bucket_name(bucket) for bucket in batch_plan.buckets)
                plans = (stores.artefacts.read(AGGREGATION_PLAN, plan.run, name) for name in names)
                return released, [each for each in plans if _alone(each, terms).windows], batch_plan, terms
    message = f"run {released.run} did not plan account {account}"
    raise NotFound(message)


def _alone(aggregation: AggregationPlan, terms: AccountTerms) -> AggregationPlan:
    members = {member.id for member in terms.members}
    windows = tuple(window for window in aggregation.windows if window.account in members)
    return aggregation.model_copy(update={"windows": windows})


def _segments(
    aggregation: AggregationPlan, objects: Objects, stored: Counter[tuple[str, str]]
) -> tuple[CheckedCounts, list[Difference]]:
    """Check that the segments hold what named them, and count their rows by account and period, without a database."""
    windows: dict[str, list[AccountWindow]] = {}
    for window in aggregation.windows:
        windows.setdefault(window.account, []).append(window)
    doubts = []
    number = 0
    for keys in log.segments_of(objects, aggregation.bucket, aggregation.days):
        for key in keys:
            number += 1
            rows = log.read_intact(objects, key)
            if rows is None:
                doubts.append(_differ(DifferenceKind.SEGMENT, key, "the content that named it", "other content"))
            for row in rows or ():
                for window in windows.get(row.account, ()):
                    if (
                        window.start <= row.time < window.end
                        and window.after <= row.received_at < aggregation.received_before
                    ):
                        stored[row.account, window.period] += 1
    return CheckedCounts(segments=number), doubts


def _counts_differ(used: Usages, stored: Mapping[tuple[str, str], int]) -> Iterator[Difference]:
    """Compare the copies that aggregation counted with the rows that lie in the segments."""
    for (account, period), usage in used.items():
        rows = stored.get((account, period), 0)
        if rows != usage.counts.copies:
            where = f"{account} {period}"
            yield _differ(DifferenceKind.USAGE, where, f"{usage.counts.copies} copies", f"{rows} rows in segments")


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
                yield _differ(
                    DifferenceKind.BALANCE,
                    where,
                    stated,
                    f"{parts}: {decimal_text(equation.difference)} unaccounted for",
                )


def _prove_account(
    terms: AccountTerms, plan: BatchPlan, usages: Usages, stores: Stores
) -> tuple[CheckedCounts, list[Difference]]:
    frozen = [*terms.contracts, *(contract for earlier in terms.earlier for contract in earlier.contracts)]
    contracts = list({(each.id, each.version): each for each in frozen}.values())
    differences = [
        *_terms_differ([*terms.members, *contracts], stores.directory),
        *_usage_differs(terms, usages, plan, stores.artefacts),
    ]
    pricing = price_terms(terms, plan=plan, usages=usages)
    tax = _tax(terms, pricing, plan, stores.artefacts)
    draft, _ = draft_account(terms, pricing, tax, (*findings_of(terms, pricing, plan=plan), *tax.findings), plan=plan)
    differences += _draft_differs(draft, plan, stores)
    released = stores.register.released(draft.invoice)
    checked = CheckedCounts(
        events=pricing.counts.copies + pricing.late_counts.copies,
        terms=len(terms.members) + len(contracts),
        lines=len(pricing.priced.lines) if pricing.priced else 0,
    )
    if released is None:
        if draft.outcome is DraftOutcome.CLEAN:
            differences.append(_differ(DifferenceKind.RELEASE, draft.invoice, NONE, DraftOutcome.CLEAN))
        return checked, differences
    differences += _books_differ(released, plan, stores)
    differences += _unapproved(draft, released, plan, stores)
    return checked + CheckedCounts(documents=1, postings=1), differences


def _tax(terms: AccountTerms, pricing: AccountPricing, plan: BatchPlan, artefacts: Artefacts) -> AccountTax:
    """Compute an account's tax again, by the rules of its day where those of now are later ones.

    The stored answer of an external tax engine is taken as it is: the engine is not asked again.
    """
    place = next(number for number, each in enumerate(plan.accounts) if each.account.id == terms.account.id)
    stored = artefacts.read(TAXED, plan.run, plan.batch).accounts[place]
    if plan.legal_entity.tax_engine is not TaxEngineName.RULES:
        return stored
    priced = artefacts.read(PRICED, plan.run, plan.batch).accounts[place].priced
    lines = priced.lines if priced else ()
    kept = {line.account: tax.determination for line, tax in zip(lines, stored.lines, strict=False)}
    return tax_account(terms, pricing.priced, plan=plan, kept=kept)


def _unapproved(draft: Draft, released: Released, plan: BatchPlan, stores: Stores) -> Iterator[Difference]:
    """Find an invoice that its run held, and that was released without anybody's approval."""
    if draft.outcome is not DraftOutcome.HELD or released.run != plan.run:
        return
    exceptions = stores.exception_store.of_subject(plan.legal_entity.id, plan.period.name, draft.account)
    if not any(state.status == Verdict.APPROVED and state.opened.run == plan.run for state in exceptions):
        yield _differ(DifferenceKind.APPROVAL, released.number, "released", "held, and nobody approved it")


def _shared_terms(plan: BatchPlan, directory: Directory) -> tuple[CheckedCounts, list[Difference]]:
    """Compare what all accounts of a batch are billed by: the legal entity, the meters and the exchange rates."""
    terms: list[AnyMasterData] = [plan.legal_entity, *plan.meters, *plan.rates]
    if plan.policy != Policy(id=plan.policy.id, version=1):  # one that was published
        terms.append(plan.policy)
    return CheckedCounts(terms=len(terms)), list(_terms_differ(terms, directory))


def _terms_differ(terms: Iterable[AnyMasterData], directory: Directory) -> Iterator[Difference]:
    """Compare the terms that were frozen with the versions in the directory: a version never changes."""
    for data in terms:
        if not directory.holds(data):
            name = f"{data.kind} {data.id} version {data.version}"
            yield _differ(DifferenceKind.TERMS, name, "other terms in the directory", "the terms that were billed")


def _usage_differs(terms: AccountTerms, usages: Usages, plan: BatchPlan, artefacts: Artefacts) -> Iterator[Difference]:
    members = {member.id for member in terms.members}
    stored = read_usages(artefacts, plan.run, plan.batch, plan.buckets)
    for window in sorted(stored.keys() | usages.keys()):
        known, proved = stored.get(window), usages.get(window)
        if window[0] in members and known != proved:
            yield _differ(DifferenceKind.USAGE, " ".join(window), _shown(known), _shown(proved))


def _shown(usage: AccountUsage | None) -> str:
    if usage is None:
        return NONE
    quantities = ", ".join(
        f"{quantity.meter}{list(quantity.dimension.values()) or ''} {decimal_text(quantity.quantity)}"
        for quantity in usage.quantities
    )
    return f"{usage.counts.copies} copies, {usage.counts.distinct} events: {quantities}"


def _draft_differs(draft: Draft, plan: BatchPlan, stores: Stores) -> Iterator[Difference]:
    """Compare the invoice computed again with the run's draft and, where this run released it, with the release."""
    drafts = stores.artefacts.read(DRAFTED, plan.run, plan.batch).drafts
    stored = next((each for each in drafts if each.account == draft.account), None)
    if stored != draft:
        yield _differ(DifferenceKind.DRAFT, draft.invoice, _digest(stored), _digest(draft))
    released = stores.register.released(draft.invoice)
    if released is not None and released.run == plan.run and released.document != draft.document:
        yield _differ(DifferenceKind.DRAFT, released.number, released.document.digest, _digest(draft))


def _digest(draft: Draft | None) -> str:
    return draft.document.digest if draft is not None and draft.document is not None else NONE


def _books_differ(released: Released, plan: BatchPlan, stores: Stores) -> Iterator[Difference]:
    """Compare the stored document with its release, and what the ERP holds with the entry that the document makes."""
    try:
        invoice = read_invoice(stores.objects, released.document)
    except (ImmutableDocument, NotFound) as error:
        yield _differ(DifferenceKind.DOCUMENT, released.number, str(error), released.document.digest)
        return
    expected = invoice_entry(invoice, released, plan.legal_entity.chart_of_accounts)
    erp = erp_named(erp_of(released.invoice, plan.legal_entity, stores.register), stores.erps)
    posted = erp.find(released.legal_entity, released.number)
    stated = "; ".join(document.accounting for document in posted) or NONE
    wanted = PostedDocument.of_entry(expected, external_reference=released.number, erp_id=NONE)
    proved = wanted.accounting if expected.lines else NONE
    if stated != proved:
        yield _differ(DifferenceKind.POSTING, released.number, stated, proved)


def _differ(doubt: DifferenceKind, where: str, stated: object, proved: object) -> Difference:
    return Difference(doubt=doubt, where=where, stated=str(stated), proved=str(proved))


def _proof(subject: str, checked: CheckedCounts, differences: Iterable[Difference]) -> Proof:
    found = tuple(differences)
    if checked.terms == 0 or checked.lines == 0 or checked.documents == 0:
        found = (
            *found,
            _differ(DifferenceKind.NOTHING, subject, "a proof", "there were no terms, lines or documents to check"),
        )
    return Proof(subject=subject, checked=checked, differences=found)
