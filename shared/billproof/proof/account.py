"""What a proof checks of one account: terms, usage, lines, tax, draft, release, document and posting."""

from collections import Counter
from collections.abc import Iterable, Iterator

from billproof.approvals.governing import PolicyHistory
from billproof.approvals.policy import Policy
from billproof.conservation.service import Stores
from billproof.erp.intent import erp_of
from billproof.erp.port import PostedDocument, erp_named
from billproof.errors import ImmutableDocument, InvalidInput, NotFound
from billproof.invoicing.documents import read_invoice
from billproof.invoicing.drafts import Draft, DraftOutcome
from billproof.invoicing.facts import POSTED
from billproof.invoicing.model import DocumentRef, Invoice, Released
from billproof.ledger.rules import invoice_entry
from billproof.masterdata.charts import ChartOfAccounts
from billproof.masterdata.directory import Directory
from billproof.masterdata.model import AnyMasterData
from billproof.masterdata.parties import Account, LegalEntity, TaxEngineName
from billproof.nets import INTERNAL_ERROR, Net
from billproof.pipeline.artefacts import DRAFTED, PRICED, TAXED, Artefacts
from billproof.pipeline.charges import read_charges
from billproof.pipeline.issuing import issued_document, issued_tax
from billproof.pipeline.steps.calculate_tax import tax_one
from billproof.pipeline.steps.draft_invoices import draft_one
from billproof.pipeline.steps.price_usage import price_one
from billproof.pipeline.steps.validate_pricing import validate_one
from billproof.pricing.issue_terms import IssueTerms
from billproof.pricing.model import AccountPricing
from billproof.pricing.terms import AccountTerms, BatchPlan
from billproof.proof.approvals import prove_credits, prove_held_invoice
from billproof.proof.balances import compare_balances, compare_release
from billproof.proof.holds import compare_held
from billproof.proof.model import NONE, CheckedCounts, Difference, DifferenceKind
from billproof.proof.numbers import compare_slots
from billproof.proof.usage import compare_usage
from billproof.tax.model import AccountTax
from billproof.usage.windows import Usages


def prove_account(
    terms: AccountTerms, plan: BatchPlan, usages: Usages, stores: Stores
) -> tuple[CheckedCounts, list[Difference]]:
    """Compute an account's invoice again from its usage, and compare every step of it with what is stored.

    The numbers of its documents are compared apart: those of a month together.
    """
    frozen = [*terms.contracts, *(contract for earlier in terms.earlier for contract in earlier.contracts)]
    contracts = list({(contract.id, contract.version): contract for contract in frozen}.values())
    differences = [
        *_compare_terms([*terms.members, *contracts, *(terms.issue.rates if terms.issue else ())], stores.directory),
        *compare_usage(terms, usages, plan, stores.artefacts),
    ]
    pricing = price_one(Net("price_usage"), terms, plan, usages)
    tax = _tax(terms, pricing, plan, stores.artefacts)
    findings = validate_one(Net("validate_pricing"), terms, pricing, plan)
    draft, _ = draft_one(Net("draft_invoices"), terms, pricing, tax, findings, plan)
    differences += _compare_draft(draft, terms, pricing, plan, stores)
    released = stores.register.released(draft.invoice)
    history = stores.directory.policies.history(plan.legal_entity.id)
    differences += compare_held(draft, plan.run, released, history, stores)
    checked = CheckedCounts(
        events=pricing.counts.copies + pricing.late_counts.copies,
        terms=len(terms.members) + len(contracts),
        lines=len(pricing.priced.lines) if pricing.priced else 0,
    )
    if released is None:
        if draft.outcome is DraftOutcome.CLEAN and stores.register.held(draft.invoice, plan.run) is None:
            differences.append(Difference.of(DifferenceKind.RELEASE, draft.invoice, NONE, DraftOutcome.CLEAN))
        return checked, differences
    books = list(_compare_books(released, plan, stores))
    if released.run == plan.run:
        differences += compare_slots(released, draft.places, stores)
    for facts in stores.register.credits(released.invoice):
        if facts.released is not None:
            books += _compare_books(facts.released, plan, stores)
            if facts.request is not None:
                differences += compare_slots(facts.released, facts.request.places, stores)
    is_posted = all(difference.kind is not DifferenceKind.NOT_POSTED for difference in books)
    differences += books
    approvals, unapproved = _approvals(draft, released, plan, history, stores)
    differences += unapproved
    if plan.legal_entity.chart_of_accounts.customer_balance is not None:
        differences += compare_release(released, stores)
        differences += compare_balances(plan.legal_entity.id, draft.account, stores)
    return checked + approvals + CheckedCounts(documents=1, postings=int(is_posted)), differences


