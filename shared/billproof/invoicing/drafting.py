"""From priced and taxed lines to the invoice document and its draft: pure functions."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal

from billproof.contracts.model import ZeroInvoices
from billproof.contracts.timeline import in_force
from billproof.findings import Finding, Severity, is_blocked
from billproof.identities import InvoiceId
from billproof.ids import digest_bytes
from billproof.invoicing.balances import limit_of, over_limit
from billproof.invoicing.booking import booked_accruals, booked_lines
from billproof.invoicing.cash_discounts import offered
from billproof.invoicing.documents import document_key
from billproof.invoicing.drafts import Draft, DraftOutcome
from billproof.invoicing.model import (
    CREDITS,
    AccountSubtotal,
    BillingSlot,
    DocumentRef,
    Invoice,
    InvoiceEvents,
    InvoiceLine,
    TaxSubtotal,
)
from billproof.invoicing.offered_discounts import OfferedDiscount
from billproof.invoicing.particulars import Particulars, governing, particulars_of
from billproof.invoicing.parties import buyer_of, seller_of
from billproof.invoicing.required_items import missing_item_findings
from billproof.masterdata.parties import LegalEntity, TaxRounding
from billproof.model import canonical_model, decimal_text
from billproof.money import CONTEXT, Money, Taxed, total
from billproof.pricing.draws import is_draw
from billproof.pricing.model import AccountPricing, PricedAccount, PricedLine
from billproof.pricing.terms import AccountTerms, BatchPlan, Drawn
from billproof.tax.model import AccountTax, ComponentTax, TaxedLine, TaxPart, Treatment
from billproof.usage.model import EventCounts

REVERSE_CHARGE_NOTE = (
    "Reverse charge: VAT is to be accounted for by the recipient (article 196, Directive 2006/112/EC)."
)


def draft_invoice(
    terms: AccountTerms,
    *,
    plan: BatchPlan,
    priced: PricedAccount,
    taxed: Sequence[TaxedLine],
    calculations: Mapping[str, str],
    events: EventCounts,
    late: EventCounts,
) -> Invoice:
    """Put priced lines and their tax together; the totals are the sums of the rounded lines."""
    entity, plan = plan.legal_entity, plan.on_issue_of(terms)
    rate = None if priced.currency == entity.currency else plan.rate_of(priced.currency)
    booked = None
    with_tax = [(line, tax.amounts) for line, tax in zip(priced.lines, taxed, strict=True)]
    in_books = booked_lines(terms, with_tax, rate, entity.rounding)
    lines = tuple(_line(line, tax, amounts) for line, tax, amounts in zip(priced.lines, taxed, in_books, strict=True))
    rule = TaxRounding.PER_LINE if any(line.includes_tax for line in priced.lines) else entity.tax_rounding
    summary = tax_summary(lines, priced.currency, rule)
    notes = [REVERSE_CHARGE_NOTE] if any(group.treatment == Treatment.REVERSE_CHARGE for group in summary) else []
    if rate is not None:
        booked = Taxed.total([line.in_books for line in lines], entity.currency)
        notes.append(f"{booked.net} net and {booked.tax} tax at {rate.text}.")
    totals = Taxed.total([line.amounts for line in lines], priced.currency)
    return Invoice(
        id=str(InvoiceId(entity.id, plan.period.name, terms.account.id)),
        seller=seller_of(entity, plan.issue_date),
        buyer=buyer_of(terms.account.on(plan.issue_date)),
        period=plan.period,
        issue_date=plan.issue_date,
        due_date=plan.issue_date + timedelta(days=entity.payment_days),
        currency=priced.currency,
        lines=lines,
        tax_summary=summary,
        accounts=account_subtotals({member.id: member.name for member in terms.members}, lines, priced.currency),
        is_record=totals.is_zero and terms.zero_invoices is ZeroInvoices.KEPT,
        totals=totals,
        exchange=rate,
        booked=booked,
        booking=terms.booking,
        accrued=booked_accruals(priced.accrued, rate, entity.rounding),
        events=InvoiceEvents(billed=events.metered, excluded=events.excluded, late=late.metered),
        contracts=in_force(terms.contracts, plan.period),
        tax_engine=entity.tax_engine,
        tax_calculations=dict(calculations),
        credits_drawn=_drawn(terms, priced),
        notes=tuple(notes),
        particulars=(particulars := particulars_of(terms, plan, priced.currency)),
        cash_discount=_discount(terms, plan, totals, summary, particulars),
    )


def _discount(
    terms: AccountTerms, plan: BatchPlan, totals: Taxed, summary: Iterable[TaxSubtotal], stated: Particulars | None
) -> OfferedDiscount | None:
    """Return what may be taken off by who pays soon; nothing where what is due is charged by us."""
    if stated is not None and stated.is_charged:
        return None
    taxes = [(group.jurisdiction, group.amounts.tax) for group in summary]
    return offered(governing(terms, plan), totals, taxes, plan.legal_entity.rounding)


def _line(line: PricedLine, tax: TaxedLine, booked: Taxed | None) -> InvoiceLine:
    return InvoiceLine.construct_trusted(  # of models that were checked
        priced=line,
        taxable_base=tax.taxable_base,
        amounts=tax.amounts,
        tax_by_line=tax.tax_by_line,
        components=tax.components,
        determination=tax.determination,
        parts=tax.parts,
        booked=booked,
    )


def _drawn(terms: AccountTerms, priced: PricedAccount) -> tuple[Drawn, ...]:
    """Add what this invoice draws to what the earlier ones drew."""
    drawn = {(before.contract, before.credit): before.amount for before in terms.drawn}
    for line in priced.lines:
        if is_draw(line, drawn):
            key = (line.explanation.contract, line.term)
            drawn[key] = CONTEXT.subtract(drawn.get(key, Decimal(0)), line.net.amount)
    return tuple(Drawn(contract=key[0], credit=key[1], amount=amount) for key, amount in sorted(drawn.items()))


def tax_summary(lines: Iterable[InvoiceLine], currency: str, rule: TaxRounding) -> tuple[TaxSubtotal, ...]:
    """Add up the lines, or the parts of lines, that bear the same tax, whenever they were supplied."""
    groups: dict[tuple[str, ...], list[InvoiceLine | TaxPart]] = {}
    for line in lines:
        for part in line.parts or (line,):
            groups.setdefault(part.determination.same_tax, []).append(part)
    return tuple(
        TaxSubtotal(
            jurisdiction=members[0].determination.jurisdiction,
            treatment=members[0].determination.treatment.value,
            percent=decimal_text(members[0].determination.percent),
            taxable_base=total((line.taxable_base for line in members), currency),
            amounts=Taxed.total([line.amounts for line in members], currency),
            tax_by_line=total((line.tax_by_line for line in members), currency),
            rule=rule,
            components=_components(members, currency),
            reason=members[0].determination.reason,
            incomplete=members[0].determination.incomplete,
        )
        for _, members in sorted(groups.items())
    )


def account_subtotals(
    names: Mapping[str, str], lines: Sequence[InvoiceLine], currency: str
) -> tuple[AccountSubtotal, ...]:
    """Add up the lines of each account; nothing where there is only one."""
    if len(names) == 1:
        return ()
    return tuple(
        AccountSubtotal(
            account=account,
            name=name,
            amounts=Taxed.total([line.amounts for line in lines if line.priced.account == account], currency),
        )
        for account, name in names.items()
    )


def _components(lines: Iterable[InvoiceLine | TaxPart], currency: str) -> tuple[ComponentTax, ...]:
    sums: dict[tuple[str, str], list[Money]] = {}
    for line in lines:
        for component in line.components:
            sums.setdefault((component.name, component.jurisdiction), []).append(component.amount)
    return tuple(
        ComponentTax(name=name, jurisdiction=jurisdiction, amount=total(amounts, currency))
        for (name, jurisdiction), amounts in sums.items()
    )


def draft_account(
    terms: AccountTerms, pricing: AccountPricing, tax: AccountTax, findings: tuple[Finding, ...], *, plan: BatchPlan
) -> tuple[Draft, bytes | None]:
    """Return an account's draft and its document's bytes, if it has one: a pure function, which a proof calls again."""
    identity = InvoiceId(plan.legal_entity.id, plan.period.name, terms.account.id)
    document, data = None, None
    categories: tuple[str, ...] = ()
    late = pricing.late_counts
    if pricing.priced is not None and not tax.findings:
        invoice = draft_invoice(
            terms,
            plan=plan,
            priced=pricing.priced,
            taxed=tax.lines,
            calculations=tax.calculations,
            events=pricing.counts,
            late=late,
        )
        data, categories = canonical_model(invoice), invoice.revenue_categories
        digest = digest_bytes(data)
        key = document_key(identity, digest)
        document = DocumentRef(key=key, digest=digest, totals=invoice.totals, booked=invoice.booked)
        if plan.legal_entity.documents is not None:
            findings += tuple(missing_item_findings(invoice))
        findings = tuple(_with_amount(finding, document) for finding in findings)
        findings += tuple(balance_left(terms.account.id, -invoice.totals.gross, terms.balances, plan.legal_entity))
    if is_blocked(findings):
        outcome = DraftOutcome.HELD
    else:
        outcome = DraftOutcome.CLEAN if document is not None else DraftOutcome.WITHOUT_CONTRACT
    draft = Draft(
        account=identity.account,
        invoice=str(identity),
        outcome=outcome,
        document=document,
        events=pricing.counts,
        late_events=late,
        places=_slots(terms, plan.period.name),
        findings=findings,
        issue_date=terms.issue.day if terms.issue else None,
        revenue_categories=categories,
    )
    return draft, data


def held_draft(
    terms: AccountTerms, pricing: AccountPricing, findings: tuple[Finding, ...], *, plan: BatchPlan
) -> Draft:
    """Return the draft of an account whose document cannot be made: held by its findings."""
    identity = InvoiceId(plan.legal_entity.id, plan.period.name, terms.account.id)
    return Draft(
        account=identity.account,
        invoice=str(identity),
        outcome=DraftOutcome.HELD,
        document=None,
        events=pricing.counts,
        late_events=pricing.late_counts,
        places=_slots(terms, plan.period.name),
        findings=findings,
        issue_date=terms.issue.day if terms.issue else None,
    )


def balance_left(account: str, left: Money, balances: Mapping[str, Decimal], entity: LegalEntity) -> Iterator[Finding]:
    """Find a document that leaves a customer a larger balance than the legal entity's terms allow."""
    if left.amount <= 0 or entity.chart_of_accounts.customer_balance is None:
        return
    after = Money.of(CONTEXT.add(balances.get(left.currency, Decimal(0)), left.amount), left.currency)
    limit = limit_of(entity, left.currency)
    if after.amount > limit:
        yield over_limit(account, left, after, limit)


def _slots(terms: AccountTerms, period: str) -> tuple[BillingSlot, ...]:
    slots = []
    if terms.terms_digest:  # not of terms that were frozen before it was kept
        own = {"terms": terms.terms_digest, "known": terms.known, "billed_in": terms.billed_in}
        slots.append(BillingSlot(period=period, ordinal=0, **own))
    slots += (
        BillingSlot(period=earlier.period.name, ordinal=earlier.ordinal, terms=earlier.terms_digest)
        for earlier in terms.earlier
    )
    slots += (BillingSlot(period=month.slot_name, ordinal=month.ordinal) for month in terms.unbilled)
    if terms.credits is not None:
        slots.append(BillingSlot(period=CREDITS, ordinal=terms.credits))
    return tuple(slots)


def _with_amount(finding: Finding, document: DocumentRef) -> Finding:
    """Say what a held invoice is worth, as far as it could be priced."""
    if finding.severity is Severity.BLOCKING and finding.amount_at_risk is None:
        return finding.model_copy(update={"amount_at_risk": document.totals.gross})
    return finding
