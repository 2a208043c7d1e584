"""The conservation statement of a run, computed from what is stored: artefacts, quarantine, register and ledger.

No step reports about itself here. What a step lost shows as a difference.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from billproof.approvals.exception_store import ExceptionStore
from billproof.conservation.model import AccountStatement, ConservationStatement, Equation
from billproof.conservation.rules import event_equations, included_events, money_equations, term_equation
from billproof.erp.port import Erp
from billproof.invoicing.model import Draft
from billproof.invoicing.register import Register, credited_invoice, is_credit
from billproof.ledger.model import JournalEntry
from billproof.masterdata.directory import Directory
from billproof.money import total
from billproof.pipeline.artefacts import BATCH_PLAN, DRAFTED, PRICED, RUN_PLAN, Artefacts
from billproof.pipeline.closing import quarantined_by_account
from billproof.ports import Objects
from billproof.pricing.service import AccountPricing
from billproof.pricing.terms import AccountTerms, BatchPlan


@dataclass(frozen=True)
class Stores:
    """Everything that a statement or a proof reads."""

    objects: Objects
    directory: Directory
    register: Register
    exception_store: ExceptionStore
    erp: Erp

    @property
    def artefacts(self) -> Artefacts:
        """What the steps of runs have written."""
        return Artefacts(self.objects)


def balance_run(run_id: str, *, stores: Stores) -> ConservationStatement:
    """Return the conservation statement of a run and its accounts; raises NotFound where a step is missing."""
    artefacts = stores.artefacts
    plan = artefacts.read(RUN_PLAN, run_id)
    quarantined, unattributed = quarantined_by_account(plan, artefacts, stores.objects)
    entries: dict[str, list[JournalEntry]] = {}
    for entry in stores.erp.of_period(plan.legal_entity, plan.period.name):
        entries.setdefault(credited_invoice(entry.invoice), []).append(entry)
    accounts: list[AccountStatement] = []
    for batch in plan.batches:
        batch_plan = artefacts.read(BATCH_PLAN, run_id, batch)
        pricing = artefacts.read(PRICED, run_id, batch).accounts
        drafts = artefacts.read(DRAFTED, run_id, batch).drafts
        for terms, priced, draft in zip(batch_plan.accounts, pricing, drafts, strict=True):
            refused = sum(quarantined[member.id] for member in terms.members)
            booked = entries.get(draft.invoice, [])
            accounts.append(_account(batch_plan, terms, priced, draft, refused, booked, stores))
    return ConservationStatement(
        run=run_id,
        legal_entity=plan.legal_entity,
        period=plan.period.name,
        equations=tuple(_sum(account.equations for account in accounts)),
        accounts=tuple(accounts),
        quarantined_unattributed=unattributed,
    )


def _account(
    plan: BatchPlan,
    terms: AccountTerms,
    pricing: AccountPricing,
    draft: Draft,
    quarantined: int,
    entries: Iterable[JournalEntry],
    stores: Stores,
) -> AccountStatement:
    released = stores.register.released(draft.invoice)
    receivable, currency = plan.legal_entity.chart_of_accounts.receivable, plan.legal_entity.currency
    booked = list(entries)
    number = released.number if released else None
    posted = total((entry.on(receivable) for entry in booked if entry.external_reference == number), currency)
    opened = total((entry.on(receivable) for entry in booked), currency)
    credited = -total((entry.on(receivable) for entry in booked if is_credit(entry.invoice)), currency)
    return AccountStatement(
        account=draft.account,
        invoice=draft.invoice,
        number=number,
        equations=(
            *event_equations(pricing, included_events(plan, terms, pricing), quarantined),
            term_equation(plan, terms, pricing),
            *money_equations(plan, pricing, draft, released, posted, credited, opened),
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