def compare_shared_terms(plan: BatchPlan, directory: Directory) -> tuple[CheckedCounts, list[Difference]]:
    """Compare what all accounts of a batch are billed by: the legal entity, the meters and the exchange rates."""
    terms: list[AnyMasterData] = [plan.legal_entity, *plan.meters, *plan.rates]
    if plan.policy != Policy(id=plan.policy.id, version=1):  # one that was published
        terms.append(plan.policy)
    return CheckedCounts(terms=len(terms)), list(_compare_terms(terms, directory))


def _compare_terms(terms: Iterable[AnyMasterData], directory: Directory) -> Iterator[Difference]:
    """Compare the terms that were frozen with the versions in the directory: a version never changes."""
    for data in terms:
        if not directory.holds(data):
            name = f"{data.kind} {data.id} version {data.version}"
            yield Difference.of(
                DifferenceKind.TERMS, name, "other terms in the directory", "the terms that were billed"
            )
        if isinstance(data, Account) and not directory.is_listed(data):
            where = f"account {data.id}"
            yield Difference.of(DifferenceKind.TERMS, where, f"not listed among those of {data.legal_entity}", "billed")


def _tax(terms: AccountTerms, pricing: AccountPricing, plan: BatchPlan, artefacts: Artefacts) -> AccountTax:
    """Compute an account's tax again, by the rules of its day where those of now are later ones.

    The stored answer of an external tax engine is taken as it is: the engine is not asked again.
    """
    place = [planned.account.id for planned in plan.accounts].index(terms.account.id)
    stored = artefacts.read(TAXED, plan.run, plan.batch).accounts[place]
    if plan.legal_entity.tax_engine is not TaxEngineName.RULES:
        return stored
    priced = artefacts.read(PRICED, plan.run, plan.batch).accounts[place].priced
    lines = priced.lines if priced else ()
    kept = {line.identity: tax for line, tax in zip(lines, stored.lines, strict=False)}
    charged = read_charges(artefacts, plan).get(terms.account.id)
    return tax_one(Net("calculate_tax"), terms, pricing, plan, charged=charged, kept=kept)


def _compare_draft(
    draft: Draft, terms: AccountTerms, pricing: AccountPricing, plan: BatchPlan, stores: Stores
) -> Iterator[Difference]:
    """Compare the invoice computed again with the run's draft and, where this run released it, with the release."""
    drafts = stores.artefacts.read(DRAFTED, plan.run, plan.batch).drafts
    stored = next((kept for kept in drafts if kept.account == draft.account), None)
    if stored is None or not (is_same_draft(stored, draft) or _was_stopped(stored)):
        yield Difference.of(DifferenceKind.DRAFT, draft.invoice, *_sides(stored, draft))
    released = stores.register.released(draft.invoice)
    if released is None or released.run != plan.run:
        return
    if draft.document is None or released.issue_date == plan.on_issue_of(terms).issue_date:
        if released.document != draft.document:
            yield Difference.of(DifferenceKind.DRAFT, released.number, released.document.digest, _digest(draft))
        return
    yield from _compare_issued(draft.document, released, terms, pricing, plan, stores)


def _compare_issued(
    drafted: DocumentRef,
    released: Released,
    terms: AccountTerms,
    pricing: AccountPricing,
    plan: BatchPlan,
    stores: Stores,
) -> Iterator[Difference]:
    """Compute an invoice again that was issued on another day than it was drafted for, with the rate of that day."""
    try:
        invoice = read_invoice(stores.objects, released.document)
    except (ImmutableDocument, NotFound):
        return  # the comparison of the books names it
    rates = (invoice.exchange,) if invoice.exchange else ()
    yield from _compare_terms(rates, stores.directory)
    terms = terms.model_copy(update={"issue": IssueTerms(day=released.issue_date, rates=rates)})
    kept = {line.priced.identity: line.as_taxed for line in invoice.lines}
    place = [planned.account.id for planned in plan.accounts].index(terms.account.id)
    before = stores.artefacts.read(TAXED, plan.run, plan.batch).accounts[place]
    charged = read_charges(stores.artefacts, plan).get(terms.account.id)
    tax = issued_tax(terms, pricing, before, plan=plan, charged=charged, kept=kept)
    proved = issued_document(terms, pricing, tax, plan=plan)[0] if tax.lines else None
    if proved != released.document or proved.totals != drafted.totals:
        digest = proved.digest if proved else NONE
        yield Difference.of(DifferenceKind.DRAFT, released.number, released.document.digest, digest)


