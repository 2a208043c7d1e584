"""The conservation statement of a run, computed from what is stored: artefacts, quarantine, register and ledger.

No step reports about itself here. What a step lost shows as a difference.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from billproof.approvals.exception_store import ExceptionStore
from billproof.conservation.model import AccountStatement, ConservationStatement, Equation
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
from billproof.invoicing.facts import InvoiceFacts
from billproof.invoicing.register import Register
from billproof.ledger.obligations import obligations
from billproof.ledger.revenue import books_close
from billproof.ledger.rules import receivable_in_books
from billproof.masterdata.directory import Directory
from billproof.money import Money
from billproof.pipeline.artefacts import BATCH_PLAN, DRAFTED, PRICED, REFUSED, RUN_PLAN, Artefacts
from billproof.pipeline.closing import quarantined_by_account
from billproof.pipeline.quarantine import quarantine_of
from billproof.ports import Objects
from billproof.pricing.model import AccountPricing
from billproof.pricing.terms import AccountTerms, BatchPlan


@dataclass(frozen=True)
class Stores:
    """Everything that a statement or a proof reads."""

    objects: Objects
    directory: Directory
    register: Register
    exception_store: ExceptionStore
    erps: Erps

    @property
    def artefacts(self) -> Artefacts:
        """What the steps of runs have written."""
        return Artefacts(self.objects)


def balance_run(run_id: str, *, stores: Stores) -> ConservationStatement:
    """Return the conservation statement of a run and its accounts; raises NotFound where a step is missing."""
    artefacts = stores.artefacts
    plan = artefacts.read(RUN_PLAN, run_id)
    quarantined, unattributed = quarantined_by_account(plan, artefacts, stores.objects)
    lookup = PostedDocuments(stores.directory.legal_entity(plan.legal_entity), stores.erps)
    documents: dict[str, list[InvoiceFacts]] = {}
    for facts in stores.register.of_period(plan.legal_entity, plan.period.name):
        documents.setdefault(facts.id.account, []).append(facts)
    accounts: list[AccountStatement] = []
    for batch in plan.batches:
        batch_plan = artefacts.read(BATCH_PLAN, run_id, batch)
        pricing = artefacts.read(PRICED, run_id, batch).accounts
        drafts = artefacts.read(DRAFTED, run_id, batch).drafts
        for terms, priced, draft in zip(batch_plan.accounts, pricing, drafts, strict=True):
            refused = sum(quarantined[member.id] for member in terms.members)
            mine = documents.get(draft.account, [])
            assets = _assets(mine, priced, batch_plan, lookup, stores.objects)
            money = _booked(mine, batch_plan, lookup)
            accounts.append(_account(batch_plan, terms, priced, draft, refused, money, assets))
    places = tuple(quarantine_of(plan, artefacts, stores.objects))
    of_places = tuple(refused_equations(places, unattributed)) if artefacts.exists(REFUSED, run_id) else ()
    return ConservationStatement(
        run=run_id,
        legal_entity=plan.legal_entity,
        period=plan.period.name,
        equations=tuple(_sum([*(account.equations for account in accounts), of_places])),
        quarantine=places,
        accounts=tuple(accounts),
        quarantined_unattributed=unattributed,
    )


def _booked(documents: Iterable[InvoiceFacts], plan: BatchPlan, lookup: PostedDocuments) -> Booked:
    """Compare by register and ERP: a correction counts with the amount of its release, once the ERP holds it."""
    chart, zero = plan.legal_entity.chart_of_accounts, Money.zero(plan.legal_entity.currency)
    invoice, posted, balance, credited, opened = None, zero, zero, zero, zero
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
    return Booked(released=invoice, posted=posted, balance=balance, credited=credited, opened=opened)


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


def _sum(statements: Iterable[tuple[Equation, ...]]) -> list[Equation]:
    sums: dict[tuple[str, str | None], Equation] = {}
    for equations in statements:
        for equation in equations:
            key = (equation.code, equation.currency)
            known = sums.get(key)
            sums[key] = known + equation if known else equation
    return list(sums.values())
