"""The conservation statement of a run, computed from what is stored: artefacts, quarantine, register and ledger.

No step reports about itself here. What a step lost shows as a difference.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

from billproof.approvals.exception_store import ExceptionStore
from billproof.approvals.governing import PolicyBook
from billproof.conservation.model import AccountStatement, ConservationStatement, Equation
from billproof.conservation.openings import opening_equations
from billproof.conservation.paying import paid_of
from billproof.conservation.rules import (
    Booked,
    asset_equation,
    event_equations,
    included_events,
    money_equations,
    refused_equations,
    term_equation,
)
from billproof.erp.lookup import PostedDocuments
from billproof.erp.port import Erps
from billproof.invoicing.documents import read_invoice
from billproof.invoicing.drafts import Draft
from billproof.invoicing.facts import REGISTER_SHARDS, InvoiceFacts, shard_partition
from billproof.invoicing.openings import OpeningInEffect
from billproof.invoicing.register import Register
from billproof.ledger.obligations import obligations
from billproof.ledger.revenue import books_close
from billproof.ledger.rules import receivable_in_books
from billproof.masterdata.directory import Directory
from billproof.masterdata.parties import LegalEntity
from billproof.money import Money
from billproof.opening.decisions import OpeningDecisions
from billproof.opening.model import Opening
from billproof.opening.reading import stored_opening
from billproof.payments.book import CashBook
from billproof.pipeline.artefacts import BATCH_PLAN, DRAFTED, PRICED, REFUSED, RUN_PLAN, Artefacts
from billproof.pipeline.closing import quarantined_by_account
from billproof.pipeline.model import RunPlan
from billproof.pipeline.quarantine import quarantine_of
from billproof.ports import Objects, Records
from billproof.pricing.model import AccountPricing
from billproof.pricing.terms import AccountTerms, BatchPlan
from billproof.snapshots import SnapshotRecords


@dataclass(frozen=True)
class Stores:
    """Everything that a statement or a proof reads."""

    objects: Objects
    contracts: Records
    policies: PolicyBook
    invoices: Records
    payments: Records
    runs: Records
    exception_store: ExceptionStore
    erps: Erps
    opening_decisions: OpeningDecisions
    _openings: dict[str, Opening] = field(default_factory=dict, compare=False)

    def opening(self, entity: str) -> Opening | None:
        """Return what a legal entity took over, or None; raises ImmutableDocument and NotFound where that is lost."""
        fact = self.register.openings.in_effect(entity)
        return None if fact is None else self.opening_of(fact)

    def opening_of(self, fact: OpeningInEffect) -> Opening:
        """Return the document of an opening, read once; raises ImmutableDocument and NotFound."""
        if fact.digest not in self._openings:
            self._openings[fact.digest] = stored_opening(fact, self.objects)
        return self._openings[fact.digest]

    @cached_property
    def directory(self) -> Directory:
        """Master data."""
        return Directory(self.contracts, self.policies)

    @cached_property
    def register(self) -> Register:
        """The invoice register."""
        return Register(self.invoices)

    @cached_property
    def cash_book(self) -> CashBook:
        """Receipts and what they pay."""
        return CashBook(self.payments)

    @property
    def artefacts(self) -> Artefacts:
        """What the steps of runs have written."""
        return Artefacts(self.objects)


@contextmanager
def month_at_hand(stores: Stores, legal_entity: str, period: str, *further: str) -> Iterator[tuple[Stores, Path]]:
    """Copy the facts of a month's documents, and further partitions, into a file; name it, and stores that read it."""
    with TemporaryDirectory(prefix="billproof-") as folder:
        path = Path(folder) / "facts.sqlite"
        snapshot = SnapshotRecords(stores.invoices, path)
        shards = (shard_partition(legal_entity, period, shard) for shard in range(REGISTER_SHARDS))
        snapshot.load((*shards, *further))
        try:
            yield replace(stores, invoices=snapshot), path
        finally:
            snapshot.close()


@dataclass(frozen=True, slots=True)
class RefusedCounts:
    """How many refused events of a run are of each account, and how many of no account that is known."""

    of_accounts: Counter[str]
    unattributed: int

    @classmethod
    def of_run(cls, plan: RunPlan, stores: Stores) -> "RefusedCounts":
        """Count those of a run."""
        return cls(*quarantined_by_account(plan, stores.artefacts, stores.objects))


def balance_run(run_id: str, *, stores: Stores) -> ConservationStatement:
    """Return the conservation statement of a run and its accounts; raises NotFound where a step is missing."""
    plan = stores.artefacts.read(RUN_PLAN, run_id)
    refused = RefusedCounts.of_run(plan, stores)
    accounts: list[AccountStatement] = []
    with month_at_hand(stores, plan.legal_entity, plan.period.name) as (at_hand, _):
        for batch in plan.batches:
            accounts += balance_batch(plan, batch, refused, at_hand)
    sums = EquationSums()
    for account in accounts:
        sums.add(account.equations)
    return statement_of(plan, sums, refused, stores=stores, accounts=tuple(accounts))