def is_same_draft(stored: Draft, draft: Draft) -> bool:
    """Say whether two drafts say the same; the texts of findings are for people and not compared."""
    without_findings: dict[str, object] = {"findings": (), "revenue_categories": ()}
    return stored.model_copy(update=without_findings) == draft.model_copy(update=without_findings) and _substances(
        stored
    ) == _substances(draft)


def _was_stopped(stored: Draft) -> bool:
    """Say whether an internal error left an account without a document: nothing of it is billed to prove."""
    return stored.document is None and any(finding.code == INTERNAL_ERROR for finding in stored.findings)


def _substances(draft: Draft | None) -> Counter[tuple[str, ...]]:
    return Counter(finding.substance for finding in draft.findings) if draft else Counter()


def _sides(stored: Draft | None, draft: Draft) -> tuple[str, str]:
    """Say what a stored draft and the one computed again hold: their digests, and the findings that only one has."""
    theirs, ours = _substances(stored), _substances(draft)
    return _side(stored, theirs - ours), _side(draft, ours - theirs)


def _side(draft: Draft | None, findings: Counter[tuple[str, ...]]) -> str:
    outcome = draft.outcome.value if draft else NONE
    texts = (" ".join(filter(None, finding)) for finding in sorted(findings.elements()))
    return "; ".join((f"{outcome} {_digest(draft)}", *texts))


def _digest(draft: Draft | None) -> str:
    return draft.document.digest if draft is not None and draft.document is not None else NONE


def _approvals(
    draft: Draft, released: Released, plan: BatchPlan, history: PolicyHistory, stores: Stores
) -> tuple[CheckedCounts, list[Difference]]:
    """Check the approval of an invoice that its run held, and those of its credit notes."""
    checked, differences = prove_credits(released.invoice, history, stores)
    if draft.outcome is not DraftOutcome.HELD or released.run != plan.run:
        return checked, differences
    held, unapproved = prove_held_invoice(released, history, stores)
    return checked + held, [*unapproved, *differences]


def _compare_books(released: Released, plan: BatchPlan, stores: Stores) -> Iterator[Difference]:
    """Compare the stored document with its release, and what the ERP holds with the entry that the document makes."""
    try:
        invoice = read_invoice(stores.objects, released.document)
    except (ImmutableDocument, NotFound) as error:
        yield Difference.of(DifferenceKind.DOCUMENT, released.number, str(error), released.document.digest)
        return
    erp = erp_named(erp_of(released.invoice, plan.legal_entity, stores.register), stores.erps)
    posted = erp.find(released.legal_entity, released.number)
    stated = "; ".join(document.accounting for document in posted) or NONE
    entries = _entries(invoice, released, plan.legal_entity, stores)
    proved = next(entries, NONE)
    is_confirmed = stores.register.fact(released.invoice, POSTED) is not None
    if not posted and proved != NONE and not is_confirmed:
        yield Difference.of(DifferenceKind.NOT_POSTED, released.number, stated, proved)
    elif stated != proved and stated not in entries:
        yield Difference.of(DifferenceKind.POSTING, released.number, stated, proved)
    elif posted and not is_confirmed:  # whoever posted it died before it was confirmed, or that was removed
        yield Difference.of(DifferenceKind.NOT_POSTED, released.number, "in the ERP, and not confirmed", proved)


def _entries(invoice: Invoice, released: Released, planned: LegalEntity, stores: Stores) -> Iterator[str]:
    """Yield the accounting of a document by the chart of its run, and by each that was published since.

    It is posted by the chart of its day: that of a credit note, or of an invoice that waited, may be a later one. One
    that has no account for it posts nothing.
    """
    for chart in _charts(planned, stores.directory):
        try:
            entry = invoice_entry(invoice, released, chart)
        except InvalidInput:
            continue
        document = PostedDocument.of_entry(entry, external_reference=released.number, erp_id=NONE)
        yield document.accounting if entry.lines else NONE


def _charts(planned: LegalEntity, directory: Directory) -> Iterator[ChartOfAccounts]:
    """Yield the chart that a run was planned with; the later ones are read where it is not enough."""
    yield planned.chart_of_accounts
    for entity in directory.versions_of(planned.id):
        if entity.version > planned.version:
            yield entity.chart_of_accounts