def balance_batch(plan: RunPlan, batch: str, refused: RefusedCounts, stores: Stores) -> Iterator[AccountStatement]:
    """Yield the statements of a batch's accounts; raises NotFound where a step is missing."""
    artefacts = stores.artefacts
    entity = stores.directory.legal_entity(plan.legal_entity)
    lookup = PostedDocuments(entity, stores.erps)
    batch_plan = artefacts.read(BATCH_PLAN, plan.run, batch)
    pricing = artefacts.read(PRICED, plan.run, batch).accounts
    drafts = artefacts.read(DRAFTED, plan.run, batch).drafts
    for terms, priced, draft in zip(batch_plan.accounts, pricing, drafts, strict=True):
        events = sum(refused.of_accounts[member.id] for member in terms.members)
        invoice = stores.register.facts(draft.invoice)
        mine = [*([invoice] if invoice else []), *stores.register.credits(draft.invoice)]
        assets = _assets(mine, priced, batch_plan, lookup, stores.objects)
        money = _booked(mine, entity, lookup, stores.cash_book)
        yield _account(batch_plan, terms, priced, draft, events, money, assets)


def statement_of(
    plan: RunPlan,
    sums: "EquationSums",
    refused: RefusedCounts,
    *,
    stores: Stores,
    accounts: tuple[AccountStatement, ...] = (),
) -> ConservationStatement:
    """Return the statement of a run whose accounts' equations are summed."""
    sums.add(_taken_over(plan, stores))
    places = tuple(quarantine_of(plan, stores.artefacts, stores.objects))
    if stores.artefacts.has_list(REFUSED, plan):
        sums.add(refused_equations(places, refused.unattributed))
    return ConservationStatement(
        run=plan.run,
        legal_entity=plan.legal_entity,
        period=plan.period.name,
        equations=tuple(sums.equations),
        quarantine=places,
        accounts=accounts,
        quarantined_unattributed=refused.unattributed,
    )


def _taken_over(plan: RunPlan, stores: Stores) -> Iterator[Equation]:
    """Yield where what was taken over went, where the run is of the first period."""
    fact = stores.register.openings.in_effect(plan.legal_entity)
    if fact is not None and fact.first_period == plan.period.name:
        versions = stores.directory.versions_of(plan.legal_entity)
        entity = next((known for known in versions if known.version == fact.entity_version), versions[-1])
        lookup = PostedDocuments(entity, stores.erps)
        yield from opening_equations(fact, entity, stores.objects, lookup)


def _booked(documents: Iterable[InvoiceFacts], entity: LegalEntity, lookup: PostedDocuments, book: CashBook) -> Booked:
    """Compare by register and ERP: a correction counts with the amount of its release, once the ERP holds it."""
    chart, zero = entity.chart_of_accounts, Money.zero(entity.currency)
    invoice, posted, balance, credited, opened, paid = None, zero, zero, zero, zero, zero
    for facts in documents:
        released = facts.released
        if released is None:
            continue
        held = lookup.of_document(facts)
        booked = [document for document in held if document.currency == zero.currency]
        amounts = [document.on(chart.receivable) for document in booked]
        opened = opened.plus(amounts)
        if facts.id.is_credit:
            credited -= receivable_in_books(released, chart) if amounts else zero
        else:
            invoice, posted = released, posted.plus(amounts)
            if chart.customer_balance is not None:
                balance = balance.plus([document.on(chart.customer_balance) for document in booked])
            paid, taken = paid_of(released, entity, book, lookup)
            opened += taken
    return Booked(released=invoice, posted=posted, balance=balance, credited=credited, opened=opened, paid=paid)


def _assets(
    documents: Iterable[InvoiceFacts],
    pricing: AccountPricing,
    plan: BatchPlan,
    lookup: PostedDocuments,
    objects: Objects,
) -> list[Equation]:
    """Compare what an invoice accrues with what the ERP holds of it on the account of contract assets, if it has one.

    An invoice that is booked a month later or more accrues nothing any more: the next one did.
    """
    account = plan.legal_entity.chart_of_accounts.contract_assets
    if account is None or pricing.priced is None or not pricing.priced.accrued:
        return []
    accrued = posted = Money.zero(plan.legal_entity.currency)
    for facts in documents:
        if facts.released is not None and not facts.id.is_credit:
            invoice = read_invoice(objects, facts.released.document)
            mine = (obligation for obligation in obligations(invoice) if obligation.is_accrued)
            accrued = accrued.plus(obligation.earned_by(books_close(invoice)) for obligation in mine)
            held = (document for document in lookup.of_document(facts) if document.currency == posted.currency)
            posted = posted.plus(document.on(account) for document in held)
    return [asset_equation(accrued, posted)]


def _account(
    plan: BatchPlan,
    terms: AccountTerms,
    pricing: AccountPricing,
    draft: Draft,
    quarantined: int,
    booked: Booked,
    assets: Iterable[Equation],
) -> AccountStatement:
    return AccountStatement(
        account=draft.account,
        invoice=draft.invoice,
        number=booked.released.number if booked.released else None,
        equations=(
            *event_equations(pricing, included_events(plan, terms, pricing), quarantined),
            term_equation(plan, terms, pricing),
            *money_equations(plan, pricing, draft, booked),
            *assets,
        ),
    )


class EquationSums:
    """The sums of equations, by code and currency, in the order in which they come."""

    def __init__(self) -> None:
        self._sums: dict[tuple[str, str | None], Equation] = {}

    def add(self, equations: Iterable[Equation]) -> None:
        """Add some equations."""
        for equation in equations:
            key = (equation.code, equation.currency)
            known = self._sums.get(key)
            self._sums[key] = known + equation if known else equation

    @property
    def equations(self) -> list[Equation]:
        """The sums."""
        return list(self._sums.values())
